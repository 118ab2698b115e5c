"""How a plan stands against the project's policy: a paragraph below it, and a part of its document."""

from __future__ import annotations

from typing import Any

from storyboard.plan.budget import Violation
from storyboard.plan.policy import Ruling
from storyboard.report.counted import counted
from storyboard.report.money import exact, in_full
from storyboard.report.spend import sums_document
from storyboard.report.table import WIDTH, wrapped


def ruling_text(found: Ruling, width: int = WIDTH) -> str:
    """What the policy's caps hold by now; "" where no cap of the policy is a sum."""
    if found.caps.rehearsal:
        return ""
    parts = [*_run(found), *_month(found)]
    return "\n".join(wrapped(f"Policy: {'; '.join(parts)}.", width)) if parts else ""


def _run(found: Ruling) -> list[str]:
    cap = found.caps.policy.max_per_run
    if cap is None:
        return []
    return [f"this run {in_full(amount for _, amount in found.paying)} of {exact(cap.value)} USD"]


def _month(found: Ruling) -> list[str]:
    cap, month = found.caps.policy.max_per_month, found.month
    if cap is None or month is None:
        return []
    spent = month.spent
    parts = [f"{exact(spent.charged)} charged", f"{exact(spent.estimated)} estimated"]
    unknown = f", {counted(spent.unknown, 'take')} of unknown cost" if spent.unknown else ""
    told = f"{exact(spent.total)} USD of {exact(cap.value)} USD ({', '.join(parts)}{unknown})"
    return [f"{month.name} (UTC) before it {told}"]


def ruling_document(found: Ruling) -> dict[str, Any]:
    policy, month = found.caps.policy, found.month
    return {
        "max_per_run": exact(policy.max_per_run.value) if policy.max_per_run else None,
        "max_per_month": exact(policy.max_per_month.value) if policy.max_per_month else None,
        "endpoints": None if policy.allowed is None else list(policy.allowed),
        "approval": list(policy.to_approve) if policy.approval else None,
        "month": {"month": month.name} | sums_document(month.spent) if month is not None else None,
        "violations": [violation_document(each) for each in found.violations],
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
