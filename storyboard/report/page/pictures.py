"""The pictures of a page: what is inside the page itself is there once, however often it is shown."""

from __future__ import annotations

import hashlib

from storyboard.report.page.facts import Links, Picture

INSIDE = "data:"
DIGITS = 16  # of its content's hash, in the id of a picture


class Pictures:
    """Answers for the fragments where a picture is, and gathers those that they share."""

    def __init__(self, links: Links) -> None:
        self.links = links
        self.shared: dict[str, tuple[str, Picture]] = {}  # by URL: the id of its element

    def of(self, name: str) -> Picture | None:
        """Of a still by its path, of a clip by its name; None where there is none."""
        return self.links.pictures.get(name)

    def clip(self, name: str | None) -> str | None:
        """The URL of a clip."""
        return self.links.clips.get(name) if name is not None else None

    def place(self, picture: Picture) -> str | None:
        """The id of the element that holds it; None for one that the browser fetches."""
        if not picture.url.startswith(INSIDE):
            return None
        if picture.url not in self.shared:
            name = hashlib.sha256(picture.url.encode("utf-8")).hexdigest()[:DIGITS]
            self.shared[picture.url] = (f"picture-{name}", picture)
        return self.shared[picture.url][0]
