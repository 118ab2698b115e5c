"""What a project allows to be bought: the table `[policy]` of `storyboard.toml`. Pure.

    [policy]
    max_per_run = "20.00"             # USD that one run may cost
    max_per_month = "200.00"          # USD that may be spent in a calendar month, in UTC
    endpoints = ["kling-v3-standard", "kling-v3-pro"]    # nothing else is bought; aliases or full ids
    approval = ["kling-v3-4k"]        # bought only with `--approve kling-v3-4k`, each time anew

A policy can only restrict: what it does not mention is as it would be without it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from storyboard.catalog.endpoints import catalog
from storyboard.findings import did_you_mean
from storyboard.read.leaves import Unreadable, money
from storyboard.read.tables import Stated, Table, Unfit, stated


@dataclass(frozen=True, slots=True)
class Policy:
    """None where nothing is said. Endpoints are full ids."""

    max_per_run: Stated[Decimal] | None = None
    max_per_month: Stated[Decimal] | None = None
    endpoints: Stated[tuple[str, ...]] | None = None
    approval: Stated[tuple[str, ...]] | None = None

    @property
    def is_empty(self) -> bool:
        return self == Policy()

    def approving(self, endpoints: Collection[str]) -> Policy:
        """The policy when a person has approved of these endpoints."""
        if self.approval is None:
            return self
        left = tuple(endpoint for endpoint in self.approval.value if endpoint not in endpoints)
        return replace(self, approval=replace(self.approval, value=left))


def _amount(value: Any) -> Decimal:
    try:
        if isinstance(value, str | int | Decimal) and not isinstance(value, bool):
            return money(str(value))
    except Unreadable:
        pass
    raise Unfit('an amount of USD, like "20.00"')


def _endpoints(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise Unfit('a list of endpoints, like ["kling-v3-standard"]')
    return tuple(dict.fromkeys(_endpoint(name) for name in value))


def _endpoint(name: str) -> str:
    seller = catalog().seller(name)
    if seller is None:
        near = did_you_mean(name, catalog().sellers())
        raise Unfit(f"a list of endpoints of the catalog, and `{name}` is none: {near}")
    return seller


POLICY = Table(
    "policy",
    Policy,
    {
        "max_per_run": stated(_amount),
        "max_per_month": stated(_amount),
        "endpoints": stated(_endpoints),
        "approval": stated(_endpoints),
    },
)
