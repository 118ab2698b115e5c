"""A screenplay as a storyboard: headings are scenes, action is shots, what is said is dialogue."""

from __future__ import annotations

import re

from msgspec import Struct, field
from msgspec.structs import replace

from storyboard.imports.cast import Cast
from storyboard.imports.draft import (
    FROM_TEXT,
    MAX_SHOTS,
    Draft,
    DraftScene,
    DraftShot,
    DraftTransition,
    Ids,
    Unusable,
    clean,
    language,
    slug,
)
from storyboard.imports.pack import MOST, ROOMY, packed, seconds_of, stretches
from storyboard.imports.screenplay import Part, parts

PREFIX = re.compile(r"(INT\.?\s?/\s?EXT|EXT\.?\s?/\s?INT|I\s?/\s?E|INT|EXT|EST)[.\s]+", re.IGNORECASE)
PLACES = {"INT": "interior", "EXT": "exterior", "EST": "exterior"}
DASH = re.compile(r"\s+[-–—]+\s+")
MANNERS = {"VO": "voice over", "OS": "off screen", "OC": "off camera", "CONTD": ""}
OFF_SCREEN = frozenset({"voice over", "off screen", "off camera"})
BRACKETS = re.compile(r"\([^()]*\)")
SHOWN = 60  # characters of a heading in a remark
# What a cut knows, by words of the transition: the first that is found counts. None: the clips are laid end to end.
KINDS = {
    "WHITE": "fade-white",
    "DISSOLVE": "dissolve",
    "CROSSFADE": "dissolve",
    "WIPE": "wipe",
    "FADE IN": None,
    "FADE": "fade-black",
    "CUT": None,
}
ENDS = frozenset({"THE END", "END", "FIN"})
NO_MANNER = re.compile(r"[:：()（）\[\]\"“「]+")
SOMEBODY = "a voice"
MOST_SAID = 180  # characters of a speech in one shot: some 12 s


class _Scene(Struct):
    """A scene that is being read. `heading` is as it stands there, with its line; none before any heading."""

    id: str
    place: str
    heading: str = ""
    line: int = 0
    above: tuple[str, ...] = ()
    shots: list[DraftShot] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def draft_of_screenplay(text: str) -> Draft:
    """Raises Unusable."""
    reading = _Reading(sorted(parts(text), key=lambda part: part.line))
    return reading.draft()


class _Reading:
    def __init__(self, found: list[Part]) -> None:
        self.cast = Cast(found)
        self.front: dict[str, list[str]] = {}
        self.scenes: list[_Scene] = []
        self.changes: list[tuple[int, str]] = []  # how many scenes were before it, and its words
        self.cards: dict[str, str] = {}
        self.sections: list[str] = []  # remarks for the next scene
        self.remarks: list[str] = []
        self.shots = 0
        self.hear(SOMEBODY)
        for part in found:
            getattr(self, f"take_{part.kind}")(part)
            if len(self.scenes) + self.shots > MAX_SHOTS:
                raise Unusable(f"more than {MAX_SHOTS:,} scenes and shots: import a part of it", part.line)
        if not self.shots:
            raise Unusable("there is no action and no dialogue in it, so no shot")

    def scene(self) -> _Scene:
        """The present one. What comes before any heading is a scene too."""
        if not self.scenes:
            self.begin("opening", "")
        return self.scenes[-1]

    def begin(self, name: str, place: str, heading: str = "", line: int = 0) -> None:
        """What was to stand above a scene without shots, or in it, stands above the next."""
        if self.scenes and not self.scenes[-1].shots:
            self.sections = [*self.scenes[-1].above, *self.scenes[-1].notes, *self.sections]
        self.scenes.append(_Scene(name, place, heading, line, tuple(self.sections)))
        self.sections = []

    def remember(self, text: str) -> None:
        """What is for people: a note of the scene, or a remark above the first."""
        if text:
            (self.scenes[-1].notes if self.scenes else self.sections).append(text)

    def take_title(self, part: Part) -> None:
        self.front.setdefault(part.name, []).append(part.text)

    def take_heading(self, part: Part) -> None:
        where = PREFIX.sub("", part.text, count=1)
        self.begin(slug(where, "scene").casefold(), _place(part.text), part.text, part.line)

    def take_section(self, part: Part) -> None:
        self.sections += [part.text] if part.text else []

    def take_synopsis(self, part: Part) -> None:
        self.remember(part.text)

    def take_note(self, part: Part) -> None:
        self.remember(part.text)

    def take_centered(self, part: Part) -> None:
        if not self.scenes:
            self.cards.setdefault("title", language(part.text))
        elif part.text.strip(" .!").upper() in ENDS:
            self.cards["end"] = language(part.text)
        else:
            self.remember(f"on screen: {part.text}")

    def take_transition(self, part: Part) -> None:
        self.changes.append((len(self.scenes), clean(part.text).upper()))

    def take_action(self, part: Part) -> None:
        for piece in stretches(clean(part.text), ROOMY):
            prompt = {"subject_motion": self.cast.tagged(piece)}
            self.add(DraftShot("", min(seconds_of(piece), MOST), prompt))

    def add(self, shot: DraftShot) -> None:
        self.scene().shots.append(shot)
        self.shots += 1

    def hear(self, speaker: str, manners: tuple[str, ...] = (), *, dual: bool = False) -> None:
        """Whoever speaks from here on. `manners` are what stands behind the name, and hold for all that is said."""
        self.speaker, self.manners, self.how, self.dual = speaker, manners, "", dual

    def take_character(self, part: Part) -> None:
        said = [_manner(each.strip(" ()")) for each in BRACKETS.findall(part.text)]
        self.hear(self.cast.name(part.text) or SOMEBODY, tuple(filter(None, said)), dual=part.dual)

    def take_how(self, part: Part) -> None:
        self.how = part.text

    def take_lyrics(self, part: Part) -> None:
        if part.alone:
            self.hear(SOMEBODY)
        self.say(part.text, "singing")

    def take_speech(self, part: Part) -> None:
        self.say(part.text, self.how)

    def say(self, text: str, how: str) -> None:
        manners = ", ".join(filter(None, [*self.manners, how]))
        manner = " ".join(NO_MANNER.sub(" ", language(manners)).split())
        head = f"{self.speaker} ({manner})" if manner else self.speaker
        for words in stretches(clean(text), MOST_SAID):
            self.speak(f"{head}: {language(words)}", min(seconds_of(words, spoken=True), MOST))

    def speak(self, line: str, seconds: int) -> None:
        """In the shot before when nobody speaks there yet, or the same one, or both at once; else in a new one."""
        shots = self.scene().shots
        last = shots[-1] if shots else None
        added = 0 if self.dual and last is not None and last.dialogue else seconds
        if last is not None and self.fits(last, line, added):
            longer = last.seconds + added if last.dialogue else max(last.seconds, seconds)
            shots[-1] = replace(last, dialogue=(*last.dialogue, line), seconds=longer)
        else:
            hidden = self.speaker == SOMEBODY or not OFF_SCREEN.isdisjoint(self.manners)
            seen = f"{SOMEBODY} is heard" if hidden else f"@{self.speaker} speaks"
            self.add(DraftShot("", seconds, {"subject_motion": seen}, (line,)))

    def fits(self, shot: DraftShot, line: str, added: int) -> bool:
        held = sum(map(len, [*shot.prompt.values(), *shot.dialogue, line]))
        same = (
            bool(shot.dialogue) and re.match(rf"{re.escape(self.speaker)}[ :]", shot.dialogue[-1]) is not None
        )
        return held <= ROOMY and shot.seconds + added <= MOST and (not shot.dialogue or same or self.dual)

    def draft(self) -> Draft:
        ids = Ids()
        spread = [_packed(scene, ids) for scene in self.scenes]
        self.remarks += [
            f"line {scene.line}: nothing happens below {scene.heading[:SHOWN]}: it became no scene"
            for scene in self.scenes
            if not scene.shots and scene.heading
        ]
        front = {name: " ".join(texts).strip() for name, texts in self.front.items()}
        return Draft(
            tuple(one for group in spread for one in group),
            title=front.get("title", ""),
            note="; ".join(f"{name}: {text}" for name, text in front.items() if name != "title"),
            fields={"endpoint": FROM_TEXT},
            elements=tuple(member.element() for member in self.cast.members.values()),
            transitions=tuple(self.transitions(spread)),
            cards=self.cards,
            remarks=tuple(self.remarks),
        )

    def transitions(self, spread: list[tuple[DraftScene, ...]]) -> list[DraftTransition]:
        found: dict[tuple[str, str], DraftTransition] = {}
        for number, words in self.changes:
            before = next((group[-1].id for group in reversed(spread[:number]) if group), None)
            after = next((group[0].id for group in spread[number:] if group), None)
            known = next((word for word in KINDS if word in words), None)
            kind = KINDS[known] if known is not None else None
            if known is None:
                self.remarks.append(f"the transition {words} became a cut: the cut knows no such kind")
            elif kind is not None and before is not None and after is not None:
                found[before, after] = DraftTransition(before, after, kind)
        return list(found.values())


def _packed(scene: _Scene, ids: Ids) -> tuple[DraftScene, ...]:
    if not scene.shots:
        return ()
    note = " / ".join(scene.notes)
    shots = tuple(scene.shots)
    return packed(DraftScene(scene.id, shots, scene.place, {}, note, scene.above, ("start_image",)), ids)


def _manner(extension: str) -> str:
    """`V.O.` and the like in words."""
    short = re.sub(r"[.'’\s]", "", extension.upper())
    return MANNERS.get(short, extension)


def _place(heading: str) -> str:
    """`INT. KITCHEN - DAY` in words: interior, kitchen, day."""
    match = PREFIX.match(heading)
    inside = PLACES.get(match[1].upper(), "interior and exterior") if match else ""
    where = DASH.sub(", ", heading[match.end() if match else 0 :])
    return ", ".join(filter(None, [inside, where.lower() if where.isupper() else where]))
