"""What the dry-run cost report is made from."""

from __future__ import annotations

from datetime import date

from msgspec import Struct, field

from storyboard.plan.budget import Budget
from storyboard.plan.estimate import Estimate
from storyboard.plan.newest import Newer
from storyboard.plan.spending import Spent
from storyboard.plan.what_if import Alternative
from storyboard.report.counted import counted


class Selection(Struct, frozen=True):
    """`chosen` of all scenes, by options as they were given: `--select cost:>1`."""

    chosen: int
    of: int
    options: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.chosen} of {counted(self.of, 'scene')} ({' '.join(self.options)})"


class Stand(Struct, frozen=True):
    """When it was priced, and what: the commit that the project is at, None where there is none, and whether a file of
    the project differs from it."""

    day: date
    commit: str | None = None
    uncommitted: bool = False

    def __str__(self) -> str:
        at = f", at {self.commit[:8]}" if self.commit is not None else ""
        return f"priced on {self.day}{at}{' with uncommitted changes' if self.uncommitted else ''}"


class Costs(Struct, frozen=True):
    """An estimate and what was asked for beside it. `takes`: how many of each scene the contingency reckons with;
    `unseen`: why what was bought is not known; `refused`: what a budget or the policy has against paying it; `newer`: a
    book that has overtaken the one in use; `shared`: paid for scenes of these names, here or in another storyboard;
    `look_alike`: the ledger is not of fal itself; `selection`: None for the whole film; `budget`: of one run."""

    title: str
    estimate: Estimate
    stand: Stand
    takes: int | None = None
    alternatives: tuple[Alternative, ...] = ()
    unseen: str | None = None
    refused: str | None = None
    newer: Newer | None = None
    shared: Spent = field(default_factory=Spent)
    look_alike: bool = False
    selection: Selection | None = None
    budget: Budget | None = None
