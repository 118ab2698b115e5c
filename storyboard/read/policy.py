"""What a project allows to be bought: the table `[policy]` of `storyboard.toml`. Pure.

    [policy]
    max_per_run = "20.00"             # USD that one run may cost
    max_per_month = "200.00"          # USD that may be spent in a calendar month, in UTC
    endpoints = ["kling-v3-*"]        # nothing else is bought; aliases, full ids, or patterns with * and ?
    approval = ["*-4k*"]              # bought only with `--approve ENDPOINT`, each time anew

A policy can only restrict: what it does not mention is as it would be without it. So those of the projects that this
one lies in hold, too: no settings nearer to a film set what lies above them aside.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from storyboard.catalog.endpoints import catalog
from storyboard.diagnostics import Span
from storyboard.findings import did_you_mean
from storyboard.read.leaves import Unreadable, money
from storyboard.read.tables import Stated, Table, Unfit, stated

Names = Stated[tuple[str, ...]]


class Policy(Struct, frozen=True):
    """Of a project, or of several of which all hold. Caps are None where nothing is said. `endpoints` and `approval`
    have the full ids of each file that says something: what is bought has to be allowed by every one."""

    max_per_run: Stated[Decimal] | None = None
    max_per_month: Stated[Decimal] | None = None
    endpoints: tuple[Names, ...] = ()
    approval: tuple[Names, ...] = ()

    @property
    def is_empty(self) -> bool:
        return self == Policy()

    @property
    def caps(self) -> tuple[Stated[Decimal], ...]:
        """What is said of sums of money."""
        return tuple(cap for cap in (self.max_per_run, self.max_per_month) if cap is not None)

    @property
    def allowed(self) -> tuple[str, ...] | None:
        """The endpoints that may be bought; None when all may."""
        if not self.endpoints:
            return None
        first, *others = self.endpoints
        return tuple(name for name in first.value if all(name in other.value for other in others))

    @property
    def to_approve(self) -> tuple[str, ...]:
        """The endpoints that somebody has to approve of."""
        return tuple(dict.fromkeys(name for each in self.approval for name in each.value))

    def approving(self, endpoints: Collection[str]) -> Policy:
        """The policy when a person has approved of these endpoints."""
        left = (
            replace(each, value=tuple(name for name in each.value if name not in endpoints))
            for each in self.approval
        )
        return replace(self, approval=tuple(left))

    def within(self, outer: Policy) -> Policy:
        """Both policies at once: of two caps the lower."""
        return Policy(
            _lower(self.max_per_run, outer.max_per_run),
            _lower(self.max_per_month, outer.max_per_month),
            self.endpoints + outer.endpoints,
            self.approval + outer.approval,
        )


def _lower(own: Stated[Decimal] | None, outer: Stated[Decimal] | None) -> Stated[Decimal] | None:
    if own is None or outer is None:
        return own or outer
    return outer if outer.value < own.value else own


def without_approval(policy: Policy, written: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """By each plain name of `approval` as written: what makes clips of as many lines, may be bought, and needs nobody's
    approval. Who names one endpoint often means all of its kind."""
    rows = catalog().endpoints
    free = [row for row in rows if row.id not in policy.to_approve and _may_be_bought(row.id, policy)]
    named = {name: catalog().find(name) for name in written}
    found = {
        name: tuple(each.alias for each in free if row is not None and each.height == row.height)
        for name, row in named.items()
    }
    return {name: others for name, others in found.items() if others}


def _may_be_bought(endpoint: str, policy: Policy) -> bool:
    return policy.allowed is None or endpoint in policy.allowed


def _amount(value: Any) -> Decimal:
    try:
        if isinstance(value, str | int | Decimal) and not isinstance(value, bool):
            return money(str(value))
    except Unreadable:
        pass
    raise Unfit('an amount of USD, like "20.00"')


def _endpoints(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise Unfit('a list of endpoints, like ["kling-v3-standard", "*-4k*"]')
    return tuple(dict.fromkeys(endpoint for name in value for endpoint in _matching(name)))


def _matching(name: str) -> tuple[str, ...]:
    """The ids of what is sold by that name, or of all that a pattern fits."""
    seller, sellers = catalog().seller(name), catalog().sellers()
    if seller is not None:
        return (seller,)
    found = [id_ for alias, id_ in sellers.items() if fnmatchcase(alias, name) or fnmatchcase(id_, name)]
    if not found:
        what = "fits none" if {*"*?["} & {*name} else "is none"
        raise Unfit(f"a list of endpoints of the catalog, and `{name}` {what}: {did_you_mean(name, sellers)}")
    return tuple(found)


def _listed(value: Any, span: Span) -> tuple[Names, ...]:
    return (Stated(_endpoints(value), span),)


POLICY = Table(
    "policy",
    Policy,
    {
        "max_per_run": stated(_amount),
        "max_per_month": stated(_amount),
        "endpoints": _listed,
        "approval": _listed,
    },
)
