"""Jinja inside string values: an allow-list over the syntax tree, in the immutable sandbox, bounded and repeatable.

Nothing random, no attribute that is not plain data, no `*`, `**` or `%` on text, bounded loops, 64 KiB of output.
A problem knows the offset in the template's text at which it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import DecimalException
from functools import lru_cache
from types import TracebackType
from typing import Any, NoReturn

from jinja2 import Template, TemplateSyntaxError, nodes
from jinja2.exceptions import SecurityError, UndefinedError

from storyboard.read.allowed import BLOCKED, FILTERS, NODES, TESTS
from storyboard.read.environment import CONSTANTS, MAX_OUTPUT, Bounding, Environment, TooMuch, plain, shown
from storyboard.rules.report import did_you_mean

MAX_SOURCE = 16 * 1024

PLAIN = re.compile(r"\{\{\s*([^\W\d]\w*(?:\.[^\W\d]\w*)*)\s*\}\}")
OPENERS = re.compile(r"\{[{%#]")

Scope = Mapping[str, Any]


class JinjaProblem(Exception):
    """`start` and `stop` are offsets in the template's text; `code` is the rule's."""

    def __init__(self, code: str, start: int, stop: int, *, hint: str | None = None, **values: Any) -> None:
        super().__init__(code)
        self.code, self.start, self.stop, self.hint, self.values = code, start, stop, hint, values


def render(text: str, scope: Scope) -> list[tuple[Any, int, int, bool]]:
    """The text as pieces (value, start, stop, literal); a lone `{{ … }}` is one piece that keeps its type.

    Raises JinjaProblem. `start` and `stop` are offsets in `text`.
    """
    if OPENERS.search(PLAIN.sub("", text)) is None:
        return _render_names(text, scope)
    template = Compiled.of(text)
    value = template.run(scope)
    return [(value, 0, len(text), False)]


def _render_names(text: str, scope: Scope) -> list[tuple[Any, int, int, bool]]:
    """Texts whose only Jinja is `{{ name }}` or `{{ name.entry }}`: most are, and each piece keeps its place."""
    pieces: list[tuple[Any, int, int, bool]] = []
    position = 0
    alone = PLAIN.fullmatch(text)
    for match in PLAIN.finditer(text):
        if match.start() > position:
            pieces.append((text[position : match.start()], position, match.start(), True))
        value = _look_up(match, scope)
        try:
            pieces.append((value if alone else shown(value), match.start(), match.end(), False))
        except TooMuch as problem:
            raise JinjaProblem("SB207", match.start(), match.end(), problem=problem.message) from None
        position = match.end()
    if position < len(text):
        pieces.append((text[position:], position, len(text), True))
    return pieces


def _look_up(match: re.Match[str], scope: Scope) -> Any:
    if match[1] in CONSTANTS:
        return CONSTANTS[match[1]]
    value: Any = scope
    position = match.start(1)
    for part in match[1].split("."):
        if not isinstance(value, Mapping) or part not in value:
            known = value if isinstance(value, Mapping) else ()
            raise undefined(part, known, position, position + len(part))
        value = value[part]
        position += len(part) + 1
    return value


def undefined(name: str, known: Any, start: int, stop: int) -> JinjaProblem:
    return JinjaProblem("SB206", start, stop, hint=did_you_mean(name, [str(k) for k in known]), name=name)


class Compiled:
    """A template that was looked through, with the offset that each of its lines stands for.

    Jinja knows lines only. So every token inside a tag is put on a line of its own before parsing: the line in an
    error or in a frame then names the token.
    """

    environment = Environment()
    extra_filters: frozenset[str] = frozenset()

    def __init__(self, text: str) -> None:
        if len(text) > MAX_SOURCE:
            raise JinjaProblem("SB209", 0, 1, problem="a template of more than 16 KiB")
        self.text = text
        self.offsets: dict[int, tuple[int, int]] = {}
        spread = self._spread()
        try:
            tree = self.environment.parse(spread)
        except TemplateSyntaxError as error:
            self._refuse("SB207", error.lineno, problem=str(error.message).rstrip("."))
        except RecursionError:
            self._refuse("SB209", 1, problem="nested too deep")
        self._look_through(tree)
        self.native = _is_lone_expression(tree)
        code = self.environment.compile(tree)
        self.template = Template.from_code(self.environment, code, {**self.environment.globals})

    @staticmethod
    @lru_cache(maxsize=4096)
    def of(text: str) -> Compiled:
        return Compiled(text)

    def _spread(self) -> str:
        out: list[str] = []
        line, position, inside = 1, 0, False
        try:
            tokens = list(self.environment.lex(self.text))
        except TemplateSyntaxError as error:
            offset = _line_offset(self.text, error.lineno)
            raise JinjaProblem("SB207", offset, offset + 1, problem=str(error.message).rstrip(".")) from None
        for _, kind, value in tokens:
            start = self.text.index(value, position)
            position = start + len(value)
            opens = kind in {"variable_begin", "block_begin"}
            if kind == "whitespace":
                out.append(" ")
                continue
            if inside and not opens:
                out.append("\n")
                line += 1
            self.offsets.setdefault(line, (start, position))
            out.append(value)
            line += value.count("\n")
            inside = opens or (inside and kind not in {"variable_end", "block_end"})
        return "".join(out)

    def _look_through(self, tree: nodes.Template) -> None:
        for node in _walk(tree):
            self._allow(node)
        Bounding().visit(tree)

    def _allow(self, node: nodes.Node) -> None:
        name = type(node).__name__
        if name not in NODES:
            what, cure = BLOCKED.get(
                name, (f"`{name.lower()}`", "the language has names, tests, filters, `if` and `for`")
            )
            self._refuse("SB208", node.lineno, what=what, cure=cure)
        if isinstance(node, nodes.Filter) and node.name not in FILTERS | self.extra_filters:
            known = FILTERS | self.extra_filters
            self._refuse(
                "SB208", node.lineno, what=f"the filter `{node.name}`", cure=did_you_mean(node.name, known)
            )
        if isinstance(node, nodes.Test) and node.name not in TESTS:
            self._refuse(
                "SB208", node.lineno, what=f"the test `{node.name}`", cure=did_you_mean(node.name, TESTS)
            )
        if isinstance(node, nodes.Call) and not (
            isinstance(node.node, nodes.Name) and node.node.name == "range"
        ):
            self._refuse("SB208", node.lineno, what="a call", cure="only `range(…)` can be called")
        attribute = node.attr if isinstance(node, nodes.Getattr) else None
        if attribute is not None and attribute.startswith("_"):
            self._refuse(
                "SB208", node.lineno, what=f"the name `{attribute}`", cure="names do not begin with `_`"
            )

    def run(self, scope: Scope) -> Any:
        environment = self.environment
        environment.steps, environment.native = 0, ([] if self.native else None)
        try:
            text = "".join(self._chunks(scope))
            return text if environment.native is None else plain(environment.native[0])
        except UndefinedError as error:
            self._undefined(error, scope)
        except (TooMuch, SecurityError) as error:
            self._refuse("SB209", _line_of(error.__traceback__), problem=error.message)
        except (
            TypeError,
            ValueError,
            ArithmeticError,
            DecimalException,
            LookupError,
            RecursionError,
        ) as error:
            self._refuse("SB207", _line_of(error.__traceback__), problem=str(error) or type(error).__name__)
        finally:
            environment.native = None

    def _chunks(self, scope: Scope) -> Iterator[str]:
        size = 0
        for chunk in self.template.root_render_func(self.template.new_context(dict(scope))):
            size += len(chunk)
            if size > MAX_OUTPUT:
                raise TooMuch("text grows beyond 64 KiB")
            yield chunk

    def _undefined(self, error: UndefinedError, scope: Scope) -> NoReturn:
        start, stop = self._place(_line_of(error.__traceback__))
        match = re.search(r"(?:has no attribute |')'?([^']+)'(?: is undefined)?$", str(error.message))
        name = match[1] if match else self.text[start:stop]
        word = re.compile(rf"\b{re.escape(name)}\b")
        found = word.search(self.text, start) or word.search(self.text)
        if found:
            start, stop = found.span()
        known = scope if str(error.message).endswith("is undefined") else ()
        raise undefined(name, known, start, stop) from None

    def _refuse(self, code: str, line: int, **values: Any) -> NoReturn:
        start, stop = self._place(line)
        raise JinjaProblem(code, start, stop, **values) from None

    def _place(self, line: int) -> tuple[int, int]:
        nearest = max((known for known in self.offsets if known <= line), default=None)
        return self.offsets[nearest] if nearest is not None else (0, min(len(self.text), 1))


def _walk(node: nodes.Node) -> Iterator[nodes.Node]:
    pending = [node]
    while pending:
        current = pending.pop()
        yield current
        pending.extend(current.iter_child_nodes())


def _is_lone_expression(tree: nodes.Template) -> bool:
    body = tree.body
    if len(body) != 1 or not isinstance(body[0], nodes.Output):
        return False
    output = body[0].nodes
    return len(output) == 1 and not isinstance(output[0], nodes.TemplateData)


def _line_offset(text: str, line: int) -> int:
    lines = text.splitlines(keepends=True)
    return min(sum(len(part) for part in lines[: line - 1]), max(len(text) - 1, 0))


def _line_of(trace: TracebackType | None) -> int:
    """The template's line in the innermost frame that Jinja compiled."""
    line = 1
    while trace is not None:
        template = trace.tb_frame.f_globals.get("__jinja_template__")
        if template is not None:
            line = template.get_corresponding_lineno(trace.tb_lineno)
        elif trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
