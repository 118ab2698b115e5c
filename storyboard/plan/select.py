"""`--select`: some of a plan's steps, by what is planned for them and what they hold.

Several options narrow each other. Within one, a comma means or; a part without a key has the key before it:
`state:new,changed`, `element:potter,endpoint:*4k*`, `cost:>2`, `scene:dawn*`, `failed`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import get_args

from storyboard.catalog.endpoints import catalog
from storyboard.errors import UsageError
from storyboard.findings import did_you_mean
from storyboard.ledger.record import State
from storyboard.plan.steps import Decision, Step, Why

STATES: tuple[str, ...] = tuple(dict.fromkeys([*get_args(Why), *get_args(Decision)]))
COST = re.compile(r"(>=|<=|>|<|=?)\s*(\d{1,9}(?:\.\d{1,9})?)")
WILD = re.compile(r"[*?]")

Chosen = Callable[[Step], bool]


def selected(steps: Sequence[Step], options: Sequence[str]) -> tuple[Step, ...]:
    """The steps that every option allows. Raises UsageError for a word that means nothing."""
    tests = [_any_of(option, steps) for option in options]
    return tuple(step for step in steps if all(test(step) for test in tests))


def _any_of(option: str, steps: Sequence[Step]) -> Chosen:
    tests: list[Chosen] = []
    key = None
    for part in option.split(","):
        key, value = _key_and_value(part.strip(), key, option)
        tests.append(KEYS[key](value, steps))
    return lambda step: any(test(step) for test in tests)


def _key_and_value(part: str, before: str | None, option: str) -> tuple[str, str]:
    name, colon, value = part.partition(":")
    if not part:
        raise UsageError(f"--select {option!r} holds an empty word. {_example()}")
    if not colon:
        return ("state", part) if part in STATES or before is None else (before, part)
    if name not in KEYS:
        raise UsageError(f"--select knows no key {name!r} ({did_you_mean(name, KEYS)}). {_example()}")
    if not value.strip():
        raise UsageError(f"--select {name}: says no {name}. {_example()}")
    return name, value.strip()


def _example() -> str:
    return "For example: --select state:new,changed --select 'cost:>2'."


def _state(value: str, steps: Sequence[Step]) -> Chosen:
    del steps
    if value not in STATES:
        raise UsageError(f"--select knows no state {value!r} ({did_you_mean(value, STATES)}). {_example()}")
    return lambda step: value in {step.why, step.decision} or (value == "failed" and _failed(step))


def _failed(step: Step) -> bool:
    """Also when its text was changed since."""
    return step.since is not None and step.since.state in {State.FAILED, State.CANCELLED}


def _scene(value: str, steps: Sequence[Step]) -> Chosen:
    test = _alike("scene", value, [step.scene for step in steps])
    return lambda step: test(step.scene)


def _element(value: str, steps: Sequence[Step]) -> Chosen:
    names = dict.fromkeys(name for step in steps for name in step.request.elements)
    test = _alike("element", value.removeprefix("@"), list(names))
    return lambda step: any(test(name) for name in step.request.elements)


def _endpoint(value: str, steps: Sequence[Step]) -> Chosen:
    del steps
    rows = catalog().endpoints
    test = _alike("endpoint", value, [name for row in rows for name in (row.alias, row.id)])
    meant = {row.id for row in rows if test(row.alias) or test(row.id)}
    return lambda step: step.request.endpoint in meant


def _alike(key: str, value: str, names: Iterable[str]) -> Callable[[str], bool]:
    """A name, or a pattern with * and ?. A name that there is not is a mistake, a pattern that fits nothing is not."""
    known = list(names)
    if not WILD.search(value) and value not in known:
        cure = did_you_mean(value, known) or "there is none at all"
        raise UsageError(f"--select: there is no {key} {value!r}: {cure}")
    pattern = re.compile("".join({"*": ".*", "?": "."}.get(sign, re.escape(sign)) for sign in value))
    return lambda name: pattern.fullmatch(name) is not None


def _cost(value: str, steps: Sequence[Step]) -> Chosen:
    del steps
    if value == "unknown":
        return lambda step: step.amount is None
    match = COST.fullmatch(value)
    if match is None:
        raise UsageError(f"--select cost:{value} is no amount of USD: cost:>2, cost:<=1.5, cost:unknown.")
    sign, limit = match[1] or "=", Decimal(match[2])
    return lambda step: step.amount is not None and _compared(step.amount, sign, limit)


def _compared(amount: Decimal, sign: str, limit: Decimal) -> bool:
    return (
        (amount > limit and ">" in sign)
        or (amount < limit and "<" in sign)
        or (amount == limit and "=" in sign)
    )


KEYS: dict[str, Callable[[str, Sequence[Step]], Chosen]] = {
    "state": _state,
    "scene": _scene,
    "element": _element,
    "endpoint": _endpoint,
    "cost": _cost,
}
