"""What differs between two requests, field by field, in the words that authors use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from storyboard.catalog.endpoints import catalog
from storyboard.compile.digest import LOCAL
from storyboard.plan.alignment import aligned
from storyboard.plan.content import HASH, Content
from storyboard.plan.words import Piece, compared

GRANTED = frozenset({"shot_type"})  # written out or not, it is the same request
OURS = {
    "video_url": "source_video_url",
    "character_orientation": "follow",
}  # a scene's fields, by fal's names
APART = frozenset({"prompt", "multi_prompt", "duration", "elements"})


class Change(Struct, frozen=True):
    """One field that differs. `old` and `new` are plain values, None where there is none; `shot` is the shot's id, None
    for what belongs to the scene; `words` compares texts; `paths` names the old and the new file of a still or video.
    """

    field: str
    old: Any
    new: Any
    shot: str | None = None
    words: tuple[Piece, ...] = ()
    paths: tuple[str | None, str | None] | None = None


def changes(old: Content, new: Content) -> tuple[Change, ...]:
    """Every difference, in the order of the request."""
    old, new = _in_our_words(old), _in_our_words(new)
    found: list[Change] = []
    found += _value("endpoint", _alias(old.endpoint), _alias(new.endpoint))
    found += _plain(old, new, [name for name in new.arguments if name.endswith("_url")])
    found += _shots(old, new)
    found += _elements(old, new)
    found += _plain(old, new, _others(old, new))
    return tuple(found)


def is_unread(change: Change) -> bool:
    """Is it the same file, and only not known whether it changed? Its content then or now is not to be had."""
    old, new = change.paths or (None, None)
    return old is not None and old == new and any(str(v).startswith(LOCAL) for v in (change.old, change.new))


def _in_our_words(content: Content) -> Content:
    """With the names that authors know: what two endpoints call differently is still the same field."""
    row = catalog().find(content.endpoint)
    if row is None:
        return content
    ours = OURS | {called: name for name, called in row.names.items()}
    arguments = {ours.get(name, name): value for name, value in content.arguments.items()}
    return replace(content, arguments=arguments)


def _alias(endpoint: str) -> str:
    row = catalog().find(endpoint)
    return endpoint if row is None else row.alias


def _others(old: Content, new: Content) -> list[str]:
    names = dict.fromkeys([*new.arguments, *old.arguments])
    both = {*old.arguments} & {*new.arguments}
    urls = {name for name in new.arguments if name.endswith("_url")}
    return [n for n in names if n not in APART | urls and not (n in GRANTED and n not in both)]


def _plain(old: Content, new: Content, names: Sequence[str]) -> Iterator[Change]:
    for name in names:
        yield from _entry(name, old.arguments.get(name), new.arguments.get(name), old, new)


def _entry(name: str, before: Any, after: Any, old: Content, new: Content) -> Iterator[Change]:
    """A field of the body, or of an element in it."""
    shown = name.replace("_urls", "s").removesuffix("_url")
    if not name.endswith(("_url", "_urls")):
        yield from _value(shown, before, after)
    elif isinstance(after, list) or isinstance(before, list):
        befores, afters = _list(before), _list(after)
        for index in range(max(len(befores), len(afters))):
            pair = [entries[index] if index < len(entries) else None for entries in (befores, afters)]
            yield from _file(f"{shown} {index + 1}", pair[0], pair[1], old, new)
    else:
        yield from _file(shown, before, after, old, new)


def _file(name: str, before: Any, after: Any, old: Content, new: Content) -> Iterator[Change]:
    if before == after or _same_upload(before, after) or _same_upload(after, before):
        return
    yield Change(name, before, after, paths=(old.path_of(before), new.path_of(after)))


def _same_upload(known: Any, address: Any) -> bool:
    """An address whose file is named by its content was recorded as that content."""
    return (
        isinstance(known, str)
        and isinstance(address, str)
        and known.startswith(HASH)
        and known.removeprefix(HASH) in address
    )


def _value(name: str, before: Any, after: Any, shot: str | None = None) -> Iterator[Change]:
    if before == after:
        return
    texts = isinstance(before, str) and isinstance(after, str) and (" " in before or " " in after)
    prose = texts or (name == "prompt" and isinstance(before, str) and isinstance(after, str))
    yield Change(name, before, after, shot, words=compared(before, after) if prose else ())


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _elements(old: Content, new: Content) -> Iterator[Change]:
    before, after = _list(old.arguments.get("elements")), _list(new.arguments.get("elements"))
    if before != after and sorted(map(repr, before)) == sorted(map(repr, after)):
        yield Change("order of elements", _named(old, before), _named(new, after))
        return
    for index in range(max(len(before), len(after))):
        names = new.elements if index < len(new.elements) else old.elements
        name = f"element {names[index] if index < len(names) else index + 1}"
        if index >= len(before) or index >= len(after):
            gone = index >= len(after)
            yield Change(name, before[index] if gone else None, None if gone else after[index])
        elif isinstance(before[index], dict) and isinstance(after[index], dict):
            for key in dict.fromkeys([*after[index], *before[index]]):
                for change in _entry(key, before[index].get(key), after[index].get(key), old, new):
                    yield Change(f"{name}, {change.field}", change.old, change.new, paths=change.paths)


def _named(content: Content, elements: list[Any]) -> list[str]:
    return list(content.elements) or [str(index + 1) for index in range(len(elements))]


Shot = tuple[Any, Any]  # prompt, duration


def _shots(old: Content, new: Content) -> Iterator[Change]:
    before, after = _listed(old.arguments), _listed(new.arguments)
    if len(before) == len(after) == 1:
        yield from _shot(before[0], after[0], None)
    elif old.shots and new.shots:
        yield from _by_id(
            dict(zip(old.shots, before, strict=False)), dict(zip(new.shots, after, strict=False))
        )
    else:
        yield from _by_likeness(before, after, new.shots or tuple(str(i + 1) for i in range(len(after))))


def _listed(arguments: Mapping[str, Any]) -> list[Shot]:
    """The shots of a body, whether it has one or several."""
    several = arguments.get("multi_prompt")
    if not isinstance(several, list):
        return [(arguments.get("prompt"), arguments.get("duration"))]
    return [(shot.get("prompt"), shot.get("duration")) for shot in several if isinstance(shot, dict)]


def _shot(before: Shot, after: Shot, name: str | None) -> Iterator[Change]:
    yield from _value("prompt", before[0], after[0], name)
    yield from _value("duration", before[1], after[1], name)


def _by_id(before: Mapping[str, Shot], after: Mapping[str, Shot]) -> Iterator[Change]:
    for name in dict.fromkeys([*after, *before]):
        if name in before and name in after:
            yield from _shot(before[name], after[name], name)
        else:
            yield _whole(before.get(name), after.get(name), name)
    kept = [name for name in before if name in after]
    order = [name for name in after if name in before]
    if kept != order:
        yield Change("order of shots", kept, order)


def _by_likeness(before: list[Shot], after: list[Shot], names: Sequence[str]) -> Iterator[Change]:
    """By what they say, in order: a body knows no ids."""
    for old, new in aligned([str(shot[0]) for shot in before], [str(shot[0]) for shot in after]):
        if old is not None and new is not None:
            yield from _shot(before[old], after[new], names[new])
        elif new is not None:
            yield _whole(None, after[new], names[new])
        elif old is not None:
            yield _whole(before[old], None, str(old + 1))


def _whole(before: Shot | None, after: Shot | None, name: str) -> Change:
    old, new = (
        None if shot is None else {"prompt": shot[0], "duration": shot[1]} for shot in (before, after)
    )
    return Change("shot", old, new, shot=name)
