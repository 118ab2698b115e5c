"""The compiled prompts of a scene: names resolved, template applied, positions given, characters counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from msgspec import Struct

from storyboard.catalog.endpoints import Endpoint
from storyboard.compile.names import Atom, Cast, atoms
from storyboard.compile.sentences import paragraph
from storyboard.compile.skeleton import Section, Skeletons, section_of
from storyboard.compile.template import Marker, Piece, PromptTemplate
from storyboard.diagnostics import Span
from storyboard.findings import Report
from storyboard.read.authored_prompt import SECTIONS
from storyboard.read.model import Element, Line, Part, Scene, Shot
from storyboard.read.nodes import Scalar


class CompiledPrompt(Struct, frozen=True):
    """One shot's prompt: the text, the pieces that make it (as sent, with positions for names), and how many element
    tags are in it."""

    text: str
    pieces: tuple[Piece, ...]
    tags: int

    def characters(self, endpoint: Endpoint) -> int:
        """What counts against the limit of a shot of several: Kling expands the tags before it counts."""
        return len(self.text) + endpoint.limits.tag_characters * self.tags

    def place(self) -> Span | None:
        """The first authored stretch."""
        return next((piece.atom.place for piece in self.pieces if piece.atom is not None), None)


class CompiledScene(Struct, frozen=True):
    """A scene with its prompts. `tagged` are the elements of the request in the order of their positions;
    `spoken` the voices in the order of first use; `audio` whether the clip has sound."""

    scene: Scene
    endpoint: Endpoint
    audio: bool
    prompts: tuple[CompiledPrompt, ...]
    tagged: tuple[Element, ...]
    spoken: tuple[str, ...]
    used: frozenset[str]  # names of all elements that occur, with or without media

    @property
    def heard(self) -> bool:
        """Whether what is written of sound is sent: not where the sound is off, nor where it is that of a film."""
        return self.audio and not self.endpoint.keeps_sound


def compile_scene(
    scene: Scene, endpoint: Endpoint, cast: Cast, template: PromptTemplate, report: Report
) -> CompiledScene:
    """The scene's prompts. Raises JinjaProblem when the template fails on them."""
    audio = _has_sound(scene, endpoint)
    heard = audio and not endpoint.keeps_sound
    sections = _Sections(cast, report)
    marked = [_Layout(shot, cast, sections, audio=heard) for shot in scene.shots]
    filled: list[tuple[Piece, ...]] = []
    for index, layout in enumerate(marked):
        before = marked[index - 1] if index else None
        filled.append(layout.fill(template, count=len(marked), before=before))
    return _Numbering(scene, endpoint, cast, audio=audio).compiled(filled)


def _has_sound(scene: Scene, endpoint: Endpoint) -> bool:
    """As its author asks by the switch that the endpoint has, else as fal does by itself."""
    asked = scene.keep_audio if endpoint.keeps_sound else scene.generate_audio
    if endpoint.switch is None or asked is None:
        return endpoint.makes_sound({})
    return asked.value


EMPTY = dict.fromkeys(SECTIONS, "")


class _Sections:
    """The sections of a scene, their names told apart. What several shots inherit is looked through once."""

    def __init__(self, cast: Cast, report: Report) -> None:
        self.cast, self.report = cast, report
        self.marker = Marker()
        self.known: dict[int, Section] = {}  # by the identity of the parts, which the scene keeps alive

    def section(self, name: str, parts: tuple[Part, ...]) -> Section:
        if (known := self.known.get(id(parts))) is None:
            texts = [atoms(part.text, self.cast, self.report, name, part.level) for part in parts]
            known = self.known[id(parts)] = section_of(texts)
        return known

    def marked(self, scalar: Scalar, section: str, level: str) -> str:
        return "".join(map(self.marker.wrap, atoms(scalar, self.cast, self.report, section, level)))


class _Layout:
    """One shot's sections, and its dialogue as marked text."""

    def __init__(self, shot: Shot, cast: Cast, sections: _Sections, *, audio: bool) -> None:
        self.shot, self.cast, self.audio = shot, cast, audio
        self.marker, self.marked = sections.marker, sections.marked
        prompt = shot.prompt
        self.scene_text = [part.text.value for part in prompt.sections.get("scene", ())]
        self.verbatim = (
            self.marked(prompt.verbatim, "verbatim", "shot") if prompt.verbatim is not None else None
        )
        self.sections = {name: sections.section(name, parts) for name, parts in prompt.sections.items()}
        if not audio:
            self.sections.pop("audio", None)
        self.dialogue = paragraph([self._line(line) for line in shot.dialogue]) if audio else ""

    def fill(self, template: PromptTemplate, *, count: int, before: _Layout | None) -> tuple[Piece, ...]:
        if self.verbatim is not None:
            return self.marker.unwrap(self.verbatim)
        fixed = {
            "labelled": self.shot.prompt.labelled,
            "count": count,
            "scene_changes": before is None or before.scene_text != self.scene_text,
        }
        skeletons = Skeletons.of(template) if not self.dialogue else None
        found = skeletons.pieces(self.sections, fixed) if skeletons is not None else None
        return self._through(template, fixed) if found is None else found

    def _through(self, template: PromptTemplate, fixed: Mapping[str, Any]) -> tuple[Piece, ...]:
        """What the template makes of the sections themselves."""
        marked = {name: self.marker.wrapped(section.pieces) for name, section in self.sections.items()}
        values = {**EMPTY, **marked, "dialogue": self.dialogue, **fixed}
        return self.marker.unwrap(template.fill(values).strip())

    def _line(self, line: Line) -> str:
        words = self.marked(line.words, "dialogue", "shot")
        if line.speaker is None:
            return words
        manner = f" ({self.marked(line.manner, 'dialogue', 'shot')})" if line.manner is not None else ""
        return f'{self._speaker(line.speaker)}{manner}: "{words}"'

    def _speaker(self, speaker: Scalar) -> str:
        """An element, a voice, or any words."""
        name = speaker.value.removeprefix("@")
        kind: Literal["element", "voice"] = "element" if name in self.cast.elements else "voice"
        if name not in self.cast.elements and name not in self.cast.voices:
            return self.marked(speaker, "dialogue", "shot")
        atom = Atom(kind, name, speaker, 0, len(speaker.value), "dialogue", "shot", speaks=True)
        return self.marker.wrap(atom)


class _Numbering:
    """Turns names into what is sent: positions by first use, names and descriptions where there is no media."""

    def __init__(self, scene: Scene, endpoint: Endpoint, cast: Cast, *, audio: bool) -> None:
        self.scene, self.endpoint, self.cast, self.audio = scene, endpoint, cast, audio
        self.positions: dict[str, int] = {}
        self.voices: dict[str, int] = {}
        self.described: set[str] = set()

    def compiled(self, filled: Sequence[tuple[Piece, ...]]) -> CompiledScene:
        listed = [scalar.value.removeprefix("@") for scalar in self.scene.elements]
        written = [
            piece.atom.text
            for pieces in filled
            for piece in pieces
            if piece.atom is not None and piece.atom.kind == "element"
        ]
        self._positions([*written, *listed])
        prompts = tuple([self._prompt(pieces) for pieces in filled])
        tagged = tuple(self.cast.elements[name] for name in self.positions)
        used = frozenset([*written, *listed])
        return CompiledScene(self.scene, self.endpoint, self.audio, prompts, tagged, tuple(self.voices), used)

    def _positions(self, names: Sequence[str]) -> None:
        """First use in the sent text decides; elements that are only listed come after."""
        if not self.endpoint.takes("elements"):
            return
        for name in names:
            element = self.cast.elements.get(name)
            if element is not None and element.has_media:
                self.positions.setdefault(name, len(self.positions) + 1)

    def _prompt(self, pieces: tuple[Piece, ...]) -> CompiledPrompt:
        sent = tuple([p if p.atom is None or p.atom.kind == "text" else self._named(p.atom) for p in pieces])
        text = "".join([piece.text for piece in sent])
        return CompiledPrompt(text, sent, self._tags(sent) if self.positions else 0)

    @staticmethod
    def _tags(sent: tuple[Piece, ...]) -> int:
        return sum(
            [p.text.startswith("@Element") and p.atom is not None and p.atom.kind != "text" for p in sent]
        )

    def _named(self, atom: Atom) -> Piece:
        return Piece(self._element(atom.text) if atom.kind == "element" else self._voice(atom), atom)

    def _element(self, name: str) -> str:
        if name in self.positions:
            return f"@Element{self.positions[name]}"
        element = self.cast.elements.get(name)
        if element is None:
            return name
        if element.description is None or name in self.described:
            return element.label
        self.described.add(name)
        return f"{element.label} ({element.description.value})"

    def _voice(self, atom: Atom) -> str:
        """Bound to an element of the request, a voice is that element; without elements it is a position."""
        name = atom.text
        bound = next((e.name for e in self._tagged() if e.video and e.voice and e.voice.value == name), None)
        self.voices.setdefault(name, len(self.voices) + 1)
        if bound is not None:
            return f"@Element{self.positions[bound]}"
        who = f"{name} " if atom.speaks else ""
        return f"{who}<<<voice_{self.voices[name]}>>>"

    def _tagged(self) -> Iterable[Element]:
        return (self.cast.elements[name] for name in self.positions)


def meter(prompt: CompiledPrompt) -> Mapping[tuple[str, str], int]:
    """Characters by (section, level), in the order in which they are sent; ("", "") is what the template wrote."""
    counts: dict[tuple[str, str], int] = {}
    for piece in prompt.pieces:
        counts[piece.origin] = counts.get(piece.origin, 0) + len(piece.text)
    return counts
