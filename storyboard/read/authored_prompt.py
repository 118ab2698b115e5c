"""What may stand in a prompt, and beside it: sections, verbatim text, lines of dialogue."""

from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag
from pydantic_core import PydanticCustomError

from storyboard.read.authored_mapping import NODE, SECTIONS_FORM, TEXT_FORM, VERBATIM_FORM, Authored
from storyboard.read.leaves import Given, Leaf, Text
from storyboard.read.nodes import Mapping, Node, Scalar

SECTIONS = ("scene", "subject_motion", "camera", "important_details", "elements", "audio", "constraints")


def texts(value: Any) -> Scalar | tuple[Scalar, ...]:
    """One text, or a list of them. A plain function: a union of the two would take far longer to build."""
    if isinstance(value, Scalar):
        return value
    items = value if isinstance(value, list) else [value]
    for index, item in enumerate(items):
        if not isinstance(item, Scalar):
            raise PydanticCustomError("SB116", "", {"index": index})
    return tuple(items)


def _prompt_form(value: Any) -> str:
    if not isinstance(value, dict):
        return TEXT_FORM
    return VERBATIM_FORM if "verbatim" in value else SECTIONS_FORM


def _lines(value: Any) -> Node | tuple[Node, ...]:
    """Lines of dialogue: a scalar, or `speaker: words`, which YAML reads as a mapping of one entry."""
    if isinstance(value, list):
        return tuple(_line(item, index) for index, item in enumerate(value))
    return _line(value, None)


def _line(value: Any, index: int | None) -> Node:
    if isinstance(value, Scalar):
        return value
    found = "a list"
    if isinstance(value, dict) and isinstance(node := value.get(NODE), Mapping):
        if len(node.entries) == 1 and isinstance(node.entries[0][1], Scalar):
            return node
        found = "a mapping of several entries"
    expected = "a list with an entry `- speaker: words` for each line"
    raise PydanticCustomError("SB103", "", {"expected": expected, "found": found, "index": index})


TEXT = {"type": ["string", "number", "boolean", "null"]}
Texts = Annotated[Any, Leaf(texts, {"anyOf": [TEXT, {"type": "array", "items": TEXT}]})]
LINE = {"type": ["string", "object"], "maxProperties": 1}
Lines = Annotated[Any, Leaf(_lines, {"anyOf": [LINE, {"type": "array", "items": LINE}, {"type": "null"}]})]


class Sections(Authored):
    """The prompt's sections, after fal's own template."""

    scene: Texts = Field(None, description="Where it is: environment, time of day. The nearest level wins.")
    subject_motion: Texts = Field(None, description="What the subject does. The nearest level wins.")
    camera: Texts = Field(
        None, description="Static, push, pull, pan, dolly, handheld. The nearest level wins."
    )
    important_details: Texts = Field(None, description="Lens, light, grade, atmosphere. Levels add up.")
    elements: Texts = Field(None, description="Which elements appear, as @name. The nearest level wins.")
    audio: Texts = Field(
        None, description="Ambient sound, music. Sent only while audio is on. Levels add up."
    )
    constraints: Texts = Field(None, description="What must hold: identity, no watermark. Levels add up.")


class Verbatim(Authored):
    """A prompt that is sent as it stands: no template, no inheritance, no Jinja."""

    verbatim: Given = Field(description="The exact prompt. Only @names are still resolved.")


Prompt = Annotated[
    Annotated[Text, Tag(TEXT_FORM)]
    | Annotated[Sections, Tag(SECTIONS_FORM)]
    | Annotated[Verbatim, Tag(VERBATIM_FORM)],
    Discriminator(_prompt_form),
]
