"""Clips of every kind that a cut may meet, made by PyAV and by the ffmpeg program. What each of them shows and how it
sounds is known from how it was made, not from reading it."""

from __future__ import annotations

import subprocess
import wave
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path

import av
import numpy as np
from made_clips import RATE, beep, drawn, make_clip

from storyboard.media.ffmpeg import binary

SIZE = (192, 108)
FRAMES = 12
UNEVEN = (0, 25, 50, 130, 150, 175, 200, 225, 290, 310)  # in units of 1/600 s


@dataclass(frozen=True)
class Kind:
    """`frames` are the numbers drawn on the frames that are shown, `times` when they are, from the first one on, and
    `end` until when, in seconds; `size` is as shown. `beep_at`: when its only sound is heard, None: never."""

    make: Callable[[Path, int], object]
    fps: Fraction | int = 24
    size: tuple[int, int] = SIZE
    frames: Sequence[int] = range(FRAMES)
    uneven: Sequence[int] = ()
    beep_at: Fraction | None = Fraction(0)
    suffix: str = ".mp4"
    until: Fraction | None = None  # where the last frame is not shown as long as the others

    @property
    def times(self) -> list[Fraction]:
        if self.uneven:
            return [Fraction(time, 600) for time in self.uneven]
        return [at / Fraction(self.fps) for at in range(len(self.frames))]

    @property
    def end(self) -> Fraction:
        return self.until or self.times[-1] + 1 / Fraction(self.fps)


@dataclass(frozen=True)
class Made:
    """A clip of a kind. `number` is drawn on its frames."""

    name: str
    number: int
    path: Path
    kind: Kind


def pyav(**options: object) -> Callable[[Path, int], object]:
    return partial(make_clip, **{"frames": FRAMES, "size": SIZE, **options})  # type: ignore[arg-type]


def ffmpeg(
    *arguments: object,
    size: tuple[int, int] = SIZE,
    frames: int = FRAMES,
    quarters: int = 0,
    again: Sequence[object] | None = None,
    after: Sequence[object] = (),
) -> Callable[[Path, int], object]:
    """Frames of a stored size, turned by so many quarters, and a beep, encoded as the arguments say. With `again` the
    packets are copied once more, these words before the input, those of `after` behind it."""

    def maker(path: Path, number: int) -> None:
        shape = size[::-1] if quarters % 2 else size
        raw = b"".join(
            np.ascontiguousarray(np.rot90(drawn(number, at, shape), quarters)).tobytes()
            for at in range(frames)
        )
        heard = path.with_suffix(".wav")
        _wave(heard, Fraction(frames, 24))
        first = path if again is None else path.with_suffix(f".first{path.suffix}")
        inputs = f"-f rawvideo -pix_fmt rgb24 -s {size[0]}x{size[1]} -r 24 -i pipe:0".split()
        _ran(*inputs, "-i", heard, "-map", "0", "-map", "1", *SMALL, *arguments, first, given=raw)
        if again is not None:
            _ran(*again, "-i", first, "-c", "copy", *after, path)

    return maker


SMALL = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", "-ac", 2)


def tagged(matrix: str, rest: str, span: str = "tv") -> tuple[str, str]:
    """Colours of another kind than most, and said to be so."""
    says = f"setparams=range={span}:colorspace={matrix}:color_primaries={rest}:color_trc={rest}"
    return ("-vf", f"scale=out_range={span}:out_color_matrix={matrix},{says}")


def _wave(path: Path, seconds: Fraction) -> None:
    samples = (beep(round(seconds * RATE)) * 32_767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, RATE, samples.size, "NONE", ""))
        file.writeframes(np.repeat(samples, 2).tobytes())


def _ran(*arguments: object, given: bytes = b"") -> None:
    command = [str(word) for word in (binary(), "-v", "error", "-y", *arguments)]
    subprocess.run(command, input=given, check=True)


def hides_its_end(path: Path, number: int) -> None:
    """The edit list shows 8 frames and 1/3 s of sound of twelve and half a second."""
    pyav()(path, number)
    data = bytearray(path.read_bytes())
    at = data.index(b"elst") + 12
    assert 500 <= int.from_bytes(data[at : at + 4], "big") <= 501  # thousandths
    data[at : at + 4] = (333).to_bytes(4, "big")
    path.write_bytes(data)


def long_last_frame(path: Path, number: int) -> None:
    """The twelfth frame is shown until the second is full."""
    plain = path.with_suffix(".first.mp4")
    pyav(sound=False, options={"bf": "0"})(plain, number)
    with av.open(str(plain)) as source, av.open(str(path), "w") as copy:
        stream = copy.add_stream_from_template(source.streams.video[0])
        for packet in [packet for packet in source.demux(video=0) if packet.size]:
            packet.stream = stream
            packet.duration *= 13 if packet.pts == 11 * packet.duration else 1
            copy.mux(packet)


def one_long_frame(path: Path, number: int) -> None:
    """Shown for half a second."""
    ffmpeg("-r", 2, frames=1)(path, number)


QUARTER = Fraction(1, 4)
NTSC = Fraction(24_000, 1001)
KINDS = {
    "plain": Kind(pyav()),
    "its twin": Kind(pyav()),
    "portrait": Kind(pyav(size=(108, 192)), size=(108, 192)),
    "square": Kind(pyav(size=(128, 128)), size=(128, 128)),
    "odd sides": Kind(ffmpeg("-pix_fmt", "yuv444p", size=(171, 97)), size=(171, 97)),
    "25 fps": Kind(pyav(fps=25), fps=25),
    "30 fps": Kind(pyav(fps=30), fps=30),
    "60 fps": Kind(pyav(fps=60, frames=18), fps=60, frames=range(18)),
    "23.976 fps": Kind(pyav(fps=NTSC), fps=NTSC),
    "uneven": Kind(pyav(times=list(UNEVEN), frames=len(UNEVEN)), frames=range(len(UNEVEN)), uneven=UNEVEN),
    "silent": Kind(pyav(sound=False), beep_at=None),
    "mono": Kind(pyav(channels=1)),
    "44.1 kHz": Kind(pyav(rate=44_100)),
    "5.1": Kind(ffmpeg("-ac", 6)),
    "10 bit": Kind(ffmpeg("-pix_fmt", "yuv420p10le")),
    "rotated": Kind(ffmpeg(quarters=-1, again=("-display_rotation", 90)), size=(108, 192)),
    "wide pixels": Kind(ffmpeg("-vf", "setsar=4/3", size=(144, 108))),
    "full range": Kind(ffmpeg(*tagged("bt709", "bt709", "pc"))),
    "BT.601": Kind(ffmpeg(*tagged("smpte170m", "smpte170m"))),
    "BT.709": Kind(ffmpeg(*tagged("bt709", "bt709"))),
    "late picture": Kind(ffmpeg(again=(), after=("-bsf:v", "setts=ts=TS+0.25/TB")), beep_at=None),
    "late sound": Kind(pyav(sound_at=QUARTER), beep_at=QUARTER),
    "hidden beginning": Kind(ffmpeg("-bf", 2, again=("-ss", 0.25)), frames=range(6, FRAMES), beep_at=None),
    "hidden end": Kind(hides_its_end, frames=range(8)),
    "one frame": Kind(ffmpeg(frames=1), frames=range(1)),
    "HEVC": Kind(ffmpeg("-c:v", "libx265", "-x265-params", "log-level=none", "-tag:v", "hvc1")),
    "no B-frames": Kind(pyav(options={"profile": "baseline", "bf": "0"})),
    "many B-frames": Kind(ffmpeg("-preset", "medium", "-bf", 4, "-b_strategy", 0)),
    "long sound": Kind(pyav(seconds_of_sound=Fraction(2))),
    "short sound": Kind(pyav(seconds_of_sound=Fraction(1, 8))),
    "fragments": Kind(pyav(movflags="frag_keyframe+empty_moov+delay_moov")),
    "15 fps": Kind(pyav(fps=15, frames=8), fps=15, frames=range(8)),
    "both late": Kind(ffmpeg(again=(), after=("-output_ts_offset", 0.5))),
    "long last frame": Kind(long_last_frame, until=Fraction(1), beep_at=None),
    "one long frame": Kind(one_long_frame, fps=2, frames=range(1)),
    "96 kHz": Kind(ffmpeg("-ar", 96_000)),
    "MP3": Kind(ffmpeg("-c:a", "libmp3lame")),
    "ProRes": Kind(
        ffmpeg("-c:v", "prores_ks", "-pix_fmt", "yuv422p10le", "-c:a", "pcm_s16le"), suffix=".mov"
    ),
}


def made(name: str, folder: Path) -> Made:
    number = list(KINDS).index(name) + 1
    path = folder / (name.replace(" ", "-") + KINDS[name].suffix)
    KINDS[name].make(path, number)
    return Made(name, number, path, KINDS[name])
