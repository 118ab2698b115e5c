"""What can go wrong at fal, as errors with a text for a person.

WorldError                              exit code 4
└── FalError
    ├── KeyProblem                      stops the whole render: the next scene would fare the same
    │   ├── MissingKey
    │   ├── MalformedKey
    │   ├── KeyRefused                  401
    │   └── AccountLocked               402, 403: balance exhausted, no permission, content blocked
    ├── RequestRefused                  400, 404, 405, 413, 415, 422 at submit: nothing was bought
    ├── TooManyRequests                 429
    ├── NotReached                      no connection, no answer, or 5xx, for longer than patience lasts
    ├── OddAnswer                       not what fal documents: a web page, broken JSON, another host
    ├── RequestForgotten                404 while polling: the queue keeps results for about an hour
    ├── GenerationFailed                the result is an error
    │   ├── InputRefused                422 with a place in the arguments
    │   ├── ContentRefused              content_policy_violation
    │   ├── MediaRefused                an image, video, audio or archive that the model can't use
    │   ├── ModelFailed                 nothing generated; the model, or what is behind it, failed
    │   ├── PlatformFailed              runner and start-up failures: fal's own, never billed
    │   └── GenerationCancelled         499
    └── DownloadFailed                  the clip could not be fetched whole; it is paid and is fetched again
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from msgspec import Struct

from storyboard.errors import WorldError


class FalError(WorldError):
    """fal, or the way to it, failed."""


class KeyProblem(FalError):
    """Every further request would fail the same way."""


class MissingKey(KeyProblem):
    def __init__(self) -> None:
        super().__init__(
            "No fal.ai key is set, so nothing was sent. Make one at https://fal.ai/dashboard/keys and set "
            "it: `export FAL_KEY=…` in a POSIX shell, `$env:FAL_KEY = '…'` in PowerShell. To rehearse "
            "without a key and without money, run the same command with --sandbox."
        )


class MalformedKey(KeyProblem):
    pass


class KeyRefused(KeyProblem):
    pass


class AccountLocked(KeyProblem):
    pass


class RequestRefused(FalError):
    pass


class TooManyRequests(FalError):
    pass


class NotReached(FalError):
    pass


class OddAnswer(FalError):
    pass


class RequestForgotten(FalError):
    pass


class DownloadFailed(FalError):
    pass


class Complaint(Struct, frozen=True):
    """One entry of fal's `detail`. `argument` is a path into the request's arguments, () when fal names
    none."""

    argument: tuple[str | int, ...]
    message: str
    kind: str
    context: dict[str, Any]


class GenerationFailed(FalError):
    """The result is an error. `complaints` are fal's own words, `units` what it says to have billed; 5xx without
    units is never billed, the rest may be."""

    def __init__(
        self,
        text: str,
        status: int,
        complaints: tuple[Complaint, ...] = (),
        *,
        units: Decimal | None = None,
        billed: bool = False,
    ) -> None:
        super().__init__(text)
        self.status = status
        self.complaints = complaints
        self.units = units
        self.billed = billed

    @property
    def maybe_billed(self) -> bool:
        return self.billed or not 500 <= self.status <= 599  # noqa: PLR2004 - fal's pricing page: server errors are not billed


class InputRefused(GenerationFailed):
    pass


class ContentRefused(GenerationFailed):
    pass


class MediaRefused(GenerationFailed):
    pass


class ModelFailed(GenerationFailed):
    pass


class PlatformFailed(GenerationFailed):
    pass


class GenerationCancelled(GenerationFailed):
    pass
