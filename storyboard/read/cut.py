"""The edit from what was authored under `cut`: rendered, its types read. Nothing of it is ever sent."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from storyboard.read import authored_cut, leaves
from storyboard.read.model import FPS, Card, Cue, Cut, Entry, Placed, Transition, Trim
from storyboard.read.nodes import Node, Scalar
from storyboard.read.render import Renderer

DEFAULT_TRANSITION = Decimal("0.5")
DEFAULT_CARD = Decimal(3)
UNTRIMMED = Trim()


def cut_of(source: authored_cut.Cut | None, renderer: Renderer, scope: Mapping[str, Any]) -> Cut:
    """The edit; what can't be read of it is reported and left out."""
    return _Reader(renderer, scope).cut(source) if source is not None else Cut()


def trim_of(begin: Scalar | None, end: Scalar | None, renderer: Renderer, scope: Mapping[str, Any]) -> Trim:
    if begin is None and end is None:
        return UNTRIMMED
    return Trim(
        renderer.typed(begin, leaves.moment, scope),
        renderer.typed(end, leaves.moment, scope),
    )


class _Reader:
    def __init__(self, renderer: Renderer, scope: Mapping[str, Any]) -> None:
        self.render, self.scope = renderer, scope

    def cut(self, source: authored_cut.Cut) -> Cut:
        order = (self._entry(item) for item in source.order or ())
        transitions = (self._transition(item) for item in source.transitions or ())
        cues = (self._cue(item) for item in source.sound or ())
        return Cut(
            order=tuple(entry for entry in order if entry is not None),
            transitions=tuple(transition for transition in transitions if transition is not None),
            title=self._card(source.title),
            end=self._card(source.end),
            sound=tuple(cue for cue in cues if cue is not None),
            loudness=self.render.typed(source.loudness, leaves.number, self.scope),
            size=self._value(source.size, leaves.size, None),
            fit=self.render.placed(source.fit, self.scope),
            fps=self._value(source.fps, leaves.rate, FPS),
        )

    def _value(self, scalar: Scalar | None, parse: Any, default: Any) -> Any:
        placed = self.render.typed(scalar, parse, self.scope)
        return default if placed is None else placed.value

    def _entry(self, item: Scalar | authored_cut.Entry) -> Entry | None:
        scalar = item if isinstance(item, Scalar) else item.scene
        name = self.render.placed(scalar, self.scope)
        if name is None:
            return None
        if isinstance(item, Scalar):
            return Entry(name, Trim())
        return Entry(name, trim_of(item.begin, item.end, self.render, self.scope))

    def _transition(self, source: authored_cut.Transition) -> Transition | None:
        render, scope = self.render, self.scope
        before, after = render.placed(source.before, scope), render.placed(source.after, scope)
        kind = render.placed(source.kind, scope)
        if before is None or after is None or kind is None:
            return None
        return Transition(
            before,
            after,
            kind,
            render.typed(source.duration, leaves.number, scope) or Placed(DEFAULT_TRANSITION, kind.node),
            render.placed(source.direction, scope),
            beginning(source.node).span,
        )

    def _card(self, item: Scalar | authored_cut.Card | None) -> Card | None:
        if item is None:
            return None
        written_out = None if isinstance(item, Scalar) else item
        text = self.render.placed(item if isinstance(item, Scalar) else item.text, self.scope)
        if text is None:
            return None
        if written_out is None:
            return Card(text, "", Placed(DEFAULT_CARD, text.node))
        seconds = self.render.typed(written_out.duration, leaves.moment, self.scope)
        subtitle = self.render.plain(written_out.subtitle, self.scope) or ""
        return Card(text, subtitle, seconds or Placed(DEFAULT_CARD, text.node))

    def _cue(self, source: authored_cut.Cue) -> Cue | None:
        render, scope = self.render, self.scope
        file = render.placed(source.file, scope)
        if file is None:
            return None
        return Cue(
            file=file,
            at=render.placed(source.at, scope),
            source=self._value(source.source, leaves.moment, Decimal(0)),
            seconds=render.typed(source.duration, leaves.moment, scope),
            gain=render.typed(source.gain, leaves.number, scope),
            fade_in=self._value(source.fade_in, leaves.moment, Decimal(0)),
            fade_out=self._value(source.fade_out, leaves.moment, Decimal(0)),
            duck=render.typed(source.duck, leaves.number, scope),
        )


def beginning(node: Node) -> Node:
    """The first character of a node, for what has no id to point at."""
    return Node(node.source, node.start, node.start + 1)
