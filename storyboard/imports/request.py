"""Requests as fal takes them, as a storyboard that sends the same: words, addresses, elements, voices."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from storyboard.catalog.endpoints import Catalog, Endpoint
from storyboard.imports.draft import (
    MAX_SHOTS,
    Draft,
    DraftElement,
    DraftScene,
    DraftShot,
    Ids,
    Unusable,
    slug,
    without_jinja,
)

ENDPOINTS = ("endpoint", "endpoint_id", "model", "app", "application")
ARGUMENTS = ("arguments", "input", "payload", "json_input")
TAG = re.compile(r"@Element(\d+)(?![A-Za-z0-9_])|@|<<<([^<>]*)>>>|<<<")
NAME = re.compile(r"@(element\d+)")
VOICE = re.compile(r"voice_([1-9])")
NOT_IN_A_FILE = re.compile("[\x00\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
PLAIN_FIELDS = ("negative_prompt", "cfg_scale", "shot_type", "aspect_ratio")
SECONDS = re.compile(r"\d{1,3}(?:\.0+)?")


@dataclass(frozen=True)
class _Request:
    number: int
    name: str
    endpoint: Endpoint
    arguments: Mapping[str, Any]
    take: int


def draft_of_requests(text: str, catalog: Catalog, path_of: Callable[[str], str | None]) -> Draft:
    """`path_of` gives the path from the storyboard's folder of a local file that a request names from the project's,
    None when there is none. Raises Unusable."""
    try:
        found = json.loads(text)
    except json.JSONDecodeError as problem:
        raise Unusable(f"this is no JSON: {problem.msg}", problem.lineno) from None
    except (RecursionError, ValueError):
        raise Unusable("this JSON is nested too deep, or holds a number too long") from None
    making = _Making(path_of)
    scenes = tuple([making.scene(request) for request in _requests(found, catalog)])
    return Draft(
        scenes,
        voices=making.voices,
        elements=tuple(making.elements.values()),
        remarks=tuple(dict.fromkeys(making.remarks)),
    )


def _requests(found: Any, catalog: Catalog) -> Iterator[_Request]:
    rows = found.get("requests", found) if isinstance(found, dict) else found
    rows = rows if isinstance(rows, list) else [rows]
    if not 0 < len(rows) <= MAX_SHOTS:
        raise Unusable("there is no request in it" if not rows else f"more than {MAX_SHOTS:,} requests")
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            raise Unusable(f"request {number} is no object")
        arguments = next((row[name] for name in ARGUMENTS if isinstance(row.get(name), dict)), row)
        if not {"prompt", "multi_prompt"} & arguments.keys():
            raise Unusable(f"request {number} has no `prompt` and no `multi_prompt`")
        name = next((row[each] for each in ENDPOINTS if isinstance(row.get(each), str)), None)
        scene, take = row.get("scene"), row.get("take")
        inside = {
            key: value for key, value in arguments.items() if arguments is not row or key not in ENDPOINTS
        }
        yield _Request(
            number,
            slug(scene, "") if isinstance(scene, str) else "",
            _endpoint(number, name, inside, catalog),
            inside,
            take if isinstance(take, int) and take > 1 else 1,
        )


def _endpoint(number: int, name: str | None, arguments: Mapping[str, Any], catalog: Catalog) -> Endpoint:
    """The one that is named; else the one whose fields these are."""
    if name is None:
        still = "start_image_url" in arguments
        name = "kling-v3-turbo-standard" if "image_url" in arguments else "kling-v3-standard"
        name += "" if still or "image_url" in arguments else "-text"
    found = catalog.find(name.strip("/"))
    if found is None:
        raise Unusable(
            f"request {number} is for {name}, which is not in the catalog: `storyboard prices` lists what is"
        )
    if found.begins == "film":
        raise Unusable(
            f"request {number} is for {found.alias}, whose clips start from a film; how long that is does not stand in "
            "it: write the scene by hand, with `source_video`"
        )
    return found


@dataclass
class _Making:
    path_of: Callable[[str], str | None]
    voices: dict[str, str] = field(default_factory=dict)
    elements: dict[str, DraftElement] = field(default_factory=dict)  # by what they are, as JSON
    remarks: list[str] = field(default_factory=list)
    ids: Ids = field(default_factory=Ids)

    def scene(self, request: _Request) -> DraftScene:
        endpoint, missing, stills = request.endpoint, list[str](), dict[str, str]()
        for key in ("start_image", "end_image"):
            address = request.arguments.get(endpoint.wire(f"{key}_url"))
            if address is not None and endpoint.takes(f"{key}_url"):
                path = self.media(address)
                stills |= {key: path} if path is not None else {}
                missing += [key] if path is None else []
        alias = endpoint.alias
        if endpoint.needs("start_image_url") and "start_image" not in stills:
            alias, missing = f"{endpoint.alias}-text", ["start_image"]
            stills = {}
        names = self.cast(request)
        rest = self.fields(request)
        shots = tuple(self.shots(request, names))
        unsaid = self.unsaid(names, shots)
        listed = {"elements": unsaid} if unsaid else {}
        take = {"take": request.take} if request.take > 1 else {}
        name = self.ids.give(request.name or f"scene-{request.number}")
        fields = {"endpoint": alias, **take, **stills, **rest, **listed}
        return DraftScene(name, shots, fields=fields, missing=tuple(missing))

    def unsaid(self, names: list[str], shots: tuple[DraftShot, ...]) -> list[str]:
        """The elements that no prompt names. The others are sent in the order in which prompts name them."""
        words = " ".join(shot.prompt["verbatim"] for shot in shots)
        said = list(dict.fromkeys(found for found in NAME.findall(words) if found in names))
        unsaid = [name for name in names if name not in said]
        if [*said, *unsaid] != list(dict.fromkeys(names)):
            self.remarks.append(
                "elements are sent in the order in which prompts name them: their positions changed"
            )
        return unsaid

    def media(self, address: Any) -> str | None:
        """An address, or a path from the storyboard's folder. None for what can't be named in a file."""
        if not isinstance(address, str):
            return None
        if address.lower().startswith("https://"):
            return address
        path = (
            self.path_of(address.removeprefix("file:")) if not address.lower().startswith("data:") else None
        )
        if path is None:
            self.remarks.append(
                f"{address[:60]} is no https address and no file of the project: it was left out"
            )
        return path

    def cast(self, request: _Request) -> list[str]:
        """The names of the request's elements, in their order."""
        found = request.arguments.get("elements") or []
        if not request.endpoint.takes("elements") or not isinstance(found, list):
            return []
        return [self.element(each) for each in found if isinstance(each, dict)]

    def element(self, given: Mapping[str, Any]) -> str:
        key = json.dumps(given, sort_keys=True)
        if key not in self.elements:
            name = f"element{len(self.elements) + 1}"
            fields = self.element_fields(given)
            complete = "video" in fields or {"frontal_image", "reference_images"} <= fields.keys()
            if not complete:
                fields = {"name": f"element {len(self.elements) + 1}", "description": "somebody or something"}
            self.elements[key] = DraftElement(name, fields, () if complete else ("its pictures",))
        return self.elements[key].name

    def element_fields(self, given: Mapping[str, Any]) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        for key in ("frontal_image", "video"):
            path = self.media(given[f"{key}_url"]) if given.get(f"{key}_url") else None
            fields |= {key: path} if path is not None else {}
        more = given.get("reference_image_urls")
        paths = [
            path
            for each in (more if isinstance(more, list) else [])
            if (path := self.media(each)) is not None
        ]
        fields |= {"reference_images": paths} if paths else {}
        if "video" in fields and isinstance(given.get("voice_id"), str):
            fields["voice"] = self.voice(given["voice_id"])
        return fields

    def voice(self, number: str) -> str:
        known = next((name for name, each in self.voices.items() if each == number), None)
        if known is None:
            known = f"voice{len(self.voices) + 1}"
            self.voices[known] = self.sendable(number)
        return known

    def fields(self, request: _Request) -> dict[str, Any]:
        """What is neither words nor pictures. What a storyboard has no word for is kept as `x-…`, and not sent."""
        endpoint, given = request.endpoint, request.arguments
        known = {endpoint.wire("start_image_url"), endpoint.wire("end_image_url")}
        known |= {"prompt", "multi_prompt", "duration"} | (
            {"elements"} if endpoint.takes("elements") else set()
        )
        made: dict[str, Any] = {}
        for name, value in given.items():
            if name == "generate_audio" and isinstance(value, bool) and endpoint.accepts(name):
                made[name] = value
            elif name in PLAIN_FIELDS and endpoint.accepts(name) and isinstance(value, (str, int, float)):
                made |= self.plain_field(request, name, value)
            elif name == "voice_ids" and endpoint.accepts(name) and isinstance(value, list):
                made[name] = [self.sendable(str(each)) for each in value]
            elif name not in known and value is not None:
                kept = value if isinstance(value, (str, int, float)) else json.dumps(value)
                made[f"x-{slug(name, 'field')}"] = self.sendable(kept) if isinstance(kept, str) else kept
                self.remarks.append(
                    f"a storyboard has no word for {name[:40]}: it is kept as a note, and not sent"
                )
        return made

    def plain_field(self, request: _Request, name: str, value: Any) -> dict[str, Any]:
        """What would be sent anyhow is not written."""
        granted = getattr(request.endpoint.defaults, name)
        sent = request.endpoint.takes(name) and (name != "shot_type" or "multi_prompt" in request.arguments)
        if sent and (str(value) == str(granted) or (name == "cfg_scale" and value == float(granted))):
            return {}
        if not isinstance(value, str):
            return {name: value}
        text = self.sendable(value)
        if "@" in text or "<<<" in text:
            self.remarks.append(f"{name} holds a mark of names, @ or <<<: it was left out there")
            text = text.replace("@", "").replace("<<<", "")
        return {name: without_jinja(text)}

    def shots(self, request: _Request, names: list[str]) -> Iterator[DraftShot]:
        several = request.arguments.get("multi_prompt")
        rows = several if isinstance(several, list) and several else [request.arguments]
        for number, row in enumerate(rows, 1):
            prompt, seconds = (
                (row.get("prompt"), row.get("duration")) if isinstance(row, dict) else (row, None)
            )
            if not isinstance(prompt, str) or not prompt.strip():
                raise Unusable(f"shot {number} of request {request.number} has no prompt")
            voices = request.arguments.get("voice_ids")
            text = self.verbatim(prompt, names, len(voices) if isinstance(voices, list) else 0)
            yield DraftShot("", _seconds(seconds, request.number), {"verbatim": text})

    def verbatim(self, text: str, names: list[str], voices: int) -> str:
        """The same words: positions become names, what means nothing stays as it is."""

        def said(match: re.Match[str]) -> str:
            if match[1] is not None and 0 < int(match[1]) <= len(names):
                return f"@{names[int(match[1]) - 1]}"
            own = VOICE.fullmatch(match[2] or "")
            if own is not None and int(own[1]) <= voices:
                return match[0]
            if (
                match[1] is None
                and match[0] == "@"
                and not match.string.startswith("@Element", match.start())
            ):
                return "@@"
            self.remarks.append(f"{match[0][:40]} stands for nothing in its request: its mark was left out")
            return match[0].lstrip("@<").rstrip(">")

        return TAG.sub(said, self.sendable(text))

    def sendable(self, text: str) -> str:
        if NOT_IN_A_FILE.search(text):
            self.remarks.append("characters that no text file may hold were left out")
        return NOT_IN_A_FILE.sub("", text)


def _seconds(given: Any, number: int) -> int:
    if given is None:
        return 5
    if isinstance(given, bool) or not SECONDS.fullmatch(str(given)):
        raise Unusable(
            f"request {number} has a duration that is no whole number of seconds: {str(given)[:40]}"
        )
    return int(float(given))
