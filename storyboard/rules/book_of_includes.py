"""The book's chapter on storyboards that are put together: of sequences, lists, variants and several files."""

from __future__ import annotations

from storyboard.rules.rule import LANGUAGE, Rule, error, warning

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
    "SB150": error(
        "`{key}` has no place in an included file",
        LANGUAGE,
        "it belongs into the storyboard that includes this one",
    ),
    "SB151": error(
        "`{path}` can't be included: {why}",
        LANGUAGE,
        "write the path of a file in the project, seen from this file, like `cast/people.yaml`",
    ),
    "SB152": error("there is no file {path} to include", LANGUAGE),
    "SB153": error("{path} includes {way}", LANGUAGE, "put what both need into a file of its own"),
    "SB154": error(
        "`{path}` and `{other}` differ in upper and lower case only: to some machines they are one file",
        LANGUAGE,
        "write the name everywhere as the file has it, and keep no two that differ in this alone",
    ),
    "SB155": error(
        "`{name}` is defined twice", LANGUAGE, "keep one of the two, or call one of them something else"
    ),
    "SB156": error(
        "`{key}` is set by the `defaults` of {path} and of {other}: which one holds can't be known",
        LANGUAGE,
        "set it in one of the two, or let one include the other: the including file's value holds",
    ),
    "SB157": error("more is included than {limit}", LANGUAGE),
    "SB158": error(
        "the scenes of {path} are in the film already", LANGUAGE, "a file's scenes stand in one place"
    ),
    "SB160": error("`{scene}` has no variant `{name}`", LANGUAGE, "name one under its `variants:`"),
    "SB161": error(
        "`{scene}` can't be split: {why}",
        LANGUAGE,
        "make shots longer or shorter, or write scenes of your own",
    ),
    "SB162": error("`{key}` can't hold for `{scene}`, which `pack: auto` splits: {why}", LANGUAGE),
    "SB163": error(
        "`{scene}` has to be split, and {endpoint} begins every clip with a still: only the first part has one",
        LANGUAGE,
        "write its parts as scenes with a `start_image` each, or shoot them from text: `{endpoint}-text`",
    ),
    "SB164": error(
        "`{scene}` has to be split into `{scene}.1`, `{scene}.2`, …, and there is a scene `{other}`",
        LANGUAGE,
        "give one of the two another id",
    ),
    "SB165": error(
        "the template `{name}` leads back to itself{way}", LANGUAGE, "put what both need into a third"
    ),
    "SB177": warning(
        "the template {name} sends nothing of what a shot says",
        LANGUAGE,
        "let it name the sections that are to be sent, like `{{{{ subject_motion }}}}`",
    ),
    "SB178": warning(
        "`{name}` is the name of two: the part that `pack: auto` made is meant, not the shot `{shot}`",
        LANGUAGE,
        "write `{shot}` for the shot, {cure} for the part; shots with ids of their own have no such name",
    ),
}
