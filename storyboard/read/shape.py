"""Nodes against the authored model: every wrong shape becomes a diagnostic at its place, the rest goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from storyboard.findings import Report, did_you_mean, nearest
from storyboard.read import authored, authored_cut
from storyboard.read.authored import Storyboard
from storyboard.read.authored_mapping import NODE
from storyboard.read.cures import instead
from storyboard.read.nodes import Broken, Mapping, Node, Scalar, Sequence, kind
from storyboard.read.paths import authored_path, cut_out, deepest_last_item_first, find
from storyboard.read.respelt import OTHER_WORDS, renamed, replaced, respelt, version_line, with_version
from storyboard.read.spell import SHORT, as_block

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
NAMED = ("elements", "voices")  # mappings whose keys are names
PROSE_WORDS = 3

LATER = {
    "include": "copy what it would bring into this file",
    "scenes": "write the scenes one after the other; what they share goes into `defaults`",
    "for_each": "write the scenes or shots out",
    "continues": "name the same still as `end_image` of one scene and `start_image` of the next",
    "variants": "write the variant as a scene of its own",
    "pack": "write scenes of at most six shots",
}


@dataclass(frozen=True)
class Shaped:
    """What is well-formed. Scenes and elements in which something was wrong are named, for the rules to pass over."""

    storyboard: Storyboard
    broken_elements: frozenset[str]
    broken_scenes: int
    cast_known: bool


def shape(root: Mapping, report: Report) -> Shaped | None:
    """The authored storyboard. Everything wrong is reported; None when too little is left to go on."""
    plain = _plain(root)
    elements: set[str] = set()
    scenes, cast_known = 0, True
    gone: set[tuple[int | str, ...]] = set()  # what was cut is reported, and not to be missed afterwards
    for number in range(ROUNDS):
        try:
            return Shaped(Storyboard.model_validate(plain), frozenset(elements), scenes, cast_known)
        except ValidationError as error:
            problems = error.errors(include_url=False)
        if not number and (meant := _as_meant(root, problems, report)) is not root:
            return shape(meant, report)
        cuts = set()
        for problem in problems:
            path = authored_path(root, problem["loc"])
            if path not in gone:
                _said(problem, path, root, report)
            gone.add(path)
            if problem["type"] == "missing":
                path = path[:-1]
            if path[:1] == ("elements",) and len(path) > 1:
                elements.add(str(path[1]))
            cast_known = cast_known and path not in {("elements",), ("voices",)}
            cuts.add(path[:2] if path[:1] == ("scenes",) and not _is_alone(problem, path) else path)
        scenes += sum(path[:1] == ("scenes",) and len(path) == 2 for path in cuts)  # noqa: PLR2004 - scenes, number
        if any(len(path) <= 1 and path[:1] in {(), ("scenes",), ("storyboard",)} for path in cuts):
            return None
        for path in sorted(cuts, key=deepest_last_item_first, reverse=True):
            cut_out(plain, path)
    return None


def _as_meant(root: Mapping, problems: list[ErrorDetails], report: Report) -> Mapping:
    """The tree with what is certain put right, so that it hides nothing else. What was wrong is reported."""
    meant = root
    for problem in problems:
        path = authored_path(root, problem["loc"])
        if (found := _mended(meant, problem, path)) is not None:
            _said(problem, path, root, report)
            meant = found
    return meant


def _mended(root: Mapping, problem: ErrorDetails, path: tuple[int | str, ...]) -> Mapping | None:
    meant = problem.get("ctx", {}).get("instead")
    if meant is not None:
        return replaced(root, path, meant)
    if problem["type"] == "extra_forbidden" and path and path[-1] not in LATER:
        return renamed(root, path, _known_keys(path))
    return with_version(root) if problem["type"] == "missing" and path == ("storyboard",) else None


def _is_alone(problem: ErrorDetails, path: tuple[int | str, ...]) -> bool:
    """Does a mistake in a scene leave the rest of it as it was meant? A key that is like no other does."""
    if problem["type"] == "extra_forbidden":
        key = str(path[-1])
        strange = nearest(key, _known_keys(path)) is None and len(key.split()) == 1
        return strange and key not in LATER and key not in OTHER_WORDS and SHORT.fullmatch(key) is None
    return path[2:] in ALONE


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


def _said(problem: ErrorDetails, path: tuple[int | str, ...], root: Mapping, report: Report) -> None:
    """Reports a problem. What is cut without a word would be a scene that nobody misses until the film is shot."""
    before = report.errors
    _report(problem, path, root, report)
    node, _ = find(root, path)
    if report.errors == before and not isinstance(node, Broken) and problem["type"] != "missing":
        report.add("SB103", _head(node), expected="another form of value", found=kind(node))


def _report(problem: ErrorDetails, path: tuple[int | str, ...], root: Mapping, report: Report) -> None:
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
        _unknown_key(str(path[-1]), parent, path, report)
    elif code == "SB116":
        report.add(code, node.span, hint=as_block(node) if isinstance(node, Mapping) else None)
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


def _unknown_key(key: str, parent: Node | None, path: tuple[int | str, ...], report: Report) -> None:
    node = parent if isinstance(parent, Mapping) else None
    place = node.key(key) if node else None
    if place is None:
        return
    if key == "as" and node is not None and node.get("for_each") is not None:
        return
    if key in LATER and path[:1] != ("cut",):
        report.add("SB114", place.span, key=key, cure=LATER[key])
        return
    if node is not None and node.get("verbatim") is not None and key in authored.SECTIONS:
        report.add("SB101", place.span, key=key, hint="verbatim text stands alone: it is sent as it is")
        return
    known = _known_keys(path)
    other = OTHER_WORDS.get(key)
    hint = f"it is called `{other}` here" if other in known else did_you_mean(key, known)
    if other == "cut" and key != "cut":
        hint = "transitions stand at the end of the file, under `cut:`"
    if key == "dialogue" and path[-2:-1] == ("prompt",):
        hint = "dialogue stands beside `prompt`, in the shot"
    if key == "pin":
        hint = "a pin belongs to one scene: `storyboard take pin` writes it there"
    if SHORT.fullmatch(key):
        hint = "the short form of a shot takes no further keys: write `id`, `duration` and `prompt`"
    elif len(key.split()) >= PROSE_WORDS:
        hint = "if this is prose that goes on from the line before, write the text with `>-`"
    report.add("SB101", place.span, key=key, hint=hint, fix=respelt(place, node, known))


def _known_keys(path: tuple[int | str, ...]) -> list[str]:
    model: type[BaseModel] = Storyboard
    names = [part for part in path[:-1] if isinstance(part, str)]
    steps: dict[str, type[BaseModel]] = {
        "scenes": authored.Scene,
        "shots": authored.Shot,
        "defaults": authored.Inheritable,
        "elements": authored.Element,
        "cut": authored_cut.Cut,
        "transitions": authored_cut.Transition,
        "order": authored_cut.Entry,
        "sound": authored_cut.Cue,
        "title": authored_cut.Card,
        "end": authored_cut.Card,
        "prompt": authored.Sections,
    }
    for name in names:
        model = steps.get(name, model)
    return [info.alias or name for name, info in model.model_fields.items() if name != "node"]
