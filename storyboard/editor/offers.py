"""What can be written at a place: keys by the level, values by the field, names within text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from storyboard.catalog.endpoints import RATIOS, catalog
from storyboard.catalog.prices import TIERS, PriceBook, book_names
from storyboard.compile.shot_list import DIRECTIONS, FITS, KINDS
from storyboard.editor.cursor import Cursor
from storyboard.editor.levels import ITEM, Field, Path, field, fields, is_list, is_named, is_text
from storyboard.editor.vocabulary import camera_words
from storyboard.editor.written import Written
from storyboard.read.leaves import FOLLOWED
from storyboard.read.nodes import Mapping, Node, Scalar

Kind = Literal["field", "element", "voice", "scene", "endpoint", "file", "word", "value", "var", "snippet"]

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".gif")
FILMS = (".mp4", ".mov")
SUFFIXES = {
    "start_image": PICTURES,
    "end_image": PICTURES,
    "frontal_image": PICTURES,
    "reference_images": PICTURES,
    "source_video": FILMS,
    "video": FILMS,
    "file": (".wav", ".mp3", ".m4a", ".flac", ".ogg"),
    "template": (".j2",),
    "prices": (".toml",),
    "include": (".yaml", ".yml"),
}
SHIPPED_TEMPLATES = ("kling-v3", "kling-v3-labels")
CHOICES = {
    "kind": KINDS,
    "direction": DIRECTIONS,
    "fit": FITS,
    "aspect_ratio": (*RATIOS, "auto"),
    "follow": FOLLOWED,
    "shot_type": ("customize",),
    "storyboard": ("1",),
}
TEXT = ("prompt", "dialogue")  # fields in whose text names are told apart
NAMES_OF_SCENES = ("from", "to", "scene", "order", "at")
AT = re.compile(r"(?<![A-Za-z0-9.@])@([^\s@<>{}.,;:!?\"'()]*)$")
VOICE = re.compile(r"<<<([^<>]*)$")
TAG = re.compile(r"\{[{%](?:(?!\}\}|%\}).)*$", re.DOTALL)
WORD = re.compile(r"[\w-]*$")
SEPARATED = re.compile(r"[,;.]\s*")

SCENE = (
    "id: ${1:id}\nstart_image: ${2:stills/}\nduration: ${3:5}\n"
    "prompt:\n  camera: ${4:slow push}\n  subject_motion: >-\n    $0"
)
SCENE_OF_SHOTS = "id: ${1:id}\nstart_image: ${2:stills/}\nshots:\n  - ${3:wide} ${4:4}s: >-\n      $0"
SHOT = "${1:wide} ${2:4}s: >-\n    $0"
SHOT_IN_FULL = "id: ${1:id}\nduration: ${2:4}\nprompt:\n  camera: ${3:static}\n  subject_motion: >-\n    $0"


@dataclass(frozen=True, slots=True)
class Offer:
    """`text` stands in place of the source's text[start:stop], its lines indented as they have to be; that of a snippet
    holds tab stops."""

    label: str
    kind: Kind
    text: str
    start: int
    stop: int
    detail: str = ""
    documentation: str = ""
    snippet: bool = False


@dataclass(frozen=True)
class Around:
    """What there is to choose from. `written` is the text as it last was YAML; `files` are paths from the storyboard's
    folder, those that `suffixes_at` asks for."""

    written: Written | None
    files: tuple[str, ...] = ()
    book: PriceBook | None = None


def suffixes_at(cursor: Cursor) -> tuple[str, ...]:
    """The endings of the files that may be named at a place; none where no file may."""
    found = _field_at(cursor.path)
    return SUFFIXES.get(found, ()) if found and _is_value(cursor) else ()


def offers(cursor: Cursor, around: Around) -> tuple[Offer, ...]:
    """In the order in which they are to be shown."""
    if cursor.typed.lstrip().startswith("#"):
        return ()
    if _is_value(cursor):
        return tuple(_values(cursor, around))
    words = _values(cursor, around) if is_text(cursor.path) and not cursor.present else ()
    return (*words, *_keys(cursor))


def _is_value(cursor: Cursor) -> bool:
    return cursor.place == "value" or not (
        fields(cursor.path) or is_named(cursor.path) or (is_list(cursor.path) and cursor.bare)
    )


def _field_at(path: Path) -> str | None:
    """The innermost field of the language that a path leads through."""
    for length in range(len(path), 0, -1):
        if path[length - 1] != ITEM and field(path[:length]) is not None:
            return path[length - 1]
    return None


def _keys(cursor: Cursor) -> Iterator[Offer]:
    item = cursor.path[-1:] == (ITEM,)
    if item and not cursor.present:
        yield from _snippets(cursor)
    elif is_list(cursor.path) and cursor.bare:
        yield from _snippets(cursor, dash="- ")
        return
    for each in sorted(fields(cursor.path), key=lambda each: not each.required):
        if each.name not in cursor.present or each.name == cursor.typed.strip():
            yield _key(cursor, each)


def _key(cursor: Cursor, each: Field) -> Offer:
    below = each.nested and not cursor.braces
    item = "- " if is_list((*cursor.path, each.name)) else ""
    text = f"{each.name}:\n{' ' * cursor.indent}  {item}" if below else f"{each.name}: "
    needed = "needed" if each.required else each.level
    return Offer(each.name, "field", text, cursor.start, cursor.index, needed, each.description)


def _snippets(cursor: Cursor, dash: str = "") -> Iterator[Offer]:
    path = cursor.path if dash else cursor.path[:-1]
    pairs: tuple[tuple[str, str, str], ...] = ()
    if path[-1:] == ("scenes",):
        pairs = (
            ("scene", SCENE, "A scene of one shot"),
            ("scene of shots", SCENE_OF_SHOTS, "A scene of several"),
        )
    elif path[-1:] == ("shots",):
        pairs = (("shot", SHOT, "A shot in short"), ("shot in full", SHOT_IN_FULL, "A shot with sections"))
    for label, text, detail in pairs:
        body = text.replace("\n", "\n" + " " * (cursor.indent + len(dash)))
        yield Offer(label, "snippet", dash + body, cursor.start, cursor.index, detail, snippet=True)


def _values(cursor: Cursor, around: Around) -> Iterator[Offer]:
    within = tuple(_within_text(cursor, around))
    if within or AT.search(cursor.typed) or TAG.search(cursor.typed):
        yield from within
        return
    name = _field_at(cursor.path) or ""
    yield from _of_field(name, cursor, around)
    if name == "dialogue" and ":" not in cursor.typed.rpartition("\n")[2]:
        yield from _speakers(cursor, around)
    if name == "camera":
        yield from _camera(cursor)
    yield from (_whole(cursor, path, "file") for path in around.files if name in SUFFIXES)


def _of_field(name: str, cursor: Cursor, around: Around) -> Iterator[Offer]:
    known = field(cursor.path)
    if known is not None and known.flag:
        yield from (_whole(cursor, word, "value") for word in ("true", "false"))
    for choice in CHOICES.get(name, ()):
        yield _whole(cursor, choice, "value")
    if name == "endpoint":
        yield from _endpoints(cursor, around.book)
    elif name == "prices":
        yield from (_whole(cursor, book, "value", "price book") for book in book_names())
    elif name == "template":
        yield from (_whole(cursor, shipped, "value", "prompt template") for shipped in SHIPPED_TEMPLATES)
    elif name == "elements" and cursor.path[-2:] != ("prompt", "elements"):
        yield from _named(cursor, around, "elements", "element")
    elif name == "voice":
        yield from _named(cursor, around, "voices", "voice")
    elif name == "continues":
        yield from (each for each in _scenes(cursor, around) if each.detail == "scene")
    elif name in NAMES_OF_SCENES and cursor.path[:1] == ("cut",):
        yield from _scenes(cursor, around)


def _whole(cursor: Cursor, text: str, kind: Kind, detail: str = "", documentation: str = "") -> Offer:
    """In place of all that was typed of the value."""
    return Offer(text, kind, text, cursor.start, cursor.index, detail, documentation)


def _endpoints(cursor: Cursor, book: PriceBook | None) -> Iterator[Offer]:
    for each in catalog().endpoints:
        prices = [(tier, book.unit_price(each.id, tier)) for tier in TIERS] if book is not None else []
        said = ", ".join(f"{tier} {price}" for tier, price in prices if price is not None)
        documentation = f"{each.id}\n\nUSD a second: {said or 'unknown'}"
        yield _whole(cursor, each.alias, "endpoint", f"{each.height} lines", documentation)


def _named(cursor: Cursor, around: Around, where: str, kind: Kind) -> Iterator[Offer]:
    at = cursor.typed.startswith("@")
    for name, said in _declared(around, where):
        text = f"@{name}" if at else name
        yield Offer(name, kind, text, cursor.start, cursor.index, kind, said)


def _scenes(cursor: Cursor, around: Around) -> Iterator[Offer]:
    for scene in around.written.scenes if around.written is not None else ():
        if scene.name:
            yield _whole(cursor, scene.name, "scene", "scene")
    for scene in around.written.scenes if around.written is not None else ():
        for shot in scene.shots:
            yield _whole(cursor, f"{scene.name}.{shot.name}", "scene", "shot")


def _declared(around: Around, where: str) -> Iterator[tuple[str, str]]:
    if around.written is None:
        return
    for name, node in around.written.names(where).items():
        yield name, _said(node)


def _said(node: Mapping | Node) -> str:
    """What a declaration says of itself, on one line."""
    if isinstance(node, Scalar):
        return node.value
    if not isinstance(node, Mapping):
        return ""
    texts = (node.get(name) for name in ("description", "frontal_image", "video"))
    return next((text.value for text in texts if isinstance(text, Scalar)), "")


def _within_text(cursor: Cursor, around: Around) -> Iterator[Offer]:
    """Names of elements behind @, of voices behind <<<, of vars inside Jinja."""
    if (tag := TAG.search(cursor.typed)) is not None:
        yield from _vars(cursor, tag[0], around)
    elif not any(part in TEXT for part in cursor.path):
        return
    elif (match := AT.search(cursor.typed)) is not None:
        start = cursor.index - len(match[1])
        for name, said in _declared(around, "elements"):
            yield Offer(name, "element", name, start, cursor.index, "element", said)
    elif (match := VOICE.search(cursor.typed)) is not None:
        start = cursor.index - len(match[1])
        for name, said in _declared(around, "voices"):
            yield Offer(name, "voice", f"{name}>>>", start, cursor.index, "voice", said)


def _vars(cursor: Cursor, tag: str, around: Around) -> Iterator[Offer]:
    word = WORD.search(tag)
    typed = word[0] if word is not None else ""
    start = cursor.index - len(typed)
    owner = re.search(r"([^\W\d]\w*)\.$", tag[: len(tag) - len(typed)])
    if owner is not None:
        yield from _entries(owner[1], start, cursor.index, around)
        return
    for name, said in _declared(around, "vars"):
        yield Offer(name, "var", name, start, cursor.index, "var", said)
    for name in ("scene.id", "shot.id"):
        yield Offer(name, "var", name, start, cursor.index, "given by the language")


def _entries(owner: str, start: int, stop: int, around: Around) -> Iterator[Offer]:
    """The entries of a var that is a mapping."""
    if owner in {"scene", "shot"}:
        yield Offer("id", "var", "id", start, stop, "given by the language")
    node = around.written.names("vars").get(owner) if around.written is not None else None
    if isinstance(node, Mapping):
        for key, value in node.entries:
            yield Offer(key.value, "var", key.value, start, stop, "var", _said(value))


def _speakers(cursor: Cursor, around: Around) -> Iterator[Offer]:
    start = cursor.index - len(cursor.typed.rpartition("\n")[2].lstrip("- "))
    kinds: Iterable[tuple[str, Kind]] = (("elements", "element"), ("voices", "voice"))
    given: set[str] = set()
    for where, kind in kinds:
        for name, said in _declared(around, where):
            if name not in given:
                yield Offer(name, kind, f"{name}: ", start, cursor.index, f"{kind} who speaks", said)
            given.add(name)


def _camera(cursor: Cursor) -> Iterator[Offer]:
    line = cursor.typed.rpartition("\n")[2]
    last = SEPARATED.split(line)[-1].lstrip("- \"'")
    for word in camera_words():
        yield Offer(
            word.text, "word", word.text, cursor.index - len(last), cursor.index, word.kind, word.meaning
        )
