"""What an advice is: what to change, the sum that it saves, and why."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from msgspec import Struct

from storyboard.diagnostics import Span

Kind = Literal[
    "not shown",  # the cut shows nothing of its clip
    "shorter",  # the cut shows nothing of whole seconds
    "one request",  # scenes that are padded to the shortest clip
    "silent",  # audio is paid for, and nothing is said to be heard
    "endpoint",  # more lines than the cut has
    "one take",  # scenes that hardly differ
]


class Edit(Struct, frozen=True):
    """One value of the storyboard to be written. Of a scene; of one of its shots; or of entry number `entry`, from 0,
    of `cut.order`. Field `scene` or `shot` with the value None takes it out; a scene that has another's name for a
    value is taken out, and that one shown in its place."""

    scene: str
    field: str
    value: str | None
    shot: str | None = None
    entry: int | None = None


class Advice(Struct, frozen=True):
    """`text` says what to do in one sentence. `saves` is exact USD for one take of each, None when a price is not
    known. `scenes` are all that it touches: of two that touch one scene only one counts. `edits` carry it out where
    that is mechanical."""

    kind: Kind
    scenes: tuple[str, ...]
    span: Span
    text: str
    saves: Decimal | None
    why: str
    edits: tuple[Edit, ...] = ()
