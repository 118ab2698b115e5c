"""The Jinja environment of storyboards: plain data only, bounded in work, numbers and text, the same on every run."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from jinja2 import nodes, pass_context
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from storyboard.read.allowed import FILTERS, TESTS
from storyboard.read.bounds import (
    Misuse,
    TooMuch,
    Undefined,
    exact,
    joined,
    number,
    ranged,
    replaced,
    rounded,
    shown,
    text_of,
    weighed,
)

MAX_STEPS = 100_000  # a turn of a loop costs what stands in it, a filter what it reads
CHARACTERS_A_STEP = 64

# Names of filters that authors can't write: they are not on the list.
COUNTED = "counted"
JOINED = "joined"
WEIGHED = "weighed"
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
OWN_FILTERS: dict[str, Callable[..., Any]] = {"replace": replaced, "round": rounded, "string": text_of}


class Environment(ImmutableSandboxedEnvironment):
    """Plain data only: names lead to entries of mappings, never to attributes of objects.

    Nothing is computed while compiling (`optimized`), so that every bound holds for constants too.
    """

    intercepted_binops = frozenset(ARITHMETIC)

    def __init__(self) -> None:
        super().__init__(
            undefined=Undefined, keep_trailing_newline=True, finalize=_finalize, cache_size=0, optimized=False
        )
        self.steps = 0
        self.native: list[Any] | None = None
        self.filters = {name: self.bounded(OWN_FILTERS.get(name, self.filters[name])) for name in FILTERS}
        self.filters |= {COUNTED: self.counted, JOINED: joined, WEIGHED: weighed}
        self.tests = {name: self.tests[name] for name in TESTS}
        self.globals = {"range": ranged}

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, LoopContext) and attribute in LOOP:
            return getattr(obj, attribute)
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, Undefined):
            str(obj)
        if isinstance(obj, (dict, list, tuple, str)) and isinstance(argument, (str, int, slice)):
            try:
                return obj[argument]  # type: ignore[index]
            except (LookupError, TypeError, ValueError):
                pass
        return self.undefined(obj=obj, name=argument)

    def is_safe_callable(self, obj: Any) -> bool:
        return obj is ranged

    def call_binop(self, context: Any, op: str, left: Any, right: Any) -> Any:
        del context
        for value in (left, right):
            if isinstance(value, Undefined):
                str(value)
        if op == "+" and isinstance(left, str) and isinstance(right, str):
            return joined([left, right])
        if not (_numeric(left) and _numeric(right)):
            raise Misuse(f"`{op}` is for numbers; use `~` to put text together")
        return number(ARITHMETIC[op](exact(left), exact(right)))

    def spend(self, steps: int) -> None:
        self.steps += steps
        if self.steps > MAX_STEPS:
            raise TooMuch("a template does more work than any prompt needs")

    def counted(self, values: Any, cost: int) -> Iterator[Any]:
        """What a loop goes through; each turn costs what stands in the loop."""
        if isinstance(values, str):
            raise Misuse("a loop goes through a list, not through the letters of a text")
        for value in values:
            self.spend(cost)
            yield value

    def bounded(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A filter that takes and gives plain data within bounds. The mark of what Jinja passes first stays."""
        passed = 1 if hasattr(function, "jinja_pass_arg") else 0

        def filtered(*arguments: Any, **named: Any) -> Any:
            value = arguments[passed] if len(arguments) > passed else ""
            if not isinstance(value, Undefined):  # `default` is for these
                weighed(value)
            self.spend(_cost(value))
            return _unless_undefined(function(*arguments, **named))

        if passed:
            filtered.jinja_pass_arg = function.jinja_pass_arg  # type: ignore[attr-defined]
        return filtered


def _cost(value: Any) -> int:
    """What a filter reads."""
    if isinstance(value, str):
        return 1 + len(value) // CHARACTERS_A_STEP
    return 1 + (len(value) if isinstance(value, (list, tuple, dict, range)) else 0)


def _unless_undefined(value: Any) -> Any:
    """`first` of an empty list and `default` may hand on what is not defined: it is refused where it is used."""
    return value if isinstance(value, Undefined) else weighed(value)


def _numeric(value: Any) -> bool:
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


@pass_context
def _finalize(context: Any, value: Any) -> Any:
    environment: Environment = context.environment
    environment.spend(1)
    if environment.native is not None:
        environment.native.append(value)
        return ""
    return shown(value)


class Bounding(NodeTransformer):
    """What Jinja does not intercept: loops are counted, lists weighed, text put together with `~` measured."""

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 - the visitor's naming
        cost = nodes.Const(1 + sum(map(_weight, walk(node))), lineno=node.lineno)
        node.iter = _filter(node.iter, COUNTED, [cost])
        return self.generic_visit(node)

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802 - the visitor's naming
        children = [self.visit(part) for part in node.nodes]
        return _filter(nodes.List(children, lineno=node.lineno), JOINED, [])

    def visit_List(self, node: nodes.List) -> nodes.Node:  # noqa: N802 - the visitor's naming
        return _filter(self.generic_visit(node), WEIGHED, [])

    def visit_Dict(self, node: nodes.Dict) -> nodes.Node:  # noqa: N802 - the visitor's naming
        return _filter(self.generic_visit(node), WEIGHED, [])

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:  # noqa: N802 - the visitor's naming
        return (
            self.generic_visit(node)
            if node.ctx == "store"
            else _filter(self.generic_visit(node), WEIGHED, [])
        )


def _filter(node: Any, name: str, arguments: list[nodes.Expr]) -> nodes.Filter:
    return nodes.Filter(node, name, arguments, [], None, None, lineno=node.lineno)


def _weight(node: nodes.Node) -> int:
    """What a turn of a loop costs for a node in it."""
    return 1 + (len(node.data) // CHARACTERS_A_STEP if isinstance(node, nodes.TemplateData) else 0)


def walk(node: nodes.Node) -> Iterator[nodes.Node]:
    pending = [node]
    while pending:
        current = pending.pop()
        yield current
        pending.extend(current.iter_child_nodes())
