"""Tables at every width of a terminal: nothing sticks out, columns stand, and no width loses or changes a number."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal

import pytest
from a_terminal import Emulator
from hypothesis import given, settings
from hypothesis import strategies as st
from in_memory import compiled

from storyboard.catalog.prices import PriceBook, price_book
from storyboard.compile.request import Request
from storyboard.ledger.record import State, TakeRecord
from storyboard.plan.estimate import estimate
from storyboard.plan.make import make_plan
from storyboard.plan.spending import Group, spent
from storyboard.report.costs import Costs, Stand
from storyboard.report.estimate import estimate_sheet
from storyboard.report.money import exact
from storyboard.report.plan import plan_document, plan_text
from storyboard.report.sheet.as_text import as_text
from storyboard.report.spend import Spending, spend_document, spend_sheet
from storyboard.report.table import columns, table
from storyboard.report.takes import SceneTakes, takes_text

WIDTHS = (40, 60, 80, 120)
SIGNS = [*"abcxyz019-_", *"教堂钟声响起", "ガ", "é", "e\u0301", "\U0001f3ac", "䷀"]
NAMES = st.lists(st.sampled_from(SIGNS), min_size=1, max_size=70).map("".join)
ROWS = st.lists(
    st.tuples(NAMES, NAMES, st.decimals(0, 9_999, places=3), st.integers(0, 999)), min_size=1, max_size=6
)
IDS = ("a" * 57, "dawn", "教堂钟声响起人群欢呼" * 6, "晨光", "b-" * 31 + "b")
NUMBER = re.compile(r"\d+\.\d{2,3}")


def too_wide(lines: list[str], width: int) -> list[str]:
    return [line for line in lines if columns(line) > width]


@settings(max_examples=60)
@given(ROWS, st.integers(40, 130), st.booleans())
def test_any_table_keeps_to_any_width_and_its_numbers_stand_in_a_column(
    rows: list[tuple[str, str, Decimal, int]], width: int, wrap: bool
) -> None:
    shown = [[name, str(count), words, f"{amount:.3f}"] for name, words, amount, count in rows]
    lines = table([["scene", "take", "why", "USD"], *shown], "lrlr", 2, width, wrap=wrap, head=True)
    assert too_wide(lines, width) == []
    terminal = Emulator(width, len(lines))
    terminal.write("\n".join(lines))
    ends = set()
    for _, _, _, amount in shown:
        (found,) = {
            start + len(amount)
            for y in range(len(lines))
            for start in range(width)
            if _cells(terminal, y, start, len(amount)) == [*amount] and _ends(terminal, y, start + len(amount))
            and (start == 0 or terminal.screen.buffer[y][start - 1].data == " ")
        }  # fmt: skip
        ends.add(found)
    assert len(ends) == 1


def _cells(terminal: Emulator, y: int, start: int, many: int) -> list[str]:
    return [terminal.screen.buffer[y][x].data for x in range(start, start + many)]


def _ends(terminal: Emulator, y: int, x: int) -> bool:
    return x >= terminal.screen.columns or terminal.screen.buffer[y][x].data == " "


def book() -> PriceBook:
    found = price_book("observed-2026-10")
    assert found is not None
    return found


def film() -> str:
    scenes = "".join(
        f"  - {{id: {name}, duration: {5 + at}, prompt: the sea}}\n" for at, name in enumerate(IDS)
    )
    return f"storyboard: 1\nendpoint: kling-v3-standard-text\nprices: observed-2026-10\nscenes:\n{scenes}"


REQUESTS = compiled(film()).requests
assert len(REQUESTS) == len(IDS)
PLAN = make_plan(REQUESTS, (), (), book())
TAKES = tuple(
    TakeRecord(
        request.digest or "", 1, request.scene, request.endpoint, State.VERIFIED, request.seconds,
        created_at="2026-11-20T12:00:00Z", estimate=Decimal("1.764") * (at + 1), clip="c" * 64,
        sent_at="2026-11-20T12:00:00+00:00",
        charge=Decimal("1.51") + at if at % 2 else None,
    )
    for at, request in enumerate(REQUESTS)
)  # fmt: skip


def spending() -> Spending:
    groups = tuple(Group(take.scene, spent([take])) for take in TAKES)
    return Spending("Spending", "scene", groups, spent(TAKES), spent(()))


def costs(requests: Sequence[Request] = REQUESTS) -> Costs:
    return Costs("Estimate", estimate(requests, book()), Stand(date(2026, 11, 27)))


REPORTS: dict[str, Callable[[int], list[str]]] = {
    "plan": lambda width: plan_text(PLAN, width=width).splitlines(),
    "estimate": lambda width: as_text(estimate_sheet(costs()), width).splitlines(),
    "takes": lambda width: takes_text(
        [SceneTakes(take.scene, take.digest, 1, None, None, (take,)) for take in TAKES], width
    ),
    "spend": lambda width: as_text(spend_sheet(spending()), width).splitlines(),
}
SUMS = {
    "plan": lambda: plan_document(PLAN)["total"],
    "estimate": lambda: exact(costs().estimate.total),
    "spend": lambda: spend_document(spending())["total"]["total"],
}


@pytest.mark.parametrize("name", REPORTS)
def test_reports_fit_and_say_the_same_at_every_width(name: str) -> None:
    numbers = []
    for width in WIDTHS:
        lines = REPORTS[name](width)
        assert too_wide(lines, width) == []
        numbers.append({Decimal(number) for number in NUMBER.findall("\n".join(lines))})
    assert numbers[0] <= numbers[1] <= numbers[2] <= numbers[3], (
        "a number that is gone where there is more room"
    )
    assert len(numbers[0]) >= len(IDS)
    if name in SUMS:
        assert Decimal(SUMS[name]() or 0) in numbers[0]


def test_room_is_used_where_it_is() -> None:
    sheet = estimate_sheet(costs(REQUESTS[1:2]))
    narrow, wide = (" ".join(as_text(sheet, width).splitlines()[0].split()) for width in (80, 120))
    assert narrow == "scene shot s tier USD/s USD"
    assert wide == "scene shot s endpoint tier why take standing USD/s USD to pay"
