"""Every name in a storyboard and where it stands: what is declared, and what is called by it.

Definition, references, rename and colours all come from these.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property, lru_cache
from typing import Literal

from jinja2 import TemplateSyntaxError
from msgspec import Struct

from storyboard.compile.names import BEFORE_NO_REFERENCE, MARK
from storyboard.diagnostics import Span
from storyboard.editor.written import Written, WrittenScene, WrittenShot, entries, items
from storyboard.read.compiled import Compiled
from storyboard.read.dialogue import SPOKEN
from storyboard.read.leaves import LONGEST_NAME, holds_jinja, word_end
from storyboard.read.nodes import Mapping, Node, Scalar

Kind = Literal["element", "voice", "scene", "shot", "var", "file", "template", "endpoint", "book"]

FILES = (
    *("start_image", "end_image", "source_video", "frontal_image", "reference_images", "video"),
    *("file", "include"),
)
SCENES = ("from", "to", "scene", "at", "continues")
GIVEN = frozenset({"scene", "shot", "loop", "true", "false", "none", "True", "False", "None"})
WORDS_OF_JINJA = frozenset(
    {"and", "or", "not", "in", "is", "if", "else", "elif", "endif", "for", "endfor", "set", "endset", "with"}
    | {"endwith", "recursive"}
)
MANNER = re.compile(r"\s*[(（][^)）]*[)）]\s*$")


class Mention(Struct, frozen=True):
    """`name` as it is declared; of a shot `scene.shot`, with its `scene`. `span` is the name alone, without `@` and
    quotes. `made`: Jinja makes it, or the id of the shot's scene, and the name is only how that is written."""

    kind: Kind
    name: str
    span: Span
    declares: bool = False
    scene: str = ""
    made: bool = False


class Mentions(Struct, frozen=True, dict=True):
    """Those of one text."""

    written: Written

    @cached_property
    def all(self) -> tuple[Mention, ...]:
        return tuple(_Walk(self.written).film())

    def at(self, index: int) -> Mention | None:
        """The one that the character, or the place behind its last one, belongs to."""
        line, column = self.written.source.position(index)
        for mention in self.all:
            span = mention.span
            if (span.line, span.column) <= (line, column) <= (span.end_line, span.end_column):
                return mention
        return None


@lru_cache(maxsize=64)
def mentions(written: Written) -> Mentions:
    return Mentions(written)


class _Walk:
    """Goes through the nodes in their order."""

    def __init__(self, written: Written) -> None:
        self.written, self.root = written, written.root
        self.known = written.known

    def film(self) -> Iterator[Mention]:
        for name, kind in (("vars", "var"), ("voices", "voice"), ("elements", "element")):
            for key, value in entries(self.root.get(name)):
                yield from self._declared(kind, key)  # type: ignore[arg-type]
                if name != "vars":
                    yield from self._fields(value)
        for key, value in self.root.entries:
            if key.value not in {"vars", "voices", "elements", "scenes"}:
                yield from self._field(key.value, value)
        for scene in self.written.top:
            yield from self._scene(scene)

    def _scene(self, scene: WrittenScene, above: WrittenScene | None = None) -> Iterator[Mention]:
        """`above` is the scene that a variant is one of."""
        owner = above if scene.variant is not None and above is not None else scene
        if scene.id is not None:
            yield from self._jinja(scene.id)  # before the id that it makes: the pointer is on it first
            place = scene.id.place(0, len(scene.name))
            yield Mention("scene", scene.name, place, declares=True, made=scene.is_made)
        for key, value in scene.node.entries:
            if key.value == "shots":
                for shot in scene.shots:
                    yield from self._shot(owner, shot)
            elif key.value not in {"id", "scenes", "variants"}:
                yield from self._field(key.value, value)
        for inner in (*scene.scenes, *scene.variants):
            yield from self._scene(inner, owner)

    def _shot(self, scene: WrittenScene, shot: WrittenShot) -> Iterator[Mention]:
        if shot.id is not None:
            yield from self._jinja(shot.id)
            name, made = f"{scene.name}.{shot.name}", scene.is_made or holds_jinja(shot.id)
            yield Mention("shot", name, shot.id.span, declares=True, scene=scene.name, made=made)
        for key, value in shot.node.entries:
            if key.value != "id":
                yield from self._field(key.value, value)

    def _fields(self, node: Node) -> Iterator[Mention]:
        for key, value in entries(node):
            yield from self._field(key.value, value)
        if not isinstance(node, Mapping):
            yield from self._jinja_of(node)

    def _field(self, field: str, value: Node) -> Iterator[Mention]:
        if field == "prompt":
            yield from self._prompt(value)
        elif field == "dialogue":
            for line in items(value):
                yield from self._line(line)
        elif isinstance(value, Mapping):
            yield from self._fields(value)
        else:
            for item in items(value):
                yield from self._value(field, item)

    def _value(self, field: str, item: Node) -> Iterator[Mention]:
        if isinstance(item, Mapping):
            yield from self._fields(item)
            return
        if not isinstance(item, Scalar) or item.is_null:
            return
        if field == "as":
            yield from self._declared("var", item)
            return
        yield from self._jinja(item)
        if (kind := self._kind(field, item.value)) is not None:
            skip = 1 if item.value.startswith("@") else 0
            scene = self._scene_of(item.value) or "" if kind == "shot" else ""
            place, made = item.place(skip, len(item.value)), holds_jinja(item)
            yield Mention(kind, item.value[skip:], place, scene=scene, made=made)

    def _kind(self, field: str, value: str) -> Kind | None:
        if field == "elements":
            return "element"
        if field == "voice":
            return "voice"
        if field in FILES:
            return "file"
        if field in {"template", "endpoint"}:
            return "template" if field == "template" else "endpoint"
        if field == "prices":
            return "file" if value.endswith(".toml") else "book"
        if field in SCENES or field == "order":
            if value in self.known.scenes:
                return "scene"
            return "shot" if self._scene_of(value) is not None else None
        return None

    def _scene_of(self, value: str) -> str | None:
        """The scene of `scene.shot`; ids may hold points themselves."""
        ends = (at for at in range(len(value) - 1, 0, -1) if value[at] == ".")
        return next((value[:at] for at in ends if value[:at] in self.known.scenes), None)

    def _prompt(self, node: Node) -> Iterator[Mention]:
        if isinstance(node, Mapping):
            for _, value in node.entries:
                for item in items(value):
                    yield from self._text(item)
        else:
            yield from self._text(node)

    def _text(self, node: Node) -> Iterator[Mention]:
        if not isinstance(node, Scalar):
            return
        yield from self._named(node)
        yield from self._jinja(node)

    def _named(self, scalar: Scalar) -> Iterator[Mention]:
        text = scalar.value
        if "@" not in text and "<<<" not in text:
            return
        for match in MARK.finditer(text):
            if match[0] == "@":
                yield from self._element(scalar, match.start())
            elif match[1] is not None:
                name = match[1].strip()
                start = match.start(1) + match[1].find(name)
                yield Mention("voice", name, scalar.place(start, start + len(name)))

    def _element(self, scalar: Scalar, at: int) -> Iterator[Mention]:
        text = scalar.value
        if at and BEFORE_NO_REFERENCE.match(text[at - 1]):
            return
        end = word_end(text, at + 1)
        stops = range(min(end, at + 1 + LONGEST_NAME), at + 1, -1)
        stop = next((stop for stop in stops if text[at + 1 : stop] in self.known.elements), end)
        if stop > at + 1:
            yield Mention("element", text[at + 1 : stop], scalar.place(at + 1, stop))

    def _line(self, node: Node) -> Iterator[Mention]:
        """A line of dialogue: the speaker, and whoever is named in it."""
        if isinstance(node, Mapping) and node.entries:
            key, value = node.entries[0]
            yield from self._speaker(key, key.value)
            yield from self._text(key)
            yield from self._text(value)
        elif isinstance(node, Scalar):
            match = SPOKEN.fullmatch(node.value)
            if match is not None:
                yield from self._speaker(node, match["head"])
            yield from self._text(node)

    def _speaker(self, scalar: Scalar, head: str) -> Iterator[Mention]:
        if head.lstrip().startswith("@"):
            return  # found as a name in text
        name = MANNER.sub("", head).strip()
        kind: Kind = "element" if name in self.known.elements else "voice"
        if name in self.known.elements or name in self.known.voices:
            start = head.index(name)
            yield Mention(kind, name, scalar.place(start, start + len(name)))

    def _jinja_of(self, node: Node) -> Iterator[Mention]:
        for item in items(node):
            if isinstance(item, Scalar):
                yield from self._jinja(item)

    def _jinja(self, scalar: Scalar) -> Iterator[Mention]:
        for name, start in names_in_jinja(scalar.value):
            yield Mention("var", name, scalar.place(start, start + len(name)))

    def _declared(self, kind: Kind, key: Scalar) -> Iterator[Mention]:
        yield Mention(kind, key.value, key.place(0, len(key.value)), declares=True)


def names_in_jinja(text: str) -> Iterator[tuple[str, int]]:
    """The names that tags ask for, each with its offset: neither attributes nor filters nor Jinja's own words."""
    before = ""
    for start, kind, value in tokens_of_jinja(text):
        if kind == "name" and before not in {".", "|", "is"} and value not in WORDS_OF_JINJA | GIVEN:
            yield value, start
        if kind != "whitespace":
            before = value


def tokens_of_jinja(text: str) -> Iterator[tuple[int, str, str]]:
    """(offset, kind, text) of everything, or nothing where it is no Jinja."""
    if "{" not in text:
        return
    try:
        tokens = list(Compiled.environment.lex(text))
    except TemplateSyntaxError:
        return
    position = 0
    for _, kind, value in tokens:
        found = text.find(value, position)
        if found < 0:
            return
        yield found, kind, value
        position = found + len(value)
