"""A mapping of the language as pydantic reads it: what all the authored models are."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from storyboard.diagnostics import Span
from storyboard.read.leaves import Leaf
from storyboard.read.nodes import Mapping

NODE = "\0node"  # the key under which a mapping hands its own node to its model; no YAML key can be this

# Tags of the forms of a prompt and of an entry of `scenes`, and of what is words alone or written out. They stand in
# pydantic's paths; no key can be called so.
TEXT_FORM, SECTIONS_FORM, VERBATIM_FORM, SCENE_FORM, SEQUENCE_FORM, ACT_FORM = FORMS = (
    *("\0text", "\0sections", "\0verbatim"),
    *("\0scene", "\0sequence", "\0act"),
)

Anything = Annotated[Any, Leaf(lambda value: value, {})]


class Authored(BaseModel):
    """A mapping of the language. `node` is where it was written."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, defer_build=True)

    node: Anything = Field(alias=NODE)

    def place(self, field: str) -> Span:
        """Where a field's value was written, else where the mapping begins."""
        node: Mapping = self.node
        value = node.get(field)
        if value is not None:
            return value.span
        return node.source.span(node.start, min(node.start + 1, node.stop))
