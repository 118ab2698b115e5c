"""What Jinja may hold in a storyboard: node types, filters and tests. All of it is repeatable and bounded."""

from __future__ import annotations

NODES = frozenset(
    """
    Template Output TemplateData Name Const Getattr Getitem Slice Filter Test If For CondExpr And Or Not Compare
    Operand Add Sub Mul Div FloorDiv Mod Neg Pos Concat List Tuple Dict Pair Assign Call With Keyword
    """.split()
)

FILTERS = frozenset(
    """
    abs capitalize count d default dictsort first int items join last length list lower map max min reject
    rejectattr replace reverse round select selectattr sort string sum title trim truncate unique upper wordcount
    """.split()
)

TESTS = frozenset(
    """
    boolean defined divisibleby eq equalto even false float ge gt greaterthan in integer iterable le lessthan lower lt
    mapping ne none number odd sequence string true undefined upper == != < <= > >=
    """.split()
)

# Why a node is not there, in words, and what to write in its place.
BLOCKED = {
    "Include": ("`include`", "other files come in through the storyboard"),
    "Import": ("`import`", "macros belong into a template file"),
    "FromImport": ("`import`", "macros belong into a template file"),
    "Extends": ("`extends`", "it belongs into a template file"),
    "Block": ("`block`", "it belongs into a template file"),
    "Macro": ("`macro`", "it belongs into a template file"),
    "CallBlock": ("`call`", "it belongs into a template file"),
    "FilterBlock": ("`filter` as a block", "write `{{ value | filter }}`"),
    "AssignBlock": ("`set` as a block", "write `{% set name = value %}`"),
    "Pow": ("`**`", "write the number"),
    "NSRef": ("a namespace", "use `vars`"),
}
