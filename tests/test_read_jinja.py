"""Jinja in storyboards: strict, repeatable, bounded, plain data only; and what a stranger may try."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from in_memory import TEXT, compiled, sent

VARS = """vars:
  light: first light
  n: 4
  d: 0.70
  yes: true
  no: false
  nothing: null
  birds: [heron, owl]
  place: {name: lake, deep: {er: 3}}
  code: 010
  raw: "{{ light }}"
"""


def film(expression: str) -> str:
    body = "\n".join("      " + line for line in expression.splitlines())
    return TEXT + VARS + f"scenes:\n  - id: dawn\n    prompt: |-\n{body}\n"


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("{{ light }}", "first light"),
        ("a {{ light }}, {{light}}", "a first light, first light"),
        ("{{ n + 1 }} {{ n * d }} {{ n // 3 }} {{ n % 3 }} {{ -n }}", "5 2.80 1 1 -4"),
        ("{{ 0.1 + 0.2 }}", "0.3"),
        ("{{ d }} {{ code }}", "0.70 010"),
        ("{{ yes }} {{ no }} {{ true }}", "true false true"),
        (
            "{{ birds | join(', ') }} {{ birds[0] }} {{ birds | length }} {{ birds | last }}",
            "heron, owl heron 2 owl",
        ),
        ("{{ place.name }} {{ place['name'] }} {{ place.deep.er }}", "lake lake 3"),
        (
            "{% for b in birds %}{{ loop.index }}{{ b }}{% if not loop.last %}/{% endif %}{% endfor %}",
            "1heron/2owl",
        ),
        ("{% if n > 3 and light is defined %}x{% else %}y{% endif %}", "x"),
        ("{{ 'a' if no else 'b' }} {{ missing | default('c') }}", "b c"),
        ("{% set x = n * 2 %}{{ x }} {{- ' y' -}}  z", "8 yz"),
        (
            "{{ light | upper }} {{ light | title }} {{ light | replace('first', 'last') }}",
            "FIRST LIGHT First Light last light",
        ),
        ("{{ birds | map('upper') | join(' ') }} {{ birds | select('eq', 'owl') | join }}", "HERON OWL owl"),
        ("{{ raw }} {{ '{{ n }}' }}", "{{ light }} {{ n }}"),
        ("{% raw %}{{ n }}{% endraw %} {# remark #}x", "{{ n }} x"),
        ("{{ scene.id }} {{ shot.id }}", "dawn 1"),
        ("{{ 'a' ~ n ~ d }}", "a40.70"),
        ("{{ range(3) | join }}", "012"),
        ("{ } }} %} #}", "{ } }} %} #}"),
        ("{{ birds | sort(reverse=true) | first }} {{ birds | reverse | join(' ') }}", "owl owl heron"),
    ],
)
def test_what_authors_need(expression: str, expected: str) -> None:
    assert sent(film(expression)) == [expected]


def wrong(expression: str) -> tuple[str, int, int]:
    (found,) = compiled(film(expression)).diagnostics
    assert found.severity == "error"
    return found.code, found.span.line, found.span.column


FIRST = 17  # the line of the prompt's first line in the file
INDENT = 6


@pytest.mark.parametrize(
    ("expression", "code", "line", "column"),
    [
        ("{{ ligth }}", "SB206", 1, 4),
        ("a\n  b {{ ligth }}", "SB206", 2, 8),
        ("{{ light }} {{ place.nmae }}", "SB206", 1, 22),
        ("{{ birds | map(attribute='nmae') | list }}", "SB206", 1, None),
        ("{{ birds[7] }}", "SB207", 1, None),
        ("{{ light.upper }}", "SB206", 1, None),
        ("{{ [missing] | string }}", "SB206", 1, None),
        ("x {{ birds }}", "SB207", 1, 3),
        ("x {{ place }}", "SB207", 1, 3),
        ("x {{ nothing }}", "SB207", 1, 3),
        ("{{ light + }}", "SB207", 1, 12),
        ("{{ light", "SB207", 1, None),
        ("a\nb {% if light %}", "SB207", 2, None),
        ("a\n\n{% endfor %}", "SB207", 3, 4),
        ("{% for b in birds %}{{ b }", "SB207", 1, 26),
        ("{{ 1 / 0 }}", "SB207", 1, None),
        ("{{ light * 2 }}", "SB207", 1, None),
        ("{{ light | nope }}", "SB208", 1, 12),
        ("{{ light is nope }}", "SB208", 1, None),
        ("{{ light.upper() }}", "SB208", 1, None),
        ("{% include 'x' %}", "SB208", 1, 4),
        ("{% import 'x' as y %}", "SB208", 1, 4),
        ("{% extends 'x' %}", "SB208", 1, 4),
        ("{% macro m() %}{% endmacro %}", "SB208", 1, 4),
        ("{% set x %}y{% endset %}", "SB208", 1, 4),
        ("{{ 2 ** 8 }}", "SB208", 1, None),
    ],
)
def test_mistakes_are_said_at_their_place(expression: str, code: str, line: int, column: int | None) -> None:
    found = wrong(expression)
    assert found[:2] == (code, FIRST + line - 1)
    if column is not None:
        assert found[2] == INDENT + column


# Ways out of a sandbox that are public, as people publish them, and our own for the bounds.
HOSTILE = [
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ ''['__class__'] }}",
    "{{ ''|attr('__class__') }}",
    "{{ light|attr('\\x5f\\x5fclass\\x5f\\x5f') }}",
    "{{ birds.append('x') }}",
    "{{ place.update({'a': 1}) }}",
    "{{ place.items() }}",
    "{{ self.__init__.__globals__ }}",
    "{{ self }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ joiner() }}",
    "{{ namespace() }}",
    "{{ lipsum() }}",
    "{{ lipsum.__globals__['os'] }}",
    "{{ get_flashed_messages.__globals__ }}",
    "{{ config }}",
    "{{ request }}",
    "{{ dict(a=1) }}",
    "{{ range.__class__ }}",
    "{{ range }}",
    "x {{ range(3) }}",
    "{{ '{0.__class__}'.format(1) }}",
    "{{ '%s'|format(1) }}",
    "{{ '%s' % light }}",
    "{{ birds|random }}",
    "{{ birds|map('random')|list }}",
    "{{ birds|map('attr', '__class__')|list }}",
    "{{ birds|map(attribute='__class__')|list }}",
    "{{ birds|selectattr('__class__')|list }}",
    "{{ birds|sum(attribute='__class__') }}",
    "{{ birds|sort(attribute='__class__') }}",
    "{{ birds|groupby('__class__') }}",
    "{{ birds|pprint }}",
    "{{ birds|tojson }}",
    "{{ birds|urlize }}",
    "{{ place|xmlattr }}",
    "{{ birds|batch(2) }}",
    "{{ light|wordwrap(1) }}",
    "{{ light|center(100000000) }}",
    "{{ light|indent(100000000) }}",
    "{% for x in birds recursive %}{{ loop(birds) }}{% endfor %}",
    "{% for x in birds %}{{ loop.cycle('a') }}{% endfor %}",
    "{% for x in birds %}{{ loop }}{% endfor %}",
    "{% for x in birds %}{{ loop.__class__ }}{% endfor %}",
    "x {{ birds|map('upper') }}",
    "x {{ birds|select }}",
    "x {{ birds|unique }}",
    "x {{ birds|reverse }}",
    "x {{ birds|map('upper')|string }}",
    "x {{ place|items }}",
    "{{ caller() }}",
    "{% do birds.append(1) %}",
    "{% trans %}x{% endtrans %}",
    "{% debug %}",
    "{% autoescape true %}x{% endautoescape %}",
    "{% call x() %}{% endcall %}",
    "{% filter upper %}x{% endfilter %}",
    "{% block x %}{% endblock %}",
    "{{ 10 ** 10 }}",
    "{{ 'a' * 100000 }}",
    "{{ [1] * 100000 }}",
    "{{ 'x'.join(birds) }}",
    "{{ 999999999999999999 * 999999999999999999 }}",
    "{{ " + "9" * 6000 + " }}",
    "{{ 'nan'|float }}",
    "{{ '1e999'|float }}",
    "{{ 1e999 }}",
    "{{ 1.5|round(30000000, 'ceil') }}",
    "{{ 1.5|round(-30000000, 'floor') }}",
    "{{ ('9' ~ '9')|int(base=0) * 1000000000000000000 }}",
    "{{ range(1000000) }}",
    "{{ [" + "range(999)," * 1200 + "]|sum(start=[])|length }}",
    "{{ [" + "range(999)|list," * 900 + "] }}",
    "{% for a in range(999) %}{% for b in range(999) %}{% for c in range(999) %}{% endfor %}{% endfor %}{% endfor %}",
    "{% for a in range(999) %}{% for b in range(10) %}{{ range(999)|sort|join|length }}{% endfor %}{% endfor %}",
    "{% set x = range(999)|list %}{% for a in x %}{% for b in x %}{{ x|sum }}{% endfor %}{% endfor %}",
    "{% for a in range(999) %}" + "x" * 500 + "{% endfor %}",
    "{{ light|replace('', 'x' * 3) }}",
    "{{ range(999)|join('y'|replace('y', '" + "z" * 9000 + "')) }}",
    "{{ " + "(" * 900 + "1" + ")" * 900 + " }}",
    "{{ " + "not " * 4000 + "n }}",
    "{{ " + "[" * 900 + "]" * 900 + " }}",
    "{{ n" + " + n" * 4000 + " }}",
    "{{ n" + "|abs" * 3500 + " }}",
    "{{ light" + "[0]" * 4000 + " }}",
    "{% if n %}" * 900 + "{% endif %}" * 900,
    "{{ a.b.c.d }}",
    "{{ '\\ud800' }}",
    "{{ '\\x00' }}",
]


ASKED: list[str] = []
LISTENING: list[bool] = []
WORLD = (
    "os.system",
    "subprocess.Popen",
    "socket.connect",
    "os.exec",
    "os.remove",
    "os.rename",
    "ctypes.dlopen",
)


def _listen(event: str, arguments: tuple[Any, ...]) -> None:
    if LISTENING and event.startswith(WORLD):
        ASKED.append(f"{event} {arguments!r}"[:200])


@pytest.fixture(scope="module")
def interpreter() -> None:
    """Hears what the interpreter is asked to do to the world: an audit hook can't be taken out again."""
    sys.addaudithook(_listen)


@contextmanager
def listening() -> Iterator[list[str]]:
    ASKED.clear()
    LISTENING.append(True)
    yield ASKED
    LISTENING.clear()


@pytest.mark.parametrize("expression", HOSTILE, ids=lambda text: text[:40])
def test_what_a_stranger_may_try(expression: str, interpreter: None) -> None:
    before = time.process_time()
    with listening() as asked:
        result = compiled(film(expression))
    assert time.process_time() - before < 2
    assert asked == []
    if result.requests:
        text = str(result.requests[0].arguments["prompt"])
        for leak in (
            " at 0x",
            "<class",
            "<built-in",
            "<bound",
            "<function",
            "Undefined",
            "Context",
            "object",
            "module",
        ):
            assert leak not in text
    else:
        assert set(result.codes) & {"SB003", "SB206", "SB207", "SB208", "SB209", "SB015", "SB112", "SB306"}, (
            result.diagnostics
        )


def test_the_listener_hears(interpreter: None) -> None:
    with listening() as asked:
        os.system("exit 0")  # noqa: S605 - a command that does nothing
    assert asked


def test_nothing_a_template_gives_depends_on_the_run() -> None:
    text = film("{{ place | dictsort | list | length }} {% for k, v in place | items %}{{ k }}{% endfor %}")
    assert sent(text) == sent(text)


def test_a_lone_expression_keeps_its_type() -> None:
    text = (
        TEXT
        + VARS
        + (
            "scenes:\n  - id: a\n    duration: '{{ n }}'\n    generate_audio: '{{ no }}'\n    cfg_scale: '{{ d }}'\n"
            "    negative_prompt: '{{ nothing }}'\n"
            "    prompt: {constraints: '{{ birds }}', subject_motion: '{{ light }}'}\n"
        )
    )
    (request,) = compiled(text).requests
    assert request.seconds == 4
    assert request.arguments["generate_audio"] is False
    assert request.arguments["cfg_scale"] == 0.7
    assert request.arguments["negative_prompt"] == "blur, distort, and low quality"
    assert request.arguments["prompt"] == "Subject motion: first light\nConstraints: heron, owl"


def test_vars_are_data_never_rendered() -> None:
    text = TEXT + "vars: {a: '{{ nope }}', b: '{% if %}'}\nscenes:\n  - {id: a, prompt: '{{ a }} {{ b }}'}\n"
    assert sent(text) == ["{{ nope }} {% if %}"]


def test_what_is_rendered_may_name_elements_but_not_render_again() -> None:
    head = TEXT + "elements: {heron: {description: a bird}}\nvars: {who: '@heron', x: '{{ who }}'}\n"
    assert sent(head + "scenes:\n  - {id: a, prompt: '{{ who }} {{ x }}'}\n") == ["heron (a bird) {{ who }}"]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("7", "7"),
        ("-7", "-7"),
        ("07", "07"),
        ("7.50", "7.50"),
        ("1e3", "1e3"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        (".5", ".5"),
        ("true", "true"),
        ("True", "True"),
        ("yes", "yes"),
        ("no", "no"),
        ("2026-11-20", "2026-11-20"),
        ("12:30", "12:30"),
        ("'7'", "7"),
        ("+1", "+1"),
        ("0.10", "0.10"),
        ("99999999999999999999", "99999999999999999999"),
        ("1.", "1."),
        (".nan", ".nan"),
        ("<<", "<<"),
        ("=", "="),
    ],
)
def test_a_variable_prints_as_it_was_written(written: str, expected: str) -> None:
    text = TEXT + f"vars:\n  v: {written}\nscenes:\n  - {{id: a, prompt: 'x {{{{ v }}}}'}}\n"
    assert sent(text) == [f"x {expected}"]
