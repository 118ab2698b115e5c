"""What a project's settings name: a ledger and a clip store that are shared.

A stranger's repository could name its own, and so hear of every purchase, and claim what was bought. Nothing is asked
there before the person has said on this machine that it is theirs, with `storyboard ledger accept`. What the
environment names is taken without a question, and before what the settings name.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

from storyboard.errors import LedgerError
from storyboard.findings import Report
from storyboard.ledger.remembered import is_remembered, remember
from storyboard.location import SETTINGS, read_file
from storyboard.read.decode import decode
from storyboard.read.settings import SharedNames, settings_of

What = Literal["ledger", "store"]
VARIABLES = {"ledger": "STORYBOARD_LEDGER_URL", "store": "STORYBOARD_STORE"}


def names_of(project: Path) -> SharedNames:
    """What the settings name. Nothing where they are wrong: `storyboard check` says so."""
    path = project / SETTINGS
    if not path.is_file():
        return SharedNames()
    report = Report()
    source = decode(SETTINGS, read_file(path), report)
    return settings_of(source, report).shared if source is not None else SharedNames()


def named(project: Path, what: What) -> str:
    """The URL that the settings name, once it was accepted; "" for none. Raises LedgerError."""
    url = getattr(names_of(project), what) or ""
    if url and not is_accepted(url):
        raise LedgerError(
            f"{project / SETTINGS} names the shared {what} {url}. Whoever wrote that file would hear of all that you "
            f"buy and could claim what was bought, so nothing was asked or sent there. If it is yours, run `storyboard "
            f"ledger accept {project}` once on this machine, or set {VARIABLES[what]}."
        )
    return url


def accept(url: str, project: Path) -> None:
    """Remembers that this person believes what lies there."""
    remember("shared", _name(url), project, url)


def is_accepted(url: str) -> bool:
    return is_remembered("shared", _name(url))


def _name(url: str) -> str:
    return hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()
