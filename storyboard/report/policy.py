"""How a plan stands against the project's policy: a paragraph below it, and a part of its document."""

from __future__ import annotations

import textwrap
from typing import Any

from storyboard.plan.budget import Violation
from storyboard.plan.policy import Standing
from storyboard.plan.spending import Month
from storyboard.report.money import exact, in_all
from storyboard.report.table import WIDTH


def standing_text(found: Standing) -> str:
    """What the policy's caps hold by now; "" where no cap of the policy is a sum."""
    if found.caps.rehearsal:
        return ""
    parts = [*_run(found), *_month(found)]
    return textwrap.fill(f"Policy: {'; '.join(parts)}.", WIDTH) if parts else ""


def _run(found: Standing) -> list[str]:
    cap = found.caps.policy.max_per_run
    if cap is None:
        return []
    return [f"this run {in_all(amount for _, amount in found.paying)} of {exact(cap.value)} USD"]


def _month(found: Standing) -> list[str]:
    cap, month = found.caps.policy.max_per_month, found.month
    if cap is None or month is None:
        return []
    spent = month.spent
    parts = [f"{exact(spent.charged)} charged", f"{exact(spent.estimated)} estimated"]
    unknown = f", {spent.unknown} take(s) of unknown cost" if spent.unknown else ""
    told = f"{exact(spent.total)} USD of {exact(cap.value)} USD ({', '.join(parts)}{unknown})"
    return [f"{month.name} (UTC) before it {told}"]


def standing_document(found: Standing) -> dict[str, Any]:
    policy = found.caps.policy
    return {
        "max_per_run": exact(policy.max_per_run.value) if policy.max_per_run else None,
        "max_per_month": exact(policy.max_per_month.value) if policy.max_per_month else None,
        "endpoints": list(policy.endpoints.value) if policy.endpoints else None,
        "approval": list(policy.approval.value) if policy.approval else None,
        "month": month_document(found.month),
        "violations": [violation_document(each) for each in found.violations],
    }


def month_document(month: Month | None) -> dict[str, Any] | None:
    if month is None:
        return None
    spent = month.spent
    return {
        "month": month.name,
        "charged": exact(spent.charged),
        "estimated": exact(spent.estimated),
        "unknown": spent.unknown,
        "total": exact(spent.total),
    }


def violation_document(found: Violation) -> dict[str, Any]:
    return {
        "rule": found.rule,
        "message": str(found),
        "scenes": list(found.scenes),
        "path": found.span.path if found.span else None,
        "line": found.span.line if found.span else None,
        "column": found.span.column if found.span else None,
        "amount": exact(found.amount),
        "limit": exact(found.limit),
    }
