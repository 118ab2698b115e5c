"""One scene of a storyboard and the takes that are known for it: what the words of `storyboard take` begin with."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import Struct

from storyboard.cli import complete
from storyboard.cli.console import say
from storyboard.cli.inputs import Prepared, prepare
from storyboard.cli.place import chosen_place
from storyboard.cli.variables import Given
from storyboard.compile.request import Request
from storyboard.errors import UsageError
from storyboard.ledger.place import place_of
from storyboard.ledger.record import State, TakeRecord
from storyboard.plan.begun import begun
from storyboard.plan.pins import COMING, name_of

if TYPE_CHECKING:
    from storyboard.ledger.place import Place

SceneArgument = Annotated[
    str, typer.Argument(metavar="SCENE", help="The scene's id.", autocompletion=complete.scenes)
]
Sandbox = Annotated[
    bool, typer.Option("--sandbox", help="Among the takes of rehearsals in the built-in sandbox.")
]
LISTED = 12  # takes in a message
SHORTEST = 8  # characters of a digest that are taken for one


class OneScene(Struct, frozen=True):
    """A scene of a storyboard without errors. `takes` are all of its place, whichever scene they are of."""

    path: Path
    prepared: Prepared
    request: Request
    place: Place
    takes: tuple[TakeRecord, ...]

    @property
    def id(self) -> str:
        return self.request.scene

    @property
    def digest(self) -> str:
        return self.request.digest or ""

    @property
    def own(self) -> tuple[TakeRecord, ...]:
        """The takes of the scene as it is written now, by number."""
        return tuple(sorted((t for t in self.takes if t.digest == self.digest), key=lambda t: t.take))

    def numbered(self, number: int) -> TakeRecord:
        """A take of the scene as it is written now that has a clip, or is being made. Raises UsageError."""
        found = next((take for take in self.own if take.take == number), None)
        if found is not None and usable(found):
            return found
        what = f"has no clip ({found.state.value})" if found is not None else "is not there"
        raise UsageError(f"Take {number} of scene {self.id} as it is written now {what}. {self.known()}")

    def known(self) -> str:
        """The takes that there are, in a sentence or two."""
        own = ", ".join(f"{take.take} ({take.state.value})" for take in self.own[-LISTED:])
        older = [take for take in self.takes if take.scene == self.id and take.digest != self.digest]
        told = f"There are: {own}." if own else "It has none yet: `storyboard render` shoots the first."
        if older:
            names = ", ".join(f"{name_of(take)} ({take.state.value})" for take in older[-LISTED:])
            told += f" Of other texts of the scene: {names}; `storyboard take pin` keeps one of those."
        return f"{told} Nothing was written."

    def say_how_to_pick(self, take: TakeRecord) -> None:
        """What stays in the cut beside a take that came to be, and how that changes."""
        if self.request.pin is not None:
            released, picked = self.hint("pin --release"), self.hint(f"pick {take.take}")
            say(f"the scene is pinned, and stays so; to choose this take: {released}, then {picked}")
        elif self.request.take == take.take:
            say("it is the take that the storyboard asks for: `storyboard cut` shows it")
        else:
            picked = self.hint(f"pick {take.take}")
            say(f"take {self.request.take} stays the one for the cut; to choose this one: {picked}")

    def hint(self, words: str) -> str:
        """A command of this group for this scene, to be pasted."""
        word, _, rest = words.partition(" ")
        where = f"{shlex.quote(str(self.path))} {shlex.quote(self.id)}"
        builtin = " --sandbox" if self.place == place_of(self.place.project, builtin=True) else ""
        return f"storyboard take {word} {where} {rest}".rstrip() + builtin

    def warn_of_rehearsal(self) -> None:
        """What a look-alike made is chosen in the one storyboard that there is."""
        if self.place.rehearsal:
            say(
                "that is a rehearsal's take: with fal, the storyboard now asks for a take of the same name there"
            )


def one_scene(
    path: Path,
    scene: str,
    *,
    sandbox: bool,
    variables: Given,
    prices: str | None = None,
    max_cost: str | None = None,
    approve: Sequence[str] | None = None,
    json: bool = False,
) -> OneScene:
    """The scene that was named. Exits 1 when the storyboard has errors; raises UsageError for a scene that is not
    there."""
    prepared = prepare(
        path,
        prices=prices,
        variables=variables,
        scenes=(scene,),
        max_cost=max_cost,
        approve=approve,
        json=json,
    )
    return scene_of(path, prepared, scene, sandbox=sandbox)


def scene_of(path: Path, prepared: Prepared, scene: str, *, sandbox: bool) -> OneScene:
    """The one scene for which a storyboard was prepared. Raises UsageError for one that was split."""
    from storyboard.ledger.facts import known_takes

    if len(prepared.requests) > 1:
        parts = ", ".join(request.scene for request in prepared.requests)
        raise UsageError(f"Scene {scene} was split into {parts} by `pack: auto`: name one of these.")
    place = chosen_place(prepared.project, sandbox=sandbox)
    takes, _ = known_takes(prepared.project, place=place)
    (request,) = begun(prepared.requests, takes, prepared.film, rehearsal=place.rehearsal)
    return OneScene(path, prepared, request, place, takes)


def usable(take: TakeRecord) -> bool:
    """Is its clip here, or certainly on its way?"""
    return take.state is State.VERIFIED or take.state in COMING
