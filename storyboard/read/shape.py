"""Nodes against the authored model: every wrong shape becomes a diagnostic at its place, the rest goes on."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from msgspec import Struct
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from storyboard.findings import Report
from storyboard.read.authored import Included
from storyboard.read.authored_mapping import NODE
from storyboard.read.cures import instead
from storyboard.read.nodes import Broken, Mapping, Node, Scalar, Sequence, kind
from storyboard.read.paths import authored_path, cut_out, deepest_last_item_first, find
from storyboard.read.respelt import renamed, replaced, version_line, with_version
from storyboard.read.spelling import nearest
from storyboard.read.trap import BLOCK
from storyboard.read.unknown import is_strange, known_keys, unknown_key

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


class Shaped(Struct, Generic[T], frozen=True):
    """What is well-formed. Scenes and elements in which something was wrong are named, for the rules to pass over."""

    storyboard: T
    broken_elements: frozenset[str]
    broken_scenes: int
    cast_known: bool


def shape(root: Mapping, report: Report, model: type[T]) -> Shaped[T] | None:
    """The authored storyboard, or a file that one includes. Everything wrong is reported; None when too
    little is left to go on."""
    plain = _plain_file(root)
    elements: set[str] = set()
    scenes, cast_known = 0, True
    gone: set[tuple[int | str, ...]] = set()  # what was cut is reported, and not to be missed afterwards
    for number in range(ROUNDS):
        try:
            return Shaped(model.model_validate(plain), frozenset(elements), scenes, cast_known)
        except ValidationError as error:
            problems = error.errors(include_url=False)
        if not number and (meant := _as_meant(root, problems, report, model)) is not root:
            return shape(meant, report, model)
        cuts = set()
        for problem in problems:
            path = authored_path(root, problem["loc"])
            if path not in gone:
                _said(problem, path, root, report, model)
            gone.add(path)
            if problem["type"] == "missing":
                path = path[:-1]
            if path[:1] == ("elements",) and len(path) > 1:
                elements.add(str(path[1]))
            cast_known = cast_known and path not in {("elements",), ("voices",)}
            cuts.add(_harmed(problem, path, root, model))
        scenes += sum(bool(path) and path == _entry_of(path) for path in cuts)
        if any(len(path) <= 1 and path[:1] in {(), ("scenes",), ("storyboard",)} for path in cuts):
            return None
        for path in sorted(cuts, key=deepest_last_item_first, reverse=True):
            cut_out(plain, path)
    return None


def _as_meant(root: Mapping, problems: list[ErrorDetails], report: Report, model: type[Included]) -> Mapping:
    """The tree with what is certain put right, so that it hides nothing else. What was wrong is reported."""
    meant = root
    for problem in problems:
        path = authored_path(root, problem["loc"])
        if (found := _mended(meant, problem, path, model)) is not None:
            _said(problem, path, root, report, model)
            meant = found
    return meant


def _mended(
    root: Mapping, problem: ErrorDetails, path: tuple[int | str, ...], model: type[Included]
) -> Mapping | None:
    meant = problem.get("ctx", {}).get("instead")
    if meant is not None:
        return replaced(root, path, meant)
    if problem["type"] == "extra_forbidden" and path:
        return renamed(root, path, known_keys(path, find(root, path)[1], model))
    return with_version(root) if problem["type"] == "missing" and path == ("storyboard",) else None


def _harmed(
    problem: ErrorDetails, path: tuple[int | str, ...], root: Mapping, model: type[Included]
) -> tuple[int | str, ...]:
    """What a mistake at a path spoils: the scene or the sequence that it lies in, or its field alone."""
    entry = _entry_of(path)
    alone = path[len(entry) :] in ALONE
    if problem["type"] == "extra_forbidden":
        alone = alone or is_strange(path, find(root, path)[1], model)
    return path if not entry or alone else entry


def _entry_of(path: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """The part of a path that leads to a scene, or to a sequence; nothing when it leads to neither."""
    steps = 0
    while path[steps : steps + 1] == ("scenes",) and len(path) > steps + 1:
        steps += 2
    return path[:steps]


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


def _plain_file(root: Mapping) -> Any:
    """The same of a whole file, whose scenes may all be those of files that it includes."""
    plain = _plain(root)
    scenes = plain.get("scenes")
    if "include" in plain and (scenes is None or (isinstance(scenes, Scalar) and scenes.is_null)):
        plain["scenes"] = []
    return plain


def _said(
    problem: ErrorDetails, path: tuple[int | str, ...], root: Mapping, report: Report, model: type[Included]
) -> None:
    """Reports a problem. What is cut without a word would be a scene that nobody misses until the film is shot."""
    before = report.errors
    _report(problem, path, root, report, model)
    node, _ = find(root, path)
    if report.errors == before and not isinstance(node, Broken) and problem["type"] != "missing":
        report.add("SB103", _head(node), expected="another form of value", found=kind(node))


def _report(
    problem: ErrorDetails, path: tuple[int | str, ...], root: Mapping, report: Report, model: type[Included]
) -> None:
    node, parent = find(root, path)
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
        code = "SB123" if key == "scenes" else "SB102"
        fix = version_line(holder) if key == "storyboard" else None
        report.add(code, _head(holder), key=key, hint=_missing_hint(key), fix=fix)
    elif code == "extra_forbidden":
        unknown_key(path, parent, model, report)
    elif code == "SB116":
        report.add(code, node.span, hint=_text_hint(path, node))
    elif code.startswith("SB"):
        text = values.pop("instead", None)
        report.add(code, node.span, fix=instead(node, text) if text is not None else None, **values)
    else:
        if path == ("scenes",) and kind(node) == "nothing":
            report.add("SB123", node.span)
            return
        expected = "a list" if "list" in code or "tuple" in code else "a mapping"
        hint = _form_hint(path, expected)
        report.add("SB103", _head(node), expected=expected, found=kind(node), hint=hint)


def _text_hint(path: tuple[int | str, ...], node: Node) -> str:
    if not isinstance(node, Mapping) or path[-1] != "elements" or "prompt" in path:
        return BLOCK
    names = ", ".join(node.names())
    return f"here stands a list of names: `[{names}]`; what they are is said under `elements:`, at the top of the file"


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
