"""A Jinja template that was looked through before it may run, and that knows where in its text a problem stands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import DecimalException
from functools import lru_cache
from math import isfinite
from types import TracebackType
from typing import Any, NoReturn

from jinja2 import Template, TemplateSyntaxError, nodes
from jinja2.exceptions import SecurityError, TemplateRuntimeError, UndefinedError

from storyboard.findings import did_you_mean
from storyboard.read.allowed import BLOCKED, FILTERS, NODES, TESTS
from storyboard.read.bounds import MAX_TEXT, UNSENDABLE, Misuse, TooMuch, plain
from storyboard.read.environment import Bounding, Environment, walk
from storyboard.read.source import Source

MAX_SOURCE = 16 * 1024
LONGEST = 200  # characters of a message

Scope = Mapping[str, Any]

# What an expression may raise when its values do not fit together.
BREAKS = (
    TypeError,
    ValueError,
    ArithmeticError,
    DecimalException,
    LookupError,
    AttributeError,
    AssertionError,
    RecursionError,
    MemoryError,
    SecurityError,
)


class JinjaProblem(Exception):
    """`start` and `stop` are offsets in the template's text; `code` is the rule's. `source` is the file in which it
    stands, where a template is made of several."""

    source: Source | None = None

    def __init__(self, code: str, start: int, stop: int, *, hint: str | None = None, **values: Any) -> None:
        super().__init__(code)
        self.code, self.start, self.stop, self.hint, self.values = code, start, stop, hint, values


def undefined(name: str, known: Any, start: int, stop: int) -> JinjaProblem:
    return JinjaProblem("SB206", start, stop, hint=did_you_mean(name, [str(k) for k in known]), name=name)


class Compiled:
    """A template that was looked through, with the offset that each of its lines stands for.

    Jinja knows lines only. So every token inside a tag is put on a line of its own before parsing: the line in an
    error or in a frame then names the token.
    """

    environment = Environment()
    filters = FILTERS
    allowed = NODES
    marks = False  # whether the values that go in carry marks of places
    source: Source | None = None
    name: str | None = None  # by which other templates know it

    def __init__(self, text: str) -> None:
        if len(text) > MAX_SOURCE:
            raise JinjaProblem("SB209", 0, 1, problem="a template of more than 16 KiB")
        self.text = text.replace("\r\n", "\n").replace("\r", "\n")  # as Jinja itself will read it
        self.offsets: dict[int, tuple[int, int]] = {}
        spread = self._spread()
        try:
            tree = self.environment.parse(spread)
            self.native = _is_lone_expression(tree)
            for node in walk(tree):
                self._allow(node)
            code = self.environment.compile(Bounding().visit(tree), self.name)
        except TemplateSyntaxError as error:
            from storyboard.read.jinja_words import in_words

            problem, hint = in_words(_short(str(error.message).rstrip(".")))
            self._refuse("SB207", error.lineno, problem=problem, hint=hint)
        except (RecursionError, SyntaxError, MemoryError):
            self._refuse("SB209", 1, problem="nested too deep, or too long")
        except ValueError:
            self._refuse("SB207", 1, problem="a number of too many digits")
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
            message = _short(str(error.message).rstrip("."))
            offset = _line_offset(self.text, error.lineno, message)
            from storyboard.read.jinja_words import in_words

            problem, hint = in_words(message)
            raise JinjaProblem("SB207", offset, offset + 1, problem=problem, hint=hint) from None
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

    def _allow(self, node: nodes.Node) -> None:
        """Raises JinjaProblem for what is not on the lists."""
        name = type(node).__name__
        if name not in self.allowed:
            other = (f"`{name.lower()}`", "the language has names, tests, filters, `if` and `for`")
            self._not_available(node, *BLOCKED.get(name, other))
        elif isinstance(node, (nodes.Const, nodes.TemplateData)):
            self._literal(node)
        elif isinstance(node, nodes.CondExpr) and node.expr2 is None:
            cure = "say what stands there otherwise: `… if … else ''`"
            self._not_available(node, "an `if` without `else` in an expression", cure)
        elif isinstance(node, nodes.Filter) and node.name not in self.filters:
            self._not_available(node, f"the filter `{node.name}`", did_you_mean(node.name, self.filters))
        elif isinstance(node, nodes.Test) and node.name not in TESTS:
            self._not_available(node, f"the test `{node.name}`", did_you_mean(node.name, TESTS))
        elif isinstance(node, nodes.Call) and not self._may_be_called(node.node):
            self._not_available(node, "a call", "only `range(…)` can be called")
        elif isinstance(node, nodes.Getattr) and node.attr.startswith("_"):
            self._private(node)

    def _may_be_called(self, node: nodes.Expr) -> bool:
        return getattr(node, "name", None) == "range"

    def _literal(self, node: nodes.Const | nodes.TemplateData) -> None:
        value = node.value if isinstance(node, nodes.Const) else node.data
        if isinstance(value, float) and not isfinite(value):
            self._refuse("SB207", node.lineno, problem="a number that is too large")
        if isinstance(value, str) and UNSENDABLE.search(value):
            self._refuse("SB207", node.lineno, problem="a character that can't be sent")

    def _not_available(self, node: nodes.Node, what: str, cure: str | None) -> NoReturn:
        self._refuse("SB208", node.lineno, what=what, cure=cure)

    def _private(self, node: nodes.Getattr) -> NoReturn:
        start, _ = self._place(node.lineno)
        start = max(self.text.find(node.attr, start), start)
        what, cure = f"the name `{node.attr}`", "names do not begin with `_`"
        raise JinjaProblem("SB208", start, start + len(node.attr), what=what, cure=cure)

    def run(self, scope: Scope) -> Any:
        """The text, or what a lone expression gives. Raises JinjaProblem."""
        environment = self.environment
        environment.steps, environment.native = 0, ([] if self.native else None)
        try:
            text = "".join(self._chunks(scope))
            return self._sendable(text if environment.native is None else plain(environment.native[0]))
        except (TemplateRuntimeError, *BREAKS) as error:
            name, line = _line_of(error.__traceback__)
            self._at(name).explain(error, line, scope)
        finally:
            environment.native = None

    def _at(self, name: str | None) -> Compiled:
        """The text in which something failed, by its name."""
        del name
        return self

    def explain(self, error: Exception, line: int, scope: Scope) -> NoReturn:
        """What failed at a line of this text, as a JinjaProblem."""
        try:
            if isinstance(error, UndefinedError):
                self._undefined(error, line, scope)
            code = "SB209" if isinstance(error, TooMuch) else "SB207"
            told = error.message if isinstance(error, TemplateRuntimeError) else str(error)
            cure = error.cure if isinstance(error, Misuse) else None
            self._refuse(code, line, problem=told or type(error).__name__, hint=cure)
        except JinjaProblem as problem:
            problem.source = self.source
            raise problem from None

    def _sendable(self, value: Any) -> Any:
        if isinstance(value, str) and not self.marks and UNSENDABLE.search(value):
            raise Misuse("the text holds a character that can't be sent")
        return value

    def _chunks(self, scope: Scope) -> Iterator[str]:
        size = 0
        for chunk in self.template.root_render_func(self.template.new_context(dict(scope))):
            size += len(chunk)
            if size > MAX_TEXT:
                raise TooMuch("text grows beyond 64 KiB")
            yield chunk

    def _undefined(self, error: UndefinedError, line: int, scope: Scope) -> NoReturn:
        start, stop = self._place(line)
        match = re.search(r"(?:has no attribute |')'?([^']+)'(?: is undefined)?$", str(error.message))
        if match is None:
            raise JinjaProblem("SB207", start, stop, problem=str(error.message).rstrip(".")) from None
        name = match[1]
        word = re.compile(rf"\b{re.escape(name)}\b")
        found = word.search(self.text, start) or word.search(self.text)
        if found:
            start, stop = found.span()
        known = scope if str(error.message).endswith("is undefined") else ()
        raise undefined(name, known, start, stop) from None

    def _refuse(self, code: str, line: int | None, **values: Any) -> NoReturn:
        start, stop = self._place(line or 1)
        values = {name: _short(value) for name, value in values.items()}
        raise JinjaProblem(code, start, stop, **values) from None

    def _place(self, line: int) -> tuple[int, int]:
        nearest = max((known for known in self.offsets if known <= line), default=None)
        return self.offsets[nearest] if nearest is not None else (0, min(len(self.text), 1))


def _short(text: Any) -> Any:
    """Jinja's messages repeat what they stumble over, however long it is."""
    return text[:LONGEST] + "…" if isinstance(text, str) and len(text) > LONGEST else text


def _is_lone_expression(tree: nodes.Template) -> bool:
    body = tree.body
    if len(body) != 1 or not isinstance(body[0], nodes.Output):
        return False
    output = body[0].nodes
    return len(output) == 1 and not isinstance(output[0], nodes.TemplateData)


def _line_offset(text: str, line: int, message: str) -> int:
    """Where the lexer stumbled: at the character that it names, else at the line's beginning."""
    lines = text.splitlines(keepends=True)
    start = sum(len(part) for part in lines[: line - 1])
    named = re.search(r"unexpected (?:char )?'(.)'(?: at (\d+))?", message)
    if named and named[2]:
        return min(int(named[2]), len(text) - 1)
    found = text.rfind(named[1], start, start + len(lines[line - 1])) if named and line <= len(lines) else -1
    return found if found >= 0 else min(start, max(len(text) - 1, 0))


def _line_of(trace: TracebackType | None) -> tuple[str | None, int]:
    """The template's name and line in the innermost frame that Jinja compiled."""
    line, name = 1, None
    while trace is not None:
        template = trace.tb_frame.f_globals.get("__jinja_template__")
        if template is not None:
            line, name = template.get_corresponding_lineno(trace.tb_lineno), template.name
        elif trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return name, line
