"""What has to be written when shots become shorter: their seconds, and every `in` and `out`, moved along so that the
cut shows what it showed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from functools import partial
from itertools import accumulate

from msgspec import Struct
from msgspec.structs import replace

from storyboard.compile.shot_list import ListedItem, ListedScene, ListedTrim
from storyboard.plan.cheaper.advised import Edit
from storyboard.plan.cheaper.lengths import Kept
from storyboard.read.model import Scene

NOTHING = Decimal(0)


class _Moving(Struct, frozen=True):
    """Where moments are once its shots are as long as kept: of a shot, or of the clip."""

    scene: ListedScene
    kept: Sequence[Kept]

    @property
    def whole(self) -> int:
        return sum(each.seconds for each in self.kept)

    def in_shot(self, number: int, moment: Decimal) -> Decimal:
        each = self.kept[number]
        return min(max(moment - each.head, NOTHING), Decimal(each.seconds))

    def in_clip(self, moment: Decimal) -> Decimal:
        begins = [*accumulate((shot.seconds for shot in self.scene.shots), initial=0)][:-1]
        return sum((self.in_shot(number, moment - begin) for number, begin in enumerate(begins)), NOTHING)


def edits_of(
    scene: Scene, listed: ListedScene, kept: Sequence[Kept], items: Sequence[ListedItem]
) -> Iterator[Edit]:
    """`items` are the entries of `cut.order`."""
    moving = _Moving(listed, kept)
    for number, (shot, each) in enumerate(zip(listed.shots, kept, strict=True)):
        of_shot = Edit(listed.id, "duration", str(each.seconds), shot=shot.id)
        if not each.seconds:
            yield replace(of_shot, field="shot", value=None)
            continue
        if each.seconds != shot.seconds:
            yield of_shot
        yield from _moved(of_shot, shot.trim, partial(moving.in_shot, number), each.seconds)
    of_scene = Edit(listed.id, "duration", str(moving.whole))
    if scene.duration is not None and scene.shots[0].place != scene.place:  # it stands beside the shots
        yield of_scene
    yield from _moved(of_scene, listed.trim, moving.in_clip, moving.whole)
    yield from _entries(listed, moving, items)


def _entries(listed: ListedScene, moving: _Moving, items: Sequence[ListedItem]) -> Iterator[Edit]:
    numbers = {shot.id: number for number, shot in enumerate(listed.shots)}
    for entry, item in enumerate(items):
        if item.scene != listed.id:
            continue
        edit = Edit(listed.id, "", None, shot=item.shot, entry=entry)
        if item.shot is None:
            yield from _moved(edit, item.trim, moving.in_clip, moving.whole)
        else:
            number = numbers[item.shot]
            yield from _moved(edit, item.trim, partial(moving.in_shot, number), moving.kept[number].seconds)


def _moved(edit: Edit, trim: ListedTrim, move: Callable[[Decimal], Decimal], whole: int) -> Iterator[Edit]:
    """What would leave nothing is of no effect where it stands, as something is shown: it becomes what changes
    nothing."""
    begin = None if trim.begin is None else move(trim.begin)
    begin = NOTHING if begin is not None and begin >= whole else begin
    end = None if trim.end is None else move(trim.end)
    end = Decimal(whole) if end is not None and end <= (begin or NOTHING) else end
    for field, before, after in (("in", trim.begin, begin), ("out", trim.end, end)):
        if before != after and after is not None:
            yield replace(edit, field=field, value=_plain(after))


def _plain(moment: Decimal) -> str:
    return f"{moment.normalize():f}"
