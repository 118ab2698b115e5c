"""What Jinja's parser says, in the words of this program, with the cure."""

from __future__ import annotations

import re

from storyboard.read.spelling import nearest

TOKENS = {
    "end of print statement": "}}",
    "end of statement block": "%}",
    "begin of print statement": "{{",
    "begin of statement block": "{%",
    "end of template": "the end",
}
MISSING = re.compile(r"unexpected end of template, expected '(?P<token>[^']+)'", re.IGNORECASE)
UNKNOWN = re.compile(r"Encountered unknown tag '(?P<tag>[^']+)'")
OPEN = re.compile(
    r"Unexpected end of template\. .*innermost block that needs to be closed is '(?P<open>[^']+)'"
)
LOOKED_FOR = re.compile(r"looking for the following tags: (?P<tags>.+?)\.(?: The innermost|$)")
GOT = re.compile(r"[Ee]xpected (?:token )?'(?P<token>[^']+)', got '(?P<got>[^']*)'")
NO_VALUE = re.compile(r"Expected an expression, got '(?P<got>[^']+)'")
STRAY = re.compile(r"unexpected (?:char )?'(?P<character>.)'")
TAGS = ("if", "elif", "else", "endif", "for", "endfor", "set", "block", "endblock", "macro", "endmacro")
CALCULATIONS = {
    "=": "to compare, write `==`",
    "&": "write `and`",
    "!": "write `not`, or `!=`",
    "}": "an expression ends with `}}`",
}
QUOTED = re.compile(r"'([^']+)'")


def in_words(message: str) -> tuple[str, str | None]:
    """The problem, and the cure where there is one."""
    for pattern, said in WAYS:
        match = pattern.search(message)
        if match is not None:
            return said(match)
    return QUOTED.sub(lambda found: f"`{_token(found[1])}`", message), None


def _token(token: str) -> str:
    return TOKENS.get(token, token)


def _missing(match: re.Match[str]) -> tuple[str, str | None]:
    closing = _token(match["token"])
    return f"`{closing}` is missing", f"close it with `{closing}`"


def _unknown(match: re.Match[str]) -> tuple[str, str | None]:
    tag, looked_for = match["tag"], LOOKED_FOR.search(match.string)
    open_ones = QUOTED.findall(looked_for["tags"]) if looked_for is not None else []
    end = next((each for each in open_ones if each.startswith("end")), None)
    close = nearest(tag, [*open_ones, *TAGS]) or end
    return f"there is no tag `{tag}`", f"did you mean `{close}`?" if close is not None else None


def _open(match: re.Match[str]) -> tuple[str, str | None]:
    name = match["open"]
    return f"`{{% {name} … %}}` is never closed", f"close it with `{{% end{name} %}}`"


def _got(match: re.Match[str]) -> tuple[str, str | None]:
    wanted, got = _token(match["token"]), _token(match["got"])
    if got in CALCULATIONS:
        return f"`{got}` has no meaning here", CALCULATIONS[got]
    cure = None
    if wanted in {"}}", "%}"} and got not in TOKENS.values():
        cure = f"close it with `{wanted}` before that, or put two values together with `~`; text stands in quotes"
    return f"`{wanted}` is expected here, not `{got}`", cure


def _no_value(match: re.Match[str]) -> tuple[str, str | None]:
    return f"a name or a value is missing before `{_token(match['got'])}`", None


def _stray(match: re.Match[str]) -> tuple[str, str | None]:
    return f"`{match['character']}` has no meaning here", CALCULATIONS.get(match["character"])


WAYS = (
    (MISSING, _missing),
    (UNKNOWN, _unknown),
    (OPEN, _open),
    (NO_VALUE, _no_value),
    (GOT, _got),
    (STRAY, _stray),
)
