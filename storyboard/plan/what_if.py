"""What a film would cost otherwise: one or two fields set anew in every scene. Pure.

endpoint=kling-v3-4k        generate_audio=false        endpoint=kling-v3-pro,generate_audio=false
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from storyboard.catalog.endpoints import Catalog
from storyboard.errors import UsageError
from storyboard.findings import did_you_mean
from storyboard.plan.estimate import Estimate
from storyboard.read.model import Placed, Scene, Storyboard

BOOLEANS = {"true": True, "false": False}


class Alternative(Struct, frozen=True):
    """What was asked for, in its words, and what it would cost; None, and why not, where it can't be made."""

    asked: str
    estimate: Estimate | None
    why_not: str = ""


class Fields(Struct, frozen=True):
    """What is set in every scene; None leaves it as it is."""

    endpoint: str | None = None
    generate_audio: bool | None = None


def fields_of(asked: str, catalog: Catalog) -> Fields:
    """Raises UsageError."""
    found = Fields()
    for part in asked.split(","):
        name, equals, value = (each.strip() for each in part.partition("="))
        if equals and name == "endpoint":
            found = replace(found, endpoint=_endpoint(value, catalog))
        elif equals and name == "generate_audio":
            found = replace(found, generate_audio=_audio(value))
        else:
            raise UsageError(f"--what-if takes endpoint=NAME or generate_audio=false, not {part.strip()!r}.")
    return found


def _endpoint(value: str, catalog: Catalog) -> str:
    if catalog.find(value) is None:
        raise UsageError(f"--what-if: there is no endpoint {value!r}: {did_you_mean(value, catalog.names())}")
    return value


def _audio(value: str) -> bool:
    if value not in BOOLEANS:
        raise UsageError(f"--what-if: generate_audio is true or false, not {value!r}.")
    return BOOLEANS[value]


def altered(storyboard: Storyboard, fields: Fields) -> Storyboard:
    """The storyboard with these fields in every scene, each in the place of the scene's id."""
    return replace(storyboard, scenes=tuple(_altered(scene, fields) for scene in storyboard.scenes))


def _altered(scene: Scene, fields: Fields) -> Scene:
    if fields.endpoint is not None:
        scene = replace(scene, endpoint=Placed(fields.endpoint, scene.id.node))
    if fields.generate_audio is not None:
        scene = replace(scene, generate_audio=Placed(fields.generate_audio, scene.id.node))
    return scene
