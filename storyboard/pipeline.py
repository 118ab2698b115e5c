"""What happens to a storyboard, first to last: read, compile, judge by the rules, plan, render, cut.

The stages up to the plan only compute. Whatever they must know of the disk, the ledger and the prices is fetched here,
between them, and handed over as values. Only `render` may spend, and only what is in the plan that it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NotRequired, TypedDict, Unpack

from msgspec import Struct, field
from msgspec.structs import replace

from storyboard.around import all_texts, authored_book, look_around, only, project_settings, with_picks
from storyboard.catalog.endpoints import catalog
from storyboard.compile.compiler import DEFAULT_ENDPOINT, Compiled, compile_storyboard
from storyboard.compile.continued import continued
from storyboard.compile.pack import packed
from storyboard.diagnostics import Diagnostic
from storyboard.findings import Report
from storyboard.location import Location
from storyboard.read.chain import with_chains
from storyboard.read.load import meant
from storyboard.read.model import Storyboard
from storyboard.read.settings import FalSettings, Settings
from storyboard.read.source import Source
from storyboard.rules.judge import judge
from storyboard.rules.silence import silenced

if TYPE_CHECKING:
    import asyncio
    from fractions import Fraction
    from pathlib import Path

    from storyboard.catalog.prices import PriceBook
    from storyboard.compile.request import Request
    from storyboard.compile.shot_list import ShotList
    from storyboard.cut.edit import Cut
    from storyboard.cut.footage import Footage
    from storyboard.cut.handoff.returned import EditorsCut
    from storyboard.cut.handoff.timeline import Timeline
    from storyboard.cut.progress import Tell
    from storyboard.cut.report import CutReport
    from storyboard.cut.wanted import Wanted
    from storyboard.cut.workers import Workers
    from storyboard.fal.account import Account
    from storyboard.ledger.ledger import Ledger
    from storyboard.ledger.place import Place
    from storyboard.ledger.record import TakeRecord
    from storyboard.ledger.store import Store
    from storyboard.plan.policy import Caps
    from storyboard.plan.steps import Plan
    from storyboard.render.hints import Hints
    from storyboard.render.observer import Observer
    from storyboard.render.result import RenderResult


class Hands(TypedDict):
    """What a render works with."""

    project: Path
    ledger: Ledger
    store: Store
    account: Account
    observer: Observer
    concurrency: int
    caps: Caps
    stop: asyncio.Event
    settings: FalSettings
    lifting: frozenset[str]
    webhook: str | None
    hints: Hints
    name: str


class Means(TypedDict):
    """What a cut works with. Without `workers` threads of this process make what takes a processor."""

    segments: Path
    progress: Tell
    project: Path
    asked: Wanted
    workers: NotRequired[Workers]


class Checked(Struct, frozen=True):
    """A storyboard through `read` and `compile`; None what it did not get to. `sources` are the texts that places are
    in; `book` is the one that it names."""

    location: Location
    sources: tuple[Source, ...]
    storyboard: Storyboard | None
    compiled: Compiled | None
    book: PriceBook | None
    diagnostics: tuple[Diagnostic, ...]
    settings: Settings = field(default_factory=Settings)
    included: tuple[Source, ...] = ()  # of `sources`: the files that the storyboard includes

    @property
    def source(self) -> Source | None:
        """The storyboard's own text."""
        return self.sources[0] if self.sources else None

    @property
    def errors(self) -> int:
        return sum(diagnostic.severity == "error" for diagnostic in self.diagnostics)

    @property
    def unread(self) -> int:
        """Mistakes in YAML: what was read past one of them is not what its author wrote."""
        return sum(found.severity == "error" and found.code.startswith("SB0") for found in self.diagnostics)


def check(
    location: Location,
    variables: Mapping[str, Any],
    *,
    picks: Mapping[str, str] | None = None,
    scenes: Sequence[str] = (),
    missing_is_error: bool = True,
) -> Checked:
    """Read and compile: all scenes, or only those named; `picks` are variants by scene. Raises WorldError when the
    storyboard can't be read, and UsageError for a scene that is not there."""
    report = Report()
    texts = all_texts(location, report)
    storyboard = meant(texts, variables, report, picks or {})
    compiled = book = None
    sources = [*texts.sources]
    if storyboard is not None:
        storyboard = with_picks(location, storyboard, picks or {})
        storyboard = continued(storyboard, catalog(), DEFAULT_ENDPOINT, report)
        storyboard = only(packed(storyboard, catalog(), DEFAULT_ENDPOINT, report), scenes)
        compiled = _compiled(location, storyboard, report, missing_is_error=missing_is_error)
        book = authored_book(location, storyboard, report)
        sources += [source for source in compiled.surroundings.templates.values() if source is not None]
    settled, settings = project_settings(location, report)
    sources += settled
    complete = storyboard is not None and storyboard.whole
    included = texts.sources[1:]
    shared = {source.path for source in included}
    found = silenced(report.diagnostics(), sources, complete=complete, shared=shared)
    found = with_chains(found, texts)
    return Checked(location, tuple(sources), storyboard, compiled, book, found, settings, included=included)


def what_if(checked: Checked, storyboard: Storyboard) -> Checked:
    """The same film with another storyboard, one that nobody wrote. Stills need not exist."""
    report = Report()
    compiled = _compiled(checked.location, storyboard, report, missing_is_error=False)
    return replace(checked, storyboard=storyboard, compiled=compiled, diagnostics=report.diagnostics())


def _compiled(
    location: Location, storyboard: Storyboard, report: Report, *, missing_is_error: bool
) -> Compiled:
    around = look_around(location, storyboard, missing_is_error=missing_is_error)
    judge(compiled := compile_storyboard(storyboard, catalog(), around, report), report)
    return compiled


def plan(
    requests: Sequence[Request],
    book: PriceBook,
    project: Path,
    place: Place | None = None,
    select: Sequence[str] = (),
    elsewhere: Callable[[], Collection[str]] = frozenset,
    film: Sequence[Request] = (),
) -> tuple[Plan, tuple[TakeRecord, ...]]:
    """The plan of what `select` leaves of the requests, and the takes that it was made from. `place` is where takes are
    kept: fal's own, or what the environment names. `elsewhere` tells the digests of other storyboards, and is asked
    only where a take may be theirs. `film` has the scenes that requests go on from. Raises LedgerError and Refused."""
    from storyboard.ledger.facts import known_stock, known_takes, known_uploads, place_here
    from storyboard.plan.begun import begun
    from storyboard.plan.make import clips_wanted, files_to_send, make_plan
    from storyboard.plan.paid import of_old_texts

    place = place or place_here(project)
    takes, clips = known_takes(project, place=place)
    requests = begun(requests, takes, film, rehearsal=place.rehearsal)
    others = elsewhere() if of_old_texts(requests, takes) else frozenset()
    stock = known_stock(place, clips_wanted(requests, takes, rehearsal=place.rehearsal) - clips)
    made = partial(
        make_plan,
        takes=takes,
        clips=clips,
        book=book,
        rehearsal=place.rehearsal,
        elsewhere=others,
        stock=stock,
    )
    planned = made(requests)
    if select:
        from storyboard.plan.select import selected

        chosen = [step.scene for step in selected(planned.steps, select)]
        planned = made([request for request in requests if request.scene in chosen])
    files = files_to_send(planned.steps, {})
    if files:
        files = files_to_send(planned.steps, known_uploads(project, place=place))
    return replace(planned, files=files), takes


async def render(planned: Plan, **hands: Unpack[Hands]) -> RenderResult:
    """Carries out a plan that was seen and agreed to. The caller holds the place's lease. Raises Refused, FalError,
    LedgerError and Interrupted, which end a render; what fails for one scene alone is in the result."""
    from storyboard.render.runner import carry_out

    return await carry_out(planned, **hands)


def cut(
    shots: ShotList,
    clips: Mapping[str, Path],
    film: Path,
    editors: EditorsCut | None = None,
    **means: Unpack[Means],
) -> CutReport:
    """The clips (by scene) as one film, in the storyboard's order or in an editor's. A scene without one is shown from
    its still. Raises MediaError."""
    from storyboard.cut.edit import edit
    from storyboard.cut.footage import footage_of
    from storyboard.cut.make import make_cut
    from storyboard.cut.remarks import remarks
    from storyboard.cut.score import score_of
    from storyboard.cut.workers import HERE

    asked = means["asked"]
    kept, tell, workers = means["segments"], means["progress"], means.get("workers", HERE)
    found = footage_of(clips, shots, kept, measured=asked.inspect, tell=tell, workers=workers)
    if editors is None:
        made, scored = edit(shots, found, slates=asked.slates), shots
    else:
        from storyboard.cut.handoff.brought_back import brought_back

        made, scored = brought_back(editors, shots, clips, found, kept, tell)
    report = make_cut(made, film, score=score_of(made, scored, means["project"]), **means)
    return replace(report, remarks=remarks(shots, _shown(found, made)) if asked.inspect else None)


def _shown(footage: Mapping[str, Footage], cut: Cut) -> dict[str, Footage]:
    """What is to be seen in a cut."""
    paths = {piece.footage.path for piece in cut.pieces if piece.footage is not None}
    return {scene: each for scene, each in footage.items() if each.path in paths}


def handed_over(
    shots: ShotList,
    clips: Mapping[str, Path],
    takes: Mapping[str, TakeRecord],
    requests: Sequence[Request],
    name: str,
    kept: Path,
    project: Path,
) -> Timeline:
    """The same edit for other programs, a strip a shot. Clips and takes by scene; `kept` is a folder for what was
    measured. Raises MediaError."""
    from storyboard.cut.cues import placed
    from storyboard.cut.edit import edit
    from storyboard.cut.footage import footage_of
    from storyboard.cut.handoff.sounds import rows_of_sound
    from storyboard.cut.handoff.timeline import timeline
    from storyboard.cut.remarks import remarks

    found = footage_of(clips, shots, kept)
    made = edit(shots, found)
    cues = rows_of_sound(placed(shots.cues, made, shots), made, project, _lengths(shots, project))
    strips = timeline(made, name, takes, {each.scene: each for each in requests}, cues)
    return replace(strips, remarks=remarks(shots, _shown(found, made)))


def _lengths(shots: ShotList, project: Path) -> dict[str, Fraction]:
    """Seconds of music and narration by file, of what is there."""
    from storyboard.media.sound_file import probe_sound

    files = {cue.file for cue in shots.cues}
    return {file: probe_sound(project / file).seconds for file in sorted(files) if (project / file).exists()}
