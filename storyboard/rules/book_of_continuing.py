"""The book's chapter on scenes that continue others."""

from __future__ import annotations

from storyboard.rules.rule import LANGUAGE, Rule, error

OF_CONTINUING: dict[str, Rule] = {
    "SB166": error(
        "`{scene}` continues itself{way}",
        LANGUAGE,
        "a film has a first scene; for a loop name one still as `end_image` of the last and `start_image` of the first",
    ),
    "SB167": error(
        "`{scene}` continues `{before}`, and begins with another still than that one ends with",
        LANGUAGE,
        "name the same still in both, or leave one of them out; where it is inherited, `start_image: null` says so",
    ),
    "SB168": error(
        "`{scene}` and `{other}` both continue `{before}`, and begin with different stills",
        LANGUAGE,
        "`{before}` ends with one still: let both begin with it, or one of them continue another scene",
    ),
    "SB169": error(
        "`{scene}` can't continue `{before}`: the endpoint of `{which}`, {endpoint}, takes no {still}",
        LANGUAGE,
        "shoot `{which}` on an endpoint that does, or take `continues` out",
    ),
    "SB170": error(
        "`{scene}` continues `{before}`, but neither does that end with a still nor this begin with one",
        LANGUAGE,
        "give one of them one: `end_image` to `{before}`, or `start_image` to `{scene}`",
    ),
}
