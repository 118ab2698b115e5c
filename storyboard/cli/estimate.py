"""`storyboard estimate`: the dry-run cost report. No key, no network."""

from __future__ import annotations

from storyboard.cli.console import out, out_document
from storyboard.cli.inputs import Asked
from storyboard.cli.options import (
    Format,
    FormatOption,
    MaxCost,
    PathArgument,
    Prices,
    Scenes,
    Select,
    Variables,
)
from storyboard.pipeline import plan
from storyboard.plan.budget import within_budget
from storyboard.plan.estimate import estimate
from storyboard.report.documents import as_json, estimate_document
from storyboard.report.text import estimate_text


def command(
    path: PathArgument,
    format: FormatOption = Format.text,
    max_cost: MaxCost = None,
    prices: Prices = None,
    scene: Scenes = None,
    select: Select = None,
    var: Variables = None,
) -> int:
    """Price every shot, scene and the whole. Exits 3 only when a budget does not allow it."""
    json = format is Format.json
    asked = Asked(scene, select, var, prices, max_cost)
    prepared = asked.prepare(path, missing_is_error=False, json=json)
    requests = prepared.requests
    if select:  # states are the ledger's word; without them it is not asked
        planned, _ = plan(requests, prepared.book, prepared.project, select=select)
        requests = tuple(step.request for step in planned.steps)
    found = estimate(requests, prepared.book)
    out_document(as_json(estimate_document(found))) if json else out(estimate_text(found))
    prices_of_scenes = [(scene.scene, scene.amount) for scene in found.scenes]
    within_budget("The estimate is", prices_of_scenes, prepared.budget)
    return 0
