"""The book's chapter on what is nearly right: said so that it is not passed over in silence."""

from __future__ import annotations

from storyboard.rules.rule import LANGUAGE, Rule, error, warning

OF_NEAR_MISSES: dict[str, Rule] = {
    "SB173": warning("nobody is called `{name}`: no element and no voice", LANGUAGE),
    "SB174": warning(
        "this remark silences nothing", LANGUAGE, "silences are written `# storyboard: ignore SB204`"
    ),
    "SB175": error(
        "a comma ends the text of `{key}`: YAML takes `{rest}` for a key", LANGUAGE, "quote the text"
    ),
    "SB176": warning(
        "this is read as a beat, and begins like a line of `{name}`", LANGUAGE, "write `{name}: words`"
    ),
}
