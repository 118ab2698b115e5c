"""A saved plan: a document that holds what is needed to carry it out, and to see whether it still holds.

It is the plan's document with the requests, the takes that it relied on, the options that shaped it and fingerprints of
everything that decides. `seal` is the hash of all of it: a plan is known by it, and not to be edited by hand.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from msgspec import Struct
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from storyboard.compile.digest import canonical
from storyboard.errors import Refused, UsageError
from storyboard.ledger.record import TakeRecord
from storyboard.plan.content import Content, content_of
from storyboard.plan.steps import Decision, Plan, Step

FORMAT = 1
MARK = "storyboard_plan"  # the key by which a saved plan is known; its value is the format's version


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Options(_Part):
    """What was asked for, as on the command line. Paths among them are seen from the plan's file."""

    scene: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    var: tuple[str, ...] = ()
    vars: tuple[str, ...] = ()
    pick: tuple[str, ...] = ()
    prices: str | None = None


class Book(_Part):
    name: str
    as_of: str


class SavedRequest(_Part):
    endpoint: str
    arguments: dict[str, Any]
    shots: tuple[str, ...]
    elements: tuple[str, ...]
    paths: dict[str, str]

    def content(self) -> Content:
        return Content(self.endpoint, self.arguments, self.shots, self.elements, self.paths)


class Relied(_Part):
    """The take of a step as the ledger had it."""

    state: str
    intent: str
    request_id: str | None = None
    clip: str | None = None


class SavedStep(_Part):
    scene: str
    take: int
    decision: Decision
    amount: Decimal | None
    request_digest: str | None
    request: SavedRequest
    after: str | None = None
    relied_on: Relied | None = None


class SavedPlan(_Part):
    """`storyboard` is the path of the storyboard from the plan's file; `place` is "fal", "sandbox" or a base URL;
    `fingerprints` lead from a name to a SHA-256: the storyboard, templates, the catalog."""

    by: str
    place: str
    storyboard: str
    options: Options
    book: Book
    fingerprints: dict[str, str]
    steps: tuple[SavedStep, ...] = Field(min_length=0)
    seal: str

    @property
    def buys(self) -> bool:
        return any(step.decision == "send" for step in self.steps)


class Origin(Struct, frozen=True):
    """Where a plan comes from: what is saved beside the plan itself."""

    by: str
    place: str
    storyboard: str
    options: Options
    book: Book
    fingerprints: Mapping[str, str]


def saved_document(plan: Plan, document: Mapping[str, Any], origin: Origin) -> dict[str, Any]:
    """The plan's document with all that carrying it out needs."""
    steps = [
        row | {"request": _request(step), "relied_on": _relied(own_take(step))}
        for row, step in zip(document["steps"], plan.steps, strict=True)
    ]
    whole = {
        MARK: FORMAT,
        **document,
        "steps": steps,
        "by": origin.by,
        "place": origin.place,
        "storyboard": origin.storyboard,
        "options": origin.options.model_dump(mode="json"),
        "book": origin.book.model_dump(mode="json"),
        "fingerprints": dict(origin.fingerprints),
    }
    return whole | {"seal": _seal(whole)}


def own_take(step: Step) -> TakeRecord | None:
    """The take of the step's very request, which `since` is not where it was only compared."""
    return step.since if step.since is not None and step.since.digest == step.request.digest else None


def read_saved(name: str, document: Mapping[str, Any]) -> SavedPlan:
    """The plan in a document that has the key MARK. Raises UsageError and Refused, which say what is wrong with the
    file of that name."""
    version = document.get(MARK)
    if not isinstance(version, int) or isinstance(version, bool) or not 1 <= version <= FORMAT:
        raise UsageError(
            f"{name} is a saved plan of format {str(version)[:20]!r}, and this version knows {FORMAT}: another "
            "storyboard wrote it. Nothing was sent. Make a new plan, or use that version."
        )
    if document.get("seal") != _seal_of(document):
        raise Refused(
            f"{name} is not as `storyboard plan` wrote it: it was edited or damaged. Nothing was sent. Make a new "
            "plan: `storyboard plan PATH -o FILE`."
        )
    try:
        return SavedPlan.model_validate_json(json.dumps(document))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UsageError(
            f"{name} is a damaged plan ({where}: {first['msg']}). Nothing was sent. Make a new one: "
            "`storyboard plan PATH -o FILE`."
        ) from None


def _request(step: Step) -> dict[str, Any]:
    content = content_of(step.request)
    return {
        "endpoint": content.endpoint,
        "arguments": content.arguments,
        "shots": list(content.shots),
        "elements": list(content.elements),
        "paths": dict(content.paths),
    }


def _relied(take: TakeRecord | None) -> dict[str, Any] | None:
    if take is None:
        return None
    return {
        "state": take.state.value,
        "intent": take.intent,
        "request_id": take.request_id,
        "clip": take.clip,
    }


def _seal_of(document: Mapping[str, Any]) -> str | None:
    """None for what no plan nests as deep as."""
    try:
        return _seal({key: value for key, value in document.items() if key != "seal"})
    except (ValueError, RecursionError):
        return None


def _seal(document: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical(document).encode("utf-8", "surrogatepass")).hexdigest()
