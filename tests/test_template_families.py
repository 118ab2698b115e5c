"""Prompt templates that extend, include and import each other: what comes of them, and what is stopped."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from in_memory import TEXT, compiled, sent

SCENE = f"{TEXT}scenes:\n  - {{id: a, template: t/ours.j2, prompt: {{scene: a lake, subject_motion: it rains}}}}\n"


def worded(scene: str = SCENE, **templates: str) -> list[str]:
    """Prompts, by templates whose names lack their folder and ending."""
    return sent(scene, templates={f"t/{name}.j2": text for name, text in templates.items()})


def test_a_template_extends_another() -> None:
    frame = "{% block first %}{{ scene }}{% endblock %} / {% block last %}{{ subject_motion }}{% endblock %}"
    ours = '{% extends "frame.j2" %}{% block last %}<{{ super() }}>{% endblock %}'
    assert worded(ours=ours, frame=frame) == ["a lake / <it rains>"]
    assert worded(ours='{% extends "middle.j2" %}', middle=ours, frame=frame) == ["a lake / <it rains>"]


def test_macros_are_imported() -> None:
    words = (
        "{% macro quiet(text, mark='~') %}{{ mark }}{{ text }}{{ mark }}{% endmacro %}{% set end = 'fin' %}"
    )
    ours = '{% import "words.j2" as w %}{{ w.quiet(subject_motion) }} {{ w.end }}'
    assert worded(ours=ours, words=words) == ["~it rains~ fin"]
    ours = '{% from "words.j2" import quiet as q %}{{ q(scene, mark="!") }}'
    assert worded(ours=ours, words=words) == ["!a lake!"]
    own = (
        "{% macro twice(n) %}{% if n %}x{{ twice(n - 1) }}{% endif %}{% endmacro %}{{ twice(3) }} {{ scene }}"
    )
    assert worded(ours=own) == ["xxx a lake"]


def test_a_shipped_template_is_included_by_its_name() -> None:
    plain = sent(SCENE.replace("template: t/ours.j2, ", ""))
    assert worded(ours='{% include "kling-v3" %}!') == [f"{plain[0]}!"]


def test_paths_are_relative_to_the_file_that_names_them(tmp_path: Path, run: Callable) -> None:
    files = {
        "film/storyboard.yaml": f"{TEXT}template: ../words/ours.j2\nscenes:\n  - {{id: a, prompt: it rains}}\n",
        "storyboard.toml": "",
        "words/ours.j2": '{% extends "parts/frame.j2" %}',
        "words/parts/frame.j2": '{{ subject_motion }}{% include "../end.j2" %}',
        "words/end.j2": ", the end",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    requests = json.loads(run("expand", tmp_path / "film").out)["requests"]
    assert [request["arguments"]["prompt"] for request in requests] == ["it rains, the end"]
    (tmp_path / "words/end.j2").unlink()
    (tmp_path / "words/end.j2").symlink_to("/etc/hostname")
    ran = run("check", tmp_path / "film")
    assert ran.code == 1
    assert "parts/frame.j2:1:" in ran.out
    assert "the template `../end.j2` can't be used" in ran.out


TWICE = "{% macro m(n) %}{% if n %}{% set a = m(n - 1) %}{% set b = m(n - 1) %}{% endif %}{% endmacro %}{{ m(60) }}"
LONG = "{% macro m(n) %}{% for i in range(999) %}" + "x" * 9000 + "{% endfor %}{% endmacro %}{{ m(1) }}"
WIDE = (
    "{% macro a() %}"
    + "y" * 9000
    + "{% endmacro %}{% macro b() %}"
    + "{{ a() }}" * 600
    + "{% endmacro %}{{ b() }}"
)
MANY = '{% for i in range(999) %}{% for j in range(999) %}{% include "d.j2" %}{% endfor %}{% endfor %}'
DEEP = {
    "ours": '{% include "b.j2" %}' * 60,
    "b": '{% include "c.j2" %}' * 60,
    "c": '{% include "d.j2" %}' * 60,
}


@pytest.mark.parametrize(
    "templates",
    [
        {"ours": TWICE},
        {"ours": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}"},
        {"ours": LONG},
        {"ours": WIDE},
        {**DEEP, "d": ""},
        {"ours": MANY, "d": ""},
    ],
    ids=["calls", "recursion", "loop", "text", "includes", "includes in loops"],
)
def test_bounds_hold_across_templates(templates: dict[str, str]) -> None:
    start = time.process_time()
    found = compiled(SCENE, templates={f"t/{name}.j2": text for name, text in templates.items()})
    assert found.codes in (["SB209"], ["SB207"]), found.diagnostics
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    "text",
    [
        "{{ scene.__class__ }}",
        "{% macro m() %}{% endmacro %}{{ m.__globals__ }}",
        "{% macro m() %}{% endmacro %}{{ m.name.__class__ }}",
        "{% macro m() %}{% endmacro %}{{ m._func }}",
        "{% macro m() %}{% endmacro %}{{ m }}",
        '{% import "w.j2" as w %}{{ w.__dict__ }}',
        '{% import "w.j2" as w %}{{ w._body_stream }}',
        '{% import "w.j2" as w %}{{ w }}',
        "{% block b %}{{ self.b.__init__ }}{% endblock %}",
        "{{ scene.format(1) }}",
        "{{ dict(a=1) }}",
        "{{ cycler }}",
        "{% macro m() %}{{ caller() }}{% endmacro %}{% call m() %}{% endcall %}",
        "{{ ''.join([scene]) }}",
        "{% set x = namespace() %}",
        "{{ lipsum() }}",
        "{% for i in [scene.upper] %}{{ i() }}{% endfor %}",
    ],
)
def test_nothing_but_macros_can_be_called_and_nothing_of_python_is_seen(text: str) -> None:
    found = compiled(SCENE, templates={"t/ours.j2": text, "t/w.j2": "{% macro m() %}{% endmacro %}"})
    assert found.codes
    assert set(found.codes) <= {"SB206", "SB207", "SB208"}, found.diagnostics
