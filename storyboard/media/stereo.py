"""A stream's sound as all is mixed from: stereo, 48 kHz, float, every sample at its time, from any sample on.

    source   |….|….|….|….|….|      frames at the stream's own rate, each where its time puts it, gaps silent
    wanted             ^start       decoded from a little before, so that the coder and the resampler are warm

Wherever it is begun, the same samples come out: a resampler is always started on a sample that both rates share.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from storyboard.errors import MediaError
from storyboard.media.encode import RATE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    Sound = NDArray[np.float32]  # 2 (or 1, where it says so), n

CODECS = {"aac", "mp3", "mp3float", "ac3", "eac3", "opus", "libopus", "vorbis", "flac", "alac"}  # and pcm_*
WARM = 1_024  # samples that a resampler is given before what is wanted
PREROLL = Fraction(1, 2)  # seconds that a coder is given: an mp3 frame may lean on many before it
FAR = 2  # seconds: what is nearer is decoded from the beginning
SLACK = Fraction(2_048, RATE)  # seconds that coarse times may be off; more is a gap
LONGEST_GAP = 600  # seconds
LONGEST = 7_200  # seconds
LOUDEST = 1_000  # times full scale: floats can be anything
INSTANT = 240  # samples, 5 ms: what a hard join is faded by, against clicks


def stereo(path: Path, container: Any, stream: Any, zero: Fraction, start: int = 0) -> Iterator[Sound]:
    """The sound from sample `start` on, counted from `zero` (seconds by the file's clock), in pieces of shape
    (2, n). Raises MediaError, and av.FFmpegError from the coder."""
    import numpy as np

    rate = known_rate(path, stream)
    shared = math.gcd(rate, RATE)
    begin = max(0, (start - WARM) // (RATE // shared))  # in steps of which both rates take a whole number
    source = _placed(path, container, stream, zero, begin * (rate // shared))
    surplus = start - begin * (RATE // shared)
    for piece in _resampled(source, rate):
        if surplus < piece.shape[1]:
            wanted = piece[:, surplus:]
            if not np.abs(wanted).max() <= LOUDEST:  # nor is what is no number
                raise MediaError(f"{path.name} holds sound beyond all measure: it is damaged.")
            yield wanted if wanted.shape[0] == 2 else wanted.repeat(2, axis=0)  # noqa: PLR2004 - mono: both ears
        surplus = max(0, surplus - piece.shape[1])


def known_rate(path: Path, stream: Any) -> int:
    """Samples a second of a stream that can be heard here. Raises MediaError for any other."""
    context = stream.codec_context
    codec = context.name if context is not None else "something unknown"
    if codec not in CODECS and not codec.startswith("pcm_"):
        raise MediaError(f"{path.name} is coded as {codec}: export its sound as AAC, MP3, FLAC or plain WAV.")
    rate = int(context.sample_rate or 0)
    if not 4_000 <= rate <= 768_000:  # noqa: PLR2004
        raise MediaError(f"{path.name} claims to have {rate} samples a second: it is damaged.")
    return rate


def _placed(path: Path, container: Any, stream: Any, zero: Fraction, first: int) -> Iterator[Sound]:
    """Sound at the stream's own rate, whole from sample `first` after `zero` on; mono stays mono."""
    import numpy as np

    rate = stream.codec_context.sample_rate
    exact = (1 / (stream.time_base * rate)).denominator == 1  # times are whole samples, none is rounded
    if exact and first > FAR * rate:
        sought = zero + Fraction(first, rate) - PREROLL
        container.seek(math.floor(sought / stream.time_base), stream=stream)
    at, running = first, False
    for time, piece in _decoded(path, container, stream):
        place = at if time is None else math.floor((time - zero) * rate + Fraction(1, 2))
        if running and not exact and abs(place - at) <= SLACK * rate:
            place = at
        if place - at > rate * LONGEST_GAP:
            raise MediaError(f"{path.name} has a gap of minutes in its sound: it is damaged.")
        if place > rate * LONGEST:
            raise MediaError(
                f"{path.name} has more than two hours of sound: it is damaged, or no sound of a film."
            )
        if place > at:
            yield np.zeros((piece.shape[0], place - at), np.float32)
            at = place
        if place + piece.shape[1] > at:
            yield piece[:, at - place :]
            at, running = place + piece.shape[1], True


def _decoded(path: Path, container: Any, stream: Any) -> Iterator[tuple[Fraction | None, Sound]]:
    """Each frame's time in seconds and its samples, in one channel or two."""
    import av

    context = stream.codec_context
    layout = "mono" if context.layout.nb_channels == 1 else "stereo"
    plain = av.AudioResampler(format="fltp", layout=layout, rate=context.sample_rate)
    for frame in container.decode(stream):
        time = None if frame.pts is None else frame.pts * frame.time_base
        try:
            parts = plain.resample(frame)
        except ValueError:
            raise MediaError(
                f"{path.name} changes its rate or channels on the way: export it anew."
            ) from None
        for part in parts:
            samples: Any = part.to_ndarray()
            yield time, samples
            time = None


def _resampled(source: Iterator[Sound], rate: int) -> Iterator[Sound]:
    """The same sound at 48 kHz, its first sample at the first's time."""
    if rate == RATE:
        yield from source
        return
    import av
    import numpy as np

    resampler: Any = None
    for piece in source:
        layout = "mono" if piece.shape[0] == 1 else "stereo"
        resampler = resampler or av.AudioResampler(format="fltp", layout=layout, rate=RATE)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(piece), format="fltp", layout=layout)
        frame.sample_rate = rate
        for part in resampler.resample(frame):
            yield part.to_ndarray()
    for part in resampler.resample(None) if resampler else ():
        yield part.to_ndarray()


def softened(pieces: Iterable[Sound], length: int) -> Iterator[Sound]:
    """The first `length` samples of a sound in pieces of shape (2, n), risen for an instant and faded where they end,
    if they end before as well: beside any other sound they don't click."""
    import numpy as np

    held = np.zeros((2, 0), np.float32)  # what may be the last instant
    at = 0
    for piece in pieces:
        part = piece[:, : length - at].copy()
        risen = part[:, : max(0, INSTANT - at)]
        risen *= rise(at, risen.shape[1], INSTANT)
        at += part.shape[1]
        held = np.concatenate((held, part), axis=1)
        if held.shape[1] > INSTANT:
            yield held[:, :-INSTANT]
            held = held[:, -INSTANT:]
        if at >= length:
            break
    yield held * rise(0, held.shape[1], INSTANT)[::-1]


def rise(first: int, count: int, length: int) -> NDArray[np.float32]:
    """So many steps, from `first` on, of a rise over `length`. With the same backwards: equal power."""
    import numpy as np

    steps = np.arange(first, first + count, dtype=np.float32)
    risen: NDArray[np.float32] = np.sin((steps + np.float32(0.5)) * np.float32(np.pi / 2 / length))
    return risen
