"""The JSON Schema of what `estimate --format json` prints."""

from __future__ import annotations

from typing import Any

SUM = {"type": "string", "pattern": r"^-?[0-9]+\.[0-9]{2,}$"}
AMOUNT = {**SUM, "type": ["string", "null"], "description": "Exact USD; null: unknown, which is never zero."}
NAME = {"type": "string"}
NAMES = {"type": "array", "items": NAME}
COUNT = {"type": "integer", "minimum": 0}


def estimate_schema() -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "storyboard estimate --format json",
        "description": "What a storyboard costs. It may gain fields, never lose them.",
        **_object(
            currency={"const": "USD"},
            price_book=NAME,
            as_of={"type": "string", "format": "date", "description": "The day of the price book."},
            source=NAME,
            priced_on={
                "type": "string",
                "format": "date",
                "description": "The day on which it was priced, in UTC.",
            },
            commit={"type": ["string", "null"], "description": "Of the repository; null: there is none."},
            uncommitted_changes={
                "type": "boolean",
                "description": "A file of the project differs from the commit, or is not in it.",
            },
            selection={
                "oneOf": [{"type": "null"}, _object(scenes=COUNT, of=COUNT, options=NAMES)],
                "description": "Which scenes all this is of; null: the whole film.",
            },
            total={**_of("sum"), "description": "One take of every scene, whatever was bought."},
            seconds=COUNT,
            scenes=_list(_of("scene")),
            unpriced={**NAMES, "description": "Scenes that have no price in this book."},
            to_pay={**_of("sum"), "description": "What the next render pays of the total."},
            bought_is_known={
                "type": "boolean",
                "description": "false: the ledger was not to be read, and all counts as still to pay.",
            },
            refused={
                "type": ["string", "null"],
                "description": "What a budget or the policy has against paying it; the exit code then is 3.",
            },
            spent=_of("spent"),
            spent_here_or_elsewhere={
                **_of("spent"),
                "description": "For scenes of these names, in this storyboard or in another of the project.",
            },
            look_alike={"type": "boolean", "description": "The ledger is not of fal itself."},
            newer_book={"oneOf": [{"type": "null"}, _newer()]},
            twins=_list(_object(scene=NAME, same_as=NAME)),
            endpoints=_list(_group("endpoint")),
            elements=_list(_group("element")),
            contingency=_contingency(),
            alternatives=_list({"oneOf": [_impossible(), _possible()]}),
            against={
                **_maybe(),
                "description": "What differs from a revision: as `now` and `then` by scene.",
            },
            forecasts=_list(_forecast(), minItems=1),
            advice={"oneOf": [{"type": "null"}, _advice()]},
        ),
        "$defs": {"amount": AMOUNT, "sum": SUM, "scene": _scene(), "spent": _spent()},
    }


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _list(items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": items, **more}


def _of(name: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}"}


def _scene() -> dict[str, Any]:
    return _object(
        scene=NAME,
        endpoint=NAME,
        seconds=COUNT,
        length_known={
            "type": "boolean",
            "description": "False: the amounts are by a length that was written and could not be measured.",
        },
        tier={"enum": ["silent", "audio", "voice"]},
        unit_price=_of("amount"),
        amount=_of("amount"),
        shots=_list(_object(id=NAME, seconds=COUNT, amount=_of("amount")), minItems=1),
        why={"type": "string", "description": "Why it has its tier."},
        silent_amount=_of("amount"),
        take={"type": "integer", "minimum": 1},
        elements=NAMES,
        standing={"enum": ["to pay", "bought", "at stake", "twin"]},
        to_pay=_of("amount"),
        at_stake=_of("amount"),
        unsettled={"type": "boolean", "description": "An answer was lost: reconcile looks for it."},
        takes={**COUNT, "description": "Takes of its request that there are, or may be."},
        spent=_of("spent"),
    )


def _spent() -> dict[str, Any]:
    kept_apart = "Charged; estimated, where no charge is known; how many takes of which neither is known."
    return {
        **_object(takes=COUNT, charged=_of("sum"), estimated=_of("sum"), unknown=COUNT),
        "description": kept_apart,
    }


def _maybe() -> dict[str, Any]:
    return {"type": ["object", "null"]}


def _forecast() -> dict[str, Any]:
    """How long sending what is to be sent takes, in seconds."""
    range_ = _object(low=COUNT, likely=COUNT, high=COUNT)
    return _object(
        requests=COUNT, at_a_time={"type": "integer", "minimum": 1}, seconds=range_, basis=_list({})
    )


def _advice() -> dict[str, Any]:
    each = _object(kind=NAME, scenes=NAMES)
    sums = {
        "at_least": {
            **_of("amount"),
            "description": "Counting one advice a scene: several may save more together.",
        },
        "up_to": {**_of("amount"), "description": "The same by an older name."},
    }
    return _object(currency={"const": "USD"}, **sums, unpriced=COUNT, advice=_list(each))


def _newer() -> dict[str, Any]:
    """What has overtaken the book in use; a total of null is not known in full."""
    return _object(price_book=NAME, as_of=NAME, total=_of("amount"), differs=NAMES)


def _group(kind: str) -> dict[str, Any]:
    sums = {"amount": _of("sum"), "to_pay": _of("sum")}
    return _object(**{kind: NAME}, scenes=NAMES, seconds=COUNT, **sums, unpriced=NAMES)


def _contingency() -> dict[str, Any]:
    """What so many takes of every scene cost; null where they were not asked for."""
    beyond = {"type": "boolean", "description": "What is known of it is more than the budget of one run."}
    each = _object(takes=COUNT, to_pay=_of("sum"), unknown=COUNT, beyond_budget=beyond)
    return {"oneOf": [{"type": "null"}, each]}


def _impossible() -> dict[str, Any]:
    return _object(what_if=NAME, possible={"const": False}, why_not=NAME)


def _possible() -> dict[str, Any]:
    return _object(
        what_if=NAME,
        possible={"const": True},
        total=_of("sum"),
        change=_of("amount"),
        to_pay=_of("sum"),
        unpriced=NAMES,
        contingency=_contingency(),
    )
