"""A storyboard as it was at an earlier revision, read from git's own objects: the checkout is not touched.

Which commit is meant, git says. Where the storyboard was then, and what it names, is looked up in that commit's tree:
links are followed within the project as on a disk, git-lfs pointers and submodules are not what they stand for.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from storyboard.errors import UsageError
from storyboard.findings import did_you_mean
from storyboard.git import Objects, Said, ask
from storyboard.location import SETTINGS, Location
from storyboard.tree import WHOLE, NotHeld, Tree

HASH = re.compile(r"[0-9a-f]{40,64}")
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
KNOWN = 1000  # branches and tags that a misspelt one is compared with
YAML = (".yaml", ".yml")  # what may have been renamed to a storyboard, beside what ends like it
GENERIC = "Needed a single revision"
EXAMPLES = "a branch, a tag, a hash, or what git knows besides, like HEAD~2 or main@{yesterday}"


class Found(Struct, frozen=True):
    """A commit that a person named. `words` are what git had to say about the name."""

    asked: str
    commit: str
    words: tuple[str, ...] = ()

    def __str__(self) -> str:
        short = self.commit[:8]
        return short if self.commit.startswith(self.asked) else f"{self.asked} at {short}"


@contextmanager
def at_revision(location: Location, asked: str) -> Iterator[tuple[Found, Location | None]]:
    """The commit that `asked` names, and where the storyboard was in it, to be read from within the block; None when
    it was not. Raises UsageError when there is no such commit here, and WorldError when git fails."""
    folder = location.source.parent
    prefix = _prefix(folder)
    found = _commit(folder, asked)
    try:
        with Objects(folder) as objects:
            tree = Tree(objects, found.commit)
            yield found, _located(location, prefix, found, tree)
    except NotHeld as gone:
        raise UsageError(f"{found} can't be read: {gone.detail}.") from None


def _located(location: Location, prefix: str, found: Found, tree: Tree) -> Location | None:
    now = prefix + location.source.name
    then = now if tree.is_file(now) else _renamed(location.source.parent, now, found.commit)
    if then is None or not tree.is_file(then):
        return None
    project = _project(tree, posixpath.dirname(then))
    top = _top(location.source.parent, prefix)
    shown = posixpath.relpath("/" + then, "/" + posixpath.dirname(now))
    return Location(
        source=top / then,
        project=top / project,
        shown=posixpath.normpath(posixpath.join(posixpath.dirname(location.shown), shown)),
        earlier=tree.project(project, then),
    )


def _project(tree: Tree, folder: str) -> str:
    """The project folder then: the nearest one above with settings, else the repository's own."""
    while folder and not tree.is_file(f"{folder}/{SETTINGS}"):
        folder = posixpath.dirname(folder)
    return folder


def _top(folder: Path, prefix: str) -> Path:
    top = Path(os.path.realpath(folder))
    for _ in prefix.split("/")[:-1]:
        top = top.parent
    return top


def _renamed(folder: Path, now: str, commit: str) -> str | None:
    """Where the file of today was then, as git tells renames; it knows those that are committed or added. Raises
    UsageError."""
    endings = dict.fromkeys((*YAML, posixpath.splitext(now)[1]))
    said = ask(
        folder,
        *("diff-index", "--cached", "-z", "--name-status", "--find-renames", "--diff-filter=R"),
        *("--no-ext-diff", "--no-textconv", commit, "--", *(f":(top)*{ending}" for ending in endings)),
    )
    if said is None or said.code:
        raise UsageError(
            f"git can't tell whether {posixpath.basename(now)} had another name at {commit[:8]}"
            f"{_in_gits_words(said)}. If this clone is partial, {WHOLE}."
        )
    fields = said.out.decode("utf-8", "surrogateescape").split("\0")
    renames = zip(fields[1::3], fields[2::3], strict=False)
    return next((old for old, new in renames if new == now), None)


def _prefix(folder: Path) -> str:
    """The folder from the top of its repository, "" or with a slash at its end. Raises UsageError."""
    said = ask(folder, "rev-parse", "--show-prefix")
    if said is None:
        raise UsageError(
            "earlier revisions are read by the git program, which is not here or does not answer. Install git "
            "(https://git-scm.com), then run the same command again."
        )
    if said.code:
        raise UsageError(
            f"{folder} lies in no git repository that can be read: there is no earlier revision to compare with."
            f"{_in_gits_words(said)}"
        )
    return said.out.removesuffix(b"\n").decode("utf-8", "surrogateescape")


def _commit(folder: Path, asked: str) -> Found:
    if not asked.strip() or asked.startswith("-") or CONTROL.search(asked):
        raise UsageError(f"{asked!r} names no revision: say {EXAMPLES}.")
    named = _parsed(folder, asked)
    if (named.code and ".." in asked) or (not named.code and not HASH.fullmatch(_name(named))):
        raise UsageError(
            f"{asked!r} names no single revision, but a range of them or what is left out of one: say {EXAMPLES}."
        )
    # A whole hash is a name to git even where nothing is called by it.
    if named.code or (held := _parsed(folder, f"{_name(named)}^{{object}}")).code:
        raise UsageError(_unknown(folder, asked, named if named.code else held))
    peeled = _parsed(folder, f"{_name(named)}^{{commit}}")
    if peeled.code:
        raise UsageError(f"{asked!r} names no commit, but something else in this repository: say {EXAMPLES}.")
    return Found(asked, _name(peeled), named.words)


def _parsed(folder: Path, name: str) -> Said:
    return ask(folder, "rev-parse", "--verify", "--end-of-options", name) or Said(1, b"", ())


def _name(said: Said) -> str:
    return said.out.decode("ascii", "replace").split("\n")[0]


def _unknown(folder: Path, asked: str, said: Said) -> str:
    problem = f"git knows no revision {asked!r} here"
    shallow = ask(folder, "rev-parse", "--is-shallow-repository")
    if shallow is not None and shallow.out.strip() == b"true":
        return (
            f"{problem}: this clone is shallow and holds only the latest commits. `git fetch --unshallow` brings the "
            "others; in GitHub Actions give actions/checkout `fetch-depth: 0`."
        )
    names = _names(folder)
    remote = next((name for name in names if name.endswith(f"/{asked}")), None)
    cure = f"did you mean `{remote}`?" if remote is not None else did_you_mean(asked, names)
    return f"{problem}: {cure or 'there is no commit yet'}{_in_gits_words(said)}"


def _names(folder: Path) -> list[str]:
    """Branches and tags, the latest first."""
    said = ask(
        folder,
        *("for-each-ref", f"--count={KNOWN}", "--sort=-creatordate", "--format=%(refname:lstrip=2)"),
        *("refs/heads", "refs/remotes", "refs/tags"),
    )
    return [] if said is None else said.out.decode("utf-8", "replace").splitlines()


def _in_gits_words(said: Said | None) -> str:
    words = [line.removeprefix("fatal: ") for line in said.words if GENERIC not in line] if said else []
    return f" (git: {' '.join(words)})" if words else ""
