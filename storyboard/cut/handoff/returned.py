"""An edited timeline as a cut: which clip each entry is, which frames of it, what leads to the next. Pure.

entries     |---- dawn.wide ----|~~|-- window --|- gap -|     ~ a dissolve around the cut point
pieces      |======= dawn ========|
                              |====== window ===| black |
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from storyboard.compile.ranges import frames_of
from storyboard.compile.shot_list import FADES, ListedCard, ListedScene, ShotList
from storyboard.cut.edit import FIRST, LAST, Cut, Piece, check_room, shot_bounds
from storyboard.cut.footage import Footage
from storyboard.cut.handoff.document import HASH, Document, Entry
from storyboard.cut.handoff.sound_cuts import Placed, with_sound_cuts
from storyboard.cut.transition import Transition
from storyboard.errors import MediaError


class Held(Struct, frozen=True):
    """A clip that an entry may be, by its content. `take` is None for the one that the storyboard chose for its
    scene."""

    scene: str
    sha256: str
    footage: Footage
    take: int | None = None


class StoredClip(Struct, frozen=True):
    """A clip in the store, of whichever take."""

    scene: str
    take: int
    path: Path


class EditorsCut(Struct, frozen=True):
    """A timeline that came back, and the clips that it names, by sha256."""

    document: Document
    clips: Mapping[str, StoredClip]


class Returned(Struct, frozen=True):
    """The cut that an editor made, and what is not as the editor has it."""

    cut: Cut
    remarks: tuple[str, ...] = ()


def cut_of(document: Document, shot_list: ShotList, held: Sequence[Held]) -> Returned:
    """The cut of what the document shows. Raises MediaError naming the entry and its place."""
    shelf = _Shelf(shot_list, held)
    row = [Placed(_piece(entry, shelf), (entry,)) for entry in _shown(document.pictures)]
    row = _joined(_grown(row, shot_list.fps))
    for each in row:
        _check_range(each)
    row, remarks = with_sound_cuts(row, document.sounds, shelf.clip_of)
    pieces = tuple(each.piece for each in row)
    check_room(pieces)
    cut = Cut(pieces, shot_list.fps, shot_list.size, shot_list.fit, shot_list.title or "")
    if cut.missing:
        remarks = (*remarks, f"no clip here, shown from stills: {', '.join(cut.missing)}")
    return Returned(cut, tuple(dict.fromkeys((*document.remarks, *shelf.remarks, *remarks))))


class _Shelf:
    """The clips that there are, and how they are found."""

    def __init__(self, shot_list: ShotList, held: Sequence[Held]) -> None:
        self.shot_list = shot_list
        self._scenes = {scene.id: scene for scene in shot_list.scenes}
        self._held = {each.sha256: each for each in held}
        self._chosen = {each.scene: each for each in held if each.take is None}
        self.remarks: list[str] = []

    def found(self, entry: Entry) -> tuple[ListedScene, Footage | None]:
        """By the media's name, which is the content's; by what we once wrote; by the clip's own name."""
        for name in (entry.file, entry.known.clip):
            each = self._held.get(name)
            if each is not None:
                return self._taken(each, entry), each.footage
            if HASH.match(name):
                raise MediaError(
                    f"{entry.told} is the clip {name[:12]}, which is not here: `storyboard render` fetches what was "
                    "bought elsewhere, `storyboard doctor --repair` what is gone, and what was handed over with "
                    "--sandbox is cut with --sandbox."
                )
        name = entry.known.scene or self._named(entry)
        chosen = self._chosen.get(name)
        return self._scene(name, entry), chosen.footage if chosen else None

    def _taken(self, held: Held, entry: Entry) -> ListedScene:
        """The scene with the take that is shown of it."""
        scene = self._scene(entry.known.scene or held.scene, entry)
        if held.take is None:
            return scene
        self.remarks.append(f"{entry.told} is take {held.take}, the storyboard's own is {scene.take}")
        return replace(scene, take=held.take)

    def clip_of(self, entry: Entry) -> Footage | None:
        """The clip that is heard; None for one that isn't ours."""
        try:
            return self.found(entry)[1]
        except MediaError:
            return None

    def _named(self, entry: Entry) -> str:
        named = self.shot_list.named(entry.name)
        name = named[0].id if named is not None else entry.name.partition(".")[0]
        if name not in self._scenes:
            raise MediaError(
                f"{entry.told} is no clip of this film: an edit is made of its clips, cards and black. Take it out, or "
                "add it to a scene with `storyboard take add`."
            )
        self.remarks.append(f"{entry.told} was found by its name alone")
        return name

    def _scene(self, name: str, entry: Entry) -> ListedScene:
        if name not in self._scenes:
            raise MediaError(
                f"{entry.told} is of the scene {name[:40]}, which the storyboard does not have (any more)."
            )
        return self._scenes[name]


def _shown(entries: Sequence[Entry]) -> Iterator[Entry]:
    """Without gaps of no length; one beside a transition is the black that it comes from or leads to."""
    before: Entry | None = None
    for entry in entries:
        if entry.frames or not entry.is_gap or entry.leaving or (before and before.leaving):
            yield entry
        before = entry


def _piece(entry: Entry, shelf: _Shelf) -> Piece:
    change = _transition(entry)
    if entry.is_gap or entry.known.card or entry.name in {FIRST, LAST}:
        return _card(entry, shelf.shot_list, change)
    scene, footage = shelf.found(entry)
    there = shot_bounds(scene, footage, shelf.shot_list.fps)[-1]
    name = entry.known.item or (entry.name if entry.name.startswith(f"{scene.id}.") else scene.id)
    return Piece(name, entry.source, entry.source + entry.frames, there, scene, footage, None, change)


def _transition(entry: Entry) -> Transition | None:
    leaving = entry.leaving
    if leaving is None:
        return None
    return Transition(leaving.kind, leaving.before + leaving.behind, leaving.direction)


def _card(entry: Entry, shot_list: ShotList, change: Transition | None) -> Piece:
    """A card with the storyboard's words, else those that came back; a gap is a card without any."""
    authored = {FIRST: shot_list.first_card, LAST: shot_list.last_card}.get(entry.name)
    text, subtitle = entry.known.card or ("", "")
    card = authored if authored and not entry.is_gap else ListedCard(text, subtitle, Decimal(0))
    return Piece(entry.name, 0, entry.frames, entry.frames, card=card, transition=change)


def _grown(row: list[Placed], fps: int) -> list[Placed]:
    """Each with the frames that the transitions at its ends show of it: of a clip its handles, of a card more time."""
    grown: list[Placed] = []
    lead = 0
    for each in row:
        leaving = each.entries[-1].leaving
        overlaps = leaving is not None and leaving.kind not in FADES
        tail = leaving.behind if leaving is not None and overlaps else 0
        piece = replace(each.piece, first=each.piece.first - lead, end=each.piece.end + tail)
        grown.append(replace(each, piece=_timed(piece, fps) if piece.card else piece))
        lead = leaving.before if leaving is not None and overlaps else 0
    return grown


def _timed(piece: Piece, fps: int) -> Piece:
    """A card as long as it is shown."""
    frames = piece.frames
    card = piece.card
    if card is not None and max(1, frames_of(card.seconds, fps)) != frames:
        card = replace(card, seconds=Decimal(frames) / fps)
    return replace(piece, first=0, end=frames, there=frames, card=card)


def _joined(row: list[Placed]) -> list[Placed]:
    """The shots of a piece that was handed over as several, where they still follow one another."""
    joined: list[Placed] = []
    for each in row:
        if joined and _goes_on(joined[-1], each):
            last = joined.pop()
            own, following = last.piece, each.piece
            name = own.name if own.name == following.name or own.scene is None else own.scene.id
            piece = replace(own, name=name, end=following.end, transition=following.transition)
            joined.append(Placed(piece, (*last.entries, *each.entries)))
        else:
            joined.append(each)
    return joined


def _goes_on(last: Placed, each: Placed) -> bool:
    one, other = last.piece, each.piece
    same = one.scene is not None and (one.scene, one.footage) == (other.scene, other.footage)
    together = last.entries[-1].known.piece == each.entries[0].known.piece
    return same and together and not one.transition and one.end == other.first


def _check_range(placed: Placed) -> None:
    piece, entry = placed.piece, placed.entries[0]
    if piece.first >= 0 and piece.end <= piece.there:
        return
    what = "its clip has" if piece.footage else "its stills last"
    raise MediaError(
        f"{entry.told} needs frames {piece.first} to {piece.end} with its transitions, {what} {piece.there}: trim it, "
        "or make the transitions shorter."
    )
