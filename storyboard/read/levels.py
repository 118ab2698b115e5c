"""Levels inside each other, and what a scene inherits of them: the storyboard's defaults, sequences, the scene, and the
variant of it that is picked."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from storyboard.read import authored
from storyboard.read.inherit import over
from storyboard.read.model import Prompt

NOTHING = Prompt()
VARIANT = "variant "
OF_THE_SCENE = frozenset({"", "scene", "shot"})


def is_inherited(level: str) -> bool:
    """Does a text of this level stand outside the scene, for others to inherit as well? `level` as a Part has it."""
    return level not in OF_THE_SCENE and not level.startswith(VARIANT)


class Row(Struct, frozen=True):
    """`levels` are innermost first; `prompt` is what all of them together say."""

    levels: tuple[authored.Inheritable, ...] = ()
    prompt: Prompt = NOTHING

    def inside(self, name: str, level: authored.Inheritable) -> Row:
        """With one more level, by the name that people know it by: "scene", "sequence market"."""
        return Row((level, *self.levels), over(self.prompt, name, level.prompt))

    def pick(self, field: str) -> Any:
        """The nearest authored value of a field; null clears what would be inherited."""
        for level in self.levels:
            value = getattr(level, field)
            if value is not None:
                return value
        return None
