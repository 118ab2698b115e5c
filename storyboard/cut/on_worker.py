"""What is done on a cluster's worker: it is asked once whether it may work for a project, then it makes files there.

Nothing here, and nothing that a task holds, knows a key, an account or a ledger.
"""

from __future__ import annotations

import os
import time
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TypeVar

from msgspec import Struct

from storyboard import __version__
from storyboard.cut.kept import Kept
from storyboard.cut.workers import Step
from storyboard.errors import WorldError
from storyboard.secret import SECRET_VARIABLES

T = TypeVar("T")
LIBRARIES = ("av", "moviepy", "numpy", "pillow")  # with others the same name would be given to other bytes


class Run(Struct, frozen=True):
    """A command's work on a cluster. `mark` is a file that it wrote among the project's segments, `name` what is in it
    and where the cluster tells of this work; `versions` are those that it has itself."""

    mark: Path
    name: str
    versions: tuple[tuple[str, str], ...]


def versions_here() -> tuple[tuple[str, str], ...]:
    """Of all that decides on the bytes of what is made."""
    return (("storyboard", __version__), *((name, _version(name)) for name in LIBRARIES))


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"


@cache
def unfit(run: Run) -> str:
    """Why this process can't work for a run, as the rest of a sentence about it; empty when it can. A key in its
    environment could be read by whoever reaches the scheduler."""
    held = [name for name in SECRET_VARIABLES if os.environ.get(name)]
    if held:
        return f"has {held[0]} in its environment, where every task could read it: start it without"
    other = [(name, ours, _version_of(name)) for name, ours in run.versions if ours != _version_of(name)]
    if other:
        name, ours, its = other[0]
        return f"has {name} {its}, not {ours}: install the same there"
    folder = run.mark.parent
    try:
        if run.mark.read_text(encoding="ascii") != run.name:
            raise FileNotFoundError
    except OSError:
        return (
            f"does not see what is in {folder}: the project must lie on a file system that all workers share, under "
            "the same path"
        )
    return _unwritable(run)


def _version_of(name: str) -> str | None:
    return dict(versions_here()).get(name)


def _unwritable(run: Run) -> str:
    trial = run.mark.with_name(f"{run.mark.name}.{os.getpid()}")
    try:
        trial.write_text(run.name, encoding="ascii")
        trial.unlink()
    except OSError as error:
        return f"can't write into {run.mark.parent} ({error.strerror}): run it as one who may"
    return ""


def seen_there(run: Run, one: Kept[T], step: Step) -> T:
    """The task: `one` made on this worker, unless it is there by now. Raises what making it raises, and WorldError on a
    worker that is unfit, which may have come later than the others."""
    from distributed import get_worker

    worker = get_worker()
    if why := unfit(run):
        raise WorldError(f"The worker {worker.address} {why}.")
    begun = time.monotonic()
    found = one.seen(step)
    seconds = round(time.monotonic() - begun, 3)
    worker.log_event(
        run.name, {"what": one.what, "file": one.path.name, "worker": worker.address, "seconds": seconds}
    )
    return found
