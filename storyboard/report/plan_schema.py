"""The JSON Schema of what `plan --format json` prints, and of the plan that `plan -o FILE` saves."""

from __future__ import annotations

from typing import get_args

from storyboard.ledger.record import State
from storyboard.media.fact import Kind
from storyboard.plan.saved import FORMAT, MARK
from storyboard.plan.steps import Decision, Why
from storyboard.report.described import (
    COUNT,
    DAY,
    FLAG,
    NUMBER,
    SHA256,
    SUM,
    TEXT,
    TEXTS,
    Field,
    Schema,
    by_name,
    document,
    one_of,
    or_null,
    record,
    rows,
)
from storyboard.report.policy_schema import ruling_schema

ANYTHING: Schema = {}


def plan_schema() -> Schema:
    saved = _saved()
    fields: dict[str, Field] = {
        "digest": (SHA256, "The hash of what the plan does: the same plan has the same."),
        "price_book": (TEXT, "The book that it is priced by."),
        "newer_book": (or_null(record(_newer())), "What a newer book would make of it; null: the same."),
        "total": (SUM, "The sum of what is to be sent and has a price, in USD."),
        "unpriced": (TEXTS, "The scenes that are to be sent and have no price."),
        "steps": (rows({"$ref": "#/$defs/step"}), "A step a scene, in the order of the story."),
        "files": (rows(record(_file())), "The local files that leave this machine when it is carried out."),
        "policy": (
            or_null(ruling_schema()),
            "How it stands with budgets and the project's policy; null: it was not judged.",
        ),
        "look_alike": (FLAG, "True when the ledger that it relies on is not of fal itself."),
        **saved,
    }
    whole = document(
        "storyboard plan --format json",
        "What a render would do, and no more. A plan that is saved has further fields, with which it is carried out.",
        fields,
        dependentRequired={name: [*saved] for name in saved},
        **{"$defs": {"step": _step(), "change": _change()}},
    )
    return whole | {"required": [name for name in fields if name not in saved]}


def _step() -> Schema:
    return record(
        {
            "scene": (TEXT, "The scene that it makes a clip for."),
            "take": (NUMBER, "The number of the take, from 1."),
            "decision": (
                one_of(get_args(Decision)),
                "A clip is here, is fetched, is bought, or nothing is done without a person's word.",
            ),
            "reason": (TEXT, "Why, in words."),
            "amount": (
                or_null(SUM),
                "What it will cost, in USD; for `ask` what may have been spent; null: the price is not known.",
            ),
            "request_digest": (
                or_null(SHA256),
                "The hash of the request; null: a file of it can't be read, or the clip before it is still to be made.",
            ),
            "after": (
                or_null(TEXT),
                "The scene whose clip is made before it, as it begins with the last frame of that; null: none.",
            ),
            "why": (one_of(get_args(Why)), "Why, as one of a few words."),
            "since": (or_null(record(_since())), "The take that the reason speaks of; null: there is none."),
            "changes": (rows({"$ref": "#/$defs/change"}), "What differs from that take, field by field."),
            "bought_again": (
                or_null(record(_rebuy())),
                "What is bought again because of a change; null: nothing is bought in another's place.",
            ),
            "request": (record(_request()), "The request as it will be sent; only in a saved plan."),
            "relied_on": (
                or_null(record(_relied())),
                "The request's own take, as the ledger had it; only in a saved plan; null: there was none.",
            ),
        },
        optional=["request", "relied_on"],
    )


def _change() -> Schema:
    pair: Schema = {"type": "array", "prefixItems": [one_of("=-+"), TEXT], "minItems": 2, "maxItems": 2}
    return record(
        {
            "shot": (or_null(TEXT), "The shot that it is in; null: it is of the whole scene."),
            "field": (TEXT, "The name of the field."),
            "old": (ANYTHING, "What it was; null: it was not there."),
            "new": (ANYTHING, "What it is; null: it is gone."),
            "words": (
                rows(pair),
                "Of texts, their words: = are in both, - in the old one, + in the new one.",
            ),
            "old_path": (or_null(TEXT), "The file that it was; only of stills and videos; null: not known."),
            "new_path": (or_null(TEXT), "The file that it is; only of stills and videos; null: not known."),
        },
        optional=["words", "old_path", "new_path"],
    )


def _newer() -> dict[str, Field]:
    return {
        "price_book": (TEXT, "The name of the newer book."),
        "as_of": (DAY, "The day of its prices."),
        "total": (or_null(SUM), "What it makes of what is to be sent, in USD; null: not all of it is known."),
        "differs": (TEXTS, "The scenes that it prices otherwise."),
    }


def _since() -> dict[str, Field]:
    return {
        "take": (NUMBER, "Its number, from 1."),
        "state": (one_of(state.value for state in State), "Where it stands."),
    }


def _rebuy() -> dict[str, Field]:
    return {
        "changed_shots": (TEXTS, "The shots that changed; none: the change is of the whole scene."),
        "shots": (COUNT, "How many shots the request has: all of them are bought again."),
        "seconds": (COUNT, "How many seconds all of them last."),
        "amount": (or_null(SUM), "What that costs, in USD; null: the price is not known."),
    }


def _file() -> dict[str, Field]:
    return {
        "path": (
            TEXT,
            "Its path from the project folder; `last-frame:` and a clip's hash, or its scene: drawn from that clip.",
        ),
        "kind": (one_of(get_args(Kind)), "What its content is."),
        "bytes": (or_null(COUNT), "Its size; null: it was not looked at."),
        "sha256": (or_null(SHA256), "The hash of its content; null: it was not looked at."),
        "scenes": (TEXTS, "The scenes that show it."),
        "uploaded": (FLAG, "True: it lies with fal already."),
        "expires_at": (or_null(TEXT), "Until when it lies there, ISO 8601 in UTC; null: it does not."),
    }


def _saved() -> dict[str, Field]:
    options: dict[str, Field] = {
        "scene": (TEXTS, "The scenes that --scene named."),
        "select": (TEXTS, "What --select asked for."),
        "var": (TEXTS, "The values that --var gave, as NAME=VALUE."),
        "vars": (TEXTS, "The files that --vars named, seen from the plan's folder."),
        "pick": (TEXTS, "The variants that --pick chose, as SCENE=NAME."),
        "prices": (or_null(TEXT), "The book that was asked for; null: none was."),
    }
    book: dict[str, Field] = {
        "name": (TEXT, "The name of the book."),
        "as_of": (DAY, "The day of its prices."),
    }
    return {
        MARK: (
            {"type": "integer", "minimum": 1, "maximum": FORMAT},
            "The version of the saved plan's format.",
        ),
        "by": (TEXT, "The program that made it."),
        "place": (TEXT, "Where it is carried out: fal, sandbox, or a base URL."),
        "storyboard": (TEXT, "The path of the storyboard, seen from the plan's file."),
        "options": (record(options), "What it was asked for with."),
        "book": (record(book), "The price book, which has to be the same when it is carried out."),
        "fingerprints": (by_name(SHA256), "Hashes of what decides: the storyboard, templates, the catalog."),
        "seal": (SHA256, "The hash of all the rest: a plan that was edited is refused."),
    }


def _request() -> dict[str, Field]:
    return {
        "endpoint": (TEXT, "The id of the endpoint at fal."),
        "arguments": (
            {"type": "object"},
            "The body for fal, in which a local file stands by its hash or path.",
        ),
        "shots": (TEXTS, "The ids of its shots, in order."),
        "elements": (TEXTS, "The names of its elements, in order."),
        "paths": (by_name(TEXT), "The path of each local file, by what stands for it in the arguments."),
    }


def _relied() -> dict[str, Field]:
    return {
        "state": (one_of(state.value for state in State), "Where it stood."),
        "intent": (TEXT, "The mark of the attempt, another one after each `reconcile --resend`."),
        "request_id": (or_null(TEXT), "fal's id of it; null: none came."),
        "clip": (or_null(SHA256), "The hash of its clip; null: there was none."),
    }
