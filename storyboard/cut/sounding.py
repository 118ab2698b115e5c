"""The sound of a cut in which it can't be copied: mixed from what is heard of the clips and from the score."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from storyboard.cut.heard import Voice, heard
from storyboard.cut.mix import Mix
from storyboard.cut.progress import Advance
from storyboard.cut.sound_track import SoundTrack, sound_segments

if TYPE_CHECKING:
    from storyboard.cut.room import Room
    from storyboard.cut.score import Score

NONE = SoundTrack((), ())


def sounding(voices: Sequence[Voice], frames: int, room: Room, score: Score) -> SoundTrack:
    """In segments that are kept; nothing when nothing is heard. Raises MediaError naming the file that fails."""
    fps = room.target.fps
    if not score.cues and not any(voice.clip for voice in voices):
        return NONE
    mix = Mix(heard(voices, fps), score.cues, score.spoken, frames, fps, score.loudness)

    def began() -> None:
        room.go_on()
        room.tell(Advance("mixing the sound"))

    return sound_segments(mix, room.folder, began, room.workers)
