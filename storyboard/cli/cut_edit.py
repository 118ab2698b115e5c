"""`storyboard cut --edit`: a timeline that was edited elsewhere, with the clips of the store that it names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from storyboard.errors import UsageError

if TYPE_CHECKING:
    from storyboard.cli.inputs import Prepared
    from storyboard.cut.handoff.returned import EditorsCut, StoredClip
    from storyboard.ledger.place import Place

Edit = Annotated[
    Path | None,
    typer.Option(
        "--edit",
        metavar="FILE.otio",
        help="Cut as this timeline says, which `export` wrote and an editor changed.",
    ),
]


def editors_cut(file: Path | None, prepared: Prepared, place: Place, *, alone: bool) -> EditorsCut | None:
    """The timeline that was asked for, and the clips that it names, of whichever take. `alone`: no other option says
    what is seen. Raises UsageError, MediaError, LedgerError."""
    if file is None:
        return None
    if not alone:
        raise UsageError("--edit shows what the timeline shows: leave --scene and --slates out.")
    from storyboard.cut.handoff.reading import read_edit
    from storyboard.cut.handoff.returned import EditorsCut

    document = read_edit(file, prepared.shot_list.fps)
    return EditorsCut(document, _clips(document.clips, prepared, place))


def _clips(names: frozenset[str], prepared: Prepared, place: Place) -> dict[str, StoredClip]:
    """Each that is here, by sha256. A scene is known by its request: its name may be another now."""
    from storyboard.cli.sharing import brought_here
    from storyboard.cut.handoff.returned import StoredClip
    from storyboard.ledger.facts import known_takes
    from storyboard.ledger.store import Store

    takes, _ = known_takes(prepared.project, place=place)
    store = Store(place)
    brought_here(place, [take.clip for take in takes if take.clip in names])
    now = {request.digest: request.scene for request in prepared.film}
    scenes = {scene.id for scene in prepared.shot_list.scenes}
    found: dict[str, StoredClip] = {}
    for take in takes:
        scene = now.get(take.digest, take.scene)
        if take.clip in names and take.clip is not None and scene in scenes and store.holds(take.clip):
            found[take.clip] = StoredClip(scene, take.take, store.read(take.clip))
    return found
