"""What the doctor found: a line each."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

# note: for the person to know, nothing to do. warn: works, and may cost something later. miss: broken or missing.
Level = Literal["ok", "note", "warn", "miss"]


class Finding(Struct, frozen=True):
    """`place` is the folder that it is about, from the project folder; "" for the project or the machine itself."""

    level: Level
    name: str
    text: str
    cure: str = ""
    place: str = ""
