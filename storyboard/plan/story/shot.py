"""What differs between the shots of a scene then and now. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from storyboard.compile.shot_list import DialogueLine, ListedScene, ListedShot
from storyboard.plan.alignment import aligned
from storyboard.plan.changes import Change
from storyboard.plan.pairing import moved, paired
from storyboard.plan.revisions import State
from storyboard.plan.story.cut import between, trim_changes
from storyboard.read.authored_prompt import SECTIONS

Pair = tuple[ListedShot | None, ListedShot | None]


class ShotStory(Struct, frozen=True):
    """One shot then and now; None where there is none."""

    state: State
    old: ListedShot | None
    new: ListedShot | None
    changes: tuple[Change, ...] = ()
    moved: bool = False

    @property
    def differs(self) -> bool:
        return self.moved or self.state != "same"


def shot_stories(old: ListedScene, new: ListedScene) -> tuple[ShotStory, ...]:
    """Every shot, in the order of today; what is gone stands where it was."""
    pairs = _pairs(old, new)
    names = {then.id: now.id for then, now in pairs if then is not None and now is not None}
    before = [names[shot.id] for shot in old.shots if shot.id in names]
    away = moved(before, [now.id for then, now in pairs if then is not None and now is not None])
    return tuple(_story(then, now, moved=now is not None and now.id in away) for then, now in pairs)


def _pairs(old: ListedScene, new: ListedScene) -> list[Pair]:
    """Which shot was which: by id, or by what is said where ids only count."""
    if not (_only_counted(old.shots) or _only_counted(new.shots)):
        return paired(old.shots, new.shots, lambda shot: shot.id, lambda shot: (shot.seconds, _text(shot)))
    pairs = aligned([_text(shot) for shot in old.shots], [_text(shot) for shot in new.shots])
    return [
        (None if then is None else old.shots[then], None if now is None else new.shots[now])
        for then, now in pairs
    ]


def _only_counted(shots: Sequence[ListedShot]) -> bool:
    return all(shot.id == str(number) for number, shot in enumerate(shots, 1))


def _text(shot: ListedShot) -> str:
    return "\n".join([*shot.sections.values(), *map(spoken, shot.dialogue)])


def spoken(line: DialogueLine) -> str:
    """A line of dialogue as it is written."""
    manner = f" ({line.manner})" if line.manner is not None else ""
    return line.line if line.speaker is None else f"{line.speaker}{manner}: {line.line}"


def _story(old: ListedShot | None, new: ListedShot | None, *, moved: bool) -> ShotStory:
    if old is None or new is None:
        return ShotStory("added" if old is None else "removed", old, new)
    found = tuple(_changes(old, new))
    counted = old.id.isdigit() and new.id.isdigit()
    state: State = "renamed" if old.id != new.id and not counted else "changed" if found else "same"
    return ShotStory(state, old, new, found, moved)


def _changes(old: ListedShot, new: ListedShot) -> Iterator[Change]:
    if old.seconds != new.seconds:
        yield Change("duration", old.seconds, new.seconds)
    for name in SECTIONS:
        yield from texts(name, old.sections.get(name), new.sections.get(name))
    before, after = ([spoken(line) for line in shot.dialogue] for shot in (old, new))
    for then, now in aligned(before, after):
        yield from texts(
            "dialogue", None if then is None else before[then], None if now is None else after[now]
        )
    yield from trim_changes(old.trim, new.trim)
    yield from texts("note", old.note, new.note)


def texts(name: str, old: str | None, new: str | None) -> Iterator[Change]:
    """What differs between two texts, word by word; nothing when they are alike."""
    before, after = old or None, new or None
    if before != after:
        yield Change(name, before, after, words=between(before, after))
