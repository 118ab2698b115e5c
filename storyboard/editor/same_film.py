"""Whether a film is the same once a name is another: by what it is compiled to, as Jinja makes names too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from storyboard.compile.request import Request
from storyboard.diagnostics import Diagnostic
from storyboard.editor.mentions import Mention
from storyboard.editor.rename import Unnameable, own_name
from storyboard.pipeline import Checked

BY_JINJA = "Jinja makes the name, or a var holds it. Change it by hand"


def becomes_the_same(wanted: Mention, name: str, before: Checked, after: Checked) -> None:
    """Raises Unnameable where the storyboard has a mistake after the rename that it had not before, or a request with
    other elements or voices."""
    for one in _new_mistakes(before, after):
        raise Unnameable(
            f"`{own_name(wanted)}` can't become this: line {one.span.line} would then say: {one.message}. {BY_JINJA}"
        )
    if before.compiled is None or after.compiled is None:
        return
    for was, now in zip(before.compiled.scenes, after.compiled.scenes, strict=False):
        used = {name if each == wanted.name and wanted.kind == "element" else each for each in was.used}
        if used != now.used:
            raise _another(wanted, was.scene.id.value)
    if not before.errors:
        for old, new in zip(before.compiled.requests, after.compiled.requests, strict=False):
            if _sent(old, wanted) != _sent(new, wanted):
                raise _another(wanted, old.scene)


def _another(wanted: Mention, scene: str) -> Unnameable:
    return Unnameable(
        f"`{own_name(wanted)}` can't become this: scene `{scene}` would then be another: {BY_JINJA}"
    )


def _new_mistakes(before: Checked, after: Checked) -> Iterator[Diagnostic]:
    known = Counter(one.code for one in before.diagnostics if one.severity == "error")
    for one in after.diagnostics:
        if one.severity == "error":
            known[one.code] -= 1
            if known[one.code] < 0:
                yield one


def _sent(request: Request, wanted: Mention) -> Any:
    """What no new name of anything changes; of a var all that is sent."""
    sent = request.arguments
    return sent if wanted.kind == "var" else (sent.get("elements"), sent.get("voice_ids"))
