"""What is told of the thing under the pointer, as Markdown: fields, names, files, compiled prompts, rules.

What authors wrote stands in code alone: a stranger's storyboard may hold links and pictures.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction

from storyboard.catalog.endpoints import catalog
from storyboard.catalog.prices import TIERS, PriceBook
from storyboard.compile.paths import is_remote, project_path
from storyboard.compile.prompts import CompiledScene
from storyboard.diagnostics import Diagnostic, Span
from storyboard.editor.cursor import cursor
from storyboard.editor.figures import FilmFigures, SceneFigures, ShotFigures, scene_figures
from storyboard.editor.in_turn import all_turns, in_turn
from storyboard.editor.known import Known, Told
from storyboard.editor.levels import field
from storyboard.editor.markdown import block, code
from storyboard.editor.mentions import Mention, mentions
from storyboard.editor.positions import indexes
from storyboard.media.fact import MediaFact
from storyboard.read.bounds import shown
from storyboard.read.model import Element
from storyboard.read.nodes import Mapping, Node, Scalar
from storyboard.read.source import Source
from storyboard.rules.book import BOOK

WORD = re.compile(r"[\w-]+")
SIMPLE = 50  # a ratio of larger numbers is told as one number
KILO = 1000


def hover(known: Known, index: int) -> Told | None:
    """None where there is nothing to tell."""
    parts: list[tuple[str, Span]] = []
    mention = mentions(known.written).at(index) if known.written is not None else None
    if (bound := in_turn(known, index, mention)) is not None:
        parts.append(bound)
    elif mention is not None and (text := _mention(mention, known)):
        parts.append((text, mention.span))
    elif (found := _field(known.source, index)) is not None:
        parts += [found, *_of_each(known, index, found[1])]
    elif (scene := _scene_at(known, index)) is not None:
        parts.append(scene)
    parts += [(_rule(each), each.span) for each in _at(known, index)]
    if not parts:
        return None
    return Told("\n\n---\n\n".join(dict.fromkeys(text for text, _ in parts)), parts[0][1])


def _at(known: Known, index: int) -> Iterator[Diagnostic]:
    for each in known.diagnostics:
        if each.span.path == known.source.path:
            start, stop = indexes(known.source, each.span)
            if start <= index <= stop:
                yield each


def _rule(diagnostic: Diagnostic) -> str:
    rule = BOOK.get(diagnostic.code)
    source = f"\n\nSource: {rule.source}." if rule is not None else ""
    cure = f"\n\n{block(diagnostic.hint)}" if diagnostic.hint else ""
    return f"**{diagnostic.code}** · {diagnostic.severity}{cure}{source}"


def _field(source: Source, index: int) -> tuple[str, Span] | None:
    """The key under the pointer; by indentation alone, so in a broken text too."""
    line, column = source.position(index)
    begin = source.starts[line - 1]
    for match in WORD.finditer(source.line(line)):
        if match.start() <= column - 1 <= match.end():
            place = cursor(source, begin + match.end())
            if place.place != "key" or place.typed.lstrip("\"'") != match[0]:
                return None
            found = field((*place.path, match[0]))
            if found is None:
                return None
            needed = "needed" if found.required else "optional"
            text = f"**{found.name}** · {found.level} · {needed}\n\n{found.description}"
            return text, source.span(begin + match.start(), begin + match.end())
    return None


def _of_each(known: Known, index: int, key: Span) -> Iterator[tuple[str, Span]]:
    """Of `for_each`: its items, and the scenes that it makes."""
    start, stop = indexes(known.source, key)
    if known.source.text[start:stop] != "for_each" or known.written is None:
        return
    if told := all_turns(known, index):
        yield told, key
    scene, shot = known.written.at(index)
    if scene is None or shot is not None or known.compiled is None:
        return
    made = [each for each in known.compiled.scenes if _lies_in(each.scene.place, scene.node, known.source)]
    if told := _several(scene.name, [scene_figures(each, known.book) for each in made], known.book):
        yield told, key


def _mention(mention: Mention, known: Known) -> str:
    told = {
        "element": _element,
        "voice": _voice,
        "var": _var,
        "file": _file,
        "template": lambda each, _: f"**template** {code(each.name)}",
        "endpoint": _endpoint,
        "scene": _scene,
        "shot": _scene,
    }.get(mention.kind)
    return told(mention, known) if told is not None else ""


def _element(mention: Mention, known: Known) -> str:
    element = known.compiled.storyboard.elements.get(mention.name) if known.compiled is not None else None
    if element is None or known.compiled is None:
        return f"**@{mention.name}** · element"
    label = f" · {code(element.label)}" if element.label != element.name else ""
    lines = [f"**@{element.name}** · element{label}"]
    if element.description is not None:
        lines.append(block(element.description.value))
    lines += [f"- {role}: {_media(file, known)}" for role, file in _files(element)]
    if element.voice is not None:
        lines.append(f"- voice: {code(element.voice.value)}")
    return "\n\n".join(lines[:2]) + ("\n" + "\n".join(lines[2:]) if lines[2:] else "")


def _files(element: Element) -> Iterator[tuple[str, str]]:
    if element.frontal_image is not None:
        yield "front", element.frontal_image.value
    for image in element.reference_images:
        yield "reference", image.value
    if element.video is not None:
        yield "video", element.video.value


def _voice(mention: Mention, known: Known) -> str:
    voice = known.compiled.storyboard.voices.get(mention.name) if known.compiled is not None else None
    return f"**{mention.name}** · voice" + (f" · {code(voice.id)}" if voice is not None else "")


def _var(mention: Mention, known: Known) -> str:
    node = known.written.names("vars").get(mention.name) if known.written is not None else None
    values = known.compiled.storyboard.vars if known.compiled is not None else {}
    value = values.get(mention.name)
    if node is None and mention.name not in values:
        return ""
    text = shown(value) if isinstance(value, (str, int, bool)) else _text_of(node)
    return f"**{mention.name}** · var" + (f"\n\n{block(text)}" if text else "")


def _text_of(node: Node | None) -> str:
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Mapping):
        return "\n".join(node.names())
    return node.source.text[node.start : node.stop].rstrip() if node is not None else ""


def _file(mention: Mention, known: Known) -> str:
    return _media(mention.name, known)


def _media(name: str, known: Known) -> str:
    """A file's name with its size and ratio."""
    path = None if is_remote(name) else project_path(known.base, name)
    facts = known.compiled.surroundings.media if known.compiled is not None else {}
    fact = facts.get(path) if path is not None else None
    return code(name) + (f" · {measures(fact)}" if fact is not None else "")


def measures(fact: MediaFact) -> str:
    """`1280 × 720 · 16:9 · 84 kB`."""
    if fact.problem is not None:
        return fact.problem
    parts = []
    if fact.width and fact.height:
        parts += [f"{fact.width} × {fact.height}", ratio(fact.width, fact.height)]
    if fact.seconds is not None:
        parts.append(f"{fact.seconds:.2f} s")
    return " · ".join([*parts, f"{max(fact.size // KILO, 1):,} kB"])


def ratio(width: int, height: int) -> str:
    exact = Fraction(width, height)
    if max(exact.numerator, exact.denominator) <= SIMPLE:
        return f"{exact.numerator}:{exact.denominator}"
    return f"{width / height:.2f}:1"


def _endpoint(mention: Mention, known: Known) -> str:
    row = catalog().find(mention.name)
    if row is None:
        return ""
    limits = row.limits
    least, most = limits.clip_seconds
    prices = [(tier, known.book.unit_price(row.id, tier)) for tier in TIERS]
    said = ", ".join(f"{tier} {price}" for tier, price in prices if price is not None) or "unknown"
    return (
        f"**{row.alias}** · endpoint · {code(row.id)}\n\n- {least} to {most} s a clip, {row.height} lines\n"
        f"- USD a second: {said} (by {known.book.name}, {known.book.as_of})\n"
        f"- characters: {limits.prompt_characters} of one shot, {limits.shot_characters} of each of several"
    )


def _scene(mention: Mention, known: Known) -> str:
    """A scene or a shot by its name; all that was made of it, where that is more than one request."""
    found = list(_meant(mention, known))
    if mention.kind == "scene":
        figures = [scene_figures(each, known.book) for each in found]
        return _told(figures[0]) if len(figures) == 1 else _several(mention.name, figures, known.book)
    for compiled in found:
        for shot in compiled.scene.shots:
            if f"{mention.scene}.{shot.id}" == mention.name:
                return _told(scene_figures(compiled, known.book), shot.id)
    return ""


def _meant(mention: Mention, known: Known) -> Iterator[CompiledScene]:
    """By the name, by those of its parts, or by where the id stands that they were made of."""
    if known.compiled is None:
        return
    name = mention.name if mention.kind == "scene" else mention.scene
    names = known.compiled.storyboard.parts.get(name, (name,))
    for each in known.compiled.scenes:
        place = each.scene.id.node
        is_there = mention.made and mention.kind == "scene" and _lies_at(place, mention.span)
        if each.scene.id.value in names or is_there:
            yield each


def _lies_at(node: Node, span: Span) -> bool:
    place = node.source.span(node.start, node.stop)
    return (
        place.path == span.path
        and place.line == span.line
        and place.column <= span.column <= place.end_column
    )


def _several(name: str, figures: Sequence[SceneFigures], book: PriceBook) -> str:
    if not figures:
        return ""
    rows = [f"- {code(each.id)}: {each} · {each.endpoint}" for each in figures]
    return "\n".join([f"**{code(name)}** · {FilmFigures(tuple(figures), book)}", "", *rows])


def _scene_at(known: Known, index: int) -> tuple[str, Span] | None:
    """The shot that the pointer is in; more scenes than one when they are made of what stands here."""
    scene, shot = known.written.at(index) if known.written is not None else (None, None)
    if scene is None or known.compiled is None or (scene.shots and shot is None):
        return None
    node = scene.node if shot is None else shot.node
    for compiled in known.compiled.scenes:
        figures = scene_figures(compiled, known.book)
        for each in figures.shots:
            if _lies_in(each.place, node, known.source):
                return _told(figures, each.id), each.place
    return None


def _lies_in(place: Span, node: Node, source: Source) -> bool:
    return place.path == source.path and node.start <= indexes(source, place)[0] < node.stop


def _told(scene: SceneFigures, shot: str | None = None) -> str:
    if shot is not None or len(scene.shots) == 1:
        each = next((each for each in scene.shots if each.id == shot), scene.shots[0])
        name = f"{scene.id}.{each.id}" if len(scene.shots) > 1 else scene.id
        return (
            f"**{name}** · {each} · {scene.endpoint}, {scene.tier}\n\n{block(each.prompt)}\n\n{_meter(each)}"
        )
    lines = [f"**{scene.id}** · {scene} · {scene.endpoint}", ""]
    return "\n".join([*lines, *(f"- {each.id}: {each}" for each in scene.shots)])


def _meter(shot: ShotFigures) -> str:
    """Characters by the section and the level that they come from."""
    rows = [
        f"- {section or 'template'}{f' ({level})' if level else ''}: {count}"
        for (section, level), count in shot.meter.items()
    ]
    return "\n".join(rows)
