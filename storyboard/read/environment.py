"""The Jinja environment of storyboards: plain data only, bounded in turns, numbers and text, the same on every run."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from jinja2 import StrictUndefined, nodes, pass_context
from jinja2.exceptions import TemplateRuntimeError
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from storyboard.read.allowed import FILTERS, TESTS

MAX_OUTPUT = 64 * 1024
MAX_STEPS = 10_000
MAX_RANGE = 1_000
MAX_NUMBER = 10**18


class Undefined(StrictUndefined):
    """Raises wherever it would become text, `repr` included: `[Undefined]` never reaches a prompt."""

    __slots__ = ()
    __repr__ = StrictUndefined.__str__


class TooMuch(TemplateRuntimeError):
    """A bound was passed."""


class Environment(ImmutableSandboxedEnvironment):
    """Plain data only: names lead to entries of mappings, never to attributes of objects."""

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%"})

    def __init__(self) -> None:
        super().__init__(undefined=Undefined, keep_trailing_newline=True, finalize=_finalize, cache_size=0)
        self.steps = 0
        self.native: list[Any] | None = None
        self.filters = {name: _bounded(self.filters[name]) for name in FILTERS}
        self.filters["replace"] = _bounded(_replace)
        self.filters[COUNTED] = self.counted
        self.filters[JOINED] = _joined
        self.tests = {name: self.tests[name] for name in TESTS}
        self.globals = {"range": _range}

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, LoopContext) and attribute in LOOP:
            return getattr(obj, attribute)
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, Undefined):
            str(obj)
        if isinstance(obj, (dict, list, str)) and isinstance(argument, (str, int, slice)):
            try:
                return obj[argument]  # type: ignore[index]
            except (LookupError, TypeError, ValueError):
                pass
        return self.undefined(obj=obj, name=argument)

    def is_safe_callable(self, obj: Any) -> bool:
        return obj is _range

    def call_binop(self, context: Any, op: str, left: Any, right: Any) -> Any:
        del context
        for value in (left, right):
            str(value) if isinstance(value, Undefined) else None
        if op == "+" and isinstance(left, str) and isinstance(right, str):
            return _checked(left + right)
        if not (_numeric(left) and _numeric(right)):
            raise TooMuch(f"`{op}` is for numbers; use `~` to put text together")
        result = ARITHMETIC[op](_exact(left), _exact(right))
        if abs(result) > MAX_NUMBER:
            raise TooMuch("a number grows beyond 18 digits")
        return result

    def counted(self, values: Any) -> Iterator[Any]:
        """What a loop goes through, each turn counted."""
        for value in values:
            self.steps += 1
            if self.steps > MAX_STEPS:
                raise TooMuch(f"more than {MAX_STEPS:,} turns of loops")
            yield value


# Names of filters that authors can't write: they are not on the list.
COUNTED = "counted"
JOINED = "joined"
LOOP = frozenset({"index", "index0", "revindex", "revindex0", "first", "last", "length"})
CONSTANTS = {"true": True, "True": True, "false": False, "False": False, "none": None, "None": None}
ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
}


def _numeric(value: Any) -> bool:
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def _exact(value: Any) -> Any:
    return Decimal(repr(value)) if isinstance(value, float) else value


def _checked(value: Any) -> Any:
    if isinstance(value, str) and len(value) > MAX_OUTPUT:
        raise TooMuch("text grows beyond 64 KiB")
    return value


def _bounded(function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter whose text may not grow without bounds. The marks that tell Jinja what to pass stay."""

    def bounded(*arguments: Any, **named: Any) -> Any:
        return _checked(function(*arguments, **named))

    if hasattr(function, "jinja_pass_arg"):
        bounded.jinja_pass_arg = function.jinja_pass_arg  # type: ignore[attr-defined]
    return bounded


def _replace(text: Any, old: str, new: str) -> str:
    text = str(text)
    if len(text) + text.count(old) * len(new) > MAX_OUTPUT:
        raise TooMuch("text grows beyond 64 KiB")
    return str(text.replace(old, new))


def _range(*bounds: int) -> range:
    result = range(*bounds)
    if len(result) > MAX_RANGE:
        raise TooMuch(f"a range of more than {MAX_RANGE:,}")
    return result


@pass_context
def _finalize(context: Any, value: Any) -> Any:
    environment: Environment = context.environment
    if environment.native is not None:
        str(value) if isinstance(value, Undefined) else environment.native.append(value)
        return ""
    return shown(value)


def shown(value: Any) -> str:
    """A value inside a text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple, dict, range)):
        raise TooMuch("a list or a mapping can't stand inside a text: use for example `| join(', ')`")
    if value is None:
        raise TooMuch("null can't stand inside a text")
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def plain(value: Any) -> Any:
    """What an expression gave, as plain data. Raises UndefinedError for an undefined value anywhere in it."""
    if isinstance(value, Undefined):
        str(value)
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple, range)) or hasattr(value, "__next__"):
        return [plain(entry) for entry in value]
    if value is None or isinstance(value, (str, int, float, Decimal, bool)):
        return _exact(value)
    raise TooMuch("the expression gives something that is not plain data")


class Bounding(NodeTransformer):
    """Loops are counted, and text put together with `~` is measured: Jinja intercepts neither."""

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 - the visitor's naming
        node.iter = nodes.Filter(node.iter, COUNTED, [], [], None, None, lineno=node.iter.lineno)
        return self.generic_visit(node)

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802 - the visitor's naming
        parts = nodes.List(node.nodes, lineno=node.lineno)
        return self.generic_visit(nodes.Filter(parts, JOINED, [], [], None, None, lineno=node.lineno))


def _joined(parts: list[Any]) -> str:
    text = [str(part) if isinstance(part, Undefined) else shown(part) for part in parts]
    if sum(map(len, text)) > MAX_OUTPUT:
        raise TooMuch("text grows beyond 64 KiB")
    return "".join(text)
