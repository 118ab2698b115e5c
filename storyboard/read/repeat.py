"""`for_each`: an entry once for each item of a list, the item bound to a name. Bounded, and in order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from storyboard.diagnostics import Span
from storyboard.read.authored import Repeated
from storyboard.read.bounds import shown
from storyboard.read.nodes import Broken, Scalar
from storyboard.read.render import Renderer, Scope

MOST_ITEMS = 1_000
MOST_MADE = 10_000  # scenes and shots that come of `for_each`, those of no item counted too
ITEM = "item"  # what is bound where `as` does not say
KINDS = {str: "text", bool: "true or false", type(None): "nothing"}


class Repeats:
    """Goes through the items of every `for_each` of a storyboard, and counts what comes of them."""

    def __init__(self, renderer: Renderer) -> None:
        self.renderer, self.report = renderer, renderer.report
        self.made = 0
        self.lost = False  # whether a list could not be read: what is wrong with it was reported
        self.place: Span | None = None  # of the outermost one that is being carried out

    def turns(self, source: Repeated, scope: Scope) -> Iterator[Scope]:
        """The scope of each time that an entry stands there: its own alone, where nothing is repeated."""
        if source.for_each is None:
            if source.bound is not None:
                self.report.add("SB144", source.node.key("as").span)
            if "loop" not in scope or self._counted():
                yield scope
            return
        items, name = self._items(source, scope), self._name(source, scope)
        if items is None or name is None:
            return
        if "loop" not in scope:
            self.place = source.node.key("for_each").span
        for index, item in enumerate(items):
            if not self._counted():
                return
            yield {**scope, name: item, "loop": loop_of(index, len(items))}

    def _counted(self) -> bool:
        """Whether one more may be made; that it may not is said once."""
        self.made += 1
        if self.made == MOST_MADE + 1 and self.place is not None:
            self.report.add("SB142", self.place, limit=f"{MOST_MADE:,}")
        return self.made <= MOST_MADE

    def _name(self, source: Repeated, scope: Scope) -> str | None:
        name = source.bound.value if source.bound is not None else ITEM
        if name not in scope:
            return name
        place = source.bound.span if source.bound is not None else source.node.key("for_each").span
        self.report.add("SB143", place, name=name)
        return None

    def _items(self, source: Repeated, scope: Scope) -> list[Any] | None:
        node, before = source.node.get("for_each"), self.report.errors
        if isinstance(node, Broken):
            self.lost = True
            return None
        value = self.renderer.data(node, scope)
        if self.report.errors > before:
            return None
        value = items_of(value)
        if not isinstance(value, list):
            self.report.add("SB140", node.span, found=KINDS.get(type(value), "a number"))
            return None
        if len(value) > MOST_ITEMS:
            self.report.add("SB141", node.span, count=f"{len(value):,}", limit=f"{MOST_ITEMS:,}")
            return None
        return value


def items_of(value: Any) -> Any:
    """What `for_each` goes through: of a mapping its keys and values."""
    if isinstance(value, dict):
        return [{"key": key, "value": entry} for key, entry in value.items()]
    return value


def loop_of(index: int, length: int) -> dict[str, Any]:
    """What a turn knows of the others, in Jinja's own words."""
    ends = {"first": index == 0, "last": index == length - 1}
    return {"index": index + 1, "index0": index, **ends, "length": length}


def again(scope: Scope, source: Repeated, identity: Scalar) -> str | None:
    """The cure for an id that an item of `for_each` gives once more; None where nothing is repeated."""
    if "loop" not in scope:
        return None
    index, name = scope["loop"]["index"], source.bound.value if source.bound is not None else ITEM
    item = scope.get(name)
    told = f" (`{shown(item)}`)" if isinstance(item, (str, int)) else ""
    way = f"{identity.value}-{{{{ loop.index }}}}"
    return f"item {index} of `for_each`{told} gives it again: let the id speak of the item, like `{way}`"
