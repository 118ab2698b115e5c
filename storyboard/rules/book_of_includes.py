"""The book's chapter on storyboards that are put together: of sequences, lists, variants and several files."""

from __future__ import annotations

from storyboard.rules.rule import LANGUAGE, Rule, error

OF_INCLUDES: dict[str, Rule] = {
    "SB140": error(
        "`for_each` goes through a list or a mapping, not {found}",
        LANGUAGE,
        'write `for_each: "{{{{ name }}}}"` with the name of a list in `vars`, or the list itself',
    ),
    "SB141": error("`for_each` goes through {count} items; {limit} are possible", LANGUAGE),
    "SB142": error("more than {limit} scenes and shots come of this `for_each`", LANGUAGE),
    "SB143": error(
        "`{name}` has a meaning here already: `for_each` can't bind it again",
        LANGUAGE,
        "call the item something else: `as: name`",
    ),
    "SB144": error(
        "`as` names the items of a `for_each`, and there is none here",
        LANGUAGE,
        'add `for_each: "{{{{ list }}}}"`, or remove `as`',
    ),
}
