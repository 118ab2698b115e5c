"""A storyboard for the preview: looked at, picked from, rendered and drawn as the commands of those names do it.
Nothing is asked at the terminal: the page asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from msgspec import Struct

from storyboard.cli.concurrency import at_a_time
from storyboard.cli.failures import exit_code_of
from storyboard.cli.frame import words
from storyboard.cli.one_scene import scene_of
from storyboard.cli.place import chosen_place
from storyboard.cli.preview_look import Looker
from storyboard.cli.render import whole_cut, work_on
from storyboard.cli.take_pick import picked
from storyboard.cli.work import Work, carried_out, verdict
from storyboard.errors import Refused, StoryboardError, WorldError
from storyboard.ledger.lease import at_work
from storyboard.location import locate
from storyboard.preview.film import Outdated, Seen
from storyboard.report.counted import counted
from storyboard.report.frames import frames
from storyboard.report.page import More, page_of

if TYPE_CHECKING:
    from storyboard.cli.inputs import Prepared
    from storyboard.cut.progress import Tell
    from storyboard.editor.overlay import Stamp
    from storyboard.plan.policy import Caps
    from storyboard.preview.film import Stopping
    from storyboard.render.observer import Observer, Progress

POLICY = {"connect-src": "'self'", "img-src": "'self'"}


class Agreed(Struct, frozen=True):
    """What a person said yes to, and the caps that hold."""

    work: Work
    caps: Caps


class PreviewFilm(Struct, frozen=True):
    """`preview.film.Film` as the command line has it."""

    looker: Looker

    def look(self, read: dict[Path, Stamp | None], outdated: Callable[[], bool]) -> Seen:
        try:
            return self.looker.look(read, outdated)
        except Outdated:
            raise
        except Exception as failure:  # noqa: BLE001 - told, and the next save is looked at all the same
            return self.looker.unseen(str(self.failed(failure)))

    def page(self, seen: Seen, script: str, style: str, body: str) -> str:
        return page_of(seen.facts, seen.links, self.looker.style, More(script, style, body, POLICY))

    def words(self, progress: Progress) -> str:
        return words(progress)

    def failed(self, failure: Exception) -> StoryboardError:
        """A bug of ours ends no session: its report lies where the terminal says."""
        if isinstance(failure, StoryboardError):
            return failure
        code = exit_code_of(failure)
        return WorldError(f"That failed (exit {code}): the terminal where the preview runs says more.")

    def pick(self, scene: str, take: int) -> str:
        found = self._prepared((scene,), missing_is_error=False)
        new = picked(scene_of(self.looker.path, found, scene, sandbox=self.looker.sandbox), take)
        return f"{scene}: take {take} is picked" + ("" if new else " already: nothing was written")

    def agree(self, digest: str) -> Agreed:
        found = self._prepared(self.looker.asked.scenes or ())
        work = work_on(found, sandbox=self.looker.sandbox)
        if work.planned.digest != digest:
            raise Refused(
                "The plan is another one by now: the storyboard, the prices or what was bought changed since it "
                "was shown. Nothing was sent. Look at the new one."
            )
        if (who := at_work(work.place.lock)) is not None:
            _refused_while(who)
        caps, ruling = self.looker.ruled(found, work.planned, work.takes, work.place)
        self.looker.refuse(work.planned, work.takes, work.place, ruling)
        return Agreed(work, caps)

    def carry_out(
        self, agreed: Agreed, observer: Observer, stopping: Stopping, tell: Tell
    ) -> tuple[str, Path]:
        work, here = agreed.work, at_a_time()
        result = carried_out(
            work,
            concurrency=here,
            caps=agreed.caps,
            observer=observer,
            stopping=stopping,
            waiting=_refused_while,
        )
        if (failure := verdict(result)) is not None:
            raise failure
        cut = whole_cut(work.prepared, work.place, None, sandbox=self.looker.sandbox, tell=tell)
        return f"{counted(len(result.takes), 'clip')}, {result.sent} sent now: {cut.output.name}", cut.output

    def animatic(self, output: Path, tell: Tell) -> None:
        from storyboard.cli.cut import segments_of
        from storyboard.cut.animatic import animatic

        found = self._prepared(self.looker.asked.scenes or (), missing_is_error=False)
        place = chosen_place(found.project, sandbox=True)
        place.ready()
        animatic(found.chosen, found.project, output, segments_of(place), tell)

    def _prepared(self, scenes: Sequence[str], *, missing_is_error: bool = True) -> Prepared:
        """The storyboard as it lies there, without errors. Raises Refused."""
        checked = self.looker.checked(locate(self.looker.path), missing_is_error=missing_is_error)
        if checked.errors:
            wrong = [each for each in checked.diagnostics if each.severity == "error"]
            raise Refused(f"The storyboard has errors. Nothing was done.\n{frames(wrong, checked.sources)}")
        return self.looker.prepared(checked, scenes)


def _refused_while(who: str) -> NoReturn:
    """Nobody waits here for another render: what was agreed to is another plan when that one has ended, and a thread
    that waits hears of no Stop."""
    raise Refused(f"{who}. Nothing was sent. Wait for it to end.")
