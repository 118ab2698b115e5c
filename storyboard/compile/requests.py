"""From a compiled scene to its request: the exact arguments, where each was written, what it counts and
costs as."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from storyboard.catalog.endpoints import Endpoint, catalog
from storyboard.catalog.prices import Tier
from storyboard.compile.digest import LastFrame, MediaPath, digest
from storyboard.compile.paths import is_remote, path_of
from storyboard.compile.prompts import CompiledScene
from storyboard.compile.request import ArgumentPath, MediaUse, Request, RequestShot
from storyboard.diagnostics import Span
from storyboard.media.fact import MediaFact
from storyboard.read.model import Element, Voice
from storyboard.read.nodes import Scalar

SOURCE = "video_url"


def request_of(
    compiled: CompiledScene, voices: Mapping[str, Voice], media: Mapping[str, MediaFact]
) -> Request:
    """The request of a scene that passed the rules."""
    builder = _Builder(compiled, voices, media)
    arguments = builder.arguments()
    scene = compiled.scene
    hashes = {use.path: use.fact.sha256 for use in builder.media if use.fact is not None}
    tagged = [element.name for element in compiled.tagged]
    return Request(
        scene=scene.id.value,
        take=scene.take,
        endpoint=compiled.endpoint.id,
        arguments=arguments,
        digest=digest_of(compiled.endpoint, arguments, hashes),
        seconds=sum(shot.seconds.value for shot in scene.shots),
        tier=tier_of(compiled),
        shots=builder.shots(),
        media=tuple(builder.media),
        places=builder.places,
        span=scene.place,
        elements=(*tagged, *sorted(compiled.used.difference(tagged))),
        pin=scene.pin,
        budget=scene.budget,
        length_known=not compiled.endpoint.follows or any(map(_is_measured, builder.media)),
        begins=builder.begins,
        pending=_pending(compiled.endpoint, arguments, builder.begins, hashes),
    )


def _is_measured(use: MediaUse) -> bool:
    """Is it the film that the clip is as long as, and was it looked at?"""
    return use.argument == (SOURCE,) and use.fact is not None and use.fact.seconds is not None


def begun(request: Request, clip: str, take: str) -> Request:
    """A request that begins with a last frame, now that the clip is known; `take` is what people call that one."""
    if request.begins is None:
        return request
    begins = LastFrame(request.begins.scene, clip, take)
    hashes = {use.path: use.fact.sha256 for use in request.media if use.fact is not None}
    arguments = {
        name: begins if isinstance(value, LastFrame) else value for name, value in request.arguments.items()
    }
    now = replace(request, arguments=arguments, begins=begins, pending=None)
    return replace(now, digest=digest_again(now, hashes))


def _pending(
    endpoint: Endpoint,
    arguments: Mapping[str, Any],
    begins: LastFrame | None,
    hashes: Mapping[str, str | None],
) -> str | None:
    """The digest that it would have if a scene's name were a clip."""
    if begins is None or begins.clip is not None:
        return None
    named = {name: str(value) if value is begins else value for name, value in arguments.items()}
    return digest_of(endpoint, named, hashes)


def digest_of(
    endpoint: Endpoint, arguments: Mapping[str, Any], hashes: Mapping[str, str | None]
) -> str | None:
    """The digest of arguments filled up with what fal takes for granted: to write a default out does not make
    another request. None while a local file's content is not known."""
    granted = {"shot_type": endpoint.defaults.shot_type} if endpoint.takes("shot_type") else {}
    return digest(endpoint.id, {**granted, **arguments}, hashes)


def digest_again(request: Request, hashes: Mapping[str, str | None]) -> str | None:
    """The digest of a request that was made before, by the content that its files have now; of one that can't have a
    digest yet, what it is known by."""
    endpoint = catalog().find(request.endpoint)
    if endpoint is None:  # a voice's: nothing is taken for granted there
        return digest(request.endpoint, request.arguments, hashes)
    if request.is_pending:
        return _pending(endpoint, request.arguments, request.begins, hashes)
    return digest_of(endpoint, request.arguments, hashes)


def tier_of(compiled: CompiledScene) -> Tier:
    """Silent, audio, or voice when any voice is sent: the upper bound of what may be charged."""
    if not compiled.audio:
        return "silent"
    bound = any(element.voice for element in compiled.tagged)
    return "voice" if compiled.spoken or compiled.scene.voice_ids or bound else "audio"


class _Builder:
    def __init__(
        self, compiled: CompiledScene, voices: Mapping[str, Voice], facts: Mapping[str, MediaFact]
    ) -> None:
        self.compiled, self.voices, self.facts = compiled, voices, facts
        self.scene, self.endpoint = compiled.scene, compiled.endpoint
        self.media: list[MediaUse] = []
        self.places: dict[ArgumentPath, Span] = {}
        self.begins: LastFrame | None = None

    def arguments(self) -> dict[str, Any]:
        """In the order of fal's own pages; a field only where the endpoint has it or the author asked for
        it."""
        arguments: dict[str, Any] = {}
        self._file(arguments, "start_image_url", self.scene.start_image)
        self._last_frame(arguments)
        self._file(arguments, "end_image_url", self.scene.end_image)
        self._file(arguments, SOURCE, self.scene.source_video, video=True)
        self._prompts(arguments)
        seconds = sum(shot.seconds.value for shot in self.scene.shots)
        self._set(arguments, "duration", str(seconds), self.scene.shots[0].seconds.span)
        self._sound(arguments)
        self._elements(arguments)
        self._voices(arguments)
        self._plain(arguments)
        return arguments

    def shots(self) -> tuple[RequestShot, ...]:
        several = len(self.scene.shots) > 1
        return tuple(
            RequestShot(
                shot.id,
                shot.seconds.value,
                prompt.characters(self.endpoint) if several else len(prompt.text),
                prompt.text,
                shot.budget,
            )
            for shot, prompt in zip(self.scene.shots, self.compiled.prompts, strict=True)
        )

    def _set(self, arguments: dict[str, Any], name: str, value: Any, span: Span | None) -> None:
        if self.endpoint.takes(name):
            called = self.endpoint.wire(name)
            arguments[called] = value
            if span is not None:
                self.places[called,] = span

    def _sound(self, arguments: dict[str, Any]) -> None:
        scene, switch = self.scene, self.endpoint.switch
        said = scene.keep_audio if self.endpoint.keeps_sound else scene.generate_audio
        if switch is not None:
            self._set(arguments, switch, self.compiled.audio, said.span if said else None)
        if scene.follow is not None:
            self._set(arguments, "character_orientation", scene.follow.value, scene.follow.span)

    def _file(
        self, arguments: dict[str, Any], name: str, scalar: Scalar | None, *, video: bool = False
    ) -> None:
        if scalar is not None and self.endpoint.takes(name):
            called = self.endpoint.wire(name)
            arguments[called] = self._media((called,), scalar, video=video)

    def _last_frame(self, arguments: dict[str, Any]) -> None:
        scene = self.scene
        if scene.after is None or scene.continues is None or not self.endpoint.takes("start_image_url"):
            return
        called = self.endpoint.wire("start_image_url")
        arguments[called] = self.begins = LastFrame(scene.after)
        self.places[called,] = scene.continues.span

    def _media(self, argument: ArgumentPath, scalar: Scalar, *, video: bool) -> str:
        self.places[argument] = scalar.span
        if is_remote(scalar.value):
            self.media.append(MediaUse(argument, scalar.value, remote=True, video=video, span=scalar.span))
            return scalar.value
        path = path_of(scalar) or scalar.value
        fact = self.facts.get(path)
        self.media.append(MediaUse(argument, path, remote=False, video=video, span=scalar.span, fact=fact))
        return MediaPath(path)

    def _prompts(self, arguments: dict[str, Any]) -> None:
        prompts = self.compiled.prompts
        shot_type = self.scene.shot_type
        if len(prompts) == 1:
            arguments["prompt"] = prompts[0].text
            self.places["prompt",] = prompts[0].place() or self.scene.shots[0].place
            if shot_type is not None:
                self._set(arguments, "shot_type", shot_type.value, shot_type.span)
            return
        arguments["multi_prompt"] = []
        for index, (shot, prompt) in enumerate(zip(self.scene.shots, prompts, strict=True)):
            arguments["multi_prompt"].append({"prompt": prompt.text, "duration": str(shot.seconds.value)})
            self.places["multi_prompt", index] = shot.place
            self.places["multi_prompt", index, "prompt"] = prompt.place() or shot.place
            self.places["multi_prompt", index, "duration"] = shot.seconds.span
        value = shot_type.value if shot_type is not None else self.endpoint.defaults.shot_type
        self._set(arguments, "shot_type", value, shot_type.span if shot_type is not None else None)

    def _elements(self, arguments: dict[str, Any]) -> None:
        if self.compiled.tagged:
            arguments["elements"] = [
                self._element(i, element) for i, element in enumerate(self.compiled.tagged)
            ]

    def _element(self, index: int, element: Element) -> dict[str, Any]:
        self.places["elements", index] = element.place
        if element.video is not None:
            entry: dict[str, Any] = {
                "video_url": self._media(("elements", index, "video_url"), element.video, video=True)
            }
            if element.voice is not None and self.compiled.audio:
                entry["voice_id"] = self.voices[element.voice.value].id
                self.places["elements", index, "voice_id"] = element.voice.span
            return entry
        entry = {}
        if element.frontal_image is not None:
            argument: ArgumentPath = ("elements", index, "frontal_image_url")
            entry["frontal_image_url"] = self._media(argument, element.frontal_image, video=False)
        entry["reference_image_urls"] = [
            self._media(("elements", index, "reference_image_urls", i), scalar, video=False)
            for i, scalar in enumerate(element.reference_images)
        ]
        return entry

    def _voices(self, arguments: dict[str, Any]) -> None:
        """By position, without elements: fal's present schema takes no `voice_ids`, so only where asked
        for."""
        if not self.endpoint.accepts("voice_ids"):
            return
        if self.scene.voice_ids:
            arguments["voice_ids"] = [scalar.value for scalar in self.scene.voice_ids]
            self.places["voice_ids",] = self.scene.voice_ids[0].span
        elif self.compiled.spoken and not self.compiled.tagged:
            arguments["voice_ids"] = [self.voices[name].id for name in self.compiled.spoken]

    def _plain(self, arguments: dict[str, Any]) -> None:
        scene, defaults = self.scene, self.endpoint.defaults
        ratio = scene.aspect_ratio
        if ratio is not None and self.endpoint.accepts("aspect_ratio"):
            arguments["aspect_ratio"] = ratio.value
            self.places["aspect_ratio",] = ratio.span
        else:
            self._set(arguments, "aspect_ratio", defaults.aspect_ratio, None)
        negative = scene.negative_prompt
        text = negative.value if negative is not None else defaults.negative_prompt
        self._set(arguments, "negative_prompt", text, negative.span if negative is not None else None)
        scale = scene.cfg_scale
        value = scale.value if scale is not None else defaults.cfg_scale
        self._set(arguments, "cfg_scale", float(value), scale.span if scale is not None else None)
