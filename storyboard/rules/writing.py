"""Rules on what may be sent and is seldom meant. A wrong alarm is worse than a miss: they look for certain wordings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import combinations

from storyboard.compile.compiler import Compiled
from storyboard.compile.prompts import CompiledScene
from storyboard.diagnostics import Note
from storyboard.findings import Report
from storyboard.read.levels import is_inherited
from storyboard.read.model import Part, Prompt, Shot
from storyboard.read.nodes import Scalar
from storyboard.rules.camera import check_camera
from storyboard.rules.source import unheard
from storyboard.rules.speakers import check_speakers
from storyboard.rules.speech import check_speech
from storyboard.rules.wording import Wording

SEEN = ("scene", "subject_motion", "camera", "important_details")
WORDS = re.compile(r"\w+")
FIRST_WORDS = re.compile(r"\W*(\w+)(?:\W+(\w+)\W+(\w+))?")
MANY_WORDS = 5  # that are no chance when they stand together twice
MANY_LETTERS = 12  # the same in scripts without blanks

HEARD = Wording(
    ("hear", "voice", "sound effect"),
    r"\bwe (?:can |only |now )?hear\b|\b(?:can be|is|are) heard\b|\bvoice[- ]?overs?\b|\bsound effects?\b",
)
CARRIER = (
    r"(?:sign|signpost|banner|poster|billboard|headline|newspaper|plaque|placard|label|logo|title|caption|subtitle|screen|"
    r"letter|note|card|shirt|t-shirt|badge|tattoo|graffiti|neon)s?"
)
QUOTE, QUOTED = '["“‘「『]', '["“‘「『][^"”’」』]+["”’」』]'
WHERE = r"(?: (?:above|across|at|behind|by|in|of|on|outside|over|with) [^.,!?\n\"“]{1,24}?)?"
READS = r"(?:that |which )?(?:reads?|reading|says?|saying|spells?|spelling)"
LETTERING = Wording(
    ("read", "say", "spell", "word", "letter", "caption", "title", "logo", "text"),
    rf"\b{CARRIER}{WHERE},? {READS}\b:? ?{QUOTE}[^\"”’」』]*|"
    rf"\bthe words? {QUOTED} (?:appears?|is|are|fades?|glows?|written|painted|in)\b|"
    r"\b(?:title card|on-screen text|lower third)s?\b|"
    r"\b(?:logo|title|caption|text) (?:appears|fades in|animates|slides in|forms|is revealed)\b",
)
DESCRIBED = "the sound described here"
CLEAN = """
    watermark text letter logo subtitle caption label title writing typograph 水印 文字 字幕 标志
    """.split()  # noqa: SIM905 - word lists read better as words


def check_writing(film: Compiled, report: Report) -> None:
    for compiled in (*film.scenes, *film.unpicked):
        check_speech(compiled, report)
        check_speakers(compiled, film.cast, report)
        for shot in compiled.scene.shots:
            if shot.prompt.verbatim is None:
                _shot(shot, compiled, film, report)
    _sound_of_all(film, report)
    _watermark(film, report)


def _shot(shot: Shot, compiled: CompiledScene, film: Compiled, report: Report) -> None:
    check_camera(shot.prompt, report)
    _twice(shot.prompt, report)
    if film.cast.elements:
        _untagged(shot.prompt, film, report)
    for part in _parts(shot.prompt, *SEEN):
        folded = part.text.value.casefold()
        _found(LETTERING, "SB818", part.text, folded, report)
        if not compiled.audio and not compiled.endpoint.keeps_sound and not is_inherited(part.level):
            _found(HEARD, "SB815", part.text, folded, report)
    if not compiled.heard:
        where = f"`{compiled.scene.id.value}`"
        for part in _parts(shot.prompt, "audio"):
            if not is_inherited(part.level):
                unheard(part.text.span, DESCRIBED, compiled, report, where)


def _parts(prompt: Prompt, *sections: str) -> Iterator[Part]:
    for section in sections:
        yield from prompt.sections.get(section, ())


def _found(wording: Wording, code: str, text: Scalar, folded: str, report: Report) -> None:
    for match in wording.found(text.value, folded):
        report.add(code, text.place(*match.span()), words=match[0])


def _twice(prompt: Prompt, report: Report) -> None:
    """A section whose whole text stands in another one of the same shot."""
    texts = [
        (name, part.text)
        for name, parts in prompt.sections.items()
        for part in parts
        if part.text.value.count(" ") >= MANY_WORDS - 1 or not part.text.value.isascii()
    ]
    for one, other in combinations(texts, 2):
        if one[0] != other[0] and _within(one[1].value, other[1].value):
            first, second = sorted((one, other), key=lambda found: found[1].span.key())
            notes = (Note("first said here", first[1].span),)
            report.add("SB817", second[1].span, one=first[0], other=second[0], notes=notes)


@lru_cache(maxsize=1024)
def _within(one: str, other: str) -> bool:
    """Do all words of one of the two stand in the other, in one piece?"""
    short, long = (one, other) if len(one) < len(other) else (other, one)
    long = long.casefold()
    first = FIRST_WORDS.match(short.casefold())
    if first is None or not all(word in long for word in first.groups("")):
        return False
    words = _words(short)
    return words != "" and words in _words(long)


def _words(text: str) -> str:
    """The words of a text between blanks; nothing when they are so few that chance may repeat them."""
    words = WORDS.findall(text.casefold())
    many = len(words) >= MANY_WORDS or (not text.isascii() and sum(map(len, words)) >= MANY_LETTERS)
    return f" {' '.join(words)} " if many else ""


def _untagged(prompt: Prompt, film: Compiled, report: Report) -> None:
    """The section that lists elements names one that has media, and its tag is nowhere in the shot."""
    for part in prompt.sections.get("elements", ()):
        for match in WORDS.finditer(part.text.value):
            element = film.cast.elements.get(match[0])
            if element is not None and element.has_media and not _tags(prompt, match[0]):
                report.add("SB813", part.text.place(*match.span()), name=match[0])


def _tags(prompt: Prompt, name: str) -> bool:
    return any(f"@{name}" in part.text.value for part in _parts(prompt, *prompt.sections))


def _sound_of_all(film: Compiled, report: Report) -> None:
    """Sound in `defaults` is lost only when no scene has any."""
    if any(compiled.heard for compiled in film.scenes) or not film.storyboard.whole:
        return
    for compiled in film.scenes:
        for shot in compiled.scene.shots:
            for part in _parts(shot.prompt, "audio"):
                if is_inherited(part.level):
                    unheard(part.text.span, DESCRIBED, compiled, report, "every scene")


def _watermark(film: Compiled, report: Report) -> None:
    """Once a film: `defaults` constrain the picture, and neither they nor what is to be left out speak of text."""
    for compiled in film.scenes:
        for shot in compiled.scene.shots:
            parts = [part for part in _parts(shot.prompt, "constraints") if is_inherited(part.level)]
            if parts:
                said = [part.text for part in _parts(shot.prompt, "constraints")]
                negative = compiled.scene.negative_prompt
                texts = " ".join(text.value.casefold() for text in (*said, negative) if text is not None)
                if not any(word in texts for word in CLEAN):
                    report.add("SB819", parts[0].text.span)
                    return
