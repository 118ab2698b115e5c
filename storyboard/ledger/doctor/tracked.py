"""What git knows of a project: is what was bought kept out of it, and no key in it? Only reads; works without git."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from storyboard.git import ask
from storyboard.ledger.doctor.finding import Finding
from storyboard.ledger.inventory import is_name
from storyboard.ledger.place import FOLDER, LEDGER, LOCK_FILE
from storyboard.report.counted import counted
from storyboard.secret import KEY_VARIABLES

# A fal key: an id and a secret, as the dashboard shows it.
KEY = re.compile(rb"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}:[0-9a-f]{32}\b")
SHORTEST = 8  # characters: shorter ones are words
LARGEST = 1 << 20  # bytes of a file that is looked into for a key
SHOWN = 5


def git_findings(project: Path) -> tuple[Finding, ...]:
    """What git keeps of the project that it should not, and does not do that it should."""
    if not _answers(project, "rev-parse", "--is-inside-work-tree"):
        text = "no git repository here, no git, or one that git does not trust: nothing to look at"
        return (Finding("note", "git", text),)
    listed = _listed(project)
    found = (
        *_ignored(project),
        *_bought(listed),
        *_keys(project, listed),
        *_merged(project),
    )
    return found or (Finding("ok", "git", f"{FOLDER}/ is ignored; no ledger, clip or key is committed"),)


def _ignored(project: Path) -> Iterator[Finding]:
    if not _answers(project, "check-ignore", "--quiet", "--no-index", "--", f"{FOLDER}/{LEDGER}"):
        text = f"{FOLDER}/ is not ignored: `git add .` would commit the ledger and every clip"
        yield Finding("warn", "git", text, f"add the line `{FOLDER}/` to .gitignore")


def _bought(listed: list[str]) -> Iterator[Finding]:
    wrong = [name for name in listed if _is_bought(name)]
    if wrong:
        more = f" and {counted(len(wrong) - SHOWN, 'more')[:-1]}" if len(wrong) > SHOWN + 1 else ""
        yield Finding(
            "miss",
            "git",
            f"committed by mistake: {', '.join(wrong[:SHOWN])}{more}. Who clones it has what you bought, and a "
            "ledger that is not theirs",
            f"`git rm -r --cached {FOLDER}` and commit; what was pushed stays in the history",
        )


def _is_bought(name: str) -> bool:
    path = Path(name)
    return FOLDER in path.parts or path.name == LEDGER or (path.suffix == ".mp4" and is_name(path.stem))


def _keys(project: Path, listed: list[str]) -> Iterator[Finding]:
    secrets = {os.environ.get(name, "").strip().encode() for name in KEY_VARIABLES}
    secrets = {secret for secret in secrets if len(secret) >= SHORTEST}
    for name in listed:
        data = _data(project / name)
        if any(secret in data for secret in secrets) or KEY.search(data):
            yield Finding(
                "miss",
                "git",
                f"{name} is committed and holds a key of fal's",
                "delete that key at https://fal.ai/dashboard/keys and make a new one: who has the repository, or "
                "once had it, can spend your money. Keep the new one in the environment",
            )


def _merged(project: Path) -> Iterator[Finding]:
    said = _asked(project, "check-attr", "merge", "--", LOCK_FILE) or b""
    if not said.strip().endswith(b": union"):
        text = f"{LOCK_FILE} is not merged by keeping the lines of both sides: branches that rendered would conflict"
        yield Finding("warn", "git", text, f"add the line `{LOCK_FILE} text merge=union` to .gitattributes")


def _listed(project: Path) -> list[str]:
    names = (_asked(project, "ls-files", "-z") or b"").split(b"\0")
    return [os.fsdecode(name) for name in names if name]


def _data(path: Path) -> bytes:
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > LARGEST:
            return b""
        return path.read_bytes()
    except OSError:
        return b""


def _answers(project: Path, *words: str) -> bool:
    return _asked(project, *words) is not None


def _asked(project: Path, *words: str) -> bytes | None:
    """What git says; None when it is not there or says no."""
    said = ask(project, *words)
    return said.out if said is not None and said.code == 0 else None
