"""The edit as a strip to scale: what is shown when, where its shots begin, where its transitions lie. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Literal

from storyboard.cut.edit import Cut, Piece, shot_bounds
from storyboard.report.page.facts import Bar, Joint, Strip


def strip_of(cut: Cut) -> Strip:
    """Frames are the cut's. Bars that share a transition overlap by it."""
    placed = list(zip(cut.pieces, cut.starts, strict=True))
    bars = tuple(_bar(piece, start, cut.fps) for piece, start in placed)
    joints = tuple(
        _joint(piece, following, start)
        for (piece, _), (following, start) in pairwise(placed)
        if piece.transition
    )
    return Strip(cut.fps, cut.frames, bars, joints)


def _bar(piece: Piece, start: int, fps: int) -> Bar:
    kind: Literal["clip", "stills", "card"] = "card" if piece.scene is None else "stills"
    kind = "clip" if piece.footage is not None else kind
    scene = piece.scene.id if piece.scene is not None else ""
    return Bar(piece.name, scene, start, piece.frames, kind, tuple(_shots(piece, start, fps)))


def _shots(piece: Piece, start: int, fps: int) -> Iterator[tuple[str, int, int]]:
    """What is seen of each shot, from where in the cut on."""
    if piece.scene is None:
        return
    bounds = shot_bounds(piece.scene, piece.footage, fps)
    for shot, (begin, until) in zip(piece.scene.shots, pairwise(bounds), strict=True):
        first, end = max(begin, piece.first), min(until, piece.end)
        if first < end:
            yield shot.id, start + first - piece.first, end - first


def _joint(piece: Piece, following: Piece, start: int) -> Joint:
    """`start` is where the following piece begins. A sound that changes apart from its picture lies on the side where
    it is heard."""
    change = piece.transition
    assert change is not None  # noqa: S101 - the caller's condition
    if change.early:
        first = start - change.early if change.early > 0 else start
        return Joint(change.kind, first, change.frames, piece.name, following.name)
    return Joint(change.kind, start - change.tail + change.shared, change.drawn, piece.name, following.name)
