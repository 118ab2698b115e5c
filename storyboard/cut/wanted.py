"""What a person asks for of a cut, beside the edit itself."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Timecode = Literal["shot", "cut", "none"]  # whose runs in the pictures of an animatic

WORDS = ("scene", "shot", "take", "timecode")  # that can be burnt in


class Wanted(Struct, frozen=True):
    """`codec` None: the file's suffix decides. `burn_in` is of WORDS. `splice`: copy what nothing
    touches; `force`: replace a file that was not made here; `inspect`: look into the clips for what is
    worth a remark. Of an animatic: whose `timecode` runs in its pictures, and the language that a scratch voice
    reads Latin letters as, None without a voice."""

    codec: str | None = None
    preview: bool = False
    splice: bool = False
    slates: bool = False
    burn_in: frozenset[str] = frozenset()
    force: bool = False
    inspect: bool = True
    timecode: Timecode = "shot"
    voice: str | None = None


PLAINLY = Wanted()
