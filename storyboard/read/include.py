"""From one file to those that it includes: each reached once, by a path inside the project, never in a circle."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct, field

from storyboard.diagnostics import Note
from storyboard.findings import Report, did_you_mean
from storyboard.read import authored
from storyboard.read.leaves import holds_jinja
from storyboard.read.nodes import Scalar
from storyboard.read.opened import Absent, Opened
from storyboard.read.project_path import is_remote, project_path
from storyboard.read.shape import Shaped, shape
from storyboard.read.spell import spell_out

ENDINGS = (".yaml", ".yml")
MOST_FILES = 200
LIMITS = f"{MOST_FILES} files, or 32 MiB in all"

Files = Mapping[str, Opened | Absent]
Chain = tuple[Scalar, ...]  # the places that led to a file, outermost first


class Unit(Struct, eq=False):
    """A file with what it includes. `acts` are the files whose scenes stand among its own, by the entry's identity."""

    path: str
    shaped: Shaped[Any]
    includes: list[Unit] = field(default_factory=list)
    acts: dict[int, Unit] = field(default_factory=dict)

    @property
    def said(self) -> authored.Included:
        said: authored.Included = self.shaped.storyboard
        return said

    def reaches(self, other: Unit) -> bool:
        """Whether it includes the other, or is it."""
        met, pending = {self}, [self]
        while pending:
            unit = pending.pop()
            if unit is other:
                return True
            fresh = [each for each in unit.includes if each not in met]
            met.update(fresh)
            pending += fresh
        return False


def entries_of(scenes: tuple[Any, ...]) -> Iterator[Any]:
    """Every entry, those of sequences too, in order."""
    for entry in scenes:
        yield entry
        if isinstance(entry, authored.Sequence):
            yield from entries_of(entry.scenes)


class Includer:
    """Reads a storyboard's files. `failed` when one that is named can't be had: what is missing is then not guessed."""

    def __init__(self, files: Files, report: Report) -> None:
        self.files, self.report = files, report
        self.units: dict[str, Unit] = {}
        self.open: list[str] = []
        self.folded: dict[str, tuple[str, Scalar | None]] = {}
        self.failed = False

    def unit(self, path: str, file: Opened, model: type[authored.Included], chain: Chain = ()) -> Unit | None:
        """A file, and all that it leads to."""
        shaped = (
            shape(spell_out(file.root, self.report), self.report, model) if file.root is not None else None
        )
        if shaped is None:
            self.failed = True
            return None
        unit = self.units[path] = Unit(path, shaped)
        self.folded.setdefault(path.casefold(), (path, chain[-1] if chain else None))
        self.open.append(path)
        for scalar in unit.said.include or ():
            if (found := self._reached(scalar, chain)) is not None:
                unit.includes.append(found)
        for entry in entries_of(unit.said.scenes or ()):
            if isinstance(entry, authored.Act) and (found := self._reached(entry.include, chain)) is not None:
                unit.acts[id(entry)] = found
        self.open.pop()
        return unit

    def _reached(self, scalar: Scalar, chain: Chain) -> Unit | None:
        before = self.report.errors
        path = self._path(scalar, chain)
        if path is not None and path not in self.units:
            found = self.files.get(path, Absent("missing"))
            if isinstance(found, Opened):
                return self.unit(path, found, authored.Included, (*chain, scalar))
            self._absent(path, found, scalar)
        self.failed = self.failed or self.report.errors > before
        return self.units.get(path) if path is not None and self.report.errors == before else None

    def _path(self, scalar: Scalar, chain: Chain) -> str | None:
        """Where it leads, from the project folder; None, and a report, when that can't be."""
        path = project_path(scalar.source.folder, scalar.value)
        why = _unfit(scalar, path)
        if why is not None or path is None:
            self.report.add("SB151", scalar.span, path=scalar.value, why=why)
            return None
        if path in self.open:
            self._circle(path, scalar, chain)
            return None
        known, first = self.folded.setdefault(path.casefold(), (path, scalar))
        if known != path:
            notes = (Note("the other one", first.span),) if first is not None else ()
            self.report.add("SB154", scalar.span, path=path, other=known, notes=notes)
            return None
        return path

    def _circle(self, path: str, scalar: Scalar, chain: Chain) -> None:
        way = chain[len(chain) - len(self.open) + 1 + self.open.index(path) :]
        if path == self.open[-1]:
            self.report.add("SB153", scalar.span, path=path, way="itself")
            return
        through = ", ".join(f"`{each.value}`" for each in way)
        self.report.add("SB153", scalar.span, path=path, way=f"itself by way of {through}")

    def _absent(self, path: str, found: Absent, scalar: Scalar) -> None:
        if found.problem == "missing":
            hint = did_you_mean(posixpath.basename(path), [n for n in found.names if n.endswith(ENDINGS)])
            self.report.add("SB152", scalar.span, path=path, hint=hint)
        elif found.problem == "case":
            self.report.add("SB154", scalar.span, path=path, other=found.spelt)
        elif found.problem == "too much":
            self.report.add("SB157", scalar.span, limit=LIMITS)
        else:
            why = {"outside": "it is a link that leaves the project folder", "not a file": "it is no file"}
            self.report.add("SB151", scalar.span, path=path, why=why[found.problem])


def included_path(scalar: Scalar) -> str | None:
    """The project path of a file to be fetched; None where nothing may be."""
    path = project_path(scalar.source.folder, scalar.value)
    return path if _unfit(scalar, path) is None else None


def _unfit(scalar: Scalar, path: str | None) -> str | None:
    """Why nothing can be included from there, in words."""
    if holds_jinja(scalar):
        return "what is included is known before anything is rendered"
    if is_remote(scalar.value):
        return "only files of the project are included"
    if path is None:
        return "it leads out of the project folder, or is no plain relative path"
    return None if path.endswith(ENDINGS) else "an included file ends in .yaml or .yml"
