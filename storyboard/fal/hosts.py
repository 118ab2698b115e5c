"""Which URLs of an answer may be asked. An answer is a stranger's text: its URLs are followed on known hosts
only.

For fal itself: the queue's own host with the key, fal.media without. For a look-alike: its base URL alone;
what it said while it ran on another port is asked where it runs now.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import httpx

from storyboard.fal.account import MEDIA, QUEUE, Account
from storyboard.fal.errors import OddAnswer
from storyboard.ledger.record import Submission

ID = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$")
LONGEST = 4096


def queue_url(account: Account, url: object) -> str:
    """The URL, if it is one of the queue's. Raises OddAnswer."""
    return _allowed(account, url, lambda host: host == urlsplit(QUEUE).hostname)


def media_url(account: Account, url: object) -> str:
    """The URL, if a clip or an upload may be there. Raises OddAnswer."""
    return _allowed(account, url, lambda host: host == MEDIA or host.endswith("." + MEDIA))


def moved(account: Account, url: str) -> str:
    """A stored URL of a look-alike, at the port and host where it runs now; fal's URLs as they are."""
    if account.base_url is None:
        return url
    try:
        parts, base = urlsplit(url), urlsplit(account.base_url)
    except ValueError:
        return url  # whoever checks it refuses it
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        return url
    return parts._replace(scheme=base.scheme, netloc=base.netloc).geturl()


def submission(account: Account, endpoint: str, request_id: str) -> Submission:
    """The URLs of a request whose answer gave the id but no usable URLs.

    fal's rule: they have the owner and the app of the endpoint, never its full path. Only for when the
    answer to the submit was cut short, named another host, or never came and the id is from the history.
    """
    owner, app = endpoint.split("/")[:2]
    root = f"{account.queue}/{owner}/{app}/requests/{request_id}"
    return Submission(request_id, f"{root}/status", root, f"{root}/cancel")


def request_id_of(value: object) -> str | None:
    """The id, if it has the form of one: it becomes part of a path."""
    return value if isinstance(value, str) and ID.match(value) else None


def _allowed(account: Account, url: object, known: Callable[[str], bool]) -> str:
    if (
        not isinstance(url, str)
        or len(url) > LONGEST
        or not url.isascii()
        or not url.isprintable()
        or "\\" in url
    ):
        raise OddAnswer("The answer holds no usable URL.")
    try:
        parsed = httpx.URL(url)  # what is checked is what is used: the client parses by the same rules
    except (httpx.InvalidURL, ValueError) as failure:
        raise OddAnswer("The answer holds a URL that can't be read.") from failure
    if parsed.userinfo or not _same(account, parsed, known):
        raise OddAnswer(f"The answer points at another host ({parsed.host[:80]}). It was not asked.")
    return str(parsed)


def _same(account: Account, url: httpx.URL, known: Callable[[str], bool]) -> bool:
    if account.base_url is not None:
        base = httpx.URL(account.base_url)
        return (url.scheme, url.host, url.port) == (base.scheme, base.host, base.port)
    return url.scheme == "https" and url.port is None and known(url.host)
