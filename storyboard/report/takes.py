"""The takes of a storyboard, scene by scene, as text that fits 80 columns, or as many as there are, and as a
document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from storyboard.compile.request import Request
from storyboard.errors import Refused
from storyboard.ledger.record import TakeRecord
from storyboard.plan.pins import as_pinned, name_of
from storyboard.report.money import bare, exact
from storyboard.report.table import WIDTH, table, wrapped

HARD = "\u00a0"  # a blank at which no line is broken
NARROW = 60  # columns, below which clips are not named
SHOWN = 12  # characters of a clip's name


class SceneTakes(Struct, frozen=True):
    """One scene: the takes of its text as it is, by number, those of other texts of it, and which of all is chosen.
    `take` is None for takes that no scene asks for."""

    scene: str
    digest: str | None
    take: int | None
    pinned: TakeRecord | None
    pin: str | None  # as its author wrote it
    own: tuple[TakeRecord, ...]
    older: tuple[TakeRecord, ...] = ()

    @property
    def chosen(self) -> TakeRecord | None:
        """What goes into the cut, as far as it is known."""
        if self.pin is not None:
            return self.pinned
        return next((take for take in self.own if take.take == self.take), None)


def takes_of_scene(request: Request, takes: Sequence[TakeRecord]) -> SceneTakes:
    """The takes of a request, of all that are known."""
    pin, pinned = request.pin, None
    if pin is not None:
        try:
            held = as_pinned(request, takes)
            pinned = next(take for take in takes if take.key == (held.digest, held.take))
        except Refused:  # it names nothing: that is what the list says
            pinned = None
    return SceneTakes(
        scene=request.scene,
        digest=request.digest,
        take=request.take,
        pinned=pinned,
        pin=f"{pin.value.digest}/{pin.value.take}" if pin is not None else None,
        own=tuple(sorted((t for t in takes if t.digest == request.digest), key=lambda t: t.take)),
        older=tuple(
            take
            for take in takes
            if take.digest != request.digest and (take.scene == request.scene or take is pinned)
        ),
    )


def takes_text(scenes: Sequence[SceneTakes], width: int = WIDTH) -> list[str]:
    """A head line a scene and a line a take; takes of its older texts in a few lines below."""
    rows = [["", "take", "state", "date", "USD", "clip", ""]]
    rows += [_row(take, scene) for scene in scenes for take in scene.own]
    flexible: int | None = 5
    if width < NARROW:
        rows, flexible = [row[:-2] for row in rows], None
    lines = [f"  {line}" for line in table(rows, "lrllrll", flexible, width - 2, head=True)]
    head, lines = lines[0], lines[1:]
    found: list[str] = [head] if lines else []
    for scene in scenes:
        found += wrapped(_head(scene), width)
        found += lines[: len(scene.own)]
        lines = lines[len(scene.own) :]
        found += _older(scene, width)
    return found


def _head(scene: SceneTakes) -> str:
    if any(take.of_voice for take in scene.own):
        return f"{scene.scene} (`storyboard voice list` tells who uses it)"
    if scene.take is None:
        return f"{scene.scene} (no scene asks for these)"
    if scene.pin is not None:
        return f"{scene.scene}: pinned to {scene.pin}{'' if scene.pinned else ', which is not known here'}"
    if not scene.own:
        return f"{scene.scene}: no takes yet"
    return f"{scene.scene}: take {scene.take} is picked{'' if scene.chosen else ', and is not there yet'}"


def _row(take: TakeRecord, scene: SceneTakes) -> list[str]:
    chosen = scene.chosen is not None and scene.chosen.key == take.key
    came = {"added": "added", "lock": "from the lock"}.get(take.origin or "", "")
    number = str(take.take) if scene.take is not None else name_of(take)
    return [
        "*" if chosen else "",
        number,
        take.state.value,
        take.created_at[:10],
        money(take),
        (take.clip or "-")[:SHOWN],
        came,
    ]


def _older(scene: SceneTakes, width: int) -> list[str]:
    if not scene.older:
        return []
    named = [
        f"{'*' if scene.pinned is not None and scene.pinned.key == take.key else ''}{name_of(take)} "
        f"{take.state.value} {take.created_at[:10]} {money(take)}".replace(" ", HARD)
        for take in scene.older
    ]
    lines = wrapped(f"of other texts: {'; '.join(named)}", width, first="  ", others="    ")
    return [line.replace(HARD, " ") for line in lines]


def money(take: TakeRecord) -> str:
    """The charge where it is known, else the estimate, marked as one."""
    if take.charge is not None:
        return bare(take.charge)
    return "unknown" if take.estimate is None else f"~{bare(take.estimate)}"


def scene_document(scene: SceneTakes) -> dict[str, Any]:
    """Which takes are a scene's; each is named by (request_digest, take) as in the list of takes."""
    return {
        "scene": scene.scene,
        "request_digest": scene.digest,
        "take": scene.take,
        "pin": scene.pin,
        "takes": [_named(take, scene) for take in scene.own],
        "other_texts": [_named(take, scene) for take in scene.older],
    }


def _named(take: TakeRecord, scene: SceneTakes) -> dict[str, Any]:
    chosen = scene.chosen is not None and scene.chosen.key == take.key
    return {
        "request_digest": take.digest,
        "take": take.take,
        "state": take.state.value,
        "picked": chosen and scene.pin is None,
        "pinned": chosen and scene.pin is not None,
        "estimate": exact(take.estimate),
        "charge": exact(take.charge),
    }
