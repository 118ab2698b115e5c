"""What the dry-run cost report says beside its tables."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from storyboard.catalog.prices import book_names, price_book
from storyboard.plan.budget import NAMED, listed
from storyboard.plan.estimate import Estimate
from storyboard.plan.spending import Spent
from storyboard.plan.what_if import Alternative
from storyboard.report.costs import Costs, Selection
from storyboard.report.counted import counted
from storyboard.report.money import dollars, in_all
from storyboard.report.newest import stale_warning
from storyboard.report.rehearsal import NOT_BOUGHT
from storyboard.report.sheet.sheet import Listing

CURE = " " * 4  # before the line of a refusal that says the cure of those above it


def remarks(costs: Costs) -> list[str | Listing]:
    found, book = costs.estimate, costs.estimate.book
    lines: list[str | Listing] = [
        _to_pay(costs),
        f"{_first(str(costs.stand))}.",
        f"Price book {book.name} of {book.as_of}: {book.source}.",
        *([stale_warning(costs.newer)] if costs.newer is not None else []),
        "List prices without tax, credits or discounts.",
    ]
    if found.unpriced:
        lines.append(f"The book has no price for: {listed(found.unpriced)}.{_other_books(found)}")
    lines += _not_exact(found)
    lines += _twins(found)
    lines += _by_default(found)
    if found.spent.takes:
        lines.append(_spent(found.spent))
    if costs.shared.takes:
        lines.append(_shared(costs.shared))
    if costs.takes is not None:
        amounts = found.with_takes(costs.takes)
        lines.append(
            f"With {counted(costs.takes, 'take')} of every scene, {in_all(amounts)} are to pay.{_beyond(costs)}"
        )
    if costs.look_alike:
        lines.append(NOT_BOUGHT)
    if costs.unseen is not None:
        lines.append(f"What was bought is not known, so all counts as still to pay: {costs.unseen}")
    if costs.refused is not None:
        lines.append(_refused(costs.refused))
    return [*lines, *_impossible(costs.alternatives)]


def _refused(text: str) -> str | Listing:
    """Several refusals are a list, with the cure of some of them below these, as they are said on stderr."""
    head, *lines = text.split("\n")
    if not lines:
        return f"Refused: {head}"
    items = [(int(line.startswith(CURE)), line.strip()) for line in lines]
    return Listing(f"Refused. {head}", tuple(items))


def _beyond(costs: Costs) -> str:
    """What so many takes are to the budget of one run."""
    known = sum(
        (each for each in costs.estimate.with_takes(costs.takes or 0) if each is not None), Decimal(0)
    )
    if costs.budget is None or known <= costs.budget.value:
        return ""
    return f" That goes beyond the budget of one run, {costs.budget}."


def _impossible(alternatives: Sequence[Alternative]) -> list[str]:
    return [f"{each.asked} is not possible: {each.why_not}" for each in alternatives if each.why_not]


def _to_pay(costs: Costs) -> str:
    found, whose = costs.estimate, costs.selection
    if found.is_untouched:
        unpriced = f" for {listed(found.unpriced)}" if found.unpriced else ""
        which = "every scene" if whose is None else str(whose)
        return f"To pay for {which}: {in_all(s.amount for s in found.scenes)}{unpriced}."
    bought = [scene.amount for scene in found.scenes if scene.standing == "bought"]
    parts = [_part([scene.to_pay for scene in found.scenes], [scene.amount for scene in found.scenes], whose)]
    if bought:
        are = "is" if len(bought) == 1 else "are"
        parts.append(f"{counted(len(bought), 'scene')} {are} bought ({in_all(bought)} by this book).")
    return " ".join([*parts, *_at_stake(found)])


def _part(to_pay: Sequence[Decimal | None], whole: Sequence[Decimal | None], whose: Selection | None) -> str:
    head, each = ("To pay", "Every scene") if whose is None else (f"To pay for {whose}", "Each of them")
    if None in whole:
        return f"{head}: {in_all(to_pay)}. {each} once costs {in_all(whole)}."
    return f"{head}: {in_all(to_pay)} of {in_all(whole)}."


def _at_stake(found: Estimate) -> list[str]:
    """What may have been paid: what is looked for, and what has ended and is not."""
    stakes = [scene for scene in found.scenes if scene.standing == "at stake"]
    lost = [scene.at_stake for scene in stakes if scene.unsettled]
    ended = [scene for scene in stakes if not scene.unsettled]
    told = [f"{_first(in_all(lost))} may have been paid: `storyboard reconcile` settles it."] if lost else []
    if ended:
        amount, names = in_all(scene.at_stake for scene in ended), listed([scene.scene for scene in ended])
        told.append(
            f"{_first(amount)} may have been paid for what came to nothing ({names}): `storyboard reconcile "
            "--resend SCENE` lets it be sent again."
        )
    return told


def _first(text: str) -> str:
    """As a sentence begins."""
    return text[:1].upper() + text[1:]


def _spent(so_far: Spent) -> str:
    """What is exact, what is estimated and what is not known, apart."""
    parts = [
        f"{dollars(so_far.charged)} were charged" if so_far.charged else "",
        f"{dollars(so_far.estimated)} estimated" if so_far.estimated else "",
        f"{so_far.unknown} of an unknown amount" if so_far.unknown else "",
    ]
    head = f"{counted(so_far.takes, 'take')} of these scenes {'was' if so_far.takes == 1 else 'were'}"
    return f"{head} paid or may have been: {', '.join(filter(None, parts))}."


def _shared(so_far: Spent) -> str:
    more = f"{counted(so_far.takes, 'take')} more {'is' if so_far.takes == 1 else 'are'}"
    return (
        f"{more} of older texts of scenes of these names, in this storyboard or in another: "
        "`storyboard spend --by storyboard` shows them."
    )


def _twins(found: Estimate) -> list[str]:
    left = len(found.twins) - NAMED
    told = [
        f"{twin} is the same request as {first}: render buys it once." for twin, first in found.twins[:NAMED]
    ]
    return [*told, *([f"So are {left} more scenes of others."] if left > 0 else [])]


def _not_exact(found: Estimate) -> list[str]:
    """Amounts that rest on a length that nobody measured."""
    names = [scene.scene for scene in found.scenes if not scene.length_known]
    if not names:
        return []
    becomes = "Its clip becomes" if len(names) == 1 else "Their clips become"
    return [f"Not exact: {listed(names)}. {becomes} as long as a film that could not be measured here."]


def _by_default(found: Estimate) -> list[str]:
    """Of what is still to pay, each request once: of two scenes that share it both are to be silent."""
    wanted = {scene.scene for scene in found.scenes if not scene.dearer_by_default}
    wanted |= {first for twin, first in found.twins if twin in wanted}
    scenes = [s for s in found.scenes if s.standing == "to pay" and s.scene not in wanted]
    if not scenes:
        return []
    more = sum(
        (s.amount - s.silent for s in scenes if s.amount is not None and s.silent is not None), Decimal(0)
    )
    meant = {scene.scene for scene in scenes}
    meant |= {twin for twin, first in found.twins if first in meant}
    names = listed([scene.scene for scene in found.scenes if scene.scene in meant])
    cure = "`generate_audio: false` where it isn't wanted"
    return [f"Audio is on by default, which costs {dollars(more)} more, in: {names}. {cure} saves that."]


def _other_books(found: Estimate) -> str:
    """Books that come along and do have the prices that are missing."""
    missing = [(scene.endpoint, scene.tier) for scene in found.scenes if scene.amount is None]
    books = [book for name in book_names() if (book := price_book(name)) is not None]
    having = [book.name for book in books if all(book.unit_price(*wanted) for wanted in missing)]
    return f" It is in: {', '.join(having)} (--prices)." if having else ""
