"""The innermost loops of the matrix product: a tile of sums held in registers.

The operands are codes of float32 or float64, and the product of two of them is one integer addition.
What an addition cannot say (zeros, underflow, overflow, infinities, NaN) is prepared while packing, so
that the innermost loop is additions, comparisons and masks, and each variant has only those it needs:

    lean    t = a + (b - shift)                                       nothing happens but products
    zeros   t = 0 where either flag is off                            operands may be zeros
    flush   t = 0 where |b| < low_a                                   products may underflow too
    full    t = special_a ^ special_b where |b| > high_a              everything
    slope_lean   t = (delta - one) + ((b + mantissa of a + offset) with its mantissa off), the exact derivative
    slope   the same, where delta or b may be zeros

Vector IR is written out where the compiler would choose narrower vectors and keep the tile in memory. The
tile is ROWS x VECTORS vectors; `fadd` carries no flags, so nothing is contracted or reordered.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core.registry import cpu_target
from numba.extending import intrinsic

from pamcheck.kernels.matmul_plan import DEPTH

# The instructions that Numba compiles for, which are also in the key of its cache: not the host's own, as
# NUMBA_CPU_FEATURES may take some away, and a loop made for other tiles would not fit these buffers.
FEATURES: str = cpu_target.target_context.codegen().magic_tuple()[2]
WIDE = "+avx512f" in FEATURES.split(",")
VECTOR_BYTES = 64 if WIDE else 32
# A tile: enough sums that none waits for its last addition, and narrow, as the heads of attention are.
ROWS, VECTORS = (8, 2) if WIDE else (4, 2)


class Variant(NamedTuple):
    """One inner loop: the words it packs for each element of a and of b, its tile, and its term."""

    name: str
    a_words: int
    b_words: int
    rows: int
    vectors: int
    term: Callable[..., Any]


# Terms. `e` emits IR; a and b are lists of vectors, x is the tile's own operand. They return the vector of
# products and the mask of the lanes to add, None for all.


def lean_term(e: Any, a: list[Any], b: list[Any], x: Any) -> tuple[Any, Any]:  # noqa: ARG001
    """One addition: the signs meet in the top bit, where a carry is lost."""
    return e.add(a[0], b[0]), None


def zeros_term(e: Any, a: list[Any], b: list[Any], x: Any) -> tuple[Any, Any]:  # noqa: ARG001
    """Masks that are made once a row and once a vector; a zero of b is the lowest word there is."""
    nothing, lowest = ir.Constant(a[0].type, None), -(0x7F8 << 20 if _bits(a) == 32 else 0x7FF << 52)
    counts = e.icmp_signed(">", b[0], ir.Constant(a[0].type, [lowest] * a[0].type.count))
    return e.select(counts, e.add(a[0], b[0]), nothing), e.icmp_signed(">", a[1], nothing)


def flush_term(e: Any, a: list[Any], b: list[Any], x: Any) -> tuple[Any, Any]:  # noqa: ARG001
    """|a| + |b| - shift >= tiny, asked of |b| so that nothing can leave the word."""
    nothing = ir.Constant(a[0].type, None)
    return e.select(e.icmp_signed(">=", b[1], a[1]), e.add(a[0], b[0]), nothing), None


def full_term(e: Any, a: list[Any], b: list[Any], x: Any) -> tuple[Any, Any]:
    """As `flush`, and above its upper limit what the two sides make of it: inf, NaN, largest."""
    product, _ = flush_term(e, a, b, x)
    return e.select(e.icmp_signed(">", b[1], a[2]), e.xor(a[3], b[2]), product), None


def slope_lean_term(e: Any, a: list[Any], b: list[Any], x: Any) -> tuple[Any, Any]:
    """The carry of mantissas and offset goes into the exponent of b; then they are dropped."""
    upper = ir.Constant(a[0].type, [-(1 << (23 if _bits(a) == 32 else 52))] * a[0].type.count)
    return e.add(a[0], e.and_(e.add(b[0], x), upper)), None


def slope_term(e: Any, a: list[Any], b: list[Any], x: Any) -> tuple[Any, Any]:
    """The same, with zeros as in `zeros`."""
    nothing, lowest = ir.Constant(a[0].type, None), -(0x7F8 << 20 if _bits(a) == 32 else 0x7FF << 52) - 1
    counts = e.icmp_signed(">", b[0], ir.Constant(a[0].type, [lowest] * a[0].type.count))
    term, _ = slope_lean_term(e, a, b, x)
    return e.select(counts, term, nothing), e.icmp_signed(">", a[1], nothing)


def _bits(vectors: list[Any]) -> int:
    width: int = vectors[0].type.element.width
    return width


VARIANTS: dict[str, Variant] = {
    variant.name: variant
    for variant in (
        Variant("lean", 1, 1, ROWS, VECTORS, lean_term),
        Variant("zeros", 2, 1, ROWS, VECTORS, zeros_term),
        Variant("flush", 2, 2, ROWS, VECTORS, flush_term),
        Variant("full", 4, 3, ROWS, VECTORS, full_term),
        Variant("slope_lean", 1, 1, ROWS, VECTORS, slope_lean_term),
        Variant("slope", 2, 1, ROWS, VECTORS, slope_term),
    )
}


def tile(variant: Variant, bits: int) -> Any:
    """Return the innermost loop: sums of products over one block of k, for one tile of the result.

    tile(a, a_at, b, b_at, x, depth, c, c_at, c_row, first)   `a` holds a_words x rows x DEPTH words from a_at on,
    `b` b_words x DEPTH x width, `x` rows x width; the sums go to c, or are added to it unless `first`.
    """
    word, rows, lanes = ir.IntType(bits), variant.rows, VECTOR_BYTES * 8 // bits
    number = ir.FloatType() if bits == 32 else ir.DoubleType()
    words, numbers = ir.VectorType(word, lanes), ir.VectorType(number, lanes)
    width, places = variant.vectors * lanes, [(r, v) for r in range(rows) for v in range(variant.vectors)]

    def emit(context: Any, e: Any, signature: Any, arguments: Any) -> Any:
        def start(position: int, kind: Any) -> Any:
            array = context.make_array(signature.args[position])(context, e, arguments[position])
            return e.bitcast(array.data, kind.as_pointer())

        def vector(base: Any, at: Any, kind: Any) -> Any:
            return e.bitcast(e.gep(base, [at]), kind.as_pointer())

        def everywhere(value: Any) -> Any:
            undefined = ir.Constant(words, ir.Undefined)
            one = e.insert_element(undefined, value, ir.IntType(32)(0))
            return e.shuffle_vector(one, undefined, ir.Constant(ir.VectorType(ir.IntType(32), lanes), None))

        index = ir.IntType(64)
        a, b = (e.gep(start(at, word), [arguments[at + 1]]) for at in (0, 2))
        x, c = start(4, word), start(6, number)
        depth, c_at, c_row = arguments[5], arguments[7], arguments[8]
        targets = {
            (r, v): vector(c, e.add(c_at, e.add(e.mul(c_row, index(r)), index(v * lanes))), numbers)
            for r, v in places
        }
        byte, hint = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, hint, hint, hint])
        prefetch = e.module.declare_intrinsic("llvm.prefetch", [byte], kind)
        for target in targets.values():
            e.call(prefetch, [e.bitcast(target, byte), hint(1), hint(3), hint(1)])
        before, body, after = e.block, e.append_basic_block("k"), e.append_basic_block("done")
        e.branch(body)

        e.position_at_end(body)
        k = e.phi(index)
        sums = {place: e.phi(numbers) for place in places}
        b_words = [
            [
                e.load(
                    vector(b, e.add(e.mul(k, index(width)), index(n * DEPTH * width + v * lanes)), words),
                    align=VECTOR_BYTES,
                )
                for n in range(variant.b_words)
            ]
            for v in range(variant.vectors)
        ]
        added = {}
        for r in range(rows):
            a_words = [
                everywhere(e.load(e.gep(a, [e.add(k, index((n * rows + r) * DEPTH))]), align=bits // 8))
                for n in range(variant.a_words)
            ]
            for v in range(variant.vectors):
                own = None
                if variant.name.startswith("slope"):
                    own = e.load(vector(x, index(r * width + v * lanes), words), align=VECTOR_BYTES)
                term, mask = variant.term(e, a_words, b_words[v], own)
                added[r, v] = e.fadd(sums[r, v], e.bitcast(term, numbers))
                if mask is not None:
                    added[r, v] = e.select(mask, added[r, v], sums[r, v])
        following = e.add(k, index(1))
        for phi, initial, value in [
            (k, index(0), following),
            *((sums[place], ir.Constant(numbers, None), added[place]) for place in places),
        ]:
            phi.add_incoming(initial, before)
            phi.add_incoming(value, body)
        e.cbranch(e.icmp_signed("<", following, depth), body, after)

        e.position_at_end(after)
        with e.if_else(e.icmp_signed("!=", arguments[9], index(0))) as (fresh, further):
            with fresh:
                for place in places:
                    e.store(added[place], targets[place], align=bits // 8)
            with further:
                for place in places:
                    total = e.fadd(e.load(targets[place], align=bits // 8), added[place])
                    e.store(total, targets[place], align=bits // 8)
        return context.get_dummy_value()

    def run(_typing, a, _a_at, b, _b_at, x, _depth, c, _c_at, _c_row, _first):  # type: ignore[no-untyped-def]
        whole = types.intp
        return types.void(a, whole, b, whole, x, whole, c, whole, whole, whole), emit

    return intrinsic(run)


def tile_width(variant: Variant, bits: int) -> int:
    """Return the columns of a tile."""
    return variant.vectors * VECTOR_BYTES * 8 // bits
