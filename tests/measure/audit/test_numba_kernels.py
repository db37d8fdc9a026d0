"""Numba kernels that multiply are caught in the machine code and in the LLVM code; those that add pass."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pamcheck.measure.audit import offences, run, text
from pamcheck.measure.audit.kernels import elementwise
from pamcheck.measure.audit.record import Audit, Record

Compiled = Callable[..., dict[str, Record]]
F32 = ("float32", "float32", "float32")


def multiply(a: Any, b: Any, out: Any) -> None:
    for i in range(out.size):
        out[i] = a[i] * b[i]


def multiply_then_add(a: Any, b: Any, out: Any) -> None:
    for i in range(out.size):
        out[i] = a[i] * b[i] + a[i]


def divide(a: Any, b: Any, out: Any) -> None:
    for i in range(out.size):
        if b[i] != 0:
            out[i] = a[i] / b[i]


def root(a: Any, b: Any, out: Any) -> None:
    for i in range(out.size):
        out[i] = np.sqrt(a[i]) + b[i]


def exponential(a: Any, b: Any, out: Any) -> None:
    for i in range(out.size):
        out[i] = math.exp(a[i]) + b[i]


def power(a: Any, b: Any, out: Any) -> None:
    for i in range(out.size):
        out[i] = math.pow(a[i], b[i])


def integers(a: Any, b: Any, out: Any) -> None:
    for i in range(out.size):
        out[i] = a[i] * b[i]


def integers_into_a_sum(a: Any, b: Any, out: Any) -> None:
    total = np.float32(0)
    for i in range(a.size):
        total += np.int32(a[i] * b[i]).view(np.float32)
    out[0] = total


def integer_remainder(a: Any, b: Any, out: Any) -> None:
    for i in range(out.size):
        if b[i] > 0 and a[i] > 0:
            out[i] = a[i] % b[i]


@pytest.mark.parametrize(
    ("function", "kinds", "machine", "llvm"),
    [
        (multiply, F32, offences.MULTIPLY, offences.MULTIPLY),
        (multiply, ("float64",) * 3, offences.MULTIPLY, offences.MULTIPLY),
        (multiply_then_add, F32, offences.MULTIPLY, offences.MULTIPLY),
        (divide, F32, offences.DIVIDE, offences.DIVIDE),
        (root, F32, offences.ROOT, offences.ROOT),
        (exponential, F32, offences.LEAVES, offences.SPECIAL),
        (power, F32, offences.LEAVES, offences.SPECIAL),
        (integers, ("int32",) * 3, offences.REACHES_DATA, offences.REACHES_DATA),
        (integers_into_a_sum, ("int32", "int32", "float32"), offences.REACHES_DATA, offences.REACHES_DATA),
        (integer_remainder, ("int32",) * 3, offences.REACHES_DATA, offences.REACHES_DATA),
    ],
)
def test_a_kernel_that_multiplies_is_caught(
    compiled: Compiled, function: Any, kinds: tuple[str, ...], machine: str, llvm: str
) -> None:
    found = compiled(function, *kinds)
    for side, expected in (("machine", machine), ("llvm", llvm)):
        record = found[side]
        assert not record.holds, record.reason
        assert any(item.why.startswith(expected) for item in record.offenders), record.offenders
        assert all(item.line > 0 for item in record.offenders)


def test_a_fused_multiply_add_is_caught_in_the_machine_code(compiled: Compiled) -> None:
    record = compiled(multiply_then_add, *F32, fastmath=True)["machine"]
    whys = {item.why for item in record.offenders}
    assert whys <= {offences.FUSED, offences.MULTIPLY}
    assert whys


def summed(a: Any, out: Any) -> None:
    total = np.float32(0)
    for i in range(a.size):
        total += a[i]
    out[0] = total


def test_the_licence_to_contract_is_caught_where_nothing_multiplies_yet(compiled: Compiled) -> None:
    found = compiled(summed, "float32", "float32", fastmath=True)
    assert any(item.why.startswith(offences.FAST_MATH) for item in found["llvm"].offenders)
    assert compiled(summed, "float32", "float32")["llvm"].holds


def rows(a: Any, b: Any, out: Any) -> None:
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            out[i * a.shape[1] + j] = a[i, j] + b[i]


def one_column(a: Any, at: Any, out: Any) -> None:
    for i in range(a.shape[0]):
        out[i] = a[i, at[i]]


@pytest.mark.parametrize(
    ("function", "kinds"),
    [(rows, ("float32 2d", "float32", "float32")), (one_column, ("float32 2d", "int32", "float32"))],
)
def test_index_multiplications_are_told_from_data(
    compiled: Compiled, function: Any, kinds: tuple[str, ...]
) -> None:
    for record in compiled(function, *kinds).values():
        assert record.holds, record.reason
        assert record.integer_multiplies > 0


def test_what_is_stored_at_its_own_product_is_no_address(compiled: Compiled) -> None:
    def squares(out: Any) -> None:
        for i in range(out.size):
            out[i] = i * i

    for record in compiled(squares, "int32").values():
        # LLVM may keep the squares by adding; where it multiplies, that is seen
        assert record.holds or record.offenders[0].why == offences.REACHES_DATA


def test_the_entries_that_numba_adds_are_named_and_not_counted(compiled: Compiled) -> None:
    record = compiled(summed, "float32", "float32")["machine"]
    assert any("entry from Python" in name for name in record.excluded)
    assert record.holds


@pytest.mark.parametrize(("name", "arity", "bits"), [("pam", 2, 32), ("pam", 2, 64), ("paexp2", 1, 32)])
def test_a_kernel_of_the_project_passes(name: str, arity: int, bits: int) -> None:
    for record in run.audit_cpu(elementwise(name, arity, bits, bits)):
        assert record.holds, record.reason
        assert record.instructions > 50
        assert record.float_adds == 0
        assert record.loop is not None
        assert record.loop.instructions > 0
        assert record.loop.adds == 0


def test_leaving_out_the_entries_changes_no_instruction_of_the_kernel() -> None:
    import numba

    from pamcheck.kernels import cpu

    kernel = elementwise("pasqrt", 1, 32, 32)
    audited, _, symbol = run.cpu_listings(kernel)
    dispatcher: Any = numba.njit(**cpu.OPTIONS)(kernel.build())
    dispatcher.compile(kernel.signature)
    parse = run.PARSERS[run.machine()]
    ours = next(f for f in parse(audited) if f.name.lstrip("_") == symbol.lstrip("_"))
    run_code = next(
        f for f in parse(dispatcher.inspect_asm(dispatcher.signatures[0])) if "pasqrt_32" in f.name
    )
    texts = [[item.text for item in function.instructions] for function in (ours, run_code)]
    assert texts[0] == texts[1]


def test_an_unknown_kernel_is_refused_with_what_exists() -> None:
    with pytest.raises(ValueError, match="did you mean 'pam'"):
        run.audit(["pan"], ["cpu"])
    with pytest.raises(ValueError, match="unknown target"):
        run.audit(["pam"], ["gpu"])


def test_the_lines_of_an_audit_name_kernels_and_end_with_the_verdict(compiled: Compiled) -> None:
    good = list(
        text.lines(Audit((compiled(summed, "float32", "float32")["machine"],), ("sm_80 not audited: x",)))
    )
    assert good[1].startswith("summed ")
    assert good[-2:] == ["sm_80 not audited: x", good[-1]]
    assert good[-1].startswith("PASS  0 offenders in ")
    bad = list(text.lines(Audit((compiled(multiply, *F32)["llvm"],))))
    assert any("fmul" in line and offences.MULTIPLY in line for line in bad)
    assert bad[-1].startswith("FAIL  ")
    assert list(text.lines(Audit(())))[-1].startswith("FAIL  0 offenders in 0 instructions")


def test_a_listing_is_the_one_that_lines_are_numbered_by() -> None:
    listing = run.listing("pasqrt", "cpu").splitlines()
    record = run.audit(["pasqrt"], ["cpu"], every=False).records[0]
    assert record.loop is not None
    assert listing[record.loop.last_line - 1].strip().startswith(("j", "b", "cb", "tb"))
    assert any(line.startswith("define ") for line in run.listing("pasqrt", "llvm-ir").splitlines())
