"""What is offered of the names that a storyboard declares: in its texts, in Jinja, and where a field asks for one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from storyboard.editor.bound import LOOP, bound_at, first_turn
from storyboard.editor.cursor import Cursor
from storyboard.editor.offer import Around, Kind, Offer, whole

TEXT = ("prompt", "dialogue")  # fields in whose text names are told apart
AT = re.compile(r"(?<![A-Za-z0-9.@])@([^\s@<>{}.,;:!?\"'()]*)$")
VOICE = re.compile(r"<<<([^<>]*)$")
TAG = re.compile(r"\{[{%](?:(?!\}\}|%\}).)*$", re.DOTALL)
WORD = re.compile(r"[\w-]*$")
OWNER = re.compile(r"((?:[^\W\d]\w*\.)+)$")
GIVEN = "given by the language"


def named(cursor: Cursor, around: Around, where: str, kind: Kind) -> Iterator[Offer]:
    """Where a field asks for an element or a voice."""
    at = cursor.typed.startswith("@")
    for name, said in around.declared(where):
        text = f"@{name}" if at else name
        yield Offer(name, kind, text, cursor.start, cursor.index, kind, said)


def scenes(cursor: Cursor, around: Around, *, shots: bool = True) -> Iterator[Offer]:
    """Where one is asked for: those that are written out, and those that were made of what is written; with their
    `shots`, or without."""
    known = [scene for text in around.texts for scene in text.scenes if scene.name and not scene.scenes]
    plain = [scene for scene in known if not scene.is_made]
    own = [f"{scene.name}.{shot.name}" for scene in plain for shot in scene.shots if not shot.is_made]
    for name in dict.fromkeys((*(scene.name for scene in plain), *around.scenes)):
        yield whole(cursor, name, "scene", "scene")
    for name in dict.fromkeys((*own, *around.shots)) if shots else ():
        yield whole(cursor, name, "scene", "shot")


def variants(cursor: Cursor, around: Around) -> Iterator[Offer]:
    """Those of the scene that the place lies in."""
    found = around.written.around(cursor.index) if around.written is not None else ()
    of_it = next((scene.variants for scene in reversed(found) if scene.variants), ())
    for each in of_it:
        yield whole(cursor, each.variant.value if each.variant is not None else "", "value", "variant")


def within_text(cursor: Cursor, around: Around) -> Iterator[Offer]:
    """Names of elements behind @, of voices behind <<<, of vars inside Jinja."""
    if (tag := TAG.search(cursor.typed)) is not None:
        yield from _vars(cursor, tag[0], around)
    elif not any(part in TEXT for part in cursor.path):
        return
    elif (match := AT.search(cursor.typed)) is not None:
        start = cursor.index - len(match[1])
        for name, said in around.declared("elements"):
            yield Offer(name, "element", name, start, cursor.index, "element", said)
    elif (match := VOICE.search(cursor.typed)) is not None:
        start = cursor.index - len(match[1])
        for name, said in around.declared("voices"):
            yield Offer(name, "voice", f"{name}>>>", start, cursor.index, "voice", said)


def _vars(cursor: Cursor, tag: str, around: Around) -> Iterator[Offer]:
    word = WORD.search(tag)
    typed = word[0] if word is not None else ""
    start = cursor.index - len(typed)
    owner = OWNER.search(tag[: len(tag) - len(typed)])
    bound = bound_at(around.written, cursor.index)
    if owner is not None:
        scope = first_turn(bound, around.scope)
        yield from _entries(owner[1].rstrip(".").split("."), scope, start, cursor.index)
        return
    for each in reversed(bound):
        yield Offer(each.name, "var", each.name, start, cursor.index, "an item of `for_each`")
    for name, said in around.declared("vars"):
        yield Offer(name, "var", name, start, cursor.index, "var", said)
    for name in sorted(around.variables.keys() - dict(around.declared("vars"))):
        yield Offer(name, "var", name, start, cursor.index, "from the command line")
    for name in (*([LOOP] if bound else []), "scene.id", "shot.id"):
        yield Offer(name, "var", name, start, cursor.index, GIVEN)


def _entries(owner: list[str], scope: Mapping[str, Any], start: int, stop: int) -> Iterator[Offer]:
    """The entries of what is a mapping."""
    if owner in (["scene"], ["shot"]):
        yield Offer("id", "var", "id", start, stop, GIVEN)
    value: Any = scope
    for part in owner:
        value = value.get(part) if isinstance(value, Mapping) else None
    detail = GIVEN if owner == [LOOP] else "var"
    for key, entry in value.items() if isinstance(value, Mapping) else ():
        said = str(entry) if isinstance(entry, (str, int)) and owner != [LOOP] else ""
        yield Offer(key, "var", key, start, stop, detail, said)


def speakers(cursor: Cursor, around: Around) -> Iterator[Offer]:
    start = cursor.index - len(cursor.typed.rpartition("\n")[2].lstrip("- "))
    kinds: Iterable[tuple[str, Kind]] = (("elements", "element"), ("voices", "voice"))
    given: set[str] = set()
    for where, kind in kinds:
        for name, said in around.declared(where):
            if name not in given:
                yield Offer(name, kind, f"{name}: ", start, cursor.index, f"{kind} who speaks", said)
            given.add(name)
