"""`storyboard ledger move`: a project's ledger on a server that several machines share, or back in its own file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec.structs import replace

from storyboard.cli.console import out
from storyboard.cli.doctor import project_of
from storyboard.cli.lock_words import tell_of_waiting
from storyboard.cli.place import chosen_place
from storyboard.errors import LedgerError, UsageError
from storyboard.report.money import dollars
from storyboard.secret import LEDGER_URL

if TYPE_CHECKING:
    from storyboard.ledger.move import Proof
    from storyboard.ledger.place import Place

FILE = "file"


def command(
    path: Annotated[Path, typer.Argument(metavar="[PATH]", help="A storyboard or a project.")] = Path(),
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="URL",
            help="postgresql://user@host/database (the password from PGPASSWORD or ~/.pgpass), "
            f'or "{FILE}": the project\'s own file.',
        ),
    ] = "",
) -> int:
    """Copy the ledger to another, empty one, prove that it is the same there, and say how to use it. The old one stays
    as it was."""
    from storyboard.ledger.lease import lease
    from storyboard.ledger.move import moved

    source = chosen_place(project_of(path), sandbox=False)
    target = _target(source, to)
    if target == source:
        raise UsageError(f"The ledger is at {source.ledger_shown} already. Nothing was done.")
    if not source.has_begun_ledger():
        raise LedgerError(f"There is no ledger at {source.ledger_shown}, so nothing to move.")
    source.ready()
    with lease(source.lock, tell_of_waiting):
        proof = moved(source, target)
    _tell(source, target, proof)
    return 0


def _target(source: Place, to: str) -> Place:
    from storyboard.ledger.shared import shared_at

    if not to:
        raise UsageError("--to says where to: a postgresql:// URL, or `file`. Nothing was done.")
    alike = source.folder.name if source.rehearsal else None
    return replace(source, shared=None if to == FILE else shared_at(to, alike, "--to"))


def _tell(source: Place, target: Place, proof: Proof) -> None:
    rows = ", ".join(f"{count:,} {name}" for name, count in proof.rows.items())
    out(f"{source.ledger_shown}\n  is now also {target.ledger_shown}")
    out(f"  {rows}; charges {dollars(proof.charges)}, estimates {dollars(proof.estimates)}")
    out(f"  every column of every row read back alike: {proof.digest}")
    if target.shared is None:
        out(f"To use it from now on, on every machine: unset {LEDGER_URL}.")
    else:
        out(f"To use it from now on, on every machine: {LEDGER_URL}={target.shared}")
    out(f"{source.ledger_shown} is as it was; nothing looks at it then.")
