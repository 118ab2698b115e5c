"""Requests as fal takes them, as a storyboard that sends the same: words, addresses, elements, voices."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from storyboard.catalog.endpoints import Catalog, Endpoint
from storyboard.imports.draft import (
    MAX_SHOTS,
    Draft,
    DraftScene,
    DraftShot,
    Ids,
    Unusable,
    few_enough,
    sendable,
    slug,
)
from storyboard.imports.lengths import within_a_clip
from storyboard.imports.pack import LONGEST, TAG_ROOM, packed, stretches
from storyboard.imports.request_cast import RequestCast
from storyboard.imports.request_fields import kept, scene_fields

ENDPOINTS = ("endpoint", "endpoint_id", "model", "app", "application")
ARGUMENTS = ("arguments", "input", "payload", "json_input")
TAG = re.compile(r"@Element(\d+)(?![A-Za-z0-9_])|@|<<<([^<>]*)>>>|<<<")
NAME = re.compile(r"@(element\d+)")
VOICE = re.compile(r"voice_([1-9])")
SECONDS = re.compile(r"\d{1,3}(?:\.0+)?")


class _Request(Struct, frozen=True):
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
    made = (scene for request in _requests(found, catalog) for scene in making.scenes(request))
    scenes = tuple(few_enough(made))
    return Draft(
        scenes,
        voices=making.cast.voices,
        elements=tuple(making.cast.elements.values()),
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
        still = bool({"start_image_url", "end_image_url"} & arguments.keys() or arguments.get("elements"))
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


class _Making:
    def __init__(self, path_of: Callable[[str], str | None]) -> None:
        self.remarks: list[str] = []
        self.cast = RequestCast(path_of, self.remarks)
        self.ids = Ids()

    def scenes(self, request: _Request) -> tuple[DraftScene, ...]:
        """One; more where its clip would be none that Kling makes."""
        endpoint, given = request.endpoint, request.arguments
        stills = ("start_image_url", "end_image_url")
        handled = {"prompt", "multi_prompt", "duration", *stills, *map(endpoint.wire, stills)}
        handled |= {"elements"} if endpoint.takes("elements") else set()
        fields = scene_fields(endpoint, given, handled, self.remarks)
        names = self.cast.of(endpoint, given.get("elements"))
        shots = tuple(self.shots(request, names, len(fields.get("voice_ids", ()))))
        several = given.get("multi_prompt")
        if isinstance(several, list) and several:
            self.remarks += _beside(request, several, shots)
        elif several is not None:
            self.remarks.append(
                f"request {request.number}: its multi_prompt is no list of shots: it was left out"
            )
        unsaid = self.unsaid(names, shots)
        fields |= {"take": request.take} if request.take > 1 else {}
        fields |= {"elements": unsaid} if unsaid else {}
        whole = DraftScene(request.name or f"scene-{request.number}", shots, fields=fields)
        made = self.fitting(whole, request, described=self.cast.describes(names))
        last = len(made) - 1
        return tuple(self.beginning(one, request, first=n == 0, last=n == last) for n, one in enumerate(made))

    def fitting(self, whole: DraftScene, request: _Request, *, described: bool) -> tuple[DraftScene, ...]:
        """The scene itself, or as many as its shots need."""
        if _is_a_clip(whole, request.endpoint, TAG_ROOM if described else 0):
            return (replace(whole, id=self.ids.give(whole.id)),)
        shots = tuple(each for shot in whole.shots for one in _short(shot) for each in within_a_clip(one))
        made = packed(replace(whole, shots=shots), self.ids)
        before, after = (sum(shot.seconds for one in each for shot in one.shots) for each in ((whole,), made))
        count = len(whole.shots)
        self.remarks.append(
            f"request {request.number} ({count} shot{'s' * (count > 1)}, {before} s) can't be one clip: it became "
            f"{len(made)} scene{'s' * (len(made) > 1)}, {after} s in all"
        )
        return made

    def beginning(self, scene: DraftScene, request: _Request, *, first: bool, last: bool) -> DraftScene:
        """A scene with its stills, and the endpoint that takes them. Without a first frame it is shot from text, but
        for what text can not be sent with."""
        endpoint, fields, missing = request.endpoint, dict[str, Any](), list[str]()
        for key, here in (("start_image", first), ("end_image", last)):
            address = request.arguments.get(endpoint.wire(f"{key}_url"), request.arguments.get(f"{key}_url"))
            if address is None or not here:
                continue
            why = self.no_still(key, scene, endpoint)
            path = self.cast.media(address) if why is None else None
            if why is not None:
                fields |= kept(f"{key}_url", address, fields, self.remarks)
                self.remarks.append(f"{why}: it is kept as a note, and not sent")
            elif path is None:
                missing.append(key)
            else:
                fields[key] = path
        alias = endpoint.alias
        if endpoint.needs("start_image_url") and "start_image" not in fields:
            missing = list(dict.fromkeys(["start_image", *missing]))
            words = " ".join(shot.prompt["verbatim"] for shot in scene.shots)
            shown = [*NAME.findall(words), *scene.fields.get("elements", ())]
            if "end_image" not in fields and not self.cast.has_media(shown):
                alias += "-text"
                self.remarks.append(
                    f"scene {scene.id} has no still that {endpoint.alias} could begin with: it became {alias}"
                )
        return replace(scene, fields={"endpoint": alias, **fields, **scene.fields}, missing=tuple(missing))

    def no_still(self, key: str, scene: DraftScene, endpoint: Endpoint) -> str | None:
        """Why a scene can't have it, in words; None when it can."""
        if not endpoint.takes(f"{key}_url"):
            return f"`{endpoint.alias}` takes no {key}_url"
        if key == "end_image" and len(scene.shots) > 1:
            return "end_image_url is not possible with several shots"
        return None

    def unsaid(self, names: list[str], shots: tuple[DraftShot, ...]) -> list[str]:
        """The elements that no prompt names. The others are sent in the order in which prompts name them."""
        words = " ".join(shot.prompt["verbatim"] for shot in shots)
        said = list(dict.fromkeys(found for found in NAME.findall(words) if found in names))
        unsaid = list(dict.fromkeys(name for name in names if name not in said))
        if [*said, *unsaid] != list(dict.fromkeys(names)):
            self.remarks.append(
                "elements are sent in the order in which prompts name them: their positions changed"
            )
        return unsaid

    def shots(self, request: _Request, names: list[str], voices: int) -> Iterator[DraftShot]:
        several = request.arguments.get("multi_prompt")
        rows = several if isinstance(several, list) and several else [request.arguments]
        for number, row in enumerate(rows, 1):
            prompt, seconds = (
                (row.get("prompt"), row.get("duration")) if isinstance(row, dict) else (row, None)
            )
            text = self.verbatim(prompt, names, voices) if isinstance(prompt, str) else ""
            if not text.strip():
                raise Unusable(f"shot {number} of request {request.number} has no prompt")
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

        return TAG.sub(said, sendable(text, self.remarks))


def _beside(request: _Request, several: list[Any], shots: tuple[DraftShot, ...]) -> Iterator[str]:
    """What a request of several shots says beside them and can't be taken, in words."""
    name, given, total = f"request {request.number}", request.arguments, sum(shot.seconds for shot in shots)
    whole = given.get("duration")
    if whole is not None and not (SECONDS.fullmatch(str(whole)) and int(float(str(whole))) == total):
        yield f"{name}: its duration is {str(whole)[:40]}, its shots are {total} s in all: the shots count"
    if given.get("prompt"):
        yield f"{name}: its shots have prompts of their own: the prompt beside them was left out"
    for number, row in enumerate(several, 1):
        others = (
            [key[:40] for key in row if key not in {"prompt", "duration"}] if isinstance(row, dict) else []
        )
        if others:
            yield f"{name}: shot {number}: {', '.join(others)[:80]} was left out, as shots have none"


def _is_a_clip(scene: DraftScene, endpoint: Endpoint, room: int) -> bool:
    """Whether its one request is one that is possible; `room` is what the description of an element takes."""
    limits, shots = endpoint.limits, scene.shots
    (least, most), (first, last) = limits.clip_seconds, limits.shot_seconds
    if not least <= sum(shot.seconds for shot in shots) <= most or len(shots) > limits.shots[1]:
        return False
    if len(shots) == 1:
        return _characters(shots[0], room) <= limits.prompt_characters
    tag = max(limits.tag_characters, room)
    return all(
        first <= shot.seconds <= last and _characters(shot, tag) <= limits.shot_characters for shot in shots
    )


def _characters(shot: DraftShot, tag: int) -> int:
    """Those that are sent, and as many more for each element."""
    text = shot.prompt["verbatim"]
    return len(text.replace("@@", "@")) + tag * len(NAME.findall(text))


def _short(shot: DraftShot) -> Iterator[DraftShot]:
    """The shot, or several of as many words as one may have, that share its seconds."""
    pieces = list(stretches(shot.prompt["verbatim"], LONGEST))
    for piece in pieces if len(pieces) > 1 else [shot.prompt["verbatim"]]:
        yield replace(shot, seconds=math.ceil(shot.seconds / len(pieces)), prompt={"verbatim": piece})


def _seconds(given: Any, number: int) -> int:
    if given is None:
        return 5
    if isinstance(given, bool) or not SECONDS.fullmatch(str(given)):
        raise Unusable(
            f"request {number} has a duration that is no whole number of seconds: {str(given)[:40]}"
        )
    return int(float(given))
