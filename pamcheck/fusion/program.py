"""A program: what is computed of a row, in which pass over it.

A reduction ends a pass, since what uses it needs the whole row. Every wide value is computed in the pass that needs
it first, as late as that; what a later pass needs too waits in a buffer, a row of which stays in the cache.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from pamcheck.fusion.symbols import Graph, Node

REDUCTIONS = ("sum", "max")


@dataclass(frozen=True)
class Program:
    """Nodes, each after what it uses, and which of them go out.

    layouts  of each operand, how it lies along the rows: see fusion.layout
    """

    nodes: tuple[Node, ...]
    outputs: tuple[
        tuple[int, bool], ...
    ]  # place, and whether a row of it has one element or as many as all
    layouts: tuple[str, ...]

    @cached_property
    def passes(self) -> tuple[int, ...]:
        """The pass at whose loop a wide node is computed, or before which a narrow one is there."""
        ready = self._ready
        at = list(ready)
        wanted: dict[int, list[int]] = {}
        for place, node in enumerate(self.nodes):
            for arg in node.args:
                wanted.setdefault(arg, []).append(place)
        gone = {place for place, wide in self.outputs if wide}
        for place in reversed(range(len(self.nodes))):
            node = self.nodes[place]
            if not node.wide or place in gone:
                continue
            users = wanted.get(place, [])
            needs = [at[u] - (self.nodes[u].op in REDUCTIONS) for u in users]
            at[place] = max(ready[place], min(needs, default=ready[place]))
        return tuple(at)

    @cached_property
    def _ready(self) -> tuple[int, ...]:
        ready: list[int] = []
        for node in self.nodes:
            first = max((ready[arg] for arg in node.args), default=0)
            ready.append(first + (node.op in REDUCTIONS))
        return tuple(ready)

    @cached_property
    def depth(self) -> int:
        """Number of passes."""
        return max(self.passes, default=0) + 1

    @cached_property
    def kept(self) -> dict[int, int]:
        """Wide nodes that wait in a buffer, with its number: what a reduction or a later pass reads."""
        found: dict[int, int] = {}
        for place, node in enumerate(self.nodes):
            for arg in node.args:
                used = self.nodes[arg]
                late = node.wide and self.passes[place] > self.passes[arg] and used.op != "operand"
                if used.wide and (node.op in REDUCTIONS or late):
                    found.setdefault(arg, len(found))
        return found

    def in_pass(self, number: int) -> list[int]:
        """Return what the loop of a pass is for: values that are kept or go out, in order."""
        gone = {place for place, wide in self.outputs if wide}
        return [
            place
            for place in range(len(self.nodes))
            if self.passes[place] == number and (place in self.kept or place in gone)
        ]

    @cached_property
    def lifted(self) -> tuple[int, ...]:
        """Constants that only narrow values take: they are given each time, so that one loop serves any."""
        used = {arg for node in self.nodes if node.wide for arg in node.args}
        used |= {place for place, _ in self.outputs}
        return tuple(
            place for place, node in enumerate(self.nodes) if node.op == "constant" and place not in used
        )

    def general(self) -> Program:
        """Return the program without the values of the constants that are given."""
        nodes = (
            node._replace(detail=0) if place in self.lifted else node
            for place, node in enumerate(self.nodes)
        )
        return replace(self, nodes=tuple(nodes))

    @cached_property
    def elementwise(self) -> bool:
        """Whether there is no reduction, and every output is wide."""
        return all(node.op not in REDUCTIONS for node in self.nodes) and all(
            wide for _, wide in self.outputs
        )


def pruned(graph: Graph, outputs: list[tuple[int, bool]], layouts: tuple[str, ...]) -> Program:
    """Return the program of a graph with nothing in it that no output needs."""
    needed: set[int] = set()
    stack = [place for place, _ in outputs]
    while stack:
        place = stack.pop()
        if place not in needed:
            needed.add(place)
            stack.extend(graph.nodes[place].args)
    order = sorted(needed)
    moved = {place: number for number, place in enumerate(order)}
    nodes = tuple(
        graph.nodes[place]._replace(args=tuple(moved[arg] for arg in graph.nodes[place].args))
        for place in order
    )
    return Program(nodes, tuple((moved[place], wide) for place, wide in outputs), layouts)
