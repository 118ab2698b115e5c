"""The estimate as text that fits 80 columns."""

from __future__ import annotations

from collections.abc import Sequence

from storyboard.catalog.prices import book_names, price_book
from storyboard.plan.estimate import Estimate, SceneEstimate
from storyboard.report.money import column, decimals, exact, in_all
from storyboard.report.table import table

TIER_WORDS = {"silent": "silent", "audio": "audio", "voice": "audio + voice"}


def estimate_text(estimate: Estimate) -> str:
    """Per shot, scene and total, with the tier and the book named."""
    places = decimals(shot.amount for scene in estimate.scenes for shot in scene.shots)
    rows = [["scene", "shot", "s", "tier", "USD/s", "USD"]]
    for scene in estimate.scenes:
        rows += _scene_rows(scene, places)
    total = "unknown" if estimate.unpriced else column(estimate.total, places)
    rows.append(["total", "", str(estimate.seconds), "", "", total])
    lines = table(rows, "llrlrr", flexible=0)
    rule = "-" * max(len(line) for line in lines)
    return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1], "", *_remarks(estimate)])


def _other_books(estimate: Estimate) -> str:
    """Books that come along and do have the prices that are missing."""
    missing = [(scene.endpoint, scene.tier) for scene in estimate.scenes if scene.amount is None]
    books = [book for name in book_names() if (book := price_book(name)) is not None]
    found = [book.name for book in books if all(book.unit_price(*wanted) for wanted in missing)]
    return f" It is in: {', '.join(found)} (--prices)." if found else ""


def _scene_rows(scene: SceneEstimate, places: int) -> list[list[str]]:
    unit = exact(scene.unit_price) or "unknown"
    head = [scene.scene, "", str(scene.seconds), TIER_WORDS[scene.tier], unit, column(scene.amount, places)]
    if len(scene.shots) == 1:
        return [head]
    return [
        head,
        *(
            ["", shot.id, str(shot.seconds), "", "", f"({column(shot.amount, places)})"]
            for shot in scene.shots
        ),
    ]


def _remarks(estimate: Estimate) -> list[str]:
    book = estimate.book
    lines = [
        f"To pay for every scene: {in_all(s.amount for s in estimate.scenes)}{_for(estimate.unpriced)}.",
        f"Price book {book.name} of {book.as_of}: {book.source}.",
        "List prices without tax, credits or discounts.",
    ]
    if estimate.unpriced:
        lines.append(f"The book has no price for: {', '.join(estimate.unpriced)}.{_other_books(estimate)}")
    lines += [
        f"{twin} is the same request as {first}: render buys it once." for twin, first in estimate.twins
    ]
    default = [scene.scene for scene in estimate.scenes if scene.dearer_by_default]
    if default:
        lines.append(f"Audio is on by default, which costs more, in: {', '.join(default)}.")
    return lines


def _for(scenes: Sequence[str]) -> str:
    return f" for {', '.join(scenes)}" if scenes else ""
