"""The loop over rows of a program, written out in LLVM's IR for Numba to compile.

It takes the address of one array of 64-bit integers, the table, so that every program has the same signature:

    first row, row after the last, elements of a row, address of the buffers,
    then address, repeat, period and stride of each operand (see fusion.layout),
    then the address of each output, whose rows follow each other,
    then the codes of the constants that only narrow values take.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import types
from numba.extending import intrinsic

from pamcheck.fusion import steps
from pamcheck.fusion.branchless import emit_body
from pamcheck.fusion.memory import Memory
from pamcheck.fusion.program import REDUCTIONS, Program
from pamcheck.fusion.reduce import greatest, total
from pamcheck.fusion.vectors import Lanes, counted, lanes, long, spread
from pamcheck.kernels.table import BODIES
from pamcheck.kernels.words import Words


def row_loop(program: Program, words: tuple[Words, Words], nan: int, bits: int) -> Any:
    """Return the loop, to call in compiled code as run(address of a table).

    words  signed ones, without the offset and with it
    nan    what a sum that is no number becomes
    """

    def run(_typing, table):  # type: ignore[no-untyped-def]
        def emit(context: Any, e: Any, _signature: Any, arguments: Any) -> Any:
            entries = e.inttoptr(arguments[0], long(0).type.as_pointer())
            _Rows(program, e, Memory(e, entries, program, bits), words, nan, bits).emit()
            return context.get_dummy_value()

        return types.void(table), emit

    return intrinsic(run)


class _Rows:
    """The IR of one program; `row` holds the values there are one a row of."""

    def __init__(
        self, program: Program, e: Any, memory: Memory, words: tuple[Words, Words], nan: int, bits: int
    ) -> None:
        self.program, self.e, self.memory, self.words, self.nan = program, e, memory, words, nan
        self.word, self.count = ir.IntType(bits), lanes(bits)
        self.row: dict[int, Any] = {}
        self.given = {place: memory.lifted(number) for number, place in enumerate(program.lifted)}

    def emit(self) -> None:
        low, high = self.memory.low, self.memory.high
        with counted(self.e, self.e.sub(high, low)) as step:
            self.memory.begin_row(self.e.add(low, step))
            self.row = {}
            for number in range(self.program.depth):
                self._narrow(number)
                self._wide(number)
                self._reduce(number)
            for index, (place, wide) in enumerate(self.program.outputs):
                if not wide:
                    self.memory.store_output(index, self.row[place], None)

    def _narrow(self, number: int) -> None:
        for place, node in enumerate(self.program.nodes):
            if not node.wide and node.op not in REDUCTIONS and self.program.passes[place] == number:
                self.row[place] = self._value(place, [self.row[arg] for arg in node.args], None)

    def _wide(self, number: int) -> None:
        """Emit the loop of a pass, with everything that is computed, kept or put out in it."""
        places = self.program.in_pass(number)
        if not places:
            return
        count = self.e.udiv(self.e.add(self.memory.length, long(self.count - 1)), long(self.count))
        with counted(self.e, count) as chunk:
            here = Lanes(self.e, self.e.mul(chunk, long(self.count)), self.memory.length, self.count)
            known: dict[int, Any] = {}
            for place in places:
                value = self._element(place, known, here, number)
                if place in self.program.kept:
                    self.memory.keep(self.program.kept[place], value, here)
                for index, (gone, wide) in enumerate(self.program.outputs):
                    if wide and gone == place:
                        self.memory.store_output(index, value, here)

    def _element(self, place: int, known: dict[int, Any], here: Lanes, number: int) -> Any:
        """Return elements of any node: computed here, read from where they wait, or the row's own repeated."""
        node = self.program.nodes[place]
        if place in known:
            return known[place]
        if not node.wide:
            known[place] = (
                ir.Constant(ir.VectorType(self.word, self.count), [self.row[place]] * self.count)
                if isinstance(self.row[place], ir.Constant)
                else spread(self.e, self.row[place], self.count)
            )
        elif node.op != "operand" and self.program.passes[place] < number:
            known[place] = self.memory.waiting(self.program.kept[place], node.boolean, here)
        else:
            args = [self._element(arg, known, here, number) for arg in node.args]
            known[place] = self._value(place, args, here)
        return known[place]

    def _value(self, place: int, args: list[Any], here: Lanes | None) -> Any:
        node, e = self.program.nodes[place], self.e
        if node.op == "operand":
            return self.memory.load_operand(node.detail, node.boolean, here)
        if node.op == "constant":
            return self.given.get(place, ir.Constant(self.word, node.detail))
        if node.op in BODIES:
            kind = self.word if here is None else ir.VectorType(self.word, self.count)
            return emit_body(e, BODIES[node.op][0], args, self.words[node.shifted], kind)
        if node.op == "alone":
            number = steps.real(e, args[0])
            return steps.quiet(e, e.fadd(ir.Constant(number.type, 0.0), number), self.nan)
        return steps.emit(node.op, e, args)

    def _reduce(self, number: int) -> None:
        for place, node in enumerate(self.program.nodes):
            if node.op not in REDUCTIONS or self.program.passes[place] != number + 1:
                continue
            start, length = self.memory.kept[self.program.kept[node.args[0]]], self.memory.length
            if node.op == "sum":
                self.row[place] = steps.quiet(self.e, total(self.e, start, length), self.nan)
            else:
                self.row[place] = steps.code(self.e, greatest(self.e, start, length))
