"""What a render under way looks like: sentences that stay, and a few lines that are drawn over and over.

dawn   0:42 of ~1:50  running: Drawing 2 shots at 1280x720
wheel  0:12 of ~2:10  queued, 3 ahead
1 of 4 clips done, 2 at fal, 1 waits; 2:31, about 6 minutes left; 4.03 of 7.56 USD spent
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec import Struct

from storyboard.cli.course import Course, Stand, first
from storyboard.report.counted import counted
from storyboard.report.forecast import span_in_words
from storyboard.report.money import bare
from storyboard.report.table import shortened, table, wrapped
from storyboard.report.visible import visible

if TYPE_CHECKING:
    from storyboard.plan.pace import Wait
    from storyboard.render.observer import Activity, Progress

MINUTE, HOUR = 60, 3600
ROWS = 16  # takes that are shown one by one, however high the terminal
REASON = 160  # columns of a reason within a sentence; a failure tells it whole at the end
WORDS: dict[Activity, str] = {
    "waiting": "waits for a free slot",
    "following": "waits for the clip that it goes on from",
    "checking": "looks for it in fal's history first",
    "uploading": "uploads its files",
    "sending": "is sent",
    "queued": "queued",
    "running": "running",
    "looking": "answer lost: looking in fal's history",
    "downloading": "fetching its clip",
    "verified": "done",
    "unknown": "unknown: may be paid, not sent again",
    "failed": "failed",
    "cancelled": "cancelled",
    "trouble": "fal does not answer well, trying on",
}
AT_FAL: tuple[Activity, ...] = ("sending", "queued", "running", "looking", "downloading", "trouble")
STYLES: dict[Activity, str] = {
    "verified": "32",  # green
    "failed": "31",  # red
    "unknown": "33",  # yellow
    "cancelled": "33",
    "looking": "33",
    "trouble": "33",
}


class Line(Struct, frozen=True):
    """A line of plain text, and the style that it may be shown in (the number of an SGR sequence)."""

    text: str
    style: str = ""


def words(progress: Progress) -> str:
    ahead = f", {progress.position} ahead" if progress.activity == "queued" and progress.position else ""
    return WORDS[progress.activity] + ahead


def on_one_line(text: str) -> str:
    """Text from outside, safe on a terminal and without line ends."""
    return visible(" ".join(text.split()))


def clock_time(seconds: float) -> str:
    """`0:42`, `12:05`, `1:02:03`."""
    whole = int(seconds)
    hours, minutes = divmod(whole // MINUTE, 60)
    return f"{hours}:{minutes:02}:{whole % MINUTE:02}" if hours else f"{minutes}:{whole % MINUTE:02}"


def sentence(stand: Stand, course: Course, now: float) -> Line | None:
    """What remains to be read of an event, where it is more than a step on the way."""
    activity = stand.activity
    who = f"{stand.due.scene}, take {stand.due.take}"
    line = on_one_line(stand.progress.line or "")
    if activity == "verified":
        so_far = f", {course.count('verified')} of {course.total}" if course.total > 1 else ""
        said = f"done in {clock_time(stand.lasted(now))}{so_far}{f'; {line}' if line else ''}"
    elif activity in STYLES:
        said = WORDS[activity] + (f": {shortened(line, REASON)}" if line else "")
    elif activity in {"queued", "running"}:
        price = f"sent, {_amount(stand)}" if stand.due.sends else "at fal already, and not bought again"
        return Line(on_one_line(f"{who}: {price}"))
    elif activity == "waiting" and line:
        return Line(on_one_line(f"{who}: {WORDS[activity]}: {line}"))
    else:
        return None
    return Line(on_one_line(f"{who}: {said}"), STYLES[activity])


def _amount(stand: Stand) -> str:
    return "at an unknown price" if stand.due.amount is None else f"{bare(stand.due.amount)} USD"


def frame(course: Course, now: float, width: int, height: int) -> list[Line]:
    """At most `height` lines of at most `width` columns: what is worked on, then all in all."""
    below = summary(course, now, width)
    shown, more = first(course.active, min(ROWS, max(1, height - len(below) - 1)))
    rows = [[_who(each), _time(each, now), _state(each)] for each in shown]
    lines = [
        Line(text, STYLES.get(each.activity, ""))
        for text, each in zip(table(rows, "lrl", flexible=2, width=width), shown, strict=True)
    ]
    if more:
        lines.append(Line(shortened(f"and {more} more at work", width)))
    return [*lines, *(Line(text) for text in below)][-max(height, 1) :]


def _who(stand: Stand) -> str:
    take = f", take {stand.due.take}" if stand.due.take > 1 else ""
    return on_one_line(f"{stand.due.scene}{take}")


def _state(stand: Stand) -> str:
    line = on_one_line(stand.progress.line or "")
    return f"{words(stand.progress)}{f': {line}' if line else ''}"


def _time(stand: Stand, now: float) -> str:
    """How long it lasts, and how long such a clip takes."""
    lasted = clock_time(stand.lasted(now))
    wait = stand.due.wait
    return lasted if wait is None or wait.likely < 1 else f"{lasted} of ~{clock_time(wait.likely)}"


def summary(course: Course, now: float, width: int) -> list[str]:
    """One line wherever there is room for it: what is less important is left out first."""
    counts, passed = _counts(course), clock_time(now - course.began)
    rest, price = course.left(now), _price(course)
    done, bad, short = f"{course.count('verified')}/{course.total}", _bad(course), _left_in_short(rest)
    forms = [
        [counts, f"{passed}{_left(rest)}", price],
        [counts, f"{passed}{short}", price],
        [", ".join([f"{done} done", *bad]), f"{passed}{short}", price],
        [", ".join([done, *bad]), f"{passed}{short.removesuffix(' left')}", price.removesuffix(" spent")],
    ]
    texts = ["; ".join(filter(None, form)) for form in forms]
    fits = next((text for text in texts if len(text) <= width), None)
    return [fits] if fits is not None else wrapped(texts[-1], width)


def _counts(course: Course) -> str:
    waits = course.total - len(course.active) - course.ended
    parts = [(course.count(*AT_FAL), "at fal"), (waits, "waits" if waits == 1 else "wait")]
    told = [f"{number:,} {what}" for number, what in parts if number]
    done = f"{course.count('verified'):,} of {counted(course.total, 'clip')} done"
    return ", ".join([done, *told, *_bad(course)])


def _bad(course: Course) -> list[str]:
    """What ended otherwise; it is left out nowhere."""
    ends: tuple[Activity, ...] = ("failed", "unknown", "cancelled")
    return [f"{course.count(end):,} {end}" for end in ends if course.count(end)]


def _left(rest: Wait | None) -> str:
    return f", {span_in_words(*map(round, rest))} left" if rest is not None else ""


def _left_in_short(rest: Wait | None) -> str:
    if rest is None:
        return ""
    about = span_in_words(*[round(rest.likely)] * 3).removeprefix("about ").partition(" (")[0]
    return f", ~{about.replace(' minutes', ' min').replace(' minute', ' min').replace(' seconds', ' s')} left"


def _price(course: Course) -> str:
    """`4.03 of 7.56 USD`; nothing where nothing is bought."""
    if not course.price:
        return ""
    word = "rehearsed" if course.expected.rehearsal else "spent"
    return f"{_sum(course.spent)} of {_sum(course.price)} USD {word}"


def _sum(amounts: Sequence[Decimal | None]) -> str:
    """At least: what has no price is never counted as nothing."""
    known = [amount for amount in amounts if amount is not None]
    return f"{'' if len(known) == len(amounts) else '>='}{bare(sum(known, Decimal(0)))}"
