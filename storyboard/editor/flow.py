"""Where a place lies in a value that is written in braces: `{camera: slow push, audio: …`."""

from __future__ import annotations

from msgspec import Struct, field

OPENING, CLOSING = "[{", "]}"
TAGS = ("{{", "{%")


class _Open(Struct):
    mapping: bool
    keys: list[str] = field(default_factory=list)
    key: str | None = None


class Inside(Struct, frozen=True):
    """`path` leads through keys and items to the innermost braces; `key` is the one whose value is being written, None
    where a key is; `keys` stand there already; `start` is where what is being written begins in the text."""

    path: tuple[str, ...]
    key: str | None
    keys: tuple[str, ...]
    start: int
    mapping: bool


def inside(text: str) -> Inside | None:
    """For a text that begins with a brace and breaks off at the place; None when it is closed again before."""
    stack: list[_Open] = []
    start = position = 0
    while position < len(text):
        character = text[position]
        if character in "\"'" and not text[start:position].strip():
            position = _past_quote(text, position)
            continue
        if text.startswith(TAGS, position) and not text[start:position].strip():
            position = _past_tag(text, position)
            continue
        if character in OPENING and not text[start:position].strip():
            stack.append(_Open(character == "{"))
            start = position + 1
        elif character in CLOSING and stack:
            stack.pop()
            start = position + 1
        elif character == "," and stack:
            stack[-1].key, start = None, position + 1
        elif (
            character == ":"
            and stack
            and stack[-1].mapping
            and text[position + 1 : position + 2] in {"", " "}
        ):
            stack[-1].key = text[start:position].strip().strip("\"'")
            stack[-1].keys.append(stack[-1].key)
            start = position + 1
        position += 1
    return _found(stack, start) if stack else None


def _found(stack: list[_Open], start: int) -> Inside:
    path = [part for opened in stack[:-1] for part in ((opened.key,) if opened.mapping else ("-",)) if part]
    last = stack[-1]
    return Inside(tuple(path), last.key, tuple(last.keys), start, last.mapping)


def _past_quote(text: str, position: int) -> int:
    end = text.find(text[position], position + 1)
    return len(text) if end < 0 else end + 1


def _past_tag(text: str, position: int) -> int:
    """Jinja without the quotes that it needs: it is being written."""
    end = text.find("}}" if text.startswith("{{", position) else "%}", position)
    return len(text) if end < 0 else end + 2
