"""Who speaks in a screenplay, as elements: found by the names that stand over their lines, described by the action."""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct

from storyboard.imports.draft import DraftElement, Ids, Unusable, called, clean, escaped, slug
from storyboard.imports.screenplay import Part

MOST = 500
EXTENSION = re.compile(r"\s*\([^()]*\)\s*$")
# `INES (70s, a red scarf)` and `TOM, a young man in a cap, …`
INTRODUCED = re.compile(
    r"\s*\(\s*([^()]{3,80}?)\s*\)|,\s+((?:an?|the|his|her|their)\s[^,.()]{3,80}?)(?:,|(?=[.]))", re.IGNORECASE
)
UNKNOWN = "a person"


class Member(Struct, frozen=True):
    """`name` is the element's, `shown` how the screenplay writes it, `told` what of the action describes it."""

    name: str
    shown: str
    told: str = ""
    description: str = ""

    def element(self) -> DraftElement:
        shown = called(self.shown.title() if self.shown.isupper() else self.shown)
        fields = {"name": shown or self.name, "description": called(self.description) or UNKNOWN}
        return DraftElement(self.name, fields, () if self.description else ("description",))


class Cast:
    """Everybody who speaks. Raises Unusable for a crowd."""

    def __init__(self, parts: Iterable[Part]) -> None:
        parts, ids = list(parts), Ids()
        self.members: dict[str, Member] = {}
        for part in parts:
            shown = bare(part.text) if part.kind == "character" else ""
            if shown and shown not in self.members:
                self.members[shown] = Member(ids.give(slug(shown, "speaker").casefold()), shown)
            if len(self.members) > MOST:
                raise Unusable(f"more than {MOST} characters speak in it", part.line)
        names = sorted(map(re.escape, self.members), key=len, reverse=True)
        self._names = re.compile(rf"(?<![\w@.])(?:{'|'.join(names)})(?!\w)") if names else None
        for part in parts:
            if part.kind == "action":
                self._describe(clean(part.text))

    def _describe(self, text: str) -> None:
        for found in self._names.finditer(text) if self._names is not None else ():
            member = self.members[found[0]]
            told = INTRODUCED.match(text, found.end()) if not member.told else None
            if told is not None:
                self.members[found[0]] = Member(member.name, member.shown, told[0], told[1] or told[2])

    def tagged(self, text: str) -> str:
        """The text as prose, with names as @names. What describes somebody stands in the element, and not here too."""
        text = clean(text)
        if self._names is None:
            return escaped(text)
        made, end = "", 0
        for found in self._names.finditer(text):
            member = self.members[found[0]]
            made += f"{escaped(text[end : found.start()])}@{member.name}"
            told = bool(member.told) and text.startswith(member.told, found.end())
            end = found.end() + (len(member.told) if told else 0)
        return made + escaped(text[end:])

    def name(self, shown: str) -> str | None:
        member = self.members.get(bare(shown))
        return member.name if member is not None else None


def bare(name: str) -> str:
    """Without `(V.O.)` and the like."""
    while (shorter := EXTENSION.sub("", name)) != name:
        name = shorter
    return clean(name)
