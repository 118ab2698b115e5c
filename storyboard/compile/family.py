"""A prompt template with those that it extends, includes and imports: each looked through, none in a circle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from storyboard.compile.paths import TEMPLATE
from storyboard.compile.template import PromptTemplate
from storyboard.compile.template_environment import TemplateEnvironment
from storyboard.read.compiled import Compiled, JinjaProblem
from storyboard.read.project_path import project_path
from storyboard.read.source import Source

Sources = Mapping[str, Source | None]  # by a shipped template's name, or by the path from the project folder


class FamilyTemplate(PromptTemplate):
    """One of several templates that name each other. Raises JinjaProblem, which says in which of them."""

    def __init__(self, key: str, source: Source, environment: TemplateEnvironment) -> None:
        self.environment = environment
        self.name, self.source = key, source
        self.others: Mapping[str, FamilyTemplate] = {}
        try:
            super().__init__(source.text)
        except JinjaProblem as problem:
            problem.source = source
            raise

    def _at(self, name: str | None) -> Compiled:
        return self.others.get(name or "", self)


def template_of(key: str, source: Source, sources: Sources) -> PromptTemplate:
    """A template with all that it leads to. Raises JinjaProblem."""
    alone = PromptTemplate.of(source.text)
    return _family(key, source, tuple(sources.items())) if alone.references else alone


def keys_named(source: Source) -> Iterator[str]:
    """What a template names, as keys of Sources; nothing of one that can't be read, or can't be named."""
    try:
        names = PromptTemplate.of(source.text).references
    except JinjaProblem:
        return
    yield from (key for name in names if (key := _key(source, name)) is not None)


def _key(source: Source, name: str) -> str | None:
    """A shipped template's name stays; a file is relative to the one that names it."""
    return project_path(source.folder, name) if name.endswith(TEMPLATE) else name


@lru_cache(maxsize=64)
def _family(key: str, source: Source, sources: tuple[tuple[str, Source | None], ...]) -> PromptTemplate:
    return _Family(dict(sources)).template(key, source)


class _Family:
    def __init__(self, sources: Sources) -> None:
        self.sources = sources
        self.environment = TemplateEnvironment()
        self.made: dict[str, FamilyTemplate] = {}
        self.named: dict[tuple[str | None, str], str] = {}
        self.open: list[str] = []

    def template(self, key: str, source: Source) -> FamilyTemplate:
        made = self._made(key, source)
        made.others = self.made
        self.environment.family = {pair: self.made[name].template for pair, name in self.named.items()}
        self.environment.lengths = {name: len(each.text) for name, each in self.made.items()}
        return made

    def _made(self, key: str, source: Source) -> FamilyTemplate:
        made = self.made[key] = FamilyTemplate(key, source, self.environment)
        self.open.append(key)
        for name, place in made.references.items():
            other = self.named[key, name] = self._other(made, source, name, place)
            found = self.sources[other]
            if other not in self.made and found is not None:
                self._made(other, found)
        self.open.pop()
        return made

    def _other(self, made: FamilyTemplate, source: Source, name: str, place: tuple[int, int]) -> str:
        key = _key(source, name)
        if key in self.open:
            way = " and ".join(f"`{each}`" for each in self.open[self.open.index(key) + 1 :])
            problem = JinjaProblem("SB165", *place, name=name, way=f" by way of {way}" if way else "")
        elif key is None or self.sources.get(key) is None:
            why = "the project has no such file of UTF-8 text ending in .j2"
            problem = JinjaProblem("SB211", *place, name=name, problem=why)
        else:
            return key
        problem.source = made.source
        raise problem
