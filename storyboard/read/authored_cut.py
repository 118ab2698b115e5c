"""What an author may write under `cut`: nothing of it is ever sent, and nothing of it changes a digest."""

from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag

from storyboard.read.authored_mapping import SECTIONS_FORM, TEXT_FORM, Authored
from storyboard.read.leaves import Given, Moment, Number, Rate, SceneId, Size, Text


class Transition(Authored):
    """How one scene becomes the next."""

    before: Given = Field(alias="from", description="The scene before, or a shot of it: `dawn.hands`.")
    after: Given = Field(alias="to", description="The scene after, or a shot of it.")
    kind: Given = Field(
        description="`dissolve`, `fade-black`, `fade-white`, `wipe`; for the sound alone `j-cut`, `l-cut`."
    )
    duration: Number = Field(None, description="Seconds. Default 0.5.")
    direction: Text = Field(None, description="Of a wipe: `right` (the default), `left`, `up` or `down`.")


class Entry(Authored):
    """One entry of `cut.order`, written out."""

    scene: Given = Field(description="The scene, or a shot of it: `dawn.hands`.")
    begin: Moment = Field(None, alias="in", description="Seconds of it that are left out at first.")
    end: Moment = Field(None, alias="out", description="Second of it at which it is left.")


class Card(Authored):
    """Words on a dark ground, before the film or behind it."""

    text: Given = Field(description="What it says; may have several lines.")
    subtitle: Text = Field(None, description="Smaller, below.")
    duration: Moment = Field(None, description="Seconds. Default 3.")


class Cue(Authored):
    """Music or narration under the cut."""

    file: Given = Field(description="A sound file of the project: WAV, MP3, M4A, FLAC or OGG.")
    at: Text = Field(None, description="Where it begins: seconds of the cut, or a scene's or shot's name.")
    source: Moment = Field(None, alias="from", description="Seconds into the file. Default 0.")
    duration: Moment = Field(None, description="Seconds of it; to the end of the file when left out.")
    gain: Number = Field(None, description="Decibels; -6 is half as loud. Default 0.")
    fade_in: Moment = Field(None, description="Seconds. Default 0.")
    fade_out: Moment = Field(None, description="Seconds. Default 0.")
    duck: Number = Field(None, description="Decibels that it gives way by under dialogue. Default 0.")
    note: Text = Field(None, description="For people.")


def _item(value: Any) -> str:
    return SECTIONS_FORM if isinstance(value, dict) else TEXT_FORM


OrderItem = Annotated[
    Annotated[SceneId, Tag(TEXT_FORM)] | Annotated[Entry, Tag(SECTIONS_FORM)], Discriminator(_item)
]
Words = Annotated[Annotated[Text, Tag(TEXT_FORM)] | Annotated[Card, Tag(SECTIONS_FORM)], Discriminator(_item)]


class Cut(Authored):
    """The edit: nothing of it is ever sent, and nothing of it changes a digest."""

    order: tuple[OrderItem, ...] | None = Field(
        None, description="Scenes and shots in the order of the cut; one may come twice. Default: all scenes."
    )
    transitions: tuple[Transition, ...] | None = Field(None, description="Between neighbours of the cut.")
    title: Words | None = Field(None, description="A card before the film.")
    end: Words | None = Field(None, description="A card behind the film.")
    sound: tuple[Cue, ...] | None = Field(None, description="Music and narration.")
    loudness: Number = Field(None, description="LUFS that the cut is brought to, like -14 or -23.")
    size: Size = Field(None, description="Like 1280x720. Default: that of the first clip.")
    fit: Text = Field(None, description="What is of another shape: `pad` (the default) or `crop`.")
    fps: Rate = Field(None, description="Frames a second. Default 24.")
