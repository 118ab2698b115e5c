"""What differs between a scene then and now. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from storyboard.compile.compiler import DEFAULT_TEMPLATE, Compiled
from storyboard.compile.request import Request
from storyboard.compile.shot_list import ListedScene
from storyboard.plan.changes import Change, changes, is_unread
from storyboard.plan.content import content_of
from storyboard.plan.revisions import State, asked_for, told_apart
from storyboard.plan.story.cut import trim_changes
from storyboard.plan.story.shot import ShotStory, shot_stories, texts

OF_SHOTS = frozenset({"prompt", "duration", "shot", "order of shots", "order of elements"})


class Side(Struct, frozen=True):
    """A scene at one revision: as people read it, as it is sent, and the template that makes the one of the other."""

    listed: ListedScene
    request: Request
    template: str


class SceneStory(Struct, frozen=True):
    """One scene then and now; None where there is none. `behind` is the scene that it was moved behind, "" to the
    beginning, None when it was not moved. `changes` are its own; `shots` are those that differ."""

    state: State
    old: ListedScene | None
    new: ListedScene | None
    changes: tuple[Change, ...] = ()
    shots: tuple[ShotStory, ...] = ()
    behind: str | None = None

    @property
    def differs(self) -> bool:
        return self.behind is not None or self.state != "same"

    @property
    def scene(self) -> str:
        known = self.new or self.old
        return known.id if known is not None else ""

    @property
    def was(self) -> str | None:
        """The name that it had before, if that was another."""
        return self.old.id if self.state == "renamed" and self.old is not None else None


def sides(film: Compiled) -> tuple[Side, ...]:
    templates = (compiled.scene.template for compiled in film.scenes)
    return tuple(
        Side(listed, request, template.value if template is not None else DEFAULT_TEMPLATE)
        for listed, request, template in zip(film.shot_list.scenes, film.requests, templates, strict=True)
    )


def scene_story(old: Side | None, new: Side | None, *, behind: str | None, explained: bool) -> SceneStory:
    """`explained`: something that scenes share changed, and may be why a scene's request did."""
    if old is None or new is None:
        listed = [side.listed if side is not None else None for side in (old, new)]
        return SceneStory("added" if old is None else "removed", listed[0], listed[1])
    own = _changes(old, new)
    shots = tuple(shot for shot in shot_stories(old.listed, new.listed) if shot.differs)
    if not own and not shots and not explained:
        own = _as_sent(old.request, new.request)
    differs = bool(own or shots)
    state: State = "renamed" if old.listed.id != new.listed.id else "changed" if differs else "same"
    return SceneStory(state, old.listed, new.listed, own, shots, behind)


def unread_of(old: Side | None, new: Side | None) -> tuple[str, ...]:
    """Stills of which it is not known whether they changed."""
    return told_apart(old.request, new.request)[1] if old is not None and new is not None else ()


def _changes(old: Side, new: Side) -> tuple[Change, ...]:
    """Of the scene itself, not of its shots."""
    found, _ = told_apart(old.request, new.request)
    own = [change for change in found if change.shot is None and not _is_elsewhere(change.field)]
    if old.template != new.template:
        own.append(Change("template", old.template, new.template))
    own += _cast(old.request.elements, new.request.elements)
    own += trim_changes(old.listed.trim, new.listed.trim)
    own += texts("note", old.listed.note, new.listed.note)
    return tuple(own)


def _is_elsewhere(field: str) -> bool:
    """What shots and the film's elements tell themselves."""
    return field in OF_SHOTS or field.startswith("element ")


def _cast(old: Sequence[str], new: Sequence[str]) -> Iterator[Change]:
    """Who came and went."""
    for name in dict.fromkeys([*new, *old]):
        if (name in old) != (name in new):
            there = {"name": name}
            yield Change(f"element {name}", *((there, None) if name in old else (None, there)))


def _as_sent(old: Request, new: Request) -> tuple[Change, ...]:
    """What requests differ in where nothing that an author wrote does: only the program words it otherwise."""
    if asked_for(old) == asked_for(new):
        return ()
    found = changes(content_of(old), content_of(new))
    return tuple(
        replace(change, field=f"{change.field} as sent") if change.words else change
        for change in found
        if not is_unread(change)
    )
