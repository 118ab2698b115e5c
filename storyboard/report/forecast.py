"""The forecast of a render: in words, as a table of several numbers at a time, as a document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby
from math import ceil, floor
from typing import Any

from storyboard.catalog.endpoints import catalog
from storyboard.catalog.times import Observation
from storyboard.plan.forecast import EndpointPace, Forecast
from storyboard.report.sheet.sheet import Column, Row, Table

MINUTE, HOUR = 60, 3600
FAMILIES = "fal-ai/kling-video/"
COLUMNS = (
    Column("at_a_time", "at a time", "count"),
    Column("likely", "about"),
    Column("low", "from"),
    Column("high", "to"),
)


def forecast_blocks(forecasts: Sequence[Forecast]) -> tuple[Table | str, ...]:
    """For a sheet: the first forecast in words, and a table where there are others, with more or fewer at a time."""
    first = forecasts[0]
    said = tuple(forecast_remarks(first))
    if len(forecasts) == 1 or not first.requests:
        return said
    rows = tuple(_rows(forecasts))
    if len(rows) == 1:
        return said
    return (Table("forecast", COLUMNS, rows, title="Time to render", flexible=1), *said)


def _rows(forecasts: Sequence[Forecast]) -> Iterator[Row]:
    """Those that say the same are one."""
    in_turn = sorted(forecasts, key=lambda each: each.concurrency)
    for (low, likely, high), same in groupby(in_turn, lambda each: _spans(each.low, each.likely, each.high)):
        first, *more = (each.concurrency for each in same)
        yield Row((f"{first} to {more[-1]}" if more else first, likely, low, high))


def forecast_remarks(found: Forecast) -> list[str]:
    """Paragraphs: how long, and by what that is said."""
    if not found.requests:
        return ["Nothing is to be sent, so there is no clip to wait for."]
    clips = "1 clip" if found.requests == 1 else f"{found.requests:,} clips"
    return [
        f"Time to render {clips}: {in_words(found)}, without uploads and the cut.",
        f"{'. '.join(map(_by, found.basis))}.",
    ]


def in_words(found: Forecast) -> str:
    """`about 14 minutes (9 to 24) with 2 at a time`"""
    return f"{span_in_words(found.low, found.likely, found.high)} with {found.concurrency} at a time"


def span_in_words(low: int, likely: int, high: int) -> str:
    """Seconds as `about 14 minutes (9 to 24)`."""
    first, about, last = _spans(low, likely, high)
    if "h" not in about:  # all are in the same unit, which is said once
        first, last = first.split()[0], last.split()[0]
    return f"about {about}{f' ({first} to {last})' if first != last else ''}"


def _spans(low: int, likely: int, high: int) -> tuple[str, str, str]:
    """Low, likely and high in one unit, seconds where they are likely less than two minutes: rounded down, to the
    nearest, up."""
    most = high if likely >= 2 * MINUTE else likely
    step = 5 if most < 2 * MINUTE else MINUTE if most < 2 * HOUR else 10 * MINUTE
    least, last = max(floor(low / step) * step, step), ceil(high / step) * step
    about = min(max(round(likely / step) * step, step), last)
    return _span(least, most), _span(about, most), _span(last, most)


def _span(seconds: int, most: int) -> str:
    if most < 2 * MINUTE:
        return f"{seconds} seconds"
    if most < 2 * HOUR:
        minutes = seconds // MINUTE
        return "1 minute" if minutes == 1 else f"{minutes} minutes"
    return f"{seconds // HOUR} h {seconds % HOUR // MINUTE:02} min"


def _by(known: EndpointPace) -> str:
    """`kling-v3-4k by times measured at fal in 2026-04 for o3/4k, as no clip of its own was timed`"""
    pace = known.pace
    row = catalog().find(pace.endpoint)
    by = []
    if pace.takes:
        by.append(f"{pace.takes} take{'s' * (pace.takes > 1)} of this project")
    if pace.family is not None and pace.dates is not None:
        by.append(f"times measured at fal in {_dates(*pace.dates)}")
    text = f"{row.alias if row else pace.endpoint} by {' and '.join(by)}"
    if pace.family is not None and pace.family.stand_in:
        text += f" for {pace.family.name.removeprefix(FAMILIES)}"
        text += "" if pace.takes else ", as no clip of its own was timed"
    if known.untimed:
        text += f"; none of {_listed(known.untimed)} s was timed"
    return text


def _dates(first: date, last: date) -> str:
    begin, end = first.isoformat()[:7], last.isoformat()[:7]
    return begin if begin == end else f"{begin} to {end}"


def _listed(lengths: Sequence[int]) -> str:
    return str(lengths[0]) if len(lengths) == 1 else f"{lengths[0]} to {lengths[-1]}"


def forecast_document(found: Forecast) -> dict[str, Any]:
    return {
        "requests": found.requests,
        "at_a_time": found.concurrency,
        "seconds": {"low": found.low, "likely": found.likely, "high": found.high},
        "basis": [_document(each) for each in found.basis],
    }


def _document(known: EndpointPace) -> dict[str, Any]:
    pace, family = known.pace, known.pace.family
    return {
        "endpoint": pace.endpoint,
        "requests": known.requests,
        "takes": pace.takes,
        "times_of": None if family is None else family.name,
        "stand_in": family is not None and family.stand_in,
        "sources": [] if family is None else [_source(each) for each in family.observations],
        "untimed_seconds": list(known.untimed),
    }


def _source(timed: Observation) -> dict[str, Any]:
    return {
        "seconds": timed.seconds,
        "shots": timed.shots,
        "took": timed.took,
        "source": timed.source,
        "as_of": timed.as_of.isoformat(),
    }
