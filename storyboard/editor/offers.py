"""What can be written at a place: keys by the level, values by the field, names within text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from storyboard.catalog.endpoints import RATIOS, catalog
from storyboard.catalog.prices import TIERS, PriceBook, book_names
from storyboard.compile.shot_list import DIRECTIONS, FITS, KINDS
from storyboard.editor.cursor import Cursor
from storyboard.editor.levels import ITEM, Field, Path, field, fields, is_list, is_named, is_text
from storyboard.editor.offer import Around, Offer, whole
from storyboard.editor.offers_of_files import files
from storyboard.editor.offers_of_names import AT, TAG, named, scenes, speakers, variants, within_text
from storyboard.editor.vocabulary import camera_words
from storyboard.read.leaves import FOLLOWED

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
    "pack": ("auto",),
}
NAMES_OF_SCENES = ("from", "to", "scene", "order", "at")
SILENCE = re.compile(
    r"(?:^|\s)#[ \t]*storyboard: ignore\b[ \t:]*(?P<before>(?:[A-Za-z]+\d+[ \t]*,[ \t]*)*)(?P<typed>[A-Za-z]*\d*)$"
)
SEPARATED = re.compile(r"[,;.]\s*")

SCENE = (
    "id: ${1:id}\nstart_image: ${2:stills/}\nduration: ${3:5}\n"
    "prompt:\n  camera: ${4:slow push}\n  subject_motion: >-\n    $0"
)
SCENE_OF_SHOTS = "id: ${1:id}\nstart_image: ${2:stills/}\nshots:\n  - ${3:wide} ${4:4}s: >-\n      $0"
SHOT = "${1:wide} ${2:4}s: >-\n    $0"
SHOT_IN_FULL = "id: ${1:id}\nduration: ${2:4}\nprompt:\n  camera: ${3:static}\n  subject_motion: >-\n    $0"


def suffixes_at(cursor: Cursor) -> tuple[str, ...]:
    """The endings of the files that may be named at a place; none where no file may."""
    found = _field_at(cursor.path)
    return SUFFIXES.get(found, ()) if found and _is_value(cursor) else ()


def offers(cursor: Cursor, around: Around) -> tuple[Offer, ...]:
    """In the order in which they are to be shown."""
    if (silence := SILENCE.search(cursor.typed)) is not None:
        return tuple(_codes(cursor, silence))
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
    within = tuple(within_text(cursor, around))
    if within or AT.search(cursor.typed) or TAG.search(cursor.typed):
        yield from within
        return
    name = _field_at(cursor.path) or ""
    yield from _of_field(name, cursor, around)
    if name == "dialogue" and ":" not in cursor.typed.rpartition("\n")[2]:
        yield from speakers(cursor, around)
    if name == "camera":
        yield from _camera(cursor)
    if name in SUFFIXES:
        yield from files(cursor, around)


def _of_field(name: str, cursor: Cursor, around: Around) -> Iterator[Offer]:
    known = field(cursor.path)
    if known is not None and known.flag:
        yield from (whole(cursor, word, "value") for word in ("true", "false"))
    for choice in CHOICES.get(name, ()):
        yield whole(cursor, choice, "value")
    if name == "endpoint":
        yield from _endpoints(cursor, around.book)
    elif name == "prices":
        yield from (whole(cursor, book, "value", "price book") for book in book_names())
    elif name == "template":
        yield from (whole(cursor, shipped, "value", "prompt template") for shipped in SHIPPED_TEMPLATES)
    elif name == "elements" and cursor.path[-2:] != ("prompt", "elements"):
        yield from named(cursor, around, "elements", "element")
    elif name == "pick":
        yield from variants(cursor, around)
    elif name == "voice":
        yield from named(cursor, around, "voices", "voice")
    elif name == "continues" or (name in NAMES_OF_SCENES and cursor.path[:1] == ("cut",)):
        yield from scenes(cursor, around, shots=name != "continues")


def _endpoints(cursor: Cursor, book: PriceBook | None) -> Iterator[Offer]:
    for each in catalog().endpoints:
        prices = [(tier, book.unit_price(each.id, tier)) for tier in TIERS] if book is not None else []
        said = ", ".join(f"{tier} {price}" for tier, price in prices if price is not None)
        documentation = f"{each.id}\n\nUSD a second: {said or 'unknown'}"
        yield whole(cursor, each.alias, "endpoint", f"{each.height} lines", documentation)


def _codes(cursor: Cursor, silence: re.Match[str]) -> Iterator[Offer]:
    """What can be silenced: warnings, less those that stand there already."""
    from storyboard.rules.explained import manual

    start = cursor.index - len(silence["typed"])
    for code, explained in manual().items():
        if explained.rule.severity == "warning" and code not in silence["before"].upper():
            yield Offer(code, "value", code, start, cursor.index, explained.title, explained.rule.hint or "")


def _camera(cursor: Cursor) -> Iterator[Offer]:
    line = cursor.typed.rpartition("\n")[2]
    last = SEPARATED.split(line)[-1].lstrip("- \"'")
    for word in camera_words():
        yield Offer(
            word.text, "word", word.text, cursor.index - len(last), cursor.index, word.kind, word.meaning
        )
