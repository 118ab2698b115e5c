"""The key as a value that can't be printed, and the last net below it: text with the key taken out."""

from __future__ import annotations

import base64
import json
import os
import re
from urllib.parse import unquote

KEY_FORM = re.compile(r"^[!-~]+$")
KEY_VARIABLES = ("FAL_KEY", "FAL_KEY_ID", "FAL_KEY_SECRET", "STORYBOARD_SANDBOX_KEY")
LEDGER_URL = "STORYBOARD_LEDGER_URL"  # may hold a password
STORE_VARIABLES = (  # credentials of a shared clip store
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_TOKEN",
    "AWS_SSE_CUSTOMER_KEY_BASE64",
    "GOOGLE_SERVICE_ACCOUNT_KEY",
    "GOOGLE_BEARER_TOKEN",
    "AZURE_STORAGE_ACCOUNT_KEY",
    "AZURE_STORAGE_ACCESS_KEY",
    "AZURE_STORAGE_MASTER_KEY",
    "AZURE_STORAGE_CLIENT_SECRET",
    "AZURE_CLIENT_SECRET",
    "AZURE_STORAGE_SAS_KEY",
    "AZURE_STORAGE_SAS_TOKEN",
    "AZURE_STORAGE_TOKEN",
)
SECRET_VARIABLES = (*KEY_VARIABLES, LEDGER_URL, "PGPASSWORD", *STORE_VARIABLES)
PASSWORD_IN_URL = re.compile(r"//[^/@]*?:([^/@]*)@|[?&](?:ssl)?password=([^&]*)")
SIGNED = re.compile(r"([?&](?:signature|sig|token|identity|X-Amz-Signature)=)[^&\s\"']+", re.IGNORECASE)
AUTHORIZATION = re.compile(r"(?i)(authorization\"?'?\s*[:=]\s*\"?'?(?:key|bearer)\s+)[^\s\"']+")


class Secret:
    """A key. Only `reveal` gives it out; printing, formatting and pickling do not."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a secret is not to be stored")


def without_key(text: str) -> str:
    """The text without the key, its halves, its base64 form and how JSON writes it, nor what else is secret. For
    documents, whose other parts are to stay as they are."""
    for value in _known_secrets():
        text = text.replace(value, "[key]")
    return text


def redact(text: str) -> str:
    """The text without the key, authorization values and signatures of URLs. For messages and for what is kept."""
    text = without_key(text)
    text = AUTHORIZATION.sub(r"\1[key]", text)
    return SIGNED.sub(r"\1[signature]", text)


def _in_base64(value: str) -> tuple[str, str]:
    """In both alphabets, without the filling at the end: that depends on what follows."""
    data = value.encode("utf-8", "surrogatepass")
    return base64.b64encode(data).decode().rstrip("="), base64.urlsafe_b64encode(data).decode().rstrip("=")


def _known_secrets() -> list[str]:
    values: set[str] = set()
    for name in KEY_VARIABLES:
        whole = os.environ.get(name, "").strip()
        values |= {whole, *whole.split(":")}
    values |= _passwords() | {os.environ.get(name, "").strip() for name in STORE_VARIABLES}
    values |= {json.dumps(value)[1:-1] for value in values}
    values |= {coded for value in values for coded in _in_base64(value)}
    return sorted((v for v in values if len(v) >= 6), key=len, reverse=True)  # noqa: PLR2004 - shorter ones are words


def _passwords() -> set[str]:
    """Of the shared ledger's server, as the URL has it and as it is sent."""
    found = PASSWORD_IN_URL.findall(os.environ.get(LEDGER_URL, ""))
    written = {part for pair in found for part in pair}
    return {os.environ.get("PGPASSWORD", ""), *written, *map(unquote, written)}
