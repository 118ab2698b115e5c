"""The page as it stands, fragment by fragment: what changed is told, and what a page that comes late has missed."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from storyboard.preview.events import Events, event


class Part(Struct, frozen=True):
    """A fragment of HTML; `revision` is when it became this."""

    html: str
    revision: int


class Live:
    """`film` are the fragments of the report's page, in their order; `own` those of the preview. Both by element id.
    Used in the event loop's thread alone."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self.revision = 0
        self.film: dict[str, Part] = {}
        self.own: dict[str, Part] = {}

    def show(self, parts: Mapping[str, str]) -> None:
        """The film's fragments from now on. What is not among them goes."""
        before = self.revision
        came = [*parts] != [*self.film]
        self.film = {name: self._part(self.film, name, html) for name, html in parts.items()}
        if came or self.revision > before:
            self._tell(before)

    def put(self, **parts: str) -> None:
        """Fragments of the preview's own, by their ids, with _ for -."""
        before = self.revision
        for word, html in parts.items():
            name = word.replace("_", "-")
            self.own[name] = self._part(self.own, name, html)
        if self.revision > before:
            self._tell(before)

    def since(self, revision: int) -> bytes:
        """What changed after a revision, as an event: fragments by id, and the ids of the film's in their order."""
        every = {**self.film, **self.own}
        changed = {name: part.html for name, part in every.items() if part.revision > revision}
        return event("parts", {"parts": changed, "order": [*self.film]}, self.revision)

    def _part(self, known: Mapping[str, Part], name: str, html: str) -> Part:
        old = known.get(name)
        if old is not None and old.html == html:
            return old
        self.revision += 1
        return Part(html, self.revision)

    def _tell(self, before: int) -> None:
        self._events.tell(self.since(before))
