"""Which templates do no more with sections than to join them: they ask whether one is there and how it ends, and go by
what is known beside the sections; see skeleton.py."""

from __future__ import annotations

from jinja2 import nodes

from storyboard.read.environment import walk

FIXED = frozenset({"count", "labelled", "scene_changes"})  # what is known beside the sections
JOINING = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.Const, nodes.Name, nodes.If, nodes.CondExpr),
    *(nodes.For, nodes.Tuple, nodes.List, nodes.Concat, nodes.And, nodes.Or, nodes.Not, nodes.Operand),
)


def joins(node: nodes.Node) -> bool:
    """Is it of the kind that templates are made of which only join?"""
    if isinstance(node, nodes.Compare):
        return all(each.name in FIXED for each in walk(node) if isinstance(each, nodes.Name))
    if isinstance(node, nodes.Filter):
        return node.name == "paragraph" and not (node.args or node.kwargs)
    if isinstance(node, nodes.Getattr):
        return isinstance(node.node, nodes.Name) and node.node.name == "loop"
    return isinstance(node, JOINING) and not (
        isinstance(node, nodes.Name) and node.ctx == "store" and node.name in {*FIXED, "loop"}
    )
