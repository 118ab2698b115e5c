"""Whom a name concerns: all files of the storyboards that read a file which declares it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from storyboard.editor.mentions import Mention, mentions
from storyboard.editor.shelf import Volume
from storyboard.editor.written import NO_NAMES, Names, Written, together


class Kin(Struct, frozen=True):
    """`files` each know the names of the storyboards that they belong to. `doubts` are reasons, in words, why there may
    be places that are not among them; `others` are storyboards in which the name is another one. `storyboards` are
    those that the files belong to."""

    files: tuple[Written, ...]
    doubts: tuple[str, ...] = ()
    others: tuple[Volume, ...] = ()
    storyboards: tuple[Path, ...] = ()


def kin(wanted: Mention, own: Sequence[Volume], volumes: Sequence[Volume], broken: Mapping[Path, str]) -> Kin:
    """`own` are the storyboards that the name was found in, `volumes` all of the project; `broken` are texts that are
    no YAML at present."""
    declaring = {path for each in own for path, tree in each.files.items() if _declares(tree, wanted)}
    concerned = {each.path: each for each in own}
    others: list[Volume] = []
    for each in volumes:
        if declaring & each.files.keys():
            concerned.setdefault(each.path, each)
        elif each.path not in concerned and any(_declares(tree, wanted) for tree in each.files.values()):
            others.append(each)
    files = with_names(concerned.values())
    doubts = _doubts(concerned.values(), declaring, broken)
    return Kin(files, tuple(dict.fromkeys(doubts)), tuple(others), tuple(concerned))


def with_names(volumes: Iterable[Volume]) -> tuple[Written, ...]:
    """The files of storyboards, each once, with the names of all that it belongs to."""
    found: dict[Path, Written] = {}
    names: dict[Path, Names] = {}
    for volume in volumes:
        trees = {path: tree for path, tree in volume.files.items() if tree is not None}
        for path, tree in zip(trees, together(tuple(trees.values())), strict=True):
            found.setdefault(path, tree)
            names[path] = names.get(path, NO_NAMES).with_(tree.known)
    return tuple(
        tree if tree.known == names[path] else replace(tree, others=names[path])
        for path, tree in found.items()
    )


def _declares(tree: Written | None, wanted: Mention) -> bool:
    return tree is not None and any(
        each.declares and each.kind == wanted.kind and each.name == wanted.name for each in mentions(tree).all
    )


def _doubts(concerned: Iterable[Volume], declaring: set[Path], broken: Mapping[Path, str]) -> Iterator[str]:
    """What can't be read may hold the name: a file of one of these storyboards, or one that speaks of such a file."""
    read = {path for volume in concerned for path in volume.files}
    for path, text in broken.items():
        if path in read or any(each.name in text for each in declaring):
            yield f"`{path.name}` is no YAML at present, and may use the name: mend it first"
