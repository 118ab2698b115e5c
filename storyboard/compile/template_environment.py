"""The Jinja environment of prompt templates: as that of storyboards, and with macros and other templates by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

from jinja2 import Template
from jinja2.environment import TemplateModule
from jinja2.runtime import BlockReference, Macro

from storyboard.compile.sentences import OPEN, listed, paragraph
from storyboard.read.bounds import MAX_TEXT, Misuse, TooMuch
from storyboard.read.environment import CHARACTERS_A_STEP, Environment

CALL = 10  # steps that a call of a macro costs, and a template that is named
OF_LISTS = ("paragraph", "listed", "join", "list", "select", "reject")  # filters that go through a list


def _of_a_list(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter that refuses the text of a section, which it would take for a list of letters."""
    passed = 1 if hasattr(function, "jinja_pass_arg") else 0

    def filtered(*arguments: Any, **named: Any) -> Any:
        value = arguments[passed] if len(arguments) > passed else None
        if isinstance(value, str) and OPEN in value:
            problem = f"the filter `{name}` goes through a list, and this is the text of one section"
            raise Misuse(problem, "put the text in a list, with its own name for x: `[x] | paragraph`")
        return function(*arguments, **named)

    if passed:
        filtered.jinja_pass_arg = function.jinja_pass_arg  # type: ignore[attr-defined]
    return filtered


class TemplateEnvironment(Environment):
    """Sections are texts with marks inside: letters of them can't be had. `family` are the templates that may be named,
    by template and the name that it uses; `lengths` the characters of each."""

    def __init__(self) -> None:
        super().__init__()
        self.filters |= {"paragraph": paragraph, "listed": listed}
        self.filters |= {name: _of_a_list(name, self.filters[name]) for name in OF_LISTS}
        self.family: Mapping[tuple[str | None, str], Template] = {}
        self.lengths: Mapping[str | None, int] = {}

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, TemplateModule) and attribute in vars(obj):
            return vars(obj)[attribute]  # what it exports: names that begin with `_` are refused before
        return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, str):
            raise Misuse("the text of a section can't be cut")
        return super().getitem(obj, argument)

    def is_safe_callable(self, obj: Any) -> bool:
        return isinstance(obj, (Macro, BlockReference)) or super().is_safe_callable(obj)

    def call(self, context: Any, obj: Any, /, *arguments: Any, **named: Any) -> Any:
        """What a macro makes is paid for as if it were written out."""
        self.spend(CALL)
        value = super().call(context, obj, *arguments, **named)
        if isinstance(value, str):
            if len(value) > MAX_TEXT:
                raise TooMuch("text grows beyond 64 KiB")
            self.spend(len(value) // CHARACTERS_A_STEP)
        return value

    def get_template(
        self,
        name: Any,
        parent: str | None = None,
        globals: MutableMapping[str, Any] | None = None,  # noqa: A002
    ) -> Template:
        """A template that another one names; which there are was found out before."""
        del globals
        found = self.family[parent, name]
        self.spend(CALL + self.lengths.get(found.name, 0) // CHARACTERS_A_STEP)
        return found
