"""How a recorded function lies in memory: instructions, and what they read and write.

A function is recorded once as a table of instructions over scalars. Every scalar has a place in `v` (its value)
and `d` (its slope); the elements of an operand are named by their places, so moves need no instruction. An
operand of a product or quotient goes through a LOG first, which keeps its binade: the operand x is
sign 2^E (1 + r) with 0 <= r <= 1 as long as it stays there.

Which piece an operation is on is a *state* kept from piece to piece, never read off a rounded value alone.
"""

from __future__ import annotations

from typing import Any, NamedTuple

Array = Any

# Instructions.
LOG, MUL, DIV, EXP2, LOG2, SQRT, FLOOR, MAX, ADD, SUB, SCALE, SUM, MATMUL = range(13)

# Columns of the table. A pool offset is where a list of places begins in the pool.
OP = 0
STEP = 1  # number of the operation in the run
COUNT = 2  # elements; rows of SUM and MAX; batches of MATMUL
OUT = 3  # pool offset of the results; first place of them in MATMUL
A = 4  # pool offset of places, or of slots of LOG where there are such; first slot in MATMUL
B = 5
RAW_A = 6  # pool offset of the places behind the slots
RAW_B = 7
STATE = 8  # first state
ROWS = 9  # MATMUL: m; SUM and MAX: entries a row
INNER = 10  # MATMUL: k
COLUMNS = 11  # MATMUL: n
CAUSE = 12  # MAX: its cause
WIDTH = 13

# Causes as numbers: places in causes.CAUSES.
BINADE, CARRY, BORROW, INTEGER, SIGN, RELU, GREATEST, WHOLE = range(8)
CAUSE_BITS = 4

# What an event changes.
NOTHING, BINADE_STATE, CORE_STATE, SIDE_STATE, POWER_STATE, FLOOR_STATE, MAX_STATE, ROOT_STATE, STOP = (
    range(9)
)

# The entries of `event`: the next break, then what the pass met.
KIND, SLOT, NEW, WHY, WHERE, FIRST, APPROXIMATE, STATUS, STATUS_STEP = range(9)
# FIRST is the first operation of the run, then the least cause, that a pass put on another piece
UNCHANGED = 1 << 62

# Why a pass has no result.
FINE, OVERFLOW, ZERO_DIVISOR, NOT_POSITIVE, NEGATIVE = range(5)
REASONS = {
    OVERFLOW: "a value is too large for a float64",
    ZERO_DIVISOR: "a divisor is 0, or below the smallest binade",
    NOT_POSITIVE: "an operand is not above 0, or below the smallest binade",
    NEGATIVE: "an operand is below 0",
}

# How far outside of its piece an operand may be before its state is looked up anew: rounding of order 1 numbers.
SLACK = 2.0**-42


class Code(NamedTuple):
    """Instructions: those of constants, run once, and those of what moves, run on every piece."""

    still: Array  # int64 (instructions, WIDTH)
    moving: Array
    pool: Array  # int64


class Memory(NamedTuple):
    """What a run changes, float64 where nothing is said."""

    v: Array  # value of every scalar
    d: Array  # its slope
    r: Array  # of every slot of LOG: x / (sign 2^E) - 1
    dr: Array
    scale: Array  # sign 2^E; 0 below the smallest binade
    inverse: Array  # sign 2^-E; NaN before the first pass
    exponent: Array
    side: Array  # the sign that the operand had last
    changed: Array  # bool: the binade was looked up anew, and nothing that it breaks has seen it yet
    loud: Array  # bool: the binades of the slot are breaks; otherwise what it meets in a product decides
    state: Array  # carry of products: +1 or -1; whole parts and powers of exp2; the greatest entry of a max
    near: Array  # (1,): distance in t to the next break
    event: Array  # int64 (9,)
