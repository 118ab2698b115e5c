"""The files of a storyboard as one: what they declare, what their scenes inherit, and the scenes in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct, field

from storyboard.diagnostics import Note, Span
from storyboard.findings import Report
from storyboard.read import authored, authored_prompt
from storyboard.read import nodes as tree
from storyboard.read.include import Files, Includer, Unit, entries_of
from storyboard.read.inherit import ADDING
from storyboard.read.nodes import Scalar
from storyboard.read.opened import Opened

DECLARED = ("vars", "elements", "voices")
FOR_PEOPLE = {"note", "title"}


class Act(Struct, frozen=True):
    """The scenes of a file that stand among others, and the defaults that they alone inherit, outermost first."""

    levels: tuple[authored.Inheritable, ...]
    entries: tuple[Any, ...]


class Film(Struct, frozen=True):
    """`files` are all that there are, each once; `whole` is the act of all scenes, `acts` are those within it, by the
    identity of the entries that stand for them."""

    storyboard: authored.Storyboard
    files: tuple[authored.Included, ...]
    whole: Act
    acts: Mapping[int, Act] = field(default_factory=dict)
    broken_elements: frozenset[str] = frozenset()
    broken_scenes: int = 0
    cast_known: bool = True


def unite(path: str, file: Opened, files: Files, report: Report) -> Film | None:
    """The film that a storyboard and the files which it includes make. None when too little of them can be read."""
    includer = Includer(files, report)
    unit = includer.unit(path, file, authored.Storyboard)
    if unit is None or includer.failed or not isinstance(unit.said, authored.Storyboard):
        return None
    united = _Uniter(report)
    film = united.act(unit, frozenset(), None)
    shaped = [each.shaped for each in united.units]
    _defined_once([each.said for each in united.units], report)
    return Film(
        unit.said,
        tuple(each.said for each in united.units),
        film,
        united.acts,
        frozenset().union(*(each.broken_elements for each in shaped)),
        sum(each.broken_scenes for each in shaped),
        all(each.cast_known for each in shaped),
    )


class _Uniter:
    """Puts scenes where they belong, each file's once."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.units: dict[
            Unit, Scalar | None
        ] = {}  # those that were reached, with the place of the first entry
        self.acts: dict[int, Act] = {}

    def act(self, unit: Unit, outer: frozenset[Unit], place: Scalar | None) -> Act:
        """A file's scenes with what they inherit. `outer` are the files whose defaults hold around it already."""
        row = [each for each in _row(unit) if each not in outer]
        self._set_once(row)
        defaults = tuple(each.said.defaults for each in row if each.said.defaults is not None)
        return Act(defaults, self._entries(unit, outer.union(row), place))

    def _entries(self, unit: Unit, around: frozenset[Unit], place: Scalar | None) -> tuple[Any, ...]:
        found: list[Any] = []
        for each in unit.includes:
            if each not in self.units:
                found += self._entries(each, around, place)
        self.units[unit] = place
        for entry in entries_of(unit.said.scenes or ()):
            act = unit.acts.get(id(entry))
            if act is not None:
                self._place(entry, act, around)
        return (*found, *(unit.said.scenes or ()))

    def _place(self, entry: authored.Act, unit: Unit, around: frozenset[Unit]) -> None:
        if unit not in self.units:
            self.acts[id(entry)] = self.act(unit, around, entry.include)
            return
        first = self.units[unit]
        notes = (Note("they stand here", first.span),) if first is not None else ()
        self.report.add("SB158", entry.include.span, path=unit.path, notes=notes)

    def _set_once(self, row: list[Unit]) -> None:
        """A field of which two files that do not know of each other say different things."""
        setters: dict[str, Unit] = {}
        for unit in row:
            for name, place in _fields(unit.said.defaults):
                other = setters.get(name)
                if other is not None and not unit.reaches(other):
                    places = dict(_fields(other.said.defaults))
                    notes = (Note("the other one", places[name]),)
                    self.report.add("SB156", place, key=name, path=unit.path, other=other.path, notes=notes)
                setters[name] = unit


def _row(unit: Unit) -> list[Unit]:
    """A file behind those that it includes, each once."""
    row: dict[Unit, None] = {}
    met: set[Unit] = set()

    def follow(one: Unit) -> None:
        met.add(one)
        for each in one.includes:
            if each not in met:
                follow(each)
        row[one] = None

    follow(unit)
    return list(row)


def _fields(level: authored.Inheritable | None) -> Iterator[tuple[str, Span]]:
    """The fields of which only one value can hold, by the names that authors know, with their places."""
    if level is None:
        return
    prompt = level.prompt
    for name in level.model_fields_set - FOR_PEOPLE - {"prompt", "node"}:
        key = type(level).model_fields[name].alias or name
        yield key, level.place(key)
    if isinstance(prompt, authored_prompt.Sections):
        kept = prompt.model_fields_set - ADDING - {"node"}
        yield from ((name, prompt.place(name)) for name in kept)
    elif prompt is not None:
        yield "subject_motion", level.place("prompt")


def _defined_once(files: list[authored.Included], report: Report) -> None:
    for key in DECLARED:
        seen: dict[str, Scalar] = {}
        for file in files:
            mapping = file.node.get(key)
            for name, _ in mapping.entries if isinstance(mapping, tree.Mapping) else ():
                first = seen.setdefault(name.value, name)
                if first is not name:
                    notes = (Note("first defined here", first.span),)
                    report.add("SB155", name.span, name=name.value, notes=notes)
