"""The whys of a post-mortem as a tree: why the incident happened, why that was so, and so on (clause postmortem.five-whys)."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from postmortems.models import PostMortem, Why

FIVE = 5


@dataclass(slots=True)
class Node:
    """One why, with the whys that ask on from it. `depth` counts from one: the answer to why the incident happened."""

    id: int
    number: int
    parent: int | None
    text: str
    depth: int = 1
    reasons: "list[Node]" = field(default_factory=list)


def nodes(postmortem: PostMortem) -> list[Node]:
    """The whys that stand, each below what it answers, in the order in which a reader meets them."""
    rows = Why.objects.filter(postmortem=postmortem, removed_at=None).order_by("number")
    return arranged(Node(row.pk, row.number, row.parent_id, row.text) for row in rows)


def arranged(rows: Iterable[Node]) -> list[Node]:
    """The nodes as a tree read from the top, each branch to its end. (`parent` is the id of the one above, or None.)"""
    found = list(rows)
    by_id = {node.id: node for node in found}
    for node in found:
        if node.parent is not None:
            by_id[node.parent].reasons.append(node)
    ordered: list[Node] = []
    waiting = [node for node in reversed(found) if node.parent is None]
    while waiting:
        node = waiting.pop()
        ordered.append(node)
        for reason in node.reasons:
            reason.depth = node.depth + 1
        waiting += reversed(node.reasons)
    return ordered


def depth(tree: Iterable[Node]) -> int:
    """How often in a row it was asked why: the length of the longest chain."""
    return max((node.depth for node in tree), default=0)


def is_below(tree: Iterable[Node], node: Node, other: Node) -> bool:
    """Whether `node` stands somewhere below `other`, or is it."""
    by_id = {one.id: one for one in tree}
    above: Node | None = node
    while above is not None:
        if above.id == other.id:
            return True
        above = by_id.get(above.parent) if above.parent is not None else None
    return False
