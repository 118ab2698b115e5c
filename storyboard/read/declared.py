"""What a storyboard declares before its scenes: vars, elements, voices."""

from __future__ import annotations

from typing import Any

from storyboard.findings import Report
from storyboard.read import authored, leaves
from storyboard.read.data import data
from storyboard.read.model import Element, Voice
from storyboard.read.nodes import Mapping, Scalar
from storyboard.read.render import Renderer, Scope


class Declared:
    """Reads the declarations. `broken` names elements in which something was wrong."""

    def __init__(self, source: authored.Included, report: Report, renderer: Renderer) -> None:
        self.source, self.report, self.renderer = source, report, renderer
        self.broken: set[str] = set()

    def vars(self) -> dict[str, Any]:
        node = self.source.node.get("vars")
        if node is None or (isinstance(node, Scalar) and node.is_null):
            return {}
        if not isinstance(node, Mapping):
            self.report.add(
                "SB103", node.span, expected="a mapping of names to values", found="something else"
            )
            return {}
        for key, _ in node.entries:
            if key.value in leaves.RESERVED:
                self.report.add("SB216", key.span, name=key.value)
        result: dict[str, Any] = data(node)
        return result

    def elements(self, scope: Scope) -> dict[str, Element]:
        entries = (self.source.elements or {}).items()
        found: dict[str, Element] = {}
        for name, source in entries:
            before = self.report.errors
            if self._named(name, "elements"):
                found[name] = self._element(name, source, scope)
            if self.report.errors > before:
                self.broken.add(name)
        return found

    def _element(self, name: str, source: authored.Element, scope: Scope) -> Element:
        render = self.renderer
        return Element(
            name=name,
            label=render.plain(source.name, scope) or name,
            description=render.text(source.description, scope),
            frontal_image=render.text(source.frontal_image, scope),
            reference_images=render.texts(source.reference_images, scope),
            video=render.text(source.video, scope),
            voice=render.text(source.voice, scope),
            place=self._key("elements", name),
        )

    def voices(self, scope: Scope) -> dict[str, Voice]:
        found: dict[str, Voice] = {}
        for name, scalar in (self.source.voices or {}).items():
            identity = self.renderer.plain(scalar, scope)
            if identity and self._named(name, "voices"):
                found[name] = Voice(name, identity, self._key("voices", name))
        return found

    def _named(self, name: str, field: str) -> bool:
        if leaves.is_name(name):
            return True
        self.report.add("SB210", self._key(field, name), name=name)
        return False

    def _key(self, field: str, name: str) -> Any:
        mapping = self.source.node.get(field)
        key = mapping.key(name) if isinstance(mapping, Mapping) else None
        return key.span if key is not None else self.source.place(field)
