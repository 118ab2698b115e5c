"""What an author may write: the language's fields, their order and their meaning. The JSON Schema comes from here.

Every leaf is a scalar that knows its place. Shapes are checked here; inheritance, Jinja and types come after.
"""

from typing import Annotated, Any

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
)

from storyboard.read.authored_cut import Cut
from storyboard.read.authored_mapping import (
    ACT_FORM,
    NODE,
    SCENE_FORM,
    SEQUENCE_FORM,
    Anything,
    Authored,
)
from storyboard.read.authored_prompt import Lines, Prompt, Texts, texts
from storyboard.read.leaves import (
    Before,
    Bound,
    Flag,
    Follow,
    Given,
    Id,
    Leaf,
    Moment,
    Money,
    Number,
    Pack,
    Pinned,
    Positive,
    SceneId,
    Seconds,
    Text,
    Version,
)
from storyboard.read.nodes import Scalar


def _paths(value: Any) -> tuple[Scalar, ...]:
    found = texts(value)
    return found if isinstance(found, tuple) else () if found.is_null else (found,)


PATH = {"type": "string"}
Includes = Annotated[Any, Leaf(_paths, {"anyOf": [PATH, {"type": "array", "items": PATH}]})]


def _named(value: Any) -> Any:
    """The entries of a mapping whose keys are names: all but its own node."""
    return {key: entry for key, entry in value.items() if key != NODE} if isinstance(value, dict) else value


REPEATED = {"anyOf": [{"type": ["array", "object"]}, {"type": "string", "pattern": r"\{\{"}]}


class Repeated(Authored):
    """What may stand there once for each item of a list."""

    for_each: Annotated[Any, Leaf(lambda value: value, REPEATED)] = Field(
        None, description="A list, or a mapping (items with `key` and `value`): once for each of its items."
    )
    bound: Bound = Field(None, alias="as", description="What the item is called in texts. Default `item`.")


class Shot(Repeated):
    """One unbroken view within a scene."""

    id: Id = Field(None, description="Unique in its scene; 1, 2, … when left out.")
    duration: Seconds = Field(None, description="Whole seconds, 1 to 15. Default 5.")
    begin: Moment = Field(None, alias="in", description="Seconds of it that the cut leaves out at first.")
    end: Moment = Field(None, alias="out", description="Second of it at which the cut leaves it.")
    prompt: Prompt | None = Field(None, description="What is seen: text, sections, or {verbatim: text}.")
    dialogue: Lines = Field(None, description="`speaker (how): line`; a bare string is a beat.")
    budget: Money = Field(None, description="USD that its seconds may cost; never sent.")
    note: Text = Field(None, description="For people; never sent.")
    title: Text = Field(None, description="For people; never sent.")


class Inheritable(Authored):
    """What `defaults` may hold, and every scene."""

    endpoint: Text = Field(None, description="An alias of the catalog or a full fal endpoint id.")
    start_image: Text = Field(None, description="The first frame: a file in the project, or an https URL.")
    end_image: Text = Field(None, description="The last frame; only for a scene of one shot.")
    source_video: Text = Field(
        None, description="The film that motion control follows, or that video-to-video edits or refers to."
    )
    follow: Follow = Field(
        None,
        description="Motion control: whether people face as in the `image` (film up to 10 s) or in the `video` (30 s).",
    )
    keep_audio: Flag = Field(
        None, description="Whether the clip keeps the sound of its `source_video`. Default true."
    )
    prompt: Prompt | None = Field(None, description="What is seen: text, sections, or {verbatim: text}.")
    duration: Seconds = Field(None, description="Whole seconds of the scene (in `defaults`: of a shot).")
    dialogue: Lines = Field(None, description="`speaker (how): line`; a bare string is a beat.")
    elements: Texts = Field(None, description="Elements sent even when no prompt tags them, by name.")
    generate_audio: Flag = Field(
        None,
        description="Sound with the clip, which costs more. Default true; false on O3; turbo always has it.",
    )
    negative_prompt: Text = Field(
        None, description='Default "blur, distort, and low quality"; not on turbo and O3.'
    )
    cfg_scale: Number = Field(
        None, description="How close to the prompt, 0 to 1. Default 0.5; not on turbo and O3."
    )
    shot_type: Text = Field(None, description="`customize`, the only one.")
    aspect_ratio: Text = Field(
        None, description="16:9, 9:16 or 1:1 (of a film: auto); ignored where a start image decides."
    )
    voice_ids: Texts = Field(None, description="Raw fal voice ids; fal's present schema ignores them.")
    template: Text = Field(None, description="`kling-v3`, `kling-v3-labels`, or a path to your own.")
    take: Positive = Field(None, description="The take that goes into the cut. Default 1.")
    budget: Money = Field(None, description="USD that a take may cost; in `defaults`: of each scene.")
    begin: Moment = Field(
        None, alias="in", description="Seconds of its clip that the cut leaves out at first."
    )
    end: Moment = Field(None, alias="out", description="Second of its clip at which the cut leaves it.")
    pack: Pack = Field(
        None,
        description="`auto`: a scene too long for one request is split between shots, as `id.1`, `id.2` and so on.",
    )
    note: Text = Field(None, description="For people; never sent.")
    title: Text = Field(None, description="For people; never sent.")


class Takeable(Inheritable):
    """What a scene says itself, and every variant of it."""

    shots: tuple[Shot, ...] | None = Field(
        None,
        description="One to six shots, more with `pack: auto`; without any the scene is its own shot.",
        json_schema_extra={"minItems": 1},
    )
    pin: Pinned = Field(
        None, description="The take that it keeps whatever its text says: `storyboard take pin` writes it."
    )
    continues: Before = Field(
        None,
        description="The scene that it goes on from: they share a still, else it begins with that clip's last frame.",
    )


class Scene(Repeated, Takeable):
    """One request, one clip of 3 to 15 s."""

    id: SceneId = Field(description="Unique in the storyboard.")
    variants: Annotated[dict[str, Takeable], BeforeValidator(_named)] | None = Field(
        None, description="Other ways to shoot it, by name: what one says holds over the scene's own fields."
    )
    pick: Text = Field(None, description="The variant that is shot; the scene as it stands when left out.")


class Sequence(Repeated, Inheritable):
    """Scenes that inherit from it; it sends nothing itself."""

    id: Id = Field(None, description="What messages call it.")
    scenes: "tuple[Entry, ...]" = Field(
        description="Its scenes, and sequences within it.", json_schema_extra={"minItems": 1}
    )


class Act(Authored):
    """A file whose scenes stand here; they inherit from its `defaults`."""

    include: Given = Field(description="Its path, from this file.")
    note: Text = Field(None, description="For people; never sent.")
    title: Text = Field(None, description="For people; never sent.")


def _entry_form(value: Any) -> str:
    if isinstance(value, dict) and "include" in value:
        return ACT_FORM
    return SEQUENCE_FORM if isinstance(value, dict) and "scenes" in value else SCENE_FORM


Entry = Annotated[
    Annotated[Scene, Tag(SCENE_FORM)]
    | Annotated[Sequence, Tag(SEQUENCE_FORM)]
    | Annotated[Act, Tag(ACT_FORM)],
    Discriminator(_entry_form),
]


class Element(Authored):
    """A recurring character or object, named in prompts as @name."""

    name: Text = Field(None, description="How people call it; the key when left out.")
    description: Text = Field(None, description="What it looks like, for an element without media.")
    frontal_image: Text = Field(None, description="The element from the front.")
    reference_images: Texts = Field(None, description="One to three more images of it.")
    video: Text = Field(None, description="A clip of it instead of images: 3 to 10 s.")
    voice: Text = Field(None, description="The voice bound to an element with a video, by name.")
    note: Text = Field(None, description="For people; never sent.")


class Included(Authored):
    """A file that a storyboard includes."""

    storyboard: Version | None = Field(None, description="The language's version: 1.")
    title: Text = Field(None, description="The film's title; never sent.")
    note: Text = Field(None, description="For people; never sent.")
    include: Includes = Field(
        None, description="Files that bring vars, elements, voices, defaults and scenes: paths from this one."
    )
    vars: Anything = Field(None, description="Plain data for Jinja, never rendered itself.")
    voices: Annotated[dict[str, Text], BeforeValidator(_named)] | None = Field(
        None, description="Voice ids by name."
    )
    elements: Annotated[dict[str, Element], BeforeValidator(_named)] | None = Field(
        None, description="Characters and objects by name."
    )
    defaults: Inheritable | None = Field(None, description="Inherited by every scene.")
    scenes: tuple[Entry, ...] | None = Field(None, description="In the order of the film.")


class Storyboard(Included):
    """The whole file."""

    storyboard: Version = Field(description="The language's version: 1.")
    scenes: tuple[Entry, ...] = Field(
        description="In the order of the film: scenes, sequences of them, and files that hold some.",
        json_schema_extra={"minItems": 1},
    )
    endpoint: Text = Field(None, description="For all scenes. Default kling-v3-standard.")
    budget: Money = Field(None, description="USD of one run; a plan above it is refused.")
    prices: Text = Field(None, description="The price book: a name, or a path to your own.")
    template: Text = Field(None, description="For all scenes. Default kling-v3.")
    cut: Cut | None = Field(None, description="Transitions, size and rate of the cut.")
