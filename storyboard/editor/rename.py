"""One name for another, everywhere that it stands, and only where the storyboard then still says the same."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

from msgspec.structs import replace

from storyboard.compile.names import BY_HAND
from storyboard.diagnostics import Edit, Span
from storyboard.editor.kin import Kin
from storyboard.editor.mentions import GIVEN, Kind, Mention, mentions
from storyboard.editor.positions import indexes
from storyboard.editor.written import Names, Written, written
from storyboard.read.leaves import Unreadable, identifier, is_name
from storyboard.read.source import Source

RENAMED: tuple[Kind, ...] = ("element", "voice", "scene", "shot", "var")
VAR = re.compile(r"[^\W\d]\w*")
NO_NAME = "this is not a name of an element, a voice, a scene, a shot or a var"


class Unnameable(Exception):
    """It can't be called so. The text says why, for people."""


def own_name(mention: Mention) -> str:
    """What is typed over: of `dawn.hands` the shot."""
    return mention.name[len(mention.scene) + 1 :] if mention.kind == "shot" else mention.name


def own_span(mention: Mention) -> Span:
    """Where that stands."""
    if mention.kind != "shot" or mention.declares:
        return mention.span
    return replace(mention.span, column=mention.span.column + len(mention.name) - len(own_name(mention)))


def renamed(wanted: Mention, name: str, family: Sequence[Written]) -> tuple[Edit, ...]:
    """The edits, in all files. Raises Unnameable for a name that is not allowed or taken, or that would be read
    otherwise somewhere."""
    can_be(wanted)
    if name == own_name(wanted):
        return ()
    _allowed(wanted.kind, name)
    new = f"{wanted.scene}.{name}" if wanted.kind == "shot" else name
    found = [each for one in family for each in mentions(one).all]
    if not any(each.declares and _is(each, wanted) for each in found):
        raise Unnameable(f"`{wanted.name}` is declared nowhere: declare it first")
    if any(each.declares and each.kind == wanted.kind and each.name == new for each in found):
        raise Unnameable(f"the name `{name}` is taken")
    edits = tuple(Edit(span, name) for each in found for span in _places(each, wanted))
    for one in family:
        _still_says_the_same(one, edits, wanted, new)
    return edits


def renamed_everywhere(wanted: Mention, name: str, kin: Kin) -> tuple[Edit, ...]:
    """The same in all storyboards that the name concerns. Raises Unnameable, too, where a place may be missed, or a
    file would be another storyboard's as well, to which the name means something else."""
    edits = renamed(wanted, name, kin.files)
    if edits and kin.doubts:
        raise Unnameable(kin.doubts[0])
    touched = {edit.span.path for edit in edits}
    for other in kin.others:
        shared = [path.name for path in other.files if path.as_posix() in touched]
        if shared:
            raise Unnameable(
                f"`{shared[0]}` belongs to `{other.path.name}` as well, where `{own_name(wanted)}` is another one"
            )
    return edits


def can_be(wanted: Mention) -> None:
    """Raises Unnameable for what has no name that could be another."""
    if wanted.kind not in RENAMED:
        raise Unnameable(NO_NAME)
    if wanted.made:
        whose = "this name" if "{" in own_name(wanted) else "the id of its scene"
        raise Unnameable(
            f"{whose} is made by Jinja, so the text does not tell what is called by it: change it by hand, here and in "
            "the cut"
        )


def _is(each: Mention, wanted: Mention) -> bool:
    return each.kind == wanted.kind and each.name == wanted.name


def _allowed(kind: Kind, name: str) -> None:
    if kind in {"element", "voice"}:
        if not is_name(name):
            raise Unnameable(f"`{name}` is no name: letters of any script, digits, `_` and `-`, at most 64")
        if kind == "element" and BY_HAND.fullmatch(name):
            raise Unnameable(f"`{name}` is what the compiler writes: choose another name")
    elif kind == "var":
        if VAR.fullmatch(name) is None or name in GIVEN:
            raise Unnameable(f"`{name}` can't be a var: letters, digits and `_`, and no name of the language")
    else:
        _identifier(name)


def _identifier(name: str) -> None:
    try:
        identifier(name)
    except Unreadable:
        raise Unnameable(
            f"`{name}` is no id: letters, digits, `_`, `-` and `.`, at most 64 of them, a letter or digit first"
        ) from None


def _places(each: Mention, wanted: Mention) -> Iterable[Span]:
    if _is(each, wanted):
        yield own_span(each)
    elif wanted.kind == "scene" and not each.declares and each.scene == wanted.name:
        yield replace(each.span, end_column=each.span.column + len(each.scene))


def _still_says_the_same(one: Written, edits: Sequence[Edit], wanted: Mention, new: str) -> None:
    """Raises Unnameable unless every name of the text is still the same, but for the one that was renamed."""
    text = applied(one.source, [edit for edit in edits if edit.span.path == one.source.path])
    after = written(one.source.path, text)
    before = [(each.kind, _after(each, wanted, new)) for each in _told(one)]
    known = replace(after, others=_renamed(one.others, wanted, new)) if after is not None else None
    now = [(each.kind, each.name) for each in _told(known)] if known is not None else []
    for old, found in zip_longest(before, now):
        if old != found:
            other = (old or found or ("", ""))[1]
            raise Unnameable(
                f"`{own_name(wanted)}` can't become this: `{other}` would then be read otherwise"
            )


def _after(each: Mention, wanted: Mention, new: str) -> str:
    if _is(each, wanted):
        return new
    if wanted.kind == "scene" and each.kind == "shot" and each.scene == wanted.name:
        return f"{new}.{own_name(each)}"
    return each.name


def _told(one: Written) -> Iterator[Mention]:
    """What is called by names that the text tells."""
    return (each for each in mentions(one).all if not each.made)


def _renamed(names: Names, wanted: Mention, new: str) -> Names:
    """What the other files bring, once it is renamed there."""
    fields: dict[Kind, str] = {"element": "elements", "voice": "voices", "scene": "scenes"}
    field = fields.get(wanted.kind)
    if field is None or wanted.name not in getattr(names, field):
        return names
    return replace(names, **{field: getattr(names, field) - {wanted.name} | {new}})


def applied(source: Source, edits: Sequence[Edit]) -> str:
    """The text with its edits, which do not touch each other."""
    text = source.text
    for start, stop, new in sorted(
        ((*indexes(source, edit.span), edit.text) for edit in edits), reverse=True
    ):
        text = text[:start] + new + text[stop:]
    return text
