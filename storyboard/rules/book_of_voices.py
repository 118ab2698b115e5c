"""The book's chapter on voices that were created."""

from __future__ import annotations

from storyboard.rules.rule import LANGUAGE, Rule, warning

OF_VOICES: dict[str, Rule] = {
    "SB870": warning(
        "the voice `{name}` is a rehearsal's: fal does not know it",
        LANGUAGE,
        "`storyboard voice create {name} FILE` has fal make it, and puts that id in its place",
    ),
}
