"""Rules on the words that are spoken. A language is told by its script: what can only be guessed is not said."""

from __future__ import annotations

import re
from unicodedata import name

from storyboard.compile.prompts import CompiledScene
from storyboard.findings import Report
from storyboard.read.model import Line

CAPITALS = re.compile(r"[A-Z]{2}")
WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
LONG = 7  # letters of a word in capitals that is no acronym
# Words in capitals that are none either: without one of them, or a long word, a line may be all acronyms.
COMMON = frozenset(
    """
    A ALL AND ARE AWAY BACK BE BUT CAN COME DO DON'T DOWN FOR GET GIVE GO HAVE HE HELP HER HERE HIM I I'M IN IS ME MY
    NO NOT NOW OF OFF ON OUT OVER PLEASE RUN SHE STAY STOP TAKE THAT THE THERE THEY THIS TO UP WAIT WAS WE WHAT WHEN
    WHERE WHO WHY WILL WITH YES YOU YOUR
    """.split()  # noqa: SIM905 - word lists read better as words
)
OTHERS = frozenset(
    """
    CYRILLIC ARABIC HEBREW HIRAGANA KATAKANA HANGUL DEVANAGARI THAI GREEK ARMENIAN GEORGIAN BENGALI TAMIL TELUGU
    GUJARATI GURMUKHI KANNADA MALAYALAM SINHALA KHMER LAO MYANMAR TIBETAN ETHIOPIC MONGOLIAN
    """.split()  # noqa: SIM905 - word lists read better as words
)
FEW = 2  # letters that may be a name or a sign


def check_speech(compiled: CompiledScene, report: Report) -> None:
    """Lines that are sent and sound otherwise than written."""
    if not compiled.heard:
        return
    for shot in compiled.scene.shots:
        for line in shot.dialogue:
            if line.speaker is not None:
                _capitals(line, report)
                _script(line, report)


def _capitals(line: Line, report: Report) -> None:
    text = line.words.value
    if CAPITALS.search(text) is None:
        return
    words = WORD.findall(text)
    loud = [word for word in words if len(word) > 1 and word.isupper()]
    plain = any(word.replace("’", "'") in COMMON or len(word) >= LONG for word in loud)
    if plain and len(loud) > 1 and 2 * len(loud) > len(words):
        report.add("SB811", line.words.span, words=text)


def _script(line: Line, report: Report) -> None:
    if line.words.value.isascii():
        return
    scripts = [name(letter, "").partition(" ")[0] for letter in line.words.value if letter.isalpha()]
    other = [script for script in scripts if script in OTHERS]
    if len(other) > FEW:
        report.add("SB812", line.words.span, script=max(set(other), key=other.count).capitalize())
