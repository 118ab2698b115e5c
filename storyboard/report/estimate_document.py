"""The dry-run cost report as a JSON document: schemas/estimate-1.schema.json. It may gain fields, never lose them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from storyboard.plan.estimate import Estimate, Group, SceneEstimate
from storyboard.plan.spending import Spent
from storyboard.plan.what_if import Alternative
from storyboard.report.costs import Costs, Selection
from storyboard.report.estimate import whole
from storyboard.report.money import exact
from storyboard.report.newest import newer_document
from storyboard.report.sheet.sheet import AtLeast, summed


def estimate_document(costs: Costs) -> dict[str, Any]:
    found = costs.estimate
    return {
        "currency": found.book.currency,
        "price_book": found.book.name,
        "as_of": found.book.as_of.isoformat(),
        "source": found.book.source,
        "priced_on": costs.stand.day.isoformat(),
        "commit": costs.stand.commit,
        "uncommitted_changes": costs.stand.uncommitted,
        "selection": _selection(costs.selection),
        "total": exact(found.total),
        "seconds": found.seconds,
        "scenes": [_scene_document(scene) for scene in found.scenes],
        "unpriced": list(found.unpriced),
        "to_pay": exact(found.to_pay),
        "bought_is_known": costs.unseen is None,
        "refused": costs.refused,
        "spent": _spent_document(found.spent),
        "spent_here_or_elsewhere": _spent_document(costs.shared),
        "look_alike": costs.look_alike,
        "newer_book": newer_document(costs.newer),
        "twins": [{"scene": twin, "same_as": first} for twin, first in found.twins],
        "endpoints": [_group_document("endpoint", group) for group in found.by_endpoint],
        "elements": [_group_document("element", group) for group in found.by_element],
        "contingency": _contingency(costs.estimate, costs),
        "alternatives": [_alternative(each, costs) for each in costs.alternatives],
    }


def _selection(chosen: Selection | None) -> dict[str, Any] | None:
    if chosen is None:
        return None
    return {"scenes": chosen.chosen, "of": chosen.of, "options": list(chosen.options)}


def _scene_document(scene: SceneEstimate) -> dict[str, Any]:
    return {
        "scene": scene.scene,
        "endpoint": scene.endpoint,
        "seconds": scene.seconds,
        "length_known": scene.length_known,
        "tier": scene.tier,
        "unit_price": exact(scene.unit_price),
        "amount": exact(scene.amount),
        "shots": [{"id": s.id, "seconds": s.seconds, "amount": exact(s.amount)} for s in scene.shots],
        "why": scene.why,
        "silent_amount": exact(scene.silent),
        "take": scene.take,
        "elements": list(scene.elements),
        "standing": scene.standing,
        "to_pay": exact(scene.to_pay),
        "at_stake": exact(scene.at_stake),
        "unsettled": scene.unsettled,
        "takes": scene.takes,
        "spent": _spent_document(scene.spent),
    }


def _spent_document(so_far: Spent) -> dict[str, Any]:
    return {
        "takes": so_far.takes,
        "charged": exact(so_far.charged),
        "estimated": exact(so_far.estimated),
        "unknown": so_far.unknown,
    }


def _group_document(kind: str, group: Group) -> dict[str, Any]:
    unknown = [scene.scene for scene in group.scenes if scene.amount is None]
    return {
        kind: group.name,
        "scenes": [scene.scene for scene in group.scenes],
        "seconds": sum(scene.seconds for scene in group.scenes),
        "amount": exact(_known(scene.amount for scene in group.scenes)),
        "to_pay": exact(_known(scene.to_pay for scene in group.scenes)),
        "unpriced": unknown,
    }


def _contingency(found: Estimate, costs: Costs) -> dict[str, Any] | None:
    if costs.takes is None:
        return None
    amounts, budget = found.with_takes(costs.takes), costs.budget
    known = _known(amounts)
    return {
        "takes": costs.takes,
        "to_pay": exact(known),
        "unknown": amounts.count(None),
        "beyond_budget": budget is not None and known > budget.value,
    }


def _alternative(each: Alternative, costs: Costs) -> dict[str, Any]:
    found, now = each.estimate, costs.estimate
    if found is None:
        return {"what_if": each.asked, "possible": False, "why_not": each.why_not}
    _, change, _ = whole(found, now)
    return {
        "what_if": each.asked,
        "possible": True,
        "total": exact(found.total),
        "change": exact(change if isinstance(change, Decimal) else None),
        "to_pay": exact(found.to_pay),
        "unpriced": list(found.unpriced),
        "contingency": _contingency(found, costs),
    }


def _known(amounts: Iterable[Decimal | None]) -> Decimal:
    total = summed(amounts)
    return total.amount if isinstance(total, AtLeast) else total if total is not None else Decimal(0)
