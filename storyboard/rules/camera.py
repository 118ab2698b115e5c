"""Rules on what a camera is told: to stand still and to move in one shot, or to move both ways."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from storyboard.diagnostics import Note, Span
from storyboard.findings import Report
from storyboard.read.model import Prompt
from storyboard.read.nodes import Scalar
from storyboard.rules.wording import Wording

# One after the other contradicts nothing.
IN_TURN = re.compile(
    r"\b(?:then|until|till|before|after|first|finally|lastly|begin\w*|start\w*|end\w*|settl\w*|stop\w*|halt\w*|"
    r"com\w+ to|followed|suddenly|once|when|while|now|again|or)\b|[→>]|接着|然后|随后|最后",
    re.IGNORECASE,
)
STILL = r"(?:static|fixed|stationary|motionless|locked(?:[- ](?:off|down))?)"
STAYS = r"(?:is |stays |remains |holds )?(?:completely |perfectly )?"
STANDS = Wording(
    ("camera", "static", "locked"),
    rf"\b{STILL}(?: [\w-]+)? camera\b|\bcamera {STAYS}(?:still|{STILL})\b|\blocked[- ]off\b|"
    r"\bstatic (?:shot|frame|wide|medium|close)",
)
STATIC = Wording(("static", "locked"), r"\b(?:static|locked[- ](?:off|down))\b")  # in the section `camera`
VERB = r"(?:push|pull|pan|tilt|zoom|doll(?:y|ie)|orbit|crane|truck|circle|arc)"
MOVES = Wording(("camera",), rf"\bcamera(?: slowly| gently| smoothly| quickly)? {VERB}(?:e?s|n?ing)?\b")
MOVE = Wording(  # in the section `camera`
    ("push", "pull", "pan", "tilt", "zoom", "doll", "orbit", "crane", "truck"),
    r"\b(?:push[- ]in|slow push|pull[- ](?:back|out)|pan (?:left|right)|tilt (?:up|down)|zoom (?:in|out)|"
    r"doll(?:y|ies) (?:in|out|forward|back)|orbits?|crane (?:up|down)|truck (?:left|right))\b",
)
OPPOSITES = (
    (r"push(?:es|ing)?[- ]in", r"pull(?:s|ing)?[- ](?:back|out)"),
    (r"pan(?:s|ning)? left", r"pan(?:s|ning)? right"),
    (r"tilt(?:s|ing)? up", r"tilt(?:s|ing)? down"),
    (r"zoom(?:s|ing)? in", r"zoom(?:s|ing)? out"),
    (r"cran(?:e|es|ing) up", r"cran(?:e|es|ing) down"),
    (r"doll(?:y|ies|ying) in", r"doll(?:y|ies|ying) (?:out|back)"),
    (r"truck(?:s|ing)? left", r"truck(?:s|ing)? right"),
)

Found = tuple[str, Span]


def check_camera(prompt: Prompt, report: Report) -> None:
    """One shot's camera, in its own section and where the text speaks of it."""
    own = [part.text for part in prompt.sections.get("camera", ())]
    told = [part.text for part in prompt.sections.get("subject_motion", ()) if "amera" in part.text.value]
    stands = [*_first(own, STATIC, STANDS), *_first(told, STANDS)]
    moves = [*_first(own, MOVE, MOVES), *_first(told, MOVES)] if stands else []
    if stands and moves:
        _both(stands[0], moves[0], report)
        return
    for text in own:
        if _may_be_opposite(text.value.casefold()) and IN_TURN.search(text.value) is None:
            _opposite(text, report)


def _first(texts: Iterable[Scalar], *wordings: Wording) -> Iterator[Found]:
    """Where the first of the wordings stands in each text that tells of one time."""
    for text in texts:
        folded = text.value.casefold()
        match = next((found for wording in wordings if (found := wording.first(text.value, folded))), None)
        if match is not None and IN_TURN.search(text.value) is None:
            yield match[0], text.place(*match.span())


def _may_be_opposite(folded: str) -> bool:
    return (
        ("left" in folded and "right" in folded)
        or ("up" in folded and "down" in folded)
        or (" in" in folded and ("out" in folded or "back" in folded))
    )


def _opposite(text: Scalar, report: Report) -> None:
    for pair in OPPOSITES:
        one, other = (re.search(rf"\b{way}\b", text.value, re.IGNORECASE) for way in pair)
        if one is not None and other is not None:
            _both((one[0], text.place(*one.span())), (other[0], text.place(*other.span())), report)


def _both(one: Found, other: Found, report: Report) -> None:
    first, second = sorted((one, other), key=lambda found: found[1].key())
    notes = (Note("the other one", first[1]),)
    report.add("SB816", second[1], one=first[0], other=second[0], notes=notes)
