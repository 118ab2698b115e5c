"""The request that makes a voice of a sample. It goes the way of every other: a digest, a price, a take."""

from __future__ import annotations

from storyboard.catalog.endpoints import VoiceMaker
from storyboard.compile.digest import MediaPath, digest
from storyboard.compile.request import MediaUse, Request
from storyboard.diagnostics import Span
from storyboard.media.fact import MediaFact

BLANK = "voice {name}"  # where another request has its scene: no scene's id has a blank in it


def voice_request(name: str, maker: VoiceMaker, fact: MediaFact, shown: str) -> Request:
    """`fact` is the sample's, its path from the folder that it is in; `shown` is what a person calls the file."""
    span = Span(shown, 1, 1, 1, 1)
    arguments = {maker.field: MediaPath(fact.path)}
    return Request(
        scene=BLANK.format(name=name),
        take=1,
        endpoint=maker.id,
        arguments=arguments,
        digest=digest(maker.id, arguments, {fact.path: fact.sha256}),
        seconds=0,
        tier="run",
        shots=(),
        media=(MediaUse((maker.field,), fact.path, False, False, span, fact, sample=True),),
        places={(maker.field,): span},
        span=span,
    )
