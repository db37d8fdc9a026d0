"""Derivatives along many directions at once, and how far every operation is from its next break.

The states are those of a pass at the point; they are read and never changed. In rows of (elements, directions).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pamcheck.measure.regions.tracer import layout as at_
from pamcheck.measure.regions.tracer.layout import Code, Memory
from pamcheck.measure.regions.tracer.room import Room

Array = np.ndarray[Any, Any]


class Tangents:
    """Slopes of all scalars (`d`) and of all slots (`dr`) along a chunk of directions."""

    def __init__(self, code: Code, memory: Memory, room: Room, seeds: Array, places: Array) -> None:
        """Run all instructions; seeds (places, directions) are the slopes of the inputs."""
        self._pool, self._m, self._room = code.pool, memory, room
        self.d = np.zeros((memory.v.size, seeds.shape[1]))
        self.dr = np.zeros((memory.r.size, seeds.shape[1]))
        self.d[places] = seeds
        room.begin(seeds.shape[1])
        for self._at, row in enumerate(code.moving):
            self._row, self._count = row, int(row[at_.COUNT])
            _RUN[int(row[at_.OP])](self)

    def _of(self, column: int, each: int = 1) -> Array:
        first = self._row[column]
        found: Array = self._pool[first : first + self._count * each]
        return found

    def _states(self, each: int = 1) -> Array:
        first = self._row[at_.STATE]
        found: Array = self._m.state[first : first + self._count * each].reshape(-1, each)
        return found

    def _break(self, below: Any, above: Any, slopes: Array, cause: int, part: int = 0) -> None:
        self._room.see((self._at, part), below, above, slopes, cause, int(self._row[at_.STEP]))

    def log(self) -> None:
        """Slopes of r, and the ends of the binade; below the smallest one the ends of that."""
        x, q = self._of(at_.A), self._of(at_.B)
        inverse, v = self._m.inverse[q], self._m.v[x]
        core, slopes = inverse == 0, self.d[x] * inverse[:, None]
        self.dr[q] = slopes
        r = v * inverse - 1
        self._break(r[~core], 1 - r[~core], slopes[~core], at_.BINADE)
        least = self._room.least
        self._room.approximate |= bool((core & ((v != 0) | self.d[x].any(axis=1))).any())
        self._break(v[core] + least, least - v[core], self.d[x][core], at_.BINADE, part=1)

    def mul(self) -> None:
        """Products: the carry, and chords below the smallest binade."""
        self._pairs(self._m.scale, 1, at_.CARRY, self._states()[:, 0])

    def div(self) -> None:
        """Quotients: the borrow."""
        self._pairs(self._m.inverse, -1, at_.BORROW, self._states(2)[:, 0])

    def _pairs(self, scale_b: Array, sign: int, cause: int, h: Array) -> None:
        m, a, b, out = self._m, self._of(at_.A), self._of(at_.B), self._of(at_.OUT)
        p, q = self._of(at_.RAW_A), self._of(at_.RAW_B)
        w = m.scale[a] * scale_b[b]
        slopes = self.dr[a] + sign * self.dr[b]
        f = 1.5 + 0.5 * h if sign > 0 else 0.75 + 0.25 * h
        self.d[out] = (w * f)[:, None] * slopes
        core, x = w == 0, m.r[a] + sign * m.r[b] - (sign > 0)
        if core.any():
            p, q, o = p[core], q[core], out[core]
            dp, dq = self.d[p], self.d[q]
            if sign > 0:
                self.d[o] = m.v[p][:, None] * dq + dp * m.v[q][:, None]
            else:
                self.d[o] = (dp - (m.v[p] / m.v[q])[:, None] * dq) / m.v[q][:, None]
        self._side(h[~core], x[~core], slopes[~core], cause)

    def _side(self, h: Array, x: Array, slopes: Array, cause: int, part: int = 0) -> None:
        self._break(np.where(h > 0, x, np.inf), np.where(h > 0, np.inf, -x), slopes, cause, part)

    def matmul(self) -> None:
        """Matrix products, one row of the second operand at a time."""
        m, row = self._m, self._row
        rows, inner, columns = (int(row[c]) for c in (at_.ROWS, at_.INNER, at_.COLUMNS))
        raw_a, raw_b = (self._pool[row[c] :] for c in (at_.RAW_A, at_.RAW_B))
        self.d[row[at_.OUT] : row[at_.OUT] + self._count * rows * columns] = 0
        for at in range(self._count * rows * inner):
            p, k = raw_a[at], (at // (rows * inner)) * inner + at % inner
            if m.v[p] == 0 and not self.d[p].any():
                continue
            first, out = row[at_.B] + k * columns, row[at_.OUT] + at // inner * columns
            b, q = slice(first, first + columns), raw_b[k * columns : (k + 1) * columns]
            h = m.state[row[at_.STATE] + at * columns :][:columns]
            w, slopes = m.scale[row[at_.A] + at] * m.scale[b], self.dr[row[at_.A] + at] + self.dr[b]
            core, x = w == 0, m.r[row[at_.A] + at] + m.r[b] - 1
            chords = m.v[p] * self.d[q] + self.d[p] * m.v[q][:, None] if core.any() else 0.0
            self.d[out : out + columns] += np.where(
                core[:, None], chords, (w * (1.5 + 0.5 * h))[:, None] * slopes
            )
            self._side(np.where(core, 1.0, h), np.where(core, np.inf, x), slopes, at_.CARRY, at)

    def exp2(self) -> None:
        """Powers: the whole exponent."""
        x, states = self._of(at_.A), self._states(2)
        self.d[self._of(at_.OUT)] = states[:, 1:] * self.d[x]
        self._between(x, states[:, 0], at_.INTEGER)

    def floor(self) -> None:
        """Whole parts, whose slope is 0."""
        self._between(self._of(at_.A), self._states()[:, 0], at_.WHOLE)

    def _between(self, x: Array, n: Array, cause: int) -> None:
        r = self._m.v[x] - n
        self._break(r, 1 - r, self.d[x], cause)

    def log2(self) -> None:
        """Logarithms, whose breaks are those of their slots."""
        self.d[self._of(at_.OUT)] = self.dr[self._of(at_.A)]

    def sqrt(self) -> None:
        """Roots: the odd powers of two."""
        x, states, least = self._of(at_.A), self._states(2), self._room.least
        v, k, inverse = self._m.v[x], states[:, 0], states[:, 1]
        core = inverse == 0
        chord = np.divide(self._m.v[self._of(at_.OUT)], v, out=np.zeros(v.size), where=v != 0)
        self.d[self._of(at_.OUT)] = (
            np.where(core, chord, np.exp2((k - 3) / 2) * inverse)[:, None] * self.d[x]
        )
        bottom = np.where(core, 0.0, np.maximum(np.exp2(k), least))
        top = np.where(core, least, np.exp2(k + 2))
        self._room.approximate |= bool((core & self.d[x].any(axis=1)).any())
        self._break(v - bottom, top - v, self.d[x], at_.BINADE)

    def max(self) -> None:
        """The greatest entries: where another one comes up to them."""
        entries = int(self._row[at_.ROWS])
        places = self._of(at_.A, entries).reshape(-1, entries)
        top = places[np.arange(self._count), self._states()[:, 0].astype(np.int64)]
        self.d[self._of(at_.OUT)] = self.d[top]
        leads = self._m.v[top][:, None] - self._m.v[places]
        slopes = (self.d[places] - self.d[top][:, None]).reshape(self._count * entries, -1)
        self._break(np.full(leads.size, np.inf), leads.reshape(-1), slopes, int(self._row[at_.CAUSE]))

    def sum(self) -> None:
        """Sums of rows."""
        entries = int(self._row[at_.ROWS])
        self.d[self._of(at_.OUT)] = (
            self.d[self._of(at_.A, entries)].reshape(self._count, entries, -1).sum(axis=1)
        )

    def add(self) -> None:
        """Sums of pairs."""
        self.d[self._of(at_.OUT)] = self.d[self._of(at_.A)] + self.d[self._of(at_.B)]

    def sub(self) -> None:
        """Differences."""
        self.d[self._of(at_.OUT)] = self.d[self._of(at_.A)] - self.d[self._of(at_.B)]

    def scaled(self) -> None:
        """Products with constants by which there are no breaks."""
        self.d[self._of(at_.OUT)] = self.d[self._of(at_.A)] * self._m.v[self._of(at_.B)][:, None]


_RUN = {
    at_.LOG: Tangents.log,
    at_.MUL: Tangents.mul,
    at_.DIV: Tangents.div,
    at_.EXP2: Tangents.exp2,
    at_.LOG2: Tangents.log2,
    at_.SQRT: Tangents.sqrt,
    at_.FLOOR: Tangents.floor,
    at_.MAX: Tangents.max,
    at_.ADD: Tangents.add,
    at_.SUB: Tangents.sub,
    at_.SCALE: Tangents.scaled,
    at_.SUM: Tangents.sum,
    at_.MATMUL: Tangents.matmul,
}
