"""Whose money, and where to: the key, and the hosts that may see it.

The key comes from FAL_KEY, or FAL_KEY_ID and FAL_KEY_SECRET, and goes to fal's own API hosts over TLS.
STORYBOARD_FAL_URL puts one base URL in place of all of fal's hosts (queue, storage, media, platform API):
a look-alike or a proxy of somebody's. It gets STORYBOARD_SANDBOX_KEY where that is set; else, on loopback, where
nothing leaves the machine, the key as fal would; else the word "rehearsal", which is also all that the built-in
sandbox ever gets. A base URL must be https; http is taken for loopback only.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from msgspec import Struct

from storyboard.errors import UsageError
from storyboard.fal.errors import MalformedKey, MissingKey
from storyboard.secret import KEY_FORM, Secret

QUEUE = "https://queue.fal.run"
STORAGE = "https://rest.fal.ai"
PLATFORM = "https://api.fal.ai"
MEDIA = "fal.media"  # and the hosts below it: uploads and finished clips, never with a key
REHEARSAL = "rehearsal"


class Account(Struct, frozen=True):
    """Where requests go. `base_url` is None for fal itself; `key` is None when there is none to be had."""

    key: Secret | None
    base_url: str | None = None

    @property
    def queue(self) -> str:
        return self.base_url or QUEUE

    @property
    def storage(self) -> str:
        return self.base_url or STORAGE

    @property
    def platform(self) -> str:
        return self.base_url or PLATFORM

    def needed_key(self) -> Secret:
        """The key. Raises MissingKey, which says where to get one."""
        if self.key is None:
            raise MissingKey
        return self.key


def account_from(environment: Mapping[str, str] = os.environ, base_url: str | None = None) -> Account:
    """The account that the environment names. `base_url`, the built-in sandbox's, beats STORYBOARD_FAL_URL.

    Raises MalformedKey or UsageError, neither of which repeats the key.
    """
    base = base_url or base_url_from(environment)
    if base is None:
        return Account(_fal_key(environment))
    word = environment.get("STORYBOARD_SANDBOX_KEY")
    if word:
        return Account(_key(word, "STORYBOARD_SANDBOX_KEY"), base)
    local = base_url is None and on_this_machine(urlsplit(base).hostname or "")
    return Account((_fal_key(environment) if local else None) or Secret(REHEARSAL), base)


def _fal_key(environment: Mapping[str, str]) -> Secret | None:
    whole = environment.get("FAL_KEY")
    if whole:
        return _key(whole, "FAL_KEY")
    first, second = environment.get("FAL_KEY_ID"), environment.get("FAL_KEY_SECRET")
    if first and second:
        return _key(f"{first}:{second}", "FAL_KEY_ID and FAL_KEY_SECRET")
    return None


def base_url_from(environment: Mapping[str, str] = os.environ) -> str | None:
    """What STORYBOARD_FAL_URL puts in place of fal's hosts; None for fal itself. Raises UsageError."""
    text = environment.get("STORYBOARD_FAL_URL", "").strip()
    return _checked(text) if text else None


def _key(text: str, name: str) -> Secret:
    if KEY_FORM.match(text) and "\n" not in text:
        return Secret(text)
    raise MalformedKey(f"{name} {_fault(text)}. Nothing was sent. Set it again as fal's dashboard shows it.")


def _fault(text: str) -> str:
    if text != text.strip():
        where = "end" if text.rstrip() != text else "beginning"
        what = "line break" if any(c in "\r\n" for c in text[len(text.rstrip()) :]) else "blank"
        return f"has a {what} at the {where}"
    if any(c.isspace() for c in text):
        return "has a blank or a line break within it"
    if not text.isascii():
        return "has a character that no key has (a typographic quote, perhaps)"
    return "has a control character in it"


def _checked(base_url: str) -> str:
    if may_be_asked(base_url):
        return base_url.rstrip("/")
    raise UsageError(
        "STORYBOARD_FAL_URL must be an https URL without user, query or fragment (http is taken for this "
        "machine only, as in http://127.0.0.1:8000). Nothing was sent."
    )


def may_be_asked(url: str) -> bool:
    """Is it an https URL without user, query or fragment? http is taken for this machine only."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    plain = not (parts.username or parts.password or parts.query or parts.fragment)
    return (
        bool(host)
        and plain
        and (parts.scheme == "https" or (parts.scheme == "http" and on_this_machine(host)))
    )


def on_this_machine(host: str) -> bool:
    """Is the host a name or address of loopback?"""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
