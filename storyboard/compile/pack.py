"""`pack: auto`: a scene that is too long for one request as several, cut between shots. Pure, and the same every time.

As few requests as possible; among those with as few, the least sum of squares of seconds: then no part is much longer
than another, and an edit buys little again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import accumulate
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

from storyboard.catalog.endpoints import Catalog, Endpoint, Limits
from storyboard.diagnostics import Note
from storyboard.findings import Report
from storyboard.read.model import Cut, Entry, Placed, Scene, Shot, Storyboard, Trim

NOTED = 8  # shots in a message


NONE: Mapping[str, str] = MappingProxyType({})


class Parts(Struct, frozen=True):
    """The parts of a scene, by its id: what names in the cut stand for."""

    ids: Mapping[str, tuple[str, ...]]
    lengths: Mapping[str, tuple[int, ...]]
    shots: Mapping[str, str]  # from `scene.shot` to `scene.N.shot`
    twofold: Mapping[str, str]  # the same, where `scene.shot` is the id of a part as well
    inside: Mapping[str, tuple[str, ...]]  # the names of a part's shots, by its id
    first: Mapping[str, str]  # from the shot that begins a part, and the one that ends it, to the part
    last: Mapping[str, str]


def packed(storyboard: Storyboard, catalog: Catalog, default: str, report: Report) -> Storyboard:
    """The storyboard with every scene split that asks for it and is too long; `default` is the endpoint of those that
    name none."""
    every = (*storyboard.scenes, *storyboard.unpicked)
    if all(scene.pack is None for scene in every):
        return storyboard
    before = report.errors
    packer = _Packer(catalog, default, {scene.id.value for scene in storyboard.scenes}, report)
    split = {id(scene): tuple(packer.parts(scene)) for scene in every}
    parts = _named(storyboard.scenes, split)

    def all_parts(scenes: Sequence[Scene]) -> tuple[Scene, ...]:
        return tuple(_after(part, parts) for scene in scenes for part in split[id(scene)])

    return replace(
        storyboard,
        scenes=all_parts(storyboard.scenes),
        unpicked=all_parts(storyboard.unpicked),
        cut=_Names(parts, report).cut(storyboard.cut),
        parts=parts.ids,
        whole=storyboard.whole and report.errors == before,
    )


class _Packer:
    def __init__(self, catalog: Catalog, default: str, taken: set[str], report: Report) -> None:
        self.catalog, self.default, self.taken, self.report = catalog, default, taken, report

    def parts(self, scene: Scene) -> Iterator[Scene]:
        """The scene itself when it fits; nothing, and a report, when it can't be split."""
        endpoint = self.catalog.find(scene.endpoint.value if scene.endpoint is not None else self.default)
        total = sum(shot.seconds.value for shot in scene.shots)
        said = scene.duration.value if scene.duration is not None else total
        if scene.pack is None or endpoint is None or said != total or _fits(scene.shots, endpoint.limits):
            yield scene
            return
        ends = self._ends(scene, endpoint)
        trims = self._trims(scene, ends) if ends is not None and self._can_be_meant(scene, endpoint) else None
        if ends is None or trims is None:
            return
        for number, (first, last) in enumerate(zip((0, *ends), ends, strict=False), 1):
            yield replace(
                scene,
                id=Placed(f"{scene.id.value}.{number}", scene.id.node),
                start_image=scene.start_image if first == 0 else None,
                end_image=scene.end_image if number == len(ends) else None,
                duration=None,
                shots=scene.shots[first:last],
                trim=trims[number - 1],
                continues=scene.continues if first == 0 else None,
                after=scene.after if first == 0 else None,
            )

    def _ends(self, scene: Scene, endpoint: Endpoint) -> tuple[int, ...] | None:
        alone = scene.end_image is not None and endpoint.takes("end_image_url")
        seconds = [shot.seconds.value for shot in scene.shots]
        ends, reached = split(seconds, endpoint.limits, alone=alone)
        if ends is not None:
            return ends
        most = endpoint.limits.clip_seconds[1]
        long = [shot for shot in scene.shots if shot.seconds.value > most]
        for shot in long:
            why = f"shot {shot.id} is longer than {most} s"
            self.report.add("SB161", shot.seconds.span, scene=scene.id.value, why=why, hint="make two of it")
        if long:
            return None
        why = _why(scene.shots, reached, endpoint.limits, alone=alone)
        rest = scene.shots[min(reached, len(scene.shots) - 1) :]
        notes = tuple(
            Note(f"shot {s.id}: {s.seconds.value} s", s.seconds.span, row=True) for s in rest[:NOTED]
        )
        self.report.add("SB161", scene.place, scene=scene.id.value, why=why, notes=notes)
        return None

    def _can_be_meant(self, scene: Scene, endpoint: Endpoint) -> bool:
        """Whether what the scene says holds for parts of it as well."""
        before, name = self.report.errors, scene.id.value
        if scene.take > 1:
            self.report.add(
                "SB162", scene.place, scene=name, key="take", why="each part has takes of its own"
            )
        if scene.pin is not None:
            self.report.add("SB162", scene.pin.span, scene=name, key="pin", why="a pin is of one request")
        if endpoint.takes("video_url"):
            why = "each part would start from the whole of `source_video`"
            self.report.add("SB162", scene.place, scene=name, key="pack", why=why)
        elif endpoint.needs("start_image_url"):
            self.report.add("SB163", scene.place, scene=name, endpoint=endpoint.alias)
        names = [f"{name}.{number}" for number in range(1, len(scene.shots) + 1)]
        taken = next((other for other in names if other in self.taken), None)
        if taken is not None:
            self.report.add("SB164", scene.place, scene=name, other=taken)
        return self.report.errors == before

    def _trims(self, scene: Scene, ends: tuple[int, ...]) -> tuple[Trim, ...] | None:
        seconds = _lengths(scene.shots, ends)
        trims = trims_of_parts(scene.trim, seconds)
        if trims is None:
            _cut_off(scene.trim, scene.id.value, self.report)
        return trims


def split(seconds: Sequence[int], limits: Limits, *, alone: bool) -> tuple[tuple[int, ...] | None, int]:
    """Where parts end, as numbers of shots, None where there is no way; and the shot that no way leads beyond. `alone`:
    the last shot is a part by itself.
    """
    (least, most), longest, count = limits.clip_seconds, limits.shots[1], len(seconds)
    best: list[tuple[int, int, tuple[int, ...]] | None] = [(0, 0, ()), *[None] * count]
    for end in range(1, count + 1):
        nearest = max(0, end - longest) if not (alone and end == count) else count - 1
        ways = []
        for start in range(nearest, end):
            way, total = best[start], sum(seconds[start:end])
            if way is not None and least <= total <= most:
                ways.append((way[0] + 1, way[1] + total * total, (*way[2], end)))
        best[end] = min(ways, default=None)
    last = best[count]
    return (last[2] if last is not None else None), max(n for n, way in enumerate(best) if way is not None)


def trims_of_parts(trim: Trim, seconds: Sequence[int]) -> tuple[Trim, ...] | None:
    """What is shown of each part, where `in` lies in the first and `out` in the last; None where a part would be left
    out."""
    begin, end = trim.begin, trim.end
    before = Decimal(sum(seconds[:-1]))
    if (begin is not None and begin.value >= seconds[0]) or (end is not None and end.value <= before):
        return None
    last = Placed(end.value - before, end.node) if end is not None else None
    return (Trim(begin), *(Trim() for _ in seconds[1:-1]), Trim(None, last))


def _after(scene: Scene, parts: Parts) -> Scene:
    """A scene that goes on from a split one goes on from its last part."""
    ids = parts.ids.get(scene.after or "")
    return scene if ids is None else replace(scene, after=ids[-1])


def _fits(shots: Sequence[Shot], limits: Limits) -> bool:
    total = sum(shot.seconds.value for shot in shots)
    return len(shots) <= limits.shots[1] and total <= limits.clip_seconds[1]


def _lengths(shots: Sequence[Shot], ends: Sequence[int]) -> tuple[int, ...]:
    reached = [0, *accumulate(shot.seconds.value for shot in shots)]
    return tuple(reached[last] - reached[first] for first, last in zip((0, *ends), ends, strict=False))


def _why(shots: Sequence[Shot], reached: int, limits: Limits, *, alone: bool) -> str:
    least, most = limits.clip_seconds
    if alone and reached >= len(shots) - 1:
        return f"its `end_image` needs a last part of one shot, of {least} to {most} s"
    part = f"no part of {least} to {most} s and at most {limits.shots[1]} shots"
    return f"{part} begins with shot {shots[reached].id}"


def _cut_off(trim: Trim, name: str, report: Report) -> None:
    for key, placed in (("in", trim.begin), ("out", trim.end)):
        if placed is not None:
            why = "it leaves out a whole part: name the parts that are shown in `cut.order`"
            report.add("SB162", placed.span, scene=name, key=key, why=why)
            return


def _named(scenes: Sequence[Scene], split: Mapping[int, tuple[Scene, ...]]) -> Parts:
    ids: dict[str, tuple[str, ...]] = {}
    lengths: dict[str, tuple[int, ...]] = {}
    shots: dict[str, str] = {}
    inside: dict[str, tuple[str, ...]] = {}
    first, last = dict[str, str](), dict[str, str]()
    for scene in scenes:
        parts = split[id(scene)]
        if len(parts) > 1:
            name = scene.id.value
            ids[name] = tuple(part.id.value for part in parts)
            lengths[name] = tuple(sum(shot.seconds.value for shot in part.shots) for part in parts)
            for part in parts:
                own = part.id.value
                inside[own] = tuple(f"{own}.{shot.id}" for shot in part.shots)
                shots |= {f"{name}.{shot.id}": f"{own}.{shot.id}" for shot in part.shots}
                first[f"{name}.{part.shots[0].id}"] = last[f"{name}.{part.shots[-1].id}"] = own
    twofold = {name: meant for name, meant in shots.items() if name in inside}
    shots = {name: meant for name, meant in shots.items() if name not in inside}
    return Parts(ids, lengths, shots, twofold, inside, first, last)


class _Names:
    """The cut with the names of parts in place of a scene's, and of shots where they are now."""

    def __init__(self, parts: Parts, report: Report) -> None:
        self.parts, self.report = parts, report

    def cut(self, cut: Cut) -> Cut:
        whole = not cut.order  # parts are shown whole: a shot at the end of one is where it ends
        ends = (self.parts.last, self.parts.first) if whole else ({}, {})
        return replace(
            cut,
            order=tuple(entry for authored in cut.order for entry in self._entries(authored)),
            transitions=tuple(
                replace(
                    each,
                    before=self._of(each.before, -1, ends[0]),
                    after=self._of(each.after, 0, ends[1]),
                )
                for each in cut.transitions
            ),
            sound=tuple(
                replace(cue, at=self._of(cue.at, 0) if cue.at is not None else None) for cue in cut.sound
            ),
        )

    def _of(self, name: Placed[str], which: int, ends: Mapping[str, str] = NONE) -> Placed[str]:
        """A scene's first or last part; the part that a shot begins or ends, where only the part is shown."""
        written = name.value
        if written in self.parts.ids:
            return Placed(self.parts.ids[written][which], name.node)
        if written in self.parts.twofold:
            part = ", ".join(f"`{each}`" for each in self.parts.inside[written])
            shot = self.parts.twofold[written]
            self.report.add("SB178", name.span, name=written, shot=shot, cure=part)
        if written not in self.parts.shots:
            return name
        return Placed(ends.get(written, self.parts.shots[written]), name.node)

    def _entries(self, entry: Entry) -> Iterator[Entry]:
        name, node = entry.name.value, entry.name.node
        if name not in self.parts.ids:
            yield replace(entry, name=self._of(entry.name, 0))
            return
        trims = trims_of_parts(entry.trim, self.parts.lengths[name])
        if trims is None:
            _cut_off(entry.trim, name, self.report)
            return
        yield from (
            Entry(Placed(part, node), trim) for part, trim in zip(self.parts.ids[name], trims, strict=True)
        )
