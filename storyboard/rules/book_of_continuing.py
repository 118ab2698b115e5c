"""The book's chapter on scenes that continue others."""

from __future__ import annotations

from storyboard.rules.rule import LANGUAGE, Rule, error, warning

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
    "SB820": warning(
        "`{scene}` is link {links} of a chain of last frames: look, colours and faces drift further with each",
        LANGUAGE,
        "share a still now and then: `end_image` of `{before}`, or `start_image` of `{scene}`",
    ),
}
