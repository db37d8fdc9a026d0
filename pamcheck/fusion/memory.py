"""Where a program's loop reads and writes: operands, buffers and outputs by their addresses in the table."""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]

from pamcheck.fusion.program import Program
from pamcheck.fusion.vectors import LONG, Lanes, long

HEAD, PER_OPERAND = 4, 4  # entries of a table: before the operands, and of each
PAD = 64  # elements between buffers: they are read and written in whole vectors, sums in vectors of 32


class Memory:
    """What a table says: see fusion.rows."""

    def __init__(self, e: Any, table: Any, program: Program, bits: int) -> None:
        self.e, self.program, self.bits, self.word = e, program, bits, ir.IntType(bits)
        self._table = table
        self.low, self.high, self.length, buffers = (self._entry(at) for at in range(HEAD))
        count = len(program.layouts)
        self._operands = [
            [self._entry(HEAD + PER_OPERAND * number + part) for part in range(PER_OPERAND)]
            for number in range(count)
        ]
        first = HEAD + PER_OPERAND * count
        self._outputs = [self._entry(first + number) for number in range(len(program.outputs))]
        self._constants = first + len(program.outputs)
        step = e.mul(e.add(self.length, long(PAD)), long(bits // 8))
        self.kept = [
            self._pointer(e.add(buffers, e.mul(step, long(slot))), self.word)
            for slot in range(len(program.kept))
        ]
        self._rows: list[Any] = []
        self._out_rows: list[Any] = []

    def _entry(self, at: int) -> Any:
        return self.e.load(self.e.gep(self._table, [long(at)]))

    def _pointer(self, address: Any, kind: Any) -> Any:
        return self.e.inttoptr(address, kind.as_pointer())

    def lifted(self, number: int) -> Any:
        """Return a constant that the table holds."""
        entry = self._entry(self._constants + number)
        return entry if self.word == LONG else self.e.trunc(entry, self.word)

    def begin_row(self, row: Any) -> None:
        """Find where a row begins, in every operand and output."""
        e, booleans = self.e, {n.detail for n in self.program.nodes if n.op == "operand" and n.boolean}
        self._rows = []
        for number, (address, repeat, period, stride) in enumerate(self._operands):
            kind = self.program.layouts[number]
            start = self._pointer(address, ir.IntType(8) if number in booleans else self.word)
            if kind == "each":
                start = e.gep(start, [e.mul(row, stride)])
            elif kind == "cycle":
                start = e.gep(start, [e.mul(e.urem(e.udiv(row, repeat), period), stride)])
            self._rows.append(start)
        self._out_rows = [
            e.gep(self._pointer(address, self.word), [e.mul(row, self.length) if wide else row])
            for address, (_, wide) in zip(self._outputs, self.program.outputs, strict=True)
        ]

    def load_operand(self, number: int, boolean: bool, lanes: Lanes | None) -> Any:
        """Return some elements of an operand's row, or its only one; conditions as bits."""
        start, bits = self._rows[number], 8 if boolean else self.bits
        found = self.e.load(start, align=bits // 8) if lanes is None else lanes.load(start, bits)
        return self.e.icmp_signed("!=", found, ir.Constant(found.type, None)) if boolean else found

    def store_output(self, index: int, value: Any, lanes: Lanes | None) -> None:
        """Write some elements of an output's row, or its only one."""
        start = self._out_rows[index]
        if lanes is None:
            self.e.store(value, start, align=self.bits // 8)
        else:
            lanes.store(value, start, self.bits)

    def keep(self, slot: int, value: Any, lanes: Lanes) -> None:
        """Write some elements of a buffer."""
        kind = ir.VectorType(self.word, lanes.count)
        whole = value if value.type == kind else self.e.zext(value, kind)
        self.e.store(whole, self._place(slot, kind, lanes), align=self.bits // 8)

    def waiting(self, slot: int, boolean: bool, lanes: Lanes) -> Any:
        """Return some elements of a buffer."""
        kind = ir.VectorType(self.word, lanes.count)
        found = self.e.load(self._place(slot, kind, lanes), align=self.bits // 8)
        return self.e.trunc(found, ir.VectorType(ir.IntType(1), lanes.count)) if boolean else found

    def _place(self, slot: int, kind: Any, lanes: Lanes) -> Any:
        return self.e.bitcast(self.e.gep(self.kept[slot], [lanes.first]), kind.as_pointer())
