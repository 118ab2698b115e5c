"""A plan as text that fits 80 columns, or as many as there are, and as a document."""

from __future__ import annotations

from collections import Counter
from typing import Any

from storyboard.plan.changes import Change
from storyboard.plan.policy import Ruling
from storyboard.plan.steps import Decision, FileToSend, Plan, Step
from storyboard.plan.wording import change_in_words, rebuy_in_words, rebuy_of
from storyboard.report.counted import counted
from storyboard.report.money import column, decimals, exact, in_full
from storyboard.report.newest import newer_document, stale_warning
from storyboard.report.policy import ruling_document, ruling_text
from storyboard.report.rehearsal import NOT_BOUGHT
from storyboard.report.table import PROSE, WIDTH, columns, table, wrapped

DECISIONS: tuple[Decision, ...] = ("send", "resume", "reuse", "ask")
TOLD = 40  # scenes whose changes are told in the text; the document has all
UNITS = ("bytes", "KiB", "MiB", "GiB")
KIBI = 1024


def plan_text(
    plan: Plan, ruling: Ruling | None = None, *, rehearsal: bool = False, width: int = WIDTH
) -> str:
    """A step a line, the price, what changed, what would be uploaded, and how it stands with the project's policy. The
    amounts have the digits that it takes for them to sum up."""
    places = decimals(step.amount for step in plan.steps)
    rows = [["scene", "take", "", "USD", "why"]]
    rows += [[s.scene, str(s.take), s.decision, column(s.amount, places), s.reason] for s in plan.steps]
    lines = table(rows, "lrlrl", 4, width, wrap=True, head=True)
    prose = min(width, PROSE)
    rule = "-" * max(map(columns, lines))
    told = [lines[0], rule, *lines[1:], rule, *wrapped(_price(plan), prose), *_stale(plan, prose)]
    told += wrapped(NOT_BOUGHT, prose) if rehearsal else []
    stands = [ruling_text(ruling, prose)] if ruling is not None else []
    return "\n\n".join(filter(None, ["\n".join(told), *_changed(plan, prose), *_files(plan, width), *stands]))


def _stale(plan: Plan, width: int) -> list[str]:
    if plan.newer is None:
        return []
    return wrapped(stale_warning(plan.newer), width)


def _price(plan: Plan) -> str:
    counts = Counter(step.decision for step in plan.steps)
    parts = ", ".join(f"{counts[word]} to {word}" for word in DECISIONS if counts[word])
    price = in_full(step.amount for step in plan.to_send())
    unpriced = [step.scene for step in plan.to_send() if step.amount is None]
    price += f" for {', '.join(unpriced)}" if unpriced else ""
    held = in_full(step.amount for step in plan.steps if step.decision == "ask")
    asked = f"; {held} may have been spent on what is to ask" if counts["ask"] else ""
    return f"{parts or 'nothing to do'}: {price} (price book {plan.price_book}){asked}"


def _changed(plan: Plan, width: int) -> list[str]:
    """What differs from the take that a scene is compared with; between [- and -] what went, {+ and +} what came."""
    changed = [step for step in plan.steps if step.changes]
    blocks = [_changes(step, width) for step in changed[:TOLD]]
    left = len(changed) - len(blocks)
    return [
        *blocks,
        *([f"{counted(left, 'more scene')} changed: --format json tells all of them."] if left else []),
    ]


def _changes(step: Step, width: int) -> str:
    since = f"since take {step.since.take}" if step.since is not None else ""
    rebuy = rebuy_in_words(step, "an unknown amount" if step.amount is None else f"{exact(step.amount)} USD")
    told = [*(change_in_words(change) for change in step.changes), *([rebuy] if rebuy else [])]
    lines = [line for each in told for line in wrapped(each, width, first="  ", others="    ")]
    return "\n".join([*wrapped(f"scene {step.scene}, {since}:", width), *lines])


def _files(plan: Plan, width: int) -> list[str]:
    """The local files that would leave this machine."""
    files = plan.files
    if not files:
        return []
    fresh = [file for file in files if file.expires_at is None]
    known = len(files) - len(fresh)
    total = size_in_words(sum(file.size for file in fresh if file.size is not None))
    total += " and more" if any(file.size is None for file in fresh) else ""
    to_upload = f"{counted(len(fresh), 'file')} to upload, {total}" if fresh else "nothing to upload"
    with_fal = f"; {known} with fal already" if known else ""
    rows = [[file.path, file.kind, size_in_words(file.size), _whereabouts(file)] for file in files]
    lines = table(rows, "llrl", flexible=0, width=width - 2, wrap=True)
    return ["\n  ".join([f"{to_upload}{with_fal}:", *lines])]


def _whereabouts(file: FileToSend) -> str:
    return f"with fal until {file.expires_at[:10]}" if file.expires_at is not None else "to upload"


def size_in_words(size: int | None) -> str:
    """Bytes as people read them: "812 bytes", "1.4 MiB"."""
    if size is None:
        return "unknown"
    amount, unit = float(size), 0
    while amount >= KIBI and unit < len(UNITS) - 1:
        amount, unit = amount / KIBI, unit + 1
    return f"{amount:.1f} {UNITS[unit]}" if unit else f"{size} bytes"


def plan_document(plan: Plan, ruling: Ruling | None = None, *, rehearsal: bool = False) -> dict[str, Any]:
    """`look_alike`: the ledger that it relies on is not of fal itself."""
    return {
        "digest": plan.digest,
        "price_book": plan.price_book,
        "newer_book": newer_document(plan.newer),
        "total": exact(plan.total),
        "unpriced": list(plan.unpriced),
        "steps": [_step(step) for step in plan.steps],
        "files": [_file(file) for file in plan.files],
        "policy": ruling_document(ruling) if ruling is not None else None,
        "look_alike": rehearsal,
    }


def _step(step: Step) -> dict[str, Any]:
    rebuy = rebuy_of(step)
    return {
        "scene": step.scene,
        "take": step.take,
        "decision": step.decision,
        "reason": step.reason,
        "amount": exact(step.amount),
        "request_digest": step.request.digest,
        "after": step.request.after,
        "why": step.why,
        "since": None if step.since is None else {"take": step.since.take, "state": step.since.state.value},
        "changes": [change_document(change) for change in step.changes],
        "bought_again": None
        if rebuy is None
        else {
            "changed_shots": list(rebuy.changed),
            "shots": rebuy.shots,
            "seconds": rebuy.seconds,
            "amount": exact(rebuy.amount),
        },
    }


def change_document(change: Change) -> dict[str, Any]:
    old, new = change.paths or (None, None)
    files = {"old_path": old, "new_path": new} if change.paths is not None else {}
    words = {"words": [[mark, text] for mark, text in change.words]} if change.words else {}
    return {
        "shot": change.shot,
        "field": change.field,
        "old": change.old,
        "new": change.new,
        **files,
        **words,
    }


def _file(file: FileToSend) -> dict[str, Any]:
    return {
        "path": file.path,
        "kind": file.kind,
        "bytes": file.size,
        "sha256": file.sha256,
        "scenes": list(file.scenes),
        "uploaded": file.expires_at is not None,
        "expires_at": file.expires_at,
    }
