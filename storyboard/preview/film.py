"""What the preview shows and does, as seen from the server: the command line has it done as its own commands do it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct, field

from storyboard.report.page import Facts, Links

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Mapping

    from storyboard.compile.shot_list import ShotList
    from storyboard.cut.progress import Tell
    from storyboard.editor.overlay import Stamp
    from storyboard.errors import StoryboardError
    from storyboard.plan.policy import Ruling
    from storyboard.plan.steps import Plan
    from storyboard.render.observer import Observer, Progress

Stopping = Callable[[], AbstractContextManager["asyncio.Event"]]


NO_LINKS = Links()


class Outdated(Exception):
    """Something was written while it was read: what would come of it is of no use to anybody."""


class Served(Struct, frozen=True):
    """A file that the page may ask for: a clip as it is, a still or the first frame of a film as a small picture.
    `sha256` is what its bytes must have, of a file that anybody may write; None of a clip in the store, which nobody
    does."""

    path: Path
    sha256: str | None = None
    small: bool = False


class Made(Struct, frozen=True):
    """A film that was made for the page. `name` is the hash of its bytes."""

    name: str
    path: Path


class Offer(Struct, frozen=True):
    """A plan as it is shown with its price. `against` is why it can't be carried out as it stands, in words."""

    plan: Plan
    ruling: Ruling
    where: str  # it goes to, in words
    rehearsal: bool
    against: str | None = None


class Seen(Struct, frozen=True):
    """A storyboard as it lay there at one moment: the page's facts, links and fragments, and the files behind the
    links. `found` are its diagnostics with their code; `failure` is why it could not be read at all. Where there is no
    offer, `unpriced` may say why. `cut` is equal for equal animatics, None where there is none."""

    facts: Facts
    links: Links = NO_LINKS
    parts: Mapping[str, str] = field(default_factory=dict)
    media: Mapping[str, Served] = field(default_factory=dict)
    errors: int = 0
    found: str = ""
    failure: str | None = None
    offer: Offer | None = None
    unpriced: str | None = None
    cut: ShotList | None = None

    @property
    def good(self) -> bool:
        return self.failure is None and not self.errors


class Film(Protocol):
    """One storyboard. All of it but `page`, `words` and `failed` takes its time, and is called in threads of its own.
    What can't be done is a StoryboardError; what nobody foresaw is told by `failed`."""

    def look(self, read: dict[Path, Stamp | None], outdated: Callable[[], bool]) -> Seen:
        """Reads it, and notes in `read` what of the disk it was made of. Raises Outdated."""

    def page(self, seen: Seen, script: str, style: str, body: str) -> str:
        """The whole page, with what the preview adds to it."""

    def words(self, progress: Progress) -> str:
        """What happens to a take."""

    def failed(self, failure: Exception) -> StoryboardError:
        """A failure as the page may say it; one that nobody foresaw is told where the preview runs, too."""

    def pick(self, scene: str, take: int) -> str:
        """Writes the choice into the storyboard; says so."""

    def agree(self, digest: str) -> Any:
        """The person agrees to the plan of that digest. Raises Refused when it is another one by now, or when
        something stands against it. What comes back can be carried out, and is nothing to look into."""

    def carry_out(
        self, agreed: Any, observer: Observer, stopping: Stopping, tell: Tell
    ) -> tuple[str, Path | None]:
        """Buys what was agreed to, and cuts; what came of it, and the cut. `stopping` gives the event that stops the
        buying; `tell` hears of the cut, and ends it by raising."""

    def animatic(self, output: Path, tell: Tell) -> None:
        """Draws the animatic of the storyboard as it lies there."""
