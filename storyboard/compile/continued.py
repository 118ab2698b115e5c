"""`continues`: one still is the end of one scene and the beginning of the next; where neither has one, the next begins
with the last frame of the clip. Pure; before scenes are split."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from storyboard.catalog.endpoints import Catalog
from storyboard.compile.paths import is_remote, path_of
from storyboard.diagnostics import Note
from storyboard.findings import Report, did_you_mean
from storyboard.read.cures import spelt
from storyboard.read.model import Placed, Scene, Storyboard
from storyboard.read.nodes import Scalar

START, END = "start_image", "end_image"


class Link(Struct, frozen=True):
    """`place` is the `continues` of `scene`; it names `before`."""

    scene: Scene
    before: Scene
    place: Placed[str]


def continued(storyboard: Storyboard, catalog: Catalog, default: str, report: Report) -> Storyboard:
    """The storyboard with what scenes share in all of them: the still of a scene and of those that continue it.
    `default` is the endpoint of scenes that name none."""
    every = (*storyboard.scenes, *storyboard.unpicked)
    if all(scene.continues is None for scene in every):
        return storyboard
    linker = _Linker(storyboard, catalog, default, report)
    scenes = linker.shared()
    return replace(storyboard, scenes=scenes, unpicked=tuple(map(linker.begun, storyboard.unpicked)))


class _Linker:
    """`scenes` are those that are shot, as they become."""

    def __init__(self, storyboard: Storyboard, catalog: Catalog, default: str, report: Report) -> None:
        self.catalog, self.default, self.report = catalog, default, report
        self.authored, self.whole = storyboard.scenes, storyboard.whole
        self.scenes = {scene.id.value: scene for scene in storyboard.scenes}

    def shared(self) -> tuple[Scene, ...]:
        links = [link for scene in self.authored if (link := self._link(scene)) is not None]
        followers: dict[str, list[Link]] = {}
        for link in _without_circles(links, self.report):
            followers.setdefault(link.before.id.value, []).append(link)
        for all_of_one in followers.values():
            self._share(all_of_one)
        return tuple(self.scenes.values())

    def begun(self, scene: Scene) -> Scene:
        """A variant that is not shot, begun with the still that the scene before ends with as it is shot. What other
        variants of that would be to it is not known."""
        link = self._link(scene)
        if link is None:
            return scene
        if link.before.id.value == scene.id.value:
            _circle([link], self.report)
            return scene
        still = self.scenes[link.before.id.value].end_image
        if scene.start_image is not None:
            return scene
        if still is None:
            return replace(scene, after=link.before.id.value)
        return _lent(scene, START, still, link) if self._can(link, scene, START) else scene

    def _link(self, scene: Scene) -> Link | None:
        if scene.continues is None:
            return None
        name, place = scene.continues.value, scene.continues
        before = self.scenes.get(name)
        if before is not None:
            return Link(scene, before, place)
        if self.whole:
            others = [other for other in self.scenes if other != scene.id.value]
            fix = spelt(place.node, others)
            self.report.add("SB120", place.span, name=name, hint=did_you_mean(name, others), fix=fix)
        return None

    def _share(self, links: Sequence[Link]) -> None:
        """Gives a scene, and all that continue it, the one still that any of them has."""
        before = links[0].before
        own, giver = (
            before.end_image,
            next((link for link in links if link.scene.start_image is not None), None),
        )
        still = own if own is not None or giver is None else giver.scene.start_image
        for link in links:
            if still is None:
                self._begin_with_last_frame(link)
            elif link.scene.start_image is not None:
                _compare(link, link.scene.start_image, giver if own is None else None, still, self.report)
            elif self._can(link, link.scene, START):
                self._lend(link.scene, START, still, link)
        if own is None and still is not None and giver is not None and self._can(giver, before, END):
            self._lend(before, END, still, giver)

    def _begin_with_last_frame(self, link: Link) -> None:
        name = link.scene.id.value
        self.scenes[name] = replace(self.scenes[name], after=link.before.id.value)

    def _lend(self, scene: Scene, field: str, still: Scalar, link: Link) -> None:
        """A scene may be the second of one link and the first of others."""
        name = scene.id.value
        self.scenes[name] = _lent(self.scenes[name], field, still, link)

    def _can(self, link: Link, scene: Scene, field: str) -> bool:
        """Whether the endpoint of one of the two takes such a still; a report when it does not."""
        endpoint = self.catalog.find(scene.endpoint.value if scene.endpoint is not None else self.default)
        if endpoint is None or endpoint.takes(f"{field}_url"):
            return True
        self.report.add(
            "SB169",
            link.place.span,
            scene=link.scene.id.value,
            before=link.before.id.value,
            which=scene.id.value,
            endpoint=endpoint.alias,
            still=field.replace("_", " "),
            notes=(Note("its endpoint", scene.endpoint.span),) if scene.endpoint is not None else (),
        )
        return False


def _lent(scene: Scene, field: str, still: Scalar, link: Link) -> Scene:
    """The scene with a still that stands in the other one of a link."""
    first, second = f"`{link.before.id.value}`", f"`{link.scene.id.value}`"
    if field == START:
        why = Note(f"{second} begins with it: it continues {first}", link.place.span)
        return replace(scene, start_image=still, lent={**scene.lent, field: why})
    why = Note(f"{first} ends with it: {second} continues it", link.place.span)
    return replace(scene, end_image=still, lent={**scene.lent, field: why})


def _compare(link: Link, own: Scalar, other: Link | None, still: Scalar, report: Report) -> None:
    """Two stills where there can be one: of a scene and the one that it continues, or of two that continue one."""
    if _is_same(own, still):
        return
    first, second = link.before.id.value, link.scene.id.value
    here = Note(f"`{second}` continues `{first}` here", link.place.span)
    if other is None:
        notes = (Note(f"`{first}` ends with this one", still.span), here)
        report.add("SB167", own.span, notes=notes, scene=second, before=first)
        return
    third = other.scene.id.value
    notes = (Note(f"`{third}` begins with this one", still.span), here)
    report.add("SB168", own.span, notes=notes, scene=second, before=first, other=third)


def _is_same(one: Scalar, other: Scalar) -> bool:
    if is_remote(one.value) or is_remote(other.value):
        return one.value == other.value
    return path_of(one) == path_of(other)


def _without_circles(links: Sequence[Link], report: Report) -> list[Link]:
    """The links that lead to a scene which continues none. Each circle is reported once, at its first scene."""
    before = {link.scene.id.value: link for link in links}
    circles: set[str] = set()
    led: set[str] = set()  # scenes that were gone through
    for link in links:
        way: dict[str, Link] = {}
        at: Link | None = link
        while at is not None and at.scene.id.value not in way and at.scene.id.value not in led:
            way[at.scene.id.value] = at
            at = before.get(at.before.id.value)
        if at is not None and at.scene.id.value in way:
            names = list(way)
            circle = names[names.index(at.scene.id.value) :]
            _circle([way[name] for name in circle], report)
            circles.update(circle)
        led.update(way)
    return [link for link in links if link.scene.id.value not in circles]


def _circle(circle: Sequence[Link], report: Report) -> None:
    first, *others = circle
    names = ", ".join(f"`{link.scene.id.value}`" for link in others)
    way = f" by way of {names}" if names else ""
    notes = tuple(
        Note(f"`{link.scene.id.value}` continues `{link.before.id.value}`", link.place.span)
        for link in others
    )
    report.add("SB166", first.place.span, scene=first.scene.id.value, way=way, notes=notes)
