"""Templates of a hostile author: none leaves the sandbox, none takes long, none sends what differs from run to run."""

# ruff: noqa: E501 - an attack a line
from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

HOSTILE = Path(__file__).parent / "hostile"
LONGEST = 2.0  # seconds; on an idle machine none takes a tenth of it
LEAKED = re.compile(
    r"object at 0x|<(?:function|class|generator|built-in|LoopContext|TemplateReference)|Undefined|^None$"
)
UNSENDABLE = re.compile("[\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\x00]")


def doubling(times: int, start: str = "[1, 1]", step: str = "[a, a]") -> str:
    return f"{{% set a = {start} %}}" + f"{{% set a = {step} %}}" * times


LONG_TEXT = doubling(15, "'a'", "a ~ a")
NINE_THOUSAND = "{% for i in range(1000) %}{% for j in range(9) %}"
ENDS = "{% endfor %}{% endfor %}"
BOMBS = {
    "list-as-text": doubling(30) + "{{ a | string | length }}",
    "list-joined": doubling(30) + "{{ a | join | length }}",
    "list-upper": doubling(30) + "{{ a | upper | length }}",
    "list-in-text": doubling(30) + "{{ a }} x",
    "list-alone": doubling(12) + "{{ a }}",
    "lists-compared": doubling(30) + "{% set b = a %}" + doubling(30).replace("1", "1.0") + "{{ a == b }}",
    "mapping-as-text": doubling(30, "{'k': 1}", "{'k': a, 'l': a}") + "{{ a | string | length }}",
    "list-summed": "{% set a = range(1000) | list %}" + "{% set a = [a, a, a, a, a, a, a, a] | sum(start=[]) %}" * 7 + "{{ a | length }}",
    "text-doubled": doubling(40, "'a'", "a ~ a") + "{{ a | length }}",
    "text-added": doubling(40, "'a'", "a + a") + "{{ a | length }}",
    "text-replaced": "{% set a = 'aaaaaaaa' %}" + "{% set a = a | replace('a', 'aaaaaaaa') %}" * 20 + "{{ a | length }}",
    "filters-in-loops": LONG_TEXT + NINE_THOUSAND + "{% if a" + " | upper | lower" * 40 + " %}{% endif %}" + ENDS,
    "sorts-in-loops": "{% set a = range(1000) | list %}" + NINE_THOUSAND + "{% if a" + " | sort | list" * 20 + " %}{% endif %}" + ENDS,
    "searches-in-loops": LONG_TEXT + NINE_THOUSAND + "{{ '' if ('ab' in a" + " or 'ab' in a" * 200 + ") else '' }}" + ENDS,
    "slices-in-loops": LONG_TEXT + NINE_THOUSAND + "{% if a" + "[::-1]" * 200 + " %}{% endif %}" + ENDS,
    "outputs-in-loops": NINE_THOUSAND + "{{ '' }}" * 1800 + ENDS,
    "sets-in-loops": NINE_THOUSAND + "{% set b = i %}" * 900 + ENDS,
    "maps-of-long-text": LONG_TEXT + "".join(f"{{% set c{i} = range(1000) | map('string') | map('replace', '1', a) | list %}}" for i in range(30)),
    "maps-of-maps": "{% set a = range(1000) | list %}{{ range(1000)" + " | map('string') | map('int')" * 200 + " | sum }}",
    "lists-of-ranges": "".join(f"{{% set c{i} = range(1000) | list %}}" for i in range(400)) + "x",
    "nested-for": "{% for x in [1] %}" * 25 + "a" + "{% endfor %}" * 25,
    "nested-if": "{% if 1 %}" * 110 + "a" + "{% endif %}" * 110,
    "nested-with": "{% with b = 1 %}" * 110 + "a" + "{% endwith %}" * 110,
    "nested-parentheses": "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }} x",
    "nested-lists": "{{ " + "[" * 190 + "1" + "]" * 190 + " }}",
    "nested-mappings": "{{ " + "{'a':" * 190 + "1" + "}" * 190 + " }}",
    "nested-conditions": "{{ " + "1 if 1 else (" * 190 + "1" + ")" * 190 + " }} x",
    "long-sum": "{{ " + "+".join("1" * 3000) + " }} x",
    "long-concatenation": "{{ " + "~".join("1" * 3000) + " }} x",
    "long-or": "{{ " + " or ".join("0" * 2000) + " }} x",
    "long-filters": "{{ 'a'" + " | upper" * 1500 + " }} x",
    "long-attributes": "{{ deep" + ".a" * 3000 + " }} x",
    "long-not": "{{ " + "not " * 3000 + "1 }} x",
    "long-minus": "{{ " + "- " * 3000 + "1 }} x",
    "long-comparison": "{{ 1" + " < 1" * 2000 + " }} x",
    "long-number": "{{ " + "1" * 5000 + " }} x",
    "long-fraction": "{{ 0." + "1" * 5000 + " }} x",
    "long-exponent": "{{ 1e" + "1" * 5000 + " }} x",
    "long-name": "{{ " + "a" * 15000 + " }} x",
    "long-dots": "{{ a" + ".a" * 6000 + " }} x",
    "long-text": "{{ '" + "a" * 15000 + "' }} x",
    "long-template": "{{ word }}" * 6000,
    "many-tags": "{% if yes %}{% endif %}" * 700 + "x",
    "many-openers": "{{" * 8000,
    "many-comments": "{##}" * 4000 + "x",
    "open-comments": "{#" * 8000,
    "open-blocks": "{% " * 5000,
    "many-names": "{{ a" * 4000,
    "power-of-ten": "{{ '1e999999999' | float }} x",
    "decimal-exponent": "{{ x * 1e308 * 1e308 }} x",
}  # fmt: skip


def own_payloads() -> list[str]:
    lines = (HOSTILE / "payloads.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("# ")]


def rendered(payloads: Sequence[str], seed: str = "0") -> dict[str, dict[str, Any]]:
    """What became of each, from a process of their own. A payload that stops the process is missing in it."""
    child = subprocess.run(
        [sys.executable, str(HOSTILE / "templates_child.py")],
        input=json.dumps(list(payloads)),
        env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(HOSTILE.parents[1])},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=100,
        check=False,
    )
    assert child.stdout, child.stderr
    found = [json.loads(line) for line in child.stdout.splitlines()]
    return {entry["payload"]: entry for entry in found}


def one_by_one(payloads: Sequence[str], timeout: float) -> dict[str, dict[str, Any]]:
    """As `rendered`, but a process that hangs is ended and begun again behind the payload that stopped it."""
    found: dict[str, dict[str, Any]] = {}
    left = list(payloads)
    while left:
        with subprocess.Popen(
            [sys.executable, str(HOSTILE / "templates_child.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(HOSTILE.parents[1])},
        ) as child:
            try:
                out, err = child.communicate(json.dumps(left).encode(), timeout=timeout)
            except subprocess.TimeoutExpired:
                child.kill()
                out, err = child.communicate()
        entries = [
            json.loads(line) for line in out.decode("utf-8").splitlines() if line.endswith(b"}".decode())
        ]
        found |= {entry["payload"]: entry for entry in entries}
        done = len(entries)
        if done < len(left):
            found[left[done]] = {"payload": left[done], "raised": f"did not end: {err.decode()[-300:]}", "seconds": timeout,
                                 "reached": [], "codes": [], "sent": None}  # fmt: skip
        left = left[done + 1 :]
    return found


@pytest.fixture(scope="module")
def own() -> dict[str, dict[str, Any]]:
    return one_by_one(own_payloads(), timeout=40)


@pytest.fixture(scope="module")
def bombs() -> dict[str, dict[str, Any]]:
    found = one_by_one(list(BOMBS.values()), timeout=20)
    return {name: found[text] for name, text in BOMBS.items()}


def test_there_are_payloads_enough() -> None:
    assert len(set(own_payloads())) >= 300
    assert len(BOMBS) >= 50


def test_no_template_reaches_the_system(own: dict[str, dict[str, Any]]) -> None:
    assert {text: entry["reached"] for text, entry in own.items() if entry["reached"]} == {}


def test_no_template_raises(own: dict[str, dict[str, Any]]) -> None:
    assert {text: entry["raised"] for text, entry in own.items() if entry["raised"]} == {}


def test_no_template_takes_long(own: dict[str, dict[str, Any]]) -> None:
    assert {text: entry["seconds"] for text, entry in own.items() if entry["seconds"] > LONGEST} == {}


def test_nothing_of_the_process_is_sent(own: dict[str, dict[str, Any]]) -> None:
    """An address or an object's name in a prompt makes another request of it in every run: it is bought again."""
    sent = {text: entry["sent"][0] for text, entry in own.items() if entry["sent"]}
    assert {text: prompt for text, prompt in sent.items() if LEAKED.search(prompt or "")} == {}


def test_nothing_unsendable_is_sent(own: dict[str, dict[str, Any]]) -> None:
    sent = {text: entry["sent"][0] for text, entry in own.items() if entry["sent"]}
    assert {text: prompt for text, prompt in sent.items() if UNSENDABLE.search(prompt or "")} == {}


def test_a_missing_else_is_no_empty_text(own: dict[str, dict[str, Any]]) -> None:
    payloads = [text for text in own if "if false }} and" in text or "if no)" in text or "if no]" in text]
    assert len(payloads) == 5
    assert {text: own[text]["sent"] for text in payloads if own[text]["sent"]} == {}


def test_another_process_sends_the_same(own: dict[str, dict[str, Any]]) -> None:
    again = rendered([text for text, entry in own.items() if entry["sent"]], seed="4711")
    assert {text: entry["sent"] for text, entry in again.items() if entry["sent"] != own[text]["sent"]} == {}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs(bombs: dict[str, dict[str, Any]], name: str) -> None:
    entry = bombs[name]
    assert entry["raised"] is None
    assert entry["reached"] == []
    assert entry["seconds"] <= LONGEST
