"""The pictures, elements and voices of requests, each of which a storyboard has once."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct, field

from storyboard.catalog.endpoints import Endpoint, Limits
from storyboard.compile.paths import remote_problem
from storyboard.imports.draft import DraftElement, sendable, without_jinja

DESCRIBED = "somebody or something"
SHOWN = 60  # characters of an address in a remark


class RequestCast(Struct):
    """`path_of` as for requests; `elements` are by what they are, as JSON."""

    path_of: Callable[[str], str | None]
    remarks: list[str]
    voices: dict[str, str] = field(default_factory=dict)
    elements: dict[str, DraftElement] = field(default_factory=dict)

    def of(self, endpoint: Endpoint, given: Any) -> list[str]:
        """The names of a request's elements, in their order: those beyond what a request may have are described."""
        if not endpoint.takes("elements") or not isinstance(given, list):
            return []
        names: list[str] = []
        room, videos = endpoint.limits.elements, endpoint.limits.video_elements
        videos = 0 if "video_url" in endpoint.unpriced else videos
        for each in given:
            if not isinstance(each, dict):
                names.append(self._described({"element": each}))
                continue
            fields = self._fields(each, endpoint.limits)
            fits = room > 0 and ("video" not in fields or videos > 0)
            if fields and not fits:
                self.remarks.append(
                    f"`{endpoint.alias}` takes no more elements like {json.dumps(each)[:SHOWN]}: described"
                )
            new = self._element(each, fields) if fields and fits else self._described(each)
            if new not in names and fields and fits:
                room, videos = room - 1, videos - ("video" in fields)
            names.append(new)
        return names

    def has_media(self, names: list[str]) -> bool:
        return any(not element.missing for element in self.elements.values() if element.name in names)

    def describes(self, names: list[str]) -> bool:
        """Is one of them an element without pictures, of which prompts are told more than a name?"""
        return any(element.missing for element in self.elements.values() if element.name in names)

    def media(self, address: Any) -> str | None:
        """An address, or a path from the storyboard's folder. None for what can't be named in a file."""
        if not isinstance(address, str):
            return None
        if address.lower().startswith("https://"):
            if (why := remote_problem(address)) is not None:
                self.remarks.append(f"{address[:SHOWN]}: {why}: it was left out")
                return None
            return without_jinja(address)
        local = not address.lower().startswith("data:")
        path = self.path_of(address.removeprefix("file:")) if local else None
        if path is None:
            self.remarks.append(
                f"{address[:SHOWN]} is no https address and no file of the project: it was left out"
            )
        return path

    def _element(self, given: Mapping[str, Any], fields: Mapping[str, Any]) -> str:
        key = json.dumps(given, sort_keys=True)
        if key not in self.elements:
            self.elements[key] = DraftElement(f"element{len(self.elements) + 1}", fields)
        return self.elements[key].name

    def _described(self, given: Mapping[str, Any]) -> str:
        """An element without pictures."""
        key = f"described {json.dumps(given, sort_keys=True)}"
        if key not in self.elements:
            number = len(self.elements) + 1
            fields = {"name": f"element {number}", "description": DESCRIBED}
            self.elements[key] = DraftElement(f"element{number}", fields, ("its pictures",))
        return self.elements[key].name

    def _fields(self, given: Mapping[str, Any], limits: Limits) -> dict[str, Any]:
        """Its media, as fal takes them: a video, or a frontal image with references. Empty when there are none."""
        front = self.media(given["frontal_image_url"]) if given.get("frontal_image_url") else None
        more = given.get("reference_image_urls")
        found = [self.media(each) for each in (more if isinstance(more, list) else [])]
        references = [path for path in found if path is not None]
        video = self.media(given["video_url"]) if given.get("video_url") else None
        if front is None and not references:
            return self._of_video(video, given) if video is not None else {}
        if video is not None:
            self.remarks.append(f"an element has pictures or a video: {video[:SHOWN]} was left out")
        if not references or front is None:
            what = "reference" if front is not None else "frontal image"
            self.remarks.append(f"an element needs a {what}, too: its picture stands for both")
        most = limits.reference_images[1]
        if len(references) > most:
            left = ", ".join(path[:SHOWN] for path in references[most:])
            self.remarks.append(f"an element has at most {most} references: {left} was left out")
        first = front if front is not None else references[0]
        return {"frontal_image": first, "reference_images": (references or [first])[:most]}

    def _of_video(self, video: str, given: Mapping[str, Any]) -> dict[str, Any]:
        voice = given.get("voice_id")
        if not isinstance(voice, str) or not voice.strip():
            return {"video": video}
        return {"video": video, "voice": self._voice(voice)}

    def _voice(self, number: str) -> str:
        known = next((name for name, each in self.voices.items() if each == number), None)
        if known is None:
            known = f"voice{len(self.voices) + 1}"
            self.voices[known] = sendable(number, self.remarks)
        return known
