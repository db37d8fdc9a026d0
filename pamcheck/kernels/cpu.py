"""Numba: compile options and the elementwise loops.

A body stays plain Python; here it is compiled, helpers included, and put into a loop over flat arrays of
codes. Loops release the GIL and know nothing of threads, so any thread may run any part of an array.
"""

from __future__ import annotations

import dis
import threading
from collections.abc import Callable
from functools import cache, lru_cache
from types import FunctionType
from typing import Any

import numba
import numpy as np

from pamcheck.kernels.disk import cache_dir, cached_in
from pamcheck.kernels.table import BODIES
from pamcheck.kernels.vector_loop import vector_loop
from pamcheck.kernels.word import cut_to_word, shift_left, shift_right
from pamcheck.kernels.words import Words

# No fastmath and no error model: the bodies are integer code, and must stay what they say.
OPTIONS: dict[str, Any] = {"nogil": True, "boundscheck": False}
# What only loops call goes into them, as a call left standing would keep a loop from becoming vector code; and
# it gets no entries for Python and C, which take a third of the time that compiling takes.
HELPER_OPTIONS = {**OPTIONS, "forceinline": True, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}

WORD: dict[int, Any] = {32: np.int32, 64: np.int64}

_LOCK = threading.RLock()

# Bound at compilation.
body: Any = None
other: Any = None
word: Any = None
run: Any = None


# Both arms of a loop say the same. In the second the compiler knows that subnormals do not count, drops
# their part of the body, and what remains becomes vector code: see vector_loop. `body`, `other`, `word` and
# `run` are bound at compilation.
def unary_loop(x: Any, out: Any, w: Words) -> None:
    """Apply a one-operand body to flat arrays."""
    if w.gradual:
        for i in range(out.size):
            out[i] = body(word(x[i]), w)
    else:
        run((x,), (out,), w)


def binary_loop(a: Any, b: Any, out: Any, w: Words) -> None:
    """Apply a two-operand body to flat arrays."""
    if w.gradual:
        for i in range(out.size):
            out[i] = body(word(a[i]), word(b[i]), w)
    else:
        run((a, b), (out,), w)


def ternary_loop(a: Any, b: Any, c: Any, out: Any, w: Words) -> None:
    """Apply a three-operand body to flat arrays."""
    if w.gradual:
        for i in range(out.size):
            out[i] = body(word(a[i]), word(b[i]), word(c[i]), w)
    else:
        run((a, b, c), (out,), w)


def vjp_loop(delta: Any, a: Any, b: Any, da: Any, db: Any, w: Words) -> None:
    """Apply two three-operand bodies to the same flat arrays: what both read is read once."""
    if w.gradual:
        for i in range(da.size):
            da[i] = body(word(delta[i]), word(a[i]), word(b[i]), w)
            db[i] = other(word(delta[i]), word(a[i]), word(b[i]), w)
    else:
        run((delta, a, b), (da, db), w)


TEMPLATES: dict[int, Any] = {1: unary_loop, 2: binary_loop, 3: ternary_loop}


def word_bits(w: Words) -> int:
    """Return the width of the signed word that a format is computed in: 32 where no body can leave it, or 64.

    What comes nearest to leaving is a total of two extended codes below `tiny`, less `one` and an offset,
    and one such code in halves.
    """
    total = (w.mant_bits + w.mant_bits + w.bias + 3) << w.mant_bits
    halves = (w.mant_bits + 4) << (w.mant_bits + 1)
    return 32 if max(w.magnitude, total, halves) < 1 << 31 else 64


@cache
def loop(name: str, bits: int) -> Any:
    """Return the compiled loop of a body in BODIES: flat arrays of codes in and out, then machine words."""
    body, arity = BODIES[name]
    with _LOCK:
        compiled = compiled_body(body, bits)
        bound = {"body": compiled, "run": vector_loop(compiled), "word": WORD[bits]}
        return Loop(rebind(TEMPLATES[arity], f"{name}_{bits}", **bound))


@cache
def loop_of_two(first: str, second: str, bits: int) -> Any:
    """Return the compiled loop of two three-operand bodies: arrays of codes in, one out for each, words."""
    with _LOCK:
        both = [compiled_body(BODIES[name][0], bits) for name in (first, second)]
        bound = {"body": both[0], "other": both[1], "run": vector_loop(*both), "word": WORD[bits]}
        return Loop(rebind(vjp_loop, f"{first}_and_{second}_{bits}", **bound))


def helper(function: Any) -> Any:
    """Compile a function that only compiled loops call."""
    return numba.njit(**HELPER_OPTIONS)(function)


@cache
def compiled_body(body: Callable[..., int], bits: int) -> Any:
    """Compile a body and, first, every function of this package that it calls."""
    assert isinstance(body, FunctionType)
    loaded = {step.argval for step in dis.get_instructions(body) if step.opname == "LOAD_GLOBAL"}
    helpers = {
        name: compiled_body(value, bits)
        for name in loaded
        if isinstance(value := body.__globals__.get(name), FunctionType)
        and value.__module__.startswith("pamcheck.kernels.")
    }
    bound = {"word": WORD[bits], "shift_left": shift_left, "shift_right": shift_right}
    return helper(rebind(cut_to_word(body), body.__name__, **bound, **helpers))


@lru_cache(maxsize=512)
def machine_words(w: Words, bits: int) -> Words:
    """Return the words as the compiled loops take them: signed, of the loop's own width."""
    word, span = WORD[bits], 1 << bits
    return Words(*(word(value - span if value >= span >> 1 else value) for value in w))


def rebind(function: Any, name: str, **replaced: Any) -> FunctionType:
    """Return the same code under another name, with some of its globals replaced.

    Numba's disk cache cannot recognise a closure over a compiled function in the next process; it does
    recognise a global, and one name an operation keeps the cached loops apart.
    """
    clone = FunctionType(function.__code__, {**function.__globals__, **replaced}, name)
    clone.__qualname__, clone.__module__ = name, function.__module__
    clone.__annotations__, clone.__kwdefaults__ = {}, function.__kwdefaults__
    return clone


class Loop:
    """A compiled loop that uses the cache on disk as long as that works, and compiles in memory where not."""

    def __init__(self, function: Any) -> None:
        self._function = function
        self._compiled = cached_in(cache_dir(), function, OPTIONS)
        self._entries: dict[tuple[Any, ...], tuple[int, Any]] = {}

    def __call__(self, *arguments: Any) -> Any:
        """Run the loop; a cache that is full, damaged or gone costs time and nothing else."""
        try:
            return self._compiled(*arguments)
        except Exception:
            # reading a damaged file may raise anything; what is no fault of the cache is raised again here
            compiled = numba.njit(**OPTIONS)(self._function)
            result = compiled(*arguments)
            self._compiled = compiled
            return result

    def entry(self, signature: tuple[Any, ...]) -> int:
        """Return the address at which C calls the loop for arguments of these types: no Python, no lock of its."""
        if signature not in self._entries:
            with _LOCK:
                try:
                    self._compiled.compile(signature)
                except Exception:  # as above
                    self._compiled = numba.njit(**OPTIONS)(self._function)
                    self._compiled.compile(signature)
                made = self._compiled.overloads[signature]
                name = made.fndesc.llvm_cfunc_wrapper_name
                self._entries[signature] = made.library.get_pointer_to_function(name), made
        return self._entries[signature][0]

    @property
    def compilations(self) -> int:
        """How often this process compiled the loop instead of finding it in the cache."""
        return sum(self._compiled.stats.cache_misses.values())
