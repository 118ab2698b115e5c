"""Which of the forms a text is in: by the end of its name, else by what it looks like."""

from __future__ import annotations

from enum import StrEnum
from pathlib import PurePath

from storyboard.imports.draft import Unusable


class Form(StrEnum):
    fountain = "fountain"
    csv = "csv"
    fal = "fal"


SUFFIXES = {
    ".fountain": Form.fountain,
    ".spmd": Form.fountain,
    ".csv": Form.csv,
    ".tsv": Form.csv,
    ".json": Form.fal,
}
MAX_BYTES = 4 * 1024 * 1024
MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}  # of what spreadsheets call Unicode text


def form_of(name: str, text: str) -> Form:
    """`name` is the file's; it may be without an end that says something, like a pipe's."""
    known = SUFFIXES.get(PurePath(name).suffix.lower())
    if known is not None:
        return known
    first = text.lstrip("\ufeff \t\r\n")
    if first[:1] in {"{", "["} and not first.startswith("[["):
        return Form.fal
    from storyboard.imports.columns import recognised
    from storyboard.imports.shot_list import DELIMITERS

    line = first.partition("\n")[0]
    looks_like_a_table = any(recognised(line.split(sign)) > 1 for sign in DELIMITERS)
    return Form.csv if looks_like_a_table else Form.fountain


def decoded(data: bytes) -> str:
    """The text of a file, whatever its breaks. Raises Unusable."""
    if len(data) > MAX_BYTES:
        raise Unusable(f"it is larger than {MAX_BYTES >> 20} MiB")
    coding = MARKS.get(data[:2], "utf-8-sig")
    try:
        return data.decode(coding)
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        raise Unusable("it is not UTF-8 there: save it as UTF-8", line) from None
