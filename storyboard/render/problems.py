"""What keeps a take, or the whole render, from its end, in words for the person."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Iterable

from storyboard.errors import Interrupted, LedgerAway, LedgerError, Refused, StoryboardError
from storyboard.fal.errors import GenerationFailed, KeyProblem
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.record import TakeRecord
from storyboard.plan.steps import Step
from storyboard.render.beginnings import key_of
from storyboard.render.bill import bill_in_words
from storyboard.render.buy import TAKEN
from storyboard.render.result import Problem


def ends_the_render(failure: BaseException) -> bool:
    return isinstance(failure, KeyProblem | LedgerError) or not isinstance(failure, StoryboardError)


def problem_of(ledger: Ledger, task: asyncio.Task[None], step: Step) -> Problem | None:
    failure = task.exception()
    if failure is None:
        return None
    if not isinstance(failure, StoryboardError):
        raise failure
    return Problem(step.scene, step.take, _at_the_author(failure, step, ledger))


def _at_the_author(failure: StoryboardError, step: Step, ledger: Ledger) -> StoryboardError:
    """A refusal of the model, at the line that its author wrote, with the bill as the ledger has it."""
    if not isinstance(failure, GenerationFailed):
        return failure
    places = [step.request.place(c.argument) for c in failure.complaints] or [step.request.span]
    where = "; ".join(dict.fromkeys(f"{p.path}:{p.line}:{p.column}" for p in places))
    record = ledger.find(key_of(step))
    bill = bill_in_words(step.scene, maybe_billed=record is None or not record.sendable)
    what = record.subject if record is not None else f"scene {step.scene}"
    text = f"{where}: {what}: {str(failure).rstrip('.')}. {bill}"
    return type(failure)(text, failure.status, failure.complaints)


def not_again(record: TakeRecord) -> Refused:
    return Refused(
        f"{record.subject.capitalize()} (take {record.take}) {record.state.value} earlier and may have been billed: "
        f"{(record.error or 'no reason').rstrip('.')}. It is not sent again by itself: `storyboard reconcile "
        f"PATH --resend {shlex.quote(record.scene)}` does that, at its full price."
    )


def with_all_ids(ending: BaseException, ends: Iterable[object]) -> BaseException:
    """What ends a render, with what others know that the ledger was not told: each names a request that is paid."""
    told = dict.fromkeys(str(end) for end in (ending, *ends) if isinstance(end, LedgerAway))
    named = [text for text in told if text.startswith(TAKEN)]
    if not named:
        return ending
    if isinstance(ending, Interrupted):
        named.insert(0, str(ending))
    return type(ending)("\n".join(named)) if isinstance(ending, Interrupted | LedgerAway) else ending
