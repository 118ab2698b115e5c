"""The book's chapter on the project's settings, and on price books of its own."""

from __future__ import annotations

from storyboard.rules.rule import Rule, error, warning

SETTINGS = (
    "the project's settings, storyboard.toml; fal's pages on media expiration and payloads, read 2026-11"
)

BOOKS = "the form of a price book; fal's endpoints, as the catalog has them"

OF_SETTINGS: dict[str, Rule] = {
    "SB601": error("this is no TOML: {problem}", SETTINGS),
    "SB602": error("unknown setting `{key}`", SETTINGS),
    "SB603": error("`{key}` has to be {expected}", SETTINGS),
    "SB604": warning(
        "fal keeps no record of requests: one whose answer is lost can't be found again, nor a clip that is not "
        "fetched within the hour; its price is then lost",
        SETTINGS,
        "leave `store_io` out unless the prompts must not be kept",
    ),
    "SB605": warning(
        "fal is asked to delete each clip once it is here: the copy in .storyboard/ is then the only one",
        SETTINGS,
        "back that folder up; a colleague's checkout can't fetch the clip",
    ),
    "SB609": warning("the price book {name}: {what}", BOOKS),
    "SB608": warning(
        "`{name}` has to be approved of, but not what makes clips of the same size: {what}",
        SETTINGS,
        "a pattern like `*-4k*` names all of them; what may not be bought is left out of `endpoints`",
    ),
}
