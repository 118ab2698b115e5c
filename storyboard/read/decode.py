"""A file's bytes to text with places: UTF-8 of a bounded size."""

from __future__ import annotations

from storyboard.diagnostics import Span
from storyboard.findings import Report
from storyboard.read.source import Source

MAX_BYTES = 32 * 1024 * 1024
NEAR = 256  # bytes in which UTF-16 without a mark shows
UTF_16 = "this looks like UTF-16: save it as UTF-8"
ONE_BYTE = "save the file as UTF-8 (the byte looks like an older one-byte encoding)"
UTF_8_MARK = b"\xef\xbb\xbf"
NO_TEXT = {
    b"\xff\xd8\xff": "JPEG picture",
    b"\x89PNG": "PNG picture",
    b"GIF8": "GIF picture",
    b"%PDF-": "PDF document",
    b"PK\x03\x04": "ZIP archive",
}
BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")


def decode(path: str, data: bytes, report: Report, folder: str = "") -> Source | None:
    """The text of a file in a folder of the project. None, with a diagnostic, when it is too large or not UTF-8."""
    if len(data) > MAX_BYTES:
        report.add("SB001", Span(path, 1, 1, 1, 1), limit="32 MiB", size=f"{len(data):,}")
        return None
    picture = next((kind for mark, kind in NO_TEXT.items() if data.startswith(mark)), None)
    if picture is not None:
        hint = f"this is no text: its first bytes are those of a {picture}"
        report.add("SB002", Span(path, 1, 1, 1, 1), offset=0, hint=hint)
        return None
    if data[:2] in BYTE_ORDER_MARKS or data[:NEAR].count(0) * 4 > len(data[:NEAR]):
        report.add("SB002", Span(path, 1, 1, 1, 1), offset=0, hint=UTF_16)
        return None
    text = data.removeprefix(UTF_8_MARK)
    try:
        return Source(path, text.decode("utf-8"), folder)
    except UnicodeDecodeError as error:
        before = Source(path, text[: error.start].decode("utf-8"))
        where = before.span(len(before.text), len(before.text))
        report.add("SB002", where, offset=error.start + len(data) - len(text), hint=ONE_BYTE)
        return None
