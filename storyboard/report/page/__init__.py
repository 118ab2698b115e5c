"""The storyboard as a page: `storyboard report` writes it into a file, `storyboard preview` serves it live.

    Facts, Links, Look ──▶ parts_of ──▶ fragments by element id ──▶ page_of ──▶ the whole HTML

`parts_of(facts, links, look)` gives the fragments in the order of the page. A key is the id of the fragment's one
outermost element:

    head         title, path, day and commit, the button for the theme
    totals       what it costs, what is bought, what is still to pay, price book, budget; remarks
    findings     all diagnostics, with their lines
    timeline     the cut, to scale
    filters      scene, element and state, and how many scenes are shown
    scene-<id>   a scene: stills, elements, takes, shots; <id> is the scene's own, which has no blanks
    pictures     each picture that is a data: URL, once; scenes refer to it

All `scene-…` stand, in this order, in the one element with the id `scenes`, and nothing else stands there: a scene that
came, went or moved is a child inserted, removed or moved. Every other fragment is a fixed place of the page. A fragment
depends on nothing but facts and links, so equal ones are equal text: whoever serves the page sends those that differ
and puts them in place with `outerHTML`.

`page_of(facts, links, look, more)` is the whole page. It runs its own script and style by their hashes and nothing
else: no inline handler, no `style` attribute and no fragment's script is ever run. `More` is for whoever serves it: a
script and a style of its own, which are hashed as well, trusted HTML at the end of the body, and what the policy lets
the page reach beside that (`{"connect-src": "'self'", "img-src": "'self'"}`).

The page's script listens on `document` alone, so replaced fragments go on working, and watches the page for changes: a
filter that is set is put back into a new `filters` and holds for new scenes. The theme is an attribute of `<html>`.

`Links` leads from what is shown to where it is. A still is named by its path from the project folder, a clip by its
content (`TakeRecord.clip`): `pictures` has a `Picture(url, width, height)` of each still and, under a clip's name, of
its first frame; `clips` has the URLs of clips. What is in neither is shown as missing.
"""

from storyboard.report.page.as_html import Look, More, page_of, parts_of
from storyboard.report.page.facts import Facts, Links, Picture

__all__ = ["Facts", "Links", "Look", "More", "Picture", "page_of", "parts_of"]
