"""Every failure that is not a diagnostic. The command line prints the text as one paragraph and exits with the code.

    StoryboardError
    ├── UsageError          2   the command's words are off
    ├── Refused             3   money: budget, stale or used plan, unknown submission, unpriced
    ├── WorldError          4   fal, the media or this machine failed
    │   ├── MediaError          a still or clip is not what it should be, or ffmpeg failed
    │   ├── LedgerError         the ledger or the clip store can't be read or written
    │   │   ├── LedgerAway      the server of a shared ledger can't be reached
    │   │   ├── Overtaken       another process moved the take on meanwhile
    │   │   └── StoreAway       the shared clip store can't be asked, refuses, or holds something else
    │   └── FalError            see storyboard/fal/errors.py
    └── Interrupted       130   Ctrl-C

A text says what happened, what was saved, and what to run next. It never holds the key.
"""

from __future__ import annotations


class StoryboardError(Exception):
    """A failure with a text for a person. `exit_code` is the process's."""

    exit_code = 70


class UsageError(StoryboardError):
    exit_code = 2


class Refused(StoryboardError):
    exit_code = 3


class WorldError(StoryboardError):
    exit_code = 4


class MediaError(WorldError):
    """A still or clip is not what it should be, or ffmpeg failed."""


class LedgerError(WorldError):
    """The ledger or the clip store can't be read or written. Nothing is sent when this is raised before a submit."""


class LedgerAway(LedgerError):
    """The server of a shared ledger can't be reached. `pending` is the transaction that may have been committed all the
    same, for whoever tries again (see storyboard/ledger/pending.py); None when it certainly was not. `final`: it was
    waited for, and nobody is to wait again."""

    pending: object = None
    final = False


class Overtaken(LedgerError):
    """Another process moved the take on meanwhile: what was to be written down is not what comes next."""


class StoreAway(LedgerError):
    """The shared clip store can't be reached, refuses, or holds something else than its name says. Nothing is lost by
    it: what is paid is here, or still at fal. `reason` is the part of the text that another text may have; `far`: no
    answer came, and the next question would wait as long; `final`: asking again changes nothing."""

    def __init__(self, text: str, reason: str, *, far: bool = False, final: bool = False) -> None:
        super().__init__(text)
        self.reason, self.far, self.final = reason, far, final


class Interrupted(StoryboardError):
    exit_code = 130
