"""Nodes against the authored model: every wrong shape becomes a diagnostic at its place, the rest goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from storyboard.findings import Report, nearest
from storyboard.read.authored import Included
from storyboard.read.authored_mapping import FORMS, NODE
from storyboard.read.nodes import Broken, Mapping, Node, Scalar, Sequence, kind
from storyboard.read.spell import as_block
from storyboard.read.unknown import unknown_key

ROUNDS = 4
# Fields of a scene whose mistake harms nothing else in it: the rest of the scene is still judged.
ALONE = {
    (name,)
    for name in (
        "generate_audio",
        "cfg_scale",
        "take",
        "pin",
        "note",
        "title",
        "aspect_ratio",
        "shot_type",
        "negative_prompt",
    )
}
T = TypeVar("T", bound=Included)

NAMED = ("elements", "voices", "variants")  # mappings whose keys are names


@dataclass(frozen=True)
class Shaped(Generic[T]):
    """What is well-formed. Scenes and elements in which something was wrong are named, for the rules to pass over."""

    storyboard: T
    broken_elements: frozenset[str]
    broken_scenes: int
    cast_known: bool


def shape(root: Mapping, report: Report, model: type[T]) -> Shaped[T] | None:
    """The authored storyboard, or a file that one includes. Everything wrong is reported; None when too
    little is left to go on."""
    plain = _plain(root)
    elements: set[str] = set()
    scenes, cast_known = 0, True
    gone: set[tuple[int | str, ...]] = set()  # what was cut is reported, and not to be missed afterwards
    for _ in range(ROUNDS):
        try:
            return Shaped(model.model_validate(plain), frozenset(elements), scenes, cast_known)
        except ValidationError as error:
            problems = error.errors(include_url=False)
        cuts = set()
        for problem in problems:
            path = _authored_path(root, problem["loc"])
            if path not in gone:
                _said(problem, path, root, report, model)
            gone.add(path)
            if problem["type"] == "missing":
                path = path[:-1]
            if path[:1] == ("elements",) and len(path) > 1:
                elements.add(str(path[1]))
            cast_known = cast_known and path not in {("elements",), ("voices",)}
            cuts.add(_harmed(path))
        scenes += sum(bool(path) and path == _entry_of(path) for path in cuts)
        if any(len(path) <= 1 and path[:1] in {(), ("scenes",), ("storyboard",)} for path in cuts):
            return None
        for path in sorted(cuts, key=_deepest_last_item_first, reverse=True):
            _cut(plain, path)
    return None


def _harmed(path: tuple[Any, ...]) -> tuple[Any, ...]:
    """What a mistake at a path spoils: the scene or the sequence that it lies in, or its field alone."""
    entry = _entry_of(path)
    return path if not entry or path[len(entry) :] in ALONE else entry


def _entry_of(path: tuple[Any, ...]) -> tuple[Any, ...]:
    """The part of a path that leads to a scene, or to a sequence; nothing when it leads to neither."""
    steps = 0
    while path[steps : steps + 1] == ("scenes",) and len(path) > steps + 1:
        steps += 2
    return path[:steps]


def _deepest_last_item_first(path: tuple[Any, ...]) -> list[tuple[int, str]]:
    return [(part, "") if isinstance(part, int) else (-1, str(part)) for part in path]


def _plain(node: Node, *, names: bool = False) -> Any:
    """For pydantic. `x-` keys are anybody's and left out, but not where keys are names."""
    if isinstance(node, Scalar):
        return node
    if isinstance(node, Sequence):
        return [_plain(item) for item in node.items]
    if isinstance(node, Mapping):
        result: dict[str, Any] = {
            key.value: value if type(value) is Scalar else _plain(value, names=key.value in NAMED)
            for key, value in node.entries
            if names or not key.value.startswith("x-")
        }
        result[NODE] = node
        return result
    return node


def _authored_path(root: Mapping, loc: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """The part of pydantic's path that leads through nodes: tags of unions are skipped."""
    node: Node = root
    path: list[int | str] = []
    for index, part in enumerate(loc):
        child = _child(node, part)
        if child is not None:
            node = child
            path.append(part)
        elif index == len(loc) - 1 and part not in FORMS and part != "[key]":
            path.append(part)
    return tuple(path)


def _child(node: Node, part: int | str) -> Node | None:
    if isinstance(node, Mapping) and isinstance(part, str):
        return node.get(part)
    if isinstance(node, Sequence) and isinstance(part, int) and part < len(node.items):
        return node.items[part]
    return None


def _find(root: Mapping, path: tuple[int | str, ...]) -> tuple[Node, Node | None]:
    """The node at a path (the last there is) and the one that holds it."""
    node: Node = root
    parent: Node | None = None
    for part in path:
        child = _child(node, part)
        if child is None:
            return node, node
        parent, node = node, child
    return node, parent


def _cut(plain: Any, path: tuple[int | str, ...]) -> None:
    for part in path[:-1]:
        try:
            plain = plain[part]
        except (KeyError, IndexError, TypeError):
            return
    if isinstance(plain, dict):
        plain.pop(path[-1], None)
    elif isinstance(plain, list) and isinstance(path[-1], int) and path[-1] < len(plain):
        del plain[path[-1]]


def _said(
    problem: ErrorDetails, path: tuple[int | str, ...], root: Mapping, report: Report, model: type[Included]
) -> None:
    """Reports a problem. What is cut without a word would be a scene that nobody misses until the film is shot."""
    before = report.errors
    _report(problem, path, root, report, model)
    node, _ = _find(root, path)
    if report.errors == before and not isinstance(node, Broken) and problem["type"] != "missing":
        report.add("SB103", _head(node), expected="another form of value", found=kind(node))


def _report(
    problem: ErrorDetails, path: tuple[int | str, ...], root: Mapping, report: Report, model: type[Included]
) -> None:
    node, parent = _find(root, path)
    code = problem["type"]
    values = dict(problem.get("ctx", {}))
    index = values.pop("index", None)
    if index is not None and isinstance(node, Sequence):
        node = node.items[index]
    if isinstance(node, Broken):
        return
    if code == "missing":
        key = str(path[-1])
        holder = node if isinstance(node, Mapping) else root
        if any(nearest(other, [key]) for other in holder.names()):
            return  # its misspelling is reported
        report.add("SB123" if key == "scenes" else "SB102", _head(holder), key=key, hint=_missing_hint(key))
    elif code == "extra_forbidden":
        unknown_key(path, parent, model, report)
    elif code == "SB116":
        report.add(code, node.span, hint=as_block(node) if isinstance(node, Mapping) else None)
    elif code.startswith("SB"):
        report.add(code, node.span, **values)
    else:
        if path == ("scenes",) and kind(node) == "nothing":
            report.add("SB123", node.span)
            return
        expected = "a list" if "list" in code or "tuple" in code else "a mapping"
        hint = _form_hint(path, expected)
        report.add("SB103", _head(node), expected=expected, found=kind(node), hint=hint)


def _form_hint(path: tuple[int | str, ...], expected: str) -> str | None:
    if expected == "a list":
        return "begin each entry with `- `"
    if path[:1] == ("elements",) and len(path) == 2:  # noqa: PLR2004 - elements and a name
        return f"for a described character: `{path[1]}: {{description: …}}`"
    return None


def _head(node: Node) -> Any:
    """The first line of a node: what people look at when the whole of it is meant."""
    if isinstance(node, Scalar):
        return node.span
    line, _ = node.source.position(node.start)
    end = node.source.starts[line - 1] + len(node.source.line(line).rstrip())
    return node.source.span(node.start, max(node.start + 1, min(node.stop, end)))


def _missing_hint(key: str) -> str | None:
    return {
        "storyboard": "begin the file with `storyboard: 1`",
        "id": "every scene has an id: `- id: dawn`",
    }.get(key)
