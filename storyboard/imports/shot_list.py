"""A shot list from a spreadsheet as a storyboard: a row is a shot, rows of one scene are a scene."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable, Collection, Iterator
from itertools import groupby

from msgspec import Struct, field
from msgspec.structs import replace

from storyboard.catalog.endpoints import Beginning, catalog
from storyboard.imports.columns import COLUMNS, FRAMING, bare, columns_of, recognised, taken_of
from storyboard.imports.draft import (
    FROM_STILL,
    FROM_TEXT,
    MAX_SHOTS,
    Draft,
    DraftScene,
    DraftShot,
    DraftTransition,
    Ids,
    Unusable,
    clean,
    few_enough,
    language,
    slug,
)
from storyboard.imports.lengths import lengthened, seconds_said, within_a_clip
from storyboard.imports.pack import LONGEST, MOST, packed, seconds_of, stretches

OURS = frozenset({"scene", "shot", "source_in", "request_id", "transition_frames"})  # of our own `export`
FPS = 24
FORMULA = re.compile(r"'(?=[=+\-@\t\r])")
DELIMITERS = ",;\t|"
MOST_PARTS = 8  # of a shot that is longer than a clip; what is longer still is no length of a shot
END = "end"
MOST_NAMES = 400  # characters of the names of columns in a remark
MOST_LINES = 10  # that a remark names
HEAD_ROWS = 12  # among which the column names stand
SPOKEN = re.compile(r"\s*([^:：]{1,60}?)\s*[:：]\s*(.+)", re.DOTALL)
BETWEEN = re.compile(r"[\n\r]+|\s/\s")


class _Row(Struct):
    """One row by our names; `framing` in the order of its columns, `others` what columns without one of our names say,
    each with its own."""

    line: int
    cells: dict[str, str]
    framing: list[str]
    rest: dict[str, str] = field(default_factory=dict)  # by the names in the file, of our own export
    others: list[str] = field(default_factory=list)

    def get(self, name: str) -> str:
        return clean(self.cells.get(name, ""))


def draft_of_shot_list(text: str, path_of: Callable[[str], str | None]) -> Draft:
    """`path_of` as for requests. Raises Unusable."""
    remarks: list[str] = []
    rows = list(_rows(text, remarks))
    if not rows:
        raise Unusable("there are column names, and no row of a shot below them")
    return _Making(path_of, rows, remarks).draft()


def _rows(text: str, remarks: list[str]) -> Iterator[_Row]:
    table, head = _table(text, remarks)
    header = [name.strip().casefold() for name in table[head][1]]
    ours = set(header) >= OURS
    columns = columns_of(header)
    taken = taken_of(header)
    untaken: dict[str, None] = {}
    for line, cells in table[head + 1 :]:
        values = {name: cells[place] for name, place in columns.items() if place < len(cells)}
        places = [place for place, name in enumerate(header) if bare(name) in FRAMING and place < len(cells)]
        framing = [clean(cells[place]) for place in places if clean(cells[place])]
        others = {} if ours else _others(table[head][1], taken, cells)
        rest = dict(zip(header, cells, strict=False)) if ours else {}
        if ours:
            values = {name: FORMULA.sub("", value, count=1) for name, value in values.items()}
            if not rest.get("shot", "").strip():
                continue  # a card of the cut
        if any(clean(value) for value in values.values()) or framing:
            untaken |= dict.fromkeys(others.values())
            yield _Row(
                line,
                values,
                framing,
                rest,
                [f"{name}: {clean(cells[place])}" for place, name in others.items()],
            )
    if untaken:
        names = ", ".join(untaken)
        remarks.append(f"columns without a place of their own, kept in notes: {names[:MOST_NAMES]}")


def _others(header: list[str], taken: Collection[int], cells: list[str]) -> dict[int, str]:
    """Where a row says something in other columns, with their names."""
    return {
        place: clean(header[place] if place < len(header) else "") or f"column {place + 1}"
        for place, cell in enumerate(cells)
        if place not in taken and clean(cell)
    }


def _table(text: str, remarks: list[str]) -> tuple[list[tuple[int, list[str]]], int]:
    """All rows with the lines that they end on, and which of them has the column names: by the sign between the columns
    with which most names are known."""
    best: tuple[int, str, int] = (0, ",", 0)
    for delimiter in DELIMITERS:
        for number, (_, cells) in enumerate(_parsed(text, delimiter, HEAD_ROWS)):
            best = max(best, (recognised(cells), delimiter, -number), key=lambda each: (each[0], each[2]))
    known, delimiter, number = best
    names = ", ".join(name for names in COLUMNS.values() for name in names[:1])
    if known < 2:  # noqa: PLR2004 - one may be chance
        raise Unusable(
            f"no row in its first {HEAD_ROWS} names columns of a shot list. Usual names are: {names}", 1
        )
    table = list(_parsed(text, delimiter, MAX_SHOTS + HEAD_ROWS + 1))
    if len(table) > MAX_SHOTS + HEAD_ROWS:
        raise Unusable(f"more than {MAX_SHOTS:,} rows", table[-1][0])
    if not _is_closed(text, delimiter, len(table)):
        line = table[-2][0] + 1 if len(table) > 1 else 1
        remarks.append(f'line {line}: a " is opened there and never closed: all that follows is one cell')
    return table, -number


def _is_closed(text: str, delimiter: str, rows: int) -> bool:
    """Whether a line that is added is a row of its own."""
    *_, (_, last) = _parsed(f"{text}\n{END}", delimiter, rows + 2)
    return last == [END]


def _parsed(text: str, delimiter: str, most: int) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for _ in range(most):
            cells = next(reader, None)
            if cells is None:
                return
            yield reader.line_num, cells
    except csv.Error as problem:
        raise Unusable(f"this is no table: {problem}", reader.line_num) from None


class _Making:
    def __init__(self, path_of: Callable[[str], str | None], rows: list[_Row], remarks: list[str]) -> None:
        self.path_of, self.rows, self.remarks = path_of, rows, remarks
        self.rounded: list[int] = []  # lines
        self.changes: list[tuple[int, _Row]] = []

    def draft(self) -> Draft:
        ids, spread = Ids(), list[tuple[DraftScene, ...]]()
        for name, group in groupby(self.rows, key=lambda row: row.get("scene")):
            rows = list(group)
            if rows[-1].rest.get("transition"):
                self.changes.append((len(spread) + 1, rows[-1]))
            scene = self.scene(slug(name, "scene"), rows)
            spread.append(packed(scene, ids))
            self.remarks += lengthened(scene, spread[-1])
        if self.rounded:
            lines = f"line{'s' * (len(self.rounded) > 1)} {', '.join(map(str, self.rounded[:MOST_LINES]))}"
            more = " and others" if len(self.rounded) > MOST_LINES else ""
            self.remarks.append(f"{lines}{more}: rounded to whole seconds, as Kling takes them")
        scenes = tuple(few_enough(one for each in spread for one in each))
        return Draft(
            scenes,
            fields={"endpoint": FROM_TEXT},
            transitions=tuple(self.transitions(spread)),
            remarks=tuple(dict.fromkeys(self.remarks)),
        )

    def scene(self, name: str, rows: list[_Row]) -> DraftScene:
        """What the rows of one scene say. A still is the first frame of the scene, so only the first row's counts."""
        still = self.still(rows[0])
        for row in rows[1:]:
            if row.get("still"):
                self.remarks.append(f"line {row.line}: only the first shot of a scene begins with a still")
        endpoint = self.endpoint(rows[0], "still" if still is not None else "text")
        fields = {"endpoint": endpoint} if endpoint is not None else {}
        fields |= {"start_image": still} if still is not None else {}
        missing = () if still is not None else ("start_image",)
        shots = tuple(shot for row in rows for shot in self.shots(row))
        place = next((row.get("place") for row in rows if row.get("place")), "")
        return DraftScene(name, shots, place, fields, missing=missing)

    def endpoint(self, row: _Row, begins: Beginning) -> str | None:
        """What makes a scene that begins so; None for the storyboard's own. What is named is taken, or its sister that
        begins so."""
        granted = FROM_STILL if begins == "still" else None
        if not (named := row.get("endpoint")):
            return granted
        sisters = (named, f"{named}-text", named.removesuffix("-text"))
        found = [endpoint for each in sisters if (endpoint := catalog().find(each)) is not None]
        fitting = next((one.alias for one in found if one.begins in {begins, "either"}), None)
        if not found or fitting != found[0].alias:
            instead = fitting or granted or FROM_TEXT
            self.remarks.append(
                f"line {row.line}: {named[:60]} makes nothing that begins with {begins}: {instead}"
            )
        return fitting or granted

    def still(self, row: _Row) -> str | None:
        named = row.get("still")
        path = named if named.lower().startswith("https://") else self.path_of(named) if named else None
        if named and path is None:
            self.remarks.append(f"line {row.line}: there is no still {named[:60]}")
        return path

    def shots(self, row: _Row) -> Iterator[DraftShot]:
        """One; more where a row holds more words, or more seconds, than a shot may."""
        words = row.get("description")
        lines = () if row.rest else tuple(_dialogue(row.cells.get("dialogue", "")))
        spoken = sum(seconds_of(line, spoken=True) for line in lines)
        seconds, why = self.seconds(row)
        missing = [*(["duration"] if seconds is None else []), *(["description"] if not words else [])]
        said = row.get("dialogue") if row.rest else ""
        note = "; ".join(filter(None, [row.get("note"), said, why, *row.others]))
        likely = seconds if seconds is not None else min(max(seconds_of(words), spoken, 3), MOST)
        shot = DraftShot(slug(row.get("shot"), ""), likely, {}, lines, note, tuple(missing))
        for number, piece in enumerate(list(stretches(words, LONGEST)) or ["a shot"]):
            prompt = self.prompt(row, piece)
            one = replace(shot, prompt=prompt) if number == 0 else DraftShot(shot.id, likely, prompt)
            yield from within_a_clip(one)

    def seconds(self, row: _Row) -> tuple[int | None, str]:
        """A shot's seconds, and what has to be noted: what its cell says where that can't be kept. None: not known."""
        said = row.get("duration")
        exact = seconds_said(said)
        if not said:
            return None, ""
        if exact is None or exact > MOST * MOST_PARTS:
            self.remarks.append(f"line {row.line}: {said[:40]} is no length of a shot: kept as a note")
            return None, f"duration in the shot list: {said}"
        seconds = max(1, math.floor(exact + 0.5))
        if seconds > MOST:
            parts = math.ceil(seconds / MOST)
            self.remarks.append(f"line {row.line}: {said} is more than the {MOST} s of a clip: {parts} parts")
        elif seconds != exact:
            self.rounded.append(row.line)
        return seconds, ""

    def prompt(self, row: _Row, words: str) -> dict[str, str]:
        if row.rest:  # what was sent, word for word
            return {"verbatim": _untagged(row.cells.get("description", "")) or words}
        framing, audio = language(", ".join(row.framing)), language(row.get("audio"))
        sections = {"camera": framing[:LONGEST], "subject_motion": language(words), "audio": audio[:LONGEST]}
        return {name: text for name, text in sections.items() if text}

    def transitions(self, spread: list[tuple[DraftScene, ...]]) -> Iterator[DraftTransition]:
        for number, row in self.changes:
            frames = row.rest.get("transition_frames", "")
            if number < len(spread) and frames.isascii() and frames.isdigit() and int(frames):
                ends = spread[number - 1][-1].id, spread[number][0].id
                yield DraftTransition(*ends, row.rest["transition"], f"{int(frames) / FPS:g}")


def _untagged(text: str) -> str:
    """A prompt as it was sent, where its elements are no more known."""
    text = re.sub(r"@Element(\d+)", r"element \1", text)
    text = re.sub(r"<<<\s*voice_(\d+)\s*>>>", r"voice \1", text)
    lines = [clean(line) for line in text.splitlines()]
    return "\n".join(filter(None, lines)).replace("@", "@@").replace("<<<", "<< <")


def _dialogue(text: str) -> Iterator[str]:
    """A line for each who speaks; what nobody is named for is said by a voice."""
    for piece in map(str.strip, BETWEEN.split(text)):
        match = SPOKEN.fullmatch(piece)
        if match is not None and clean(match[2]):
            yield f"{language(match[1])}: {language(match[2])}"
        elif clean(piece):
            yield f"a voice: {language(piece.strip(' :：'))}" if clean(piece.strip(" :：")) else "a pause"
