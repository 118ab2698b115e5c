"""What must hold before money moves: a price within the budget, a key, and a yes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from storyboard.cli.console import asked, interactive
from storyboard.errors import Refused
from storyboard.plan.budget import refuse
from storyboard.report.counted import counted
from storyboard.report.money import in_full

if TYPE_CHECKING:
    from storyboard.fal.account import Account
    from storyboard.plan.policy import Ruling
    from storyboard.plan.steps import Plan

# As their documentation has it, 2026-11: Azure Pipelines, Jenkins, TeamCity, AWS CodeBuild, Bitbucket, GitHub.
SERVICES = (
    "CI",
    "TF_BUILD",
    "JENKINS_URL",
    "TEAMCITY_VERSION",
    "CODEBUILD_BUILD_ID",
    "BITBUCKET_BUILD_NUMBER",
    "GITHUB_ACTIONS",
)


def permitted(
    plan: Plan,
    account: Account,
    ruling: Ruling,
    max_cost: str | None,
    *,
    yes: bool,
) -> None:
    """Everything that must hold before money moves. Raises, or returns when the person has said yes."""
    sending = plan.to_send()
    if not sending:
        return
    allowed(account, ruling, max_cost, yes=yes)
    if yes:
        return
    price = in_full(step.amount for step in sending)
    unpriced = [step.scene for step in sending if step.amount is None]
    also = f" for {', '.join(unpriced)}" if unpriced else ""
    if not interactive():
        raise Refused(
            f"This would send {counted(len(sending), 'request')} for {price}{also}, and there is no terminal "
            "to ask at. Nothing was sent. Add --yes to send without asking."
        )
    if not asked(f"Send {counted(len(sending), 'request')} for {price}{also}? [y/N] "):
        raise Refused("Nothing was sent.")


def allowed(account: Account, ruling: Ruling, max_cost: str | None, *, yes: bool = False) -> None:
    """What must hold before a person is even asked. Raises what stands against it."""
    refuse(ruling.violations)
    if in_ci():
        _permitted_in_ci(account, max_cost, yes=yes)
    account.needed_key()


def in_ci() -> bool:
    """Is nobody there to ask? Most services set CI; those that don't are known by a name of their own."""
    return any(os.environ.get(name, "").strip().lower() not in {"", "0", "false", "no"} for name in SERVICES)


def _permitted_in_ci(account: Account, max_cost: str | None, *, yes: bool) -> None:
    """Raises Refused, with all that lacks; where it is the key alone, that is said as anywhere else."""
    lacking = []
    if not yes:
        lacking.append("--yes")
    if not (max_cost or os.environ.get("STORYBOARD_MAX_COST")):
        lacking.append("a budget from outside the storyboard (--max-cost or STORYBOARD_MAX_COST)")
    if not lacking:
        return
    if account.key is None:
        lacking.append("a key (FAL_KEY)")
    raise Refused(f"This runs in CI: nothing is sent without {' and '.join(lacking)}. Nothing was sent.")
