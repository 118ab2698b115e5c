"""The book's chapter on the edit."""

from __future__ import annotations

from storyboard.rules.rule import LANGUAGE, Rule, error, warning

OF_CUTS: dict[str, Rule] = {
    "SB121": error(
        "`{before}` and `{after}` do not follow each other",
        LANGUAGE,
        "a transition joins a scene or a shot of the cut to the next one",
    ),
    "SB122": error("`{kind}` is no kind of transition", LANGUAGE),
    "SB129": error("`{before}` and `{after}` have a transition already", LANGUAGE, "keep one of the two"),
    "SB130": error(
        "the transitions of `{scene}` take all of its {seconds} s", LANGUAGE, "shorten one of them"
    ),
    "SB701": error(
        "nothing is left of `{name}`: it begins at {begin} s and ends at {end} s",
        LANGUAGE,
        "`in` lies before `out`; both are seconds from the beginning of the clip, or of the shot",
    ),
    "SB702": error("`{name}` lasts {seconds} s: `{key}` can't be {value}", LANGUAGE, "{cure}"),
    "SB703": error("a wipe goes {expected}, not `{value}`", LANGUAGE),
    "SB704": warning("`direction` is a wipe's: a {kind} has none", LANGUAGE, "remove it"),
    "SB705": error("`{name}` has no sound beyond its picture for {kind} of {seconds} s", LANGUAGE, "{cure}"),
    "SB706": error("`{key}` is {value}; {least} to {most} {unit} is possible", LANGUAGE),
    "SB707": warning(
        "the scene `{scene}` is bought, but nothing of it is in the cut",
        LANGUAGE,
        "add it to `order`, or take it out of the storyboard",
    ),
    "SB708": warning("there is no sound file {path} yet", LANGUAGE, "the cut needs it"),
    "SB709": error("`fit` is {expected}, not `{value}`", LANGUAGE),
    "SB710": error("nothing is as long as 0 s", LANGUAGE, "leave it out, or give it a length"),
    "SB711": error(
        "nothing is left of `{name}` in the cut: its trims leave no frame of it at {fps} frames a second",
        LANGUAGE,
        "the `in` and `out` of a scene, of its shots and of the entry in `order` all count",
    ),
    "SB712": error(
        "`{name}` is not in the cut: nothing can begin with it",
        LANGUAGE,
        "name what `order` shows, or give a time in seconds",
    ),
    "SB713": error("a card without words", LANGUAGE, "give it a text, or leave it out"),
    "SB714": warning(
        "`{name}` is the name of two: {meant} is meant", LANGUAGE, "give one of them another id"
    ),
}
