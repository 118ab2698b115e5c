"""A report as values: tables whose sums are given, not computed, and remarks. Every form shows the same numbers.

    Sheet ── title, blocks ──▶ Table ── columns, rows, total        what is summed
                           ├─▶ str                                  a remark, one paragraph
                           ╰─▶ Listing                              a remark, one line a thing

Money is exact here. A form that rounds does not exist: columns of money get as many decimals as their finest amount
has, so what is seen adds up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Literal

from msgspec import Struct

from storyboard.report.money import decimals, exact
from storyboard.report.visible import visible

Kind = Literal["words", "count", "money", "change", "price"]  # a price, of a unit, is no part of a sum
Level = Literal["row", "part", "total"]


class AtLeast(Struct, frozen=True):
    """A sum of which a part is not known."""

    amount: Decimal


Cell = (
    str | int | Decimal | AtLeast | None
)  # None: an amount that is not known; "": nothing is to be said here


class Column(Struct, frozen=True):
    """`key` names it for programs, `title` for people; `kind` says how it is shown. What is not `narrow` is left out
    where there are 80 columns; what is `whole` is shortened last."""

    key: str
    title: str
    kind: Kind = "words"
    narrow: bool = True
    whole: bool = False


class Row(Struct, frozen=True):
    """A `part` belongs to the row above it, and is in its amount already."""

    cells: tuple[Cell, ...]
    part: bool = False


class Table(Struct, frozen=True):
    """`levels` name what a row, a part of it and the total are, in a form for programs; the words of column `flexible`
    are shortened where room is short. A part's first cells, `repeated` of them, are those of its row: people see them
    once."""

    key: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    total: Row | None = None
    title: str = ""
    levels: tuple[str, str, str] = ("row", "part", "total")
    flexible: int = 0
    repeated: int = 0

    def shown(self) -> Iterator[tuple[Level, list[str]]]:
        """The cells of every row as people see them."""
        places = self.places()
        for level, row in self.leveled():
            cells = [
                for_people(cell, column.kind, places, part=row.part)
                for cell, column in zip(row.cells, self.columns, strict=True)
            ]
            yield level, ([""] * self.repeated + cells[self.repeated :] if row.part else cells)

    def leveled(self) -> Iterator[tuple[Level, Row]]:
        for row in self.rows:
            yield ("part" if row.part else "row"), row
        if self.total is not None:
            yield "total", self.total

    def places(self) -> int:
        """The decimals that all its sums of money are shown with."""
        cells = (cell for _, row in self.leveled() for _, cell in self.of_kind(row, {"money", "change"}))
        return decimals(_amount(cell) for cell in cells)

    def of_kind(self, row: Row, kinds: Iterable[Kind]) -> list[tuple[Column, Cell]]:
        return [(c, cell) for c, cell in zip(self.columns, row.cells, strict=True) if c.kind in kinds]

    def narrowed(self) -> Table:
        """Without what has no room in 80 columns."""
        return self.with_columns([column.narrow for column in self.columns])

    def with_columns(self, which: Sequence[bool]) -> Table:
        """With those alone, of which the flexible one has to be one."""
        kept = [number for number, keep in enumerate(which) if keep]
        if len(kept) == len(self.columns):
            return self

        def of(row: Row) -> Row:
            return Row(tuple(row.cells[number] for number in kept), row.part)

        return Table(
            self.key,
            tuple(self.columns[number] for number in kept),
            tuple(map(of, self.rows)),
            None if self.total is None else of(self.total),
            self.title,
            self.levels,
            kept.index(self.flexible),
            self.repeated,
        )


class Listing(Struct, frozen=True):
    """A remark that is a list: its lines, each with its depth from 0."""

    head: str
    lines: tuple[tuple[int, str], ...]


Block = Table | Listing | str


class Sheet(Struct, frozen=True):
    """The first table is the one that a form with a single table has."""

    title: str
    blocks: tuple[Block, ...]

    @property
    def tables(self) -> list[Table]:
        return [block for block in self.blocks if isinstance(block, Table)]

    @property
    def told(self) -> list[Block]:
        """The blocks that tell people something: an empty table is only there for its columns."""
        return [b for b in self.blocks if not isinstance(b, Table) or b.rows or b.total is not None]


def summed(amounts: Iterable[Decimal | None]) -> Decimal | AtLeast | None:
    """A sum; what is not known is never counted as nothing."""
    given = list(amounts)
    known = [amount for amount in given if amount is not None]
    total = sum(known, Decimal(0))
    if len(known) == len(given):
        return total
    return AtLeast(total) if known else None


def for_people(cell: Cell, kind: Kind, places: int, *, part: bool = False) -> str:
    """A cell as it is seen: amounts with so many decimals, those of parts in brackets."""
    if isinstance(cell, str):
        return visible(cell).replace("\n", " ").replace("\t", " ")
    if cell is None:
        return "unknown"
    if isinstance(cell, AtLeast):
        return f">= {for_people(cell.amount, kind, places)}"
    if isinstance(cell, int):
        return f"{cell:,}"
    if kind == "price":
        return exact(cell) or ""
    signed = kind == "change" and cell != 0  # a change of nothing is neither more nor less
    shown = f"{cell:+,.{places}f}" if signed else f"{cell:,.{places}f}"
    return f"({shown})" if part else shown


def for_programs(cell: Cell) -> str:
    """A cell with its exact amount."""
    if isinstance(cell, AtLeast):
        return f">= {exact(cell.amount)}"
    if isinstance(cell, Decimal):
        return exact(cell) or ""
    return "unknown" if cell is None else str(cell)


def sides(columns: Sequence[Column]) -> str:
    """`l` or `r` a column: words to the left, numbers to the right."""
    return "".join("l" if column.kind == "words" else "r" for column in columns)


def _amount(cell: Cell) -> Decimal | None:
    return cell.amount if isinstance(cell, AtLeast) else cell if isinstance(cell, Decimal) else None
