"""How many bytes a cut is going to take, told before the first of them is written."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from msgspec import Struct

from storyboard.cut.forms import gif_step
from storyboard.media.encode import FULL, Setting

if TYPE_CHECKING:
    from storyboard.cut.forms import Form

GIF_BITS = 5.0  # that a pixel of a frame takes
PCM_BITS = 48_000 * 2 * 24  # a second
ABOUT = 64 << 10  # indexes and heads


class Footprint(Struct, frozen=True):
    """What is to be written, in frames. `made` are those of segments that are not there yet, `copied` the bytes of
    the clips that are copied from."""

    size: tuple[int, int]
    fps: Fraction
    frames: int
    made: int
    copied: int
    sound: bool


class RoomNeeded(Struct, frozen=True):
    """Bytes, estimated: of segments (and of the cut that another form is made from), and of the result."""

    segments: int
    result: int


def room_needed(cut: Footprint, form: Form, setting: Setting = FULL) -> RoomNeeded:
    """An estimate that is rather too large: flat pictures take a tenth of it, noise more."""
    made = _encoded(setting, cut.size, cut.made, cut.fps, sound=cut.sound) if cut.made else 0
    copy = cut.copied + made + ABOUT
    if form.straight:
        return RoomNeeded(made, copy)
    return RoomNeeded(made + copy, _result(cut, form, copy))


def _result(cut: Footprint, form: Form, copy: int) -> int:
    if form.setting is not None:
        return _encoded(form.setting, cut.size, cut.frames, cut.fps, sound=cut.sound)
    if form.demuxer == "gif":
        width, height = form.size(cut.size)
        return round(width * height * GIF_BITS / 8 * (cut.frames // gif_step(cut.fps) + 1)) + ABOUT
    return copy


def _encoded(setting: Setting, size: tuple[int, int], frames: int, fps: Fraction, *, sound: bool) -> int:
    pictures = setting.bits / 8 * size[0] * size[1] * frames
    heard = (setting.audio_bits or PCM_BITS) / 8 * float(frames / fps) if sound else 0
    return round(pictures + heard) + ABOUT
