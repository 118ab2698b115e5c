"""The book's chapter on writing: what may be sent, and is seldom meant. All but one are warnings, to be silenced."""

from __future__ import annotations

from storyboard.rules.rule import LANGUAGE, Rule, error, warning

SPEECH = "fal's page of kling-video v3 standard, read 2026-10: English or Chinese; others are translated to English"
CASE = "fal's page of kling-video v3 standard, read 2026-10: lower case for English speech, capitals for acronyms"
SECTIONS = "the prompt's sections on fal's page of kling-video v3 4k, read 2026-10"
ADVICE = "advice of this program, 2026-11"

OF_WRITING: dict[str, Rule] = {
    # silences
    "SB801": warning("`ignore {name}` silences nothing here", LANGUAGE, "remove it"),
    "SB802": error(
        "`storyboard: ignore` names no rule",
        LANGUAGE,
        "name the warning that is meant, like `# storyboard: ignore SB204`; all of them can't be silenced at once",
    ),
    "SB803": warning(
        "`{name}` is an error: errors can't be silenced", LANGUAGE, "remove it, and mend what it says"
    ),
    "SB804": warning("there is no rule `{name}` to be silenced", LANGUAGE),
    # writing
    "SB811": warning(
        "speech in capitals: `{words}`", CASE, "write it in lower case; acronyms stay in capitals"
    ),
    "SB812": warning(
        "speech in {script} script is translated to English",
        SPEECH,
        "write it in English or Chinese to know the words",
    ),
    "SB813": warning(
        "`{name}` stands among the elements without its @",
        SECTIONS,
        "write @{name}: without its tag the element is not sent",
    ),
    "SB814": warning(
        "the sound described here is not sent: audio is off in {where}",
        LANGUAGE,
        "set `generate_audio: true`, or keep it for the people who make the sound",
    ),
    "SB815": warning(
        "`{words}`, and audio is off", ADVICE, "say what is seen, or set `generate_audio: true`"
    ),
    "SB816": warning(
        "the camera is to do both: `{one}` and `{other}`", ADVICE, "keep one of the two, or make it two shots"
    ),
    "SB817": warning(
        "this is said twice in one shot: in `{one}` and in `{other}`", ADVICE, "keep it where it belongs"
    ),
    "SB818": warning(
        "lettering: `{words}`",
        ADVICE,
        "models of video seldom get letters right: put it into the still, on a card of the cut, or leave it out",
    ),
    "SB819": warning(
        "the constraints say nothing of watermarks or text in the picture",
        SECTIONS,
        "add for instance `no watermark`, or `no text`",
    ),
}
