"""Sweeps: what they find, that they come out the same however they are run, and what they refuse."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from pamcheck.formats import get_format
from pamcheck.measure import errors, sampling
from pamcheck.measure.sweep import backend, block, certificate, command, digest, state, summary
from pamcheck.measure.sweep.command import Request
from pamcheck.measure.sweep.plan import Plan, SweepError, make_plan
from pamcheck.measure.sweep.run import Interrupted, on_threads, run
from pamcheck.measure.sweep.tally import Tally


def small(op: str = "pam", fmt: str = "float8_e4m3fn", policy: str = "ftz", offset: int = 0) -> Plan:
    """A plan of 16 blocks."""
    plan = make_plan(op, fmt, policy, offset)
    return replace(plan, block=plan.tuples >> 4)


def facts(found: state.State) -> dict[str, Any]:
    """The certificate but for how and how long it ran."""
    data = json.loads(certificate.as_json(certificate.certify(found, "")))
    return {name: value for name, value in data.items() if name != "run"}


@pytest.mark.parametrize(
    ("op", "fmt", "policy", "offset"),
    [
        ("pam", "float8_e4m3fn", "ftz", 0),
        ("pam", "float8_e5m2", "gradual", 1),
        ("padiv", "float8_e4m3", "saturate", -3),
        ("papow", "float8_e5m2", "ftz", 0),
        ("palog2", "float16", "gradual", 0),
        ("paexp2", "float16", "ftz", 0),
        ("paexp", "bfloat16", "ftz", 0),
        ("pasqrt", "bfloat16", "gradual", 0),
        ("palog", "float4_e2m1fn", "ftz", 0),
    ],
)
def test_the_statistics_are_those_of_measure_errors(op: str, fmt: str, policy: str, offset: int) -> None:
    found = summary.summarize(run(state.fresh(small(op, fmt, policy, offset))).tally, exhaustive=True)
    sample = sampling.exhaustive(get_format(fmt), small(op, fmt).operation.arity)
    assert_statistics(found, errors.summarize(errors.measure(op, sample, policy, offset)).record())


@pytest.mark.parametrize("a", [0x0080, 0x3FC1, 0x7F80, 0x8001, 0xC2B1])
@pytest.mark.parametrize(
    ("op", "policy"), [("pam", "ftz"), ("padiv", "gradual"), ("papow", "ftz"), ("papow", "gradual")]
)
def test_a_row_of_16_bit_pairs_has_the_statistics_of_measure_errors(op: str, policy: str, a: int) -> None:
    plan = replace(make_plan(op, "bfloat16", policy), block=1 << 16)
    found = summary.summarize(block.run_block(plan, a), exhaustive=True)
    b = np.arange(1 << 16).astype(np.uint16)
    sample = sampling.Sample(plan.fmt, (np.full_like(b, a), b), "", exhaustive=True)
    assert_statistics(found, errors.summarize(errors.measure(op, sample, policy)).record())


def assert_statistics(found: dict[str, Any], wanted: dict[str, Any]) -> None:
    """The statistics of a sweep without differences are those of measure.errors."""
    assert found["different"] == 0
    if not wanted["compared"]:
        assert not found["compared"]
        return
    scale = {"bias": wanted["MRED"], "mean_error": wanted["MED"]}
    for name, value in wanted.items():
        if name in ("p50", "p90", "p99"):
            low, high = found[name]
            assert low * (1 - 1e-12) <= value <= high * (1 + 1e-12), name
        else:
            assert found[name] == pytest.approx(value, rel=1e-11, abs=1e-11 * scale.get(name, 0)), name


def test_truths_in_float64_agree_with_those_of_106_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    fast = summary.summarize(run(state.fresh(small("padiv"))).tally, exhaustive=True)
    monkeypatch.setattr(Plan, "in_float64", property(lambda _: False))
    slow = summary.summarize(run(state.fresh(small("padiv"))).tally, exhaustive=True)
    for name, value in fast.items():
        assert value == pytest.approx(slow[name], rel=1e-12), name


@pytest.mark.parametrize(("op", "fmt"), [("pam", "float64"), ("padiv", "float32"), ("pasqrt", "float64")])
def test_wide_formats_are_sampled_and_say_so(op: str, fmt: str) -> None:
    found = run(state.fresh(make_plan(op, fmt, samples=10_001)))
    data = facts(found)
    assert data["differences"]["count"] == 0
    assert data["statistics"]["n"] == 10_001
    assert data["coverage"].startswith("10,001 of 2^")
    assert "seed 230517190" in data["coverage"]


def planted(a: int, b: int) -> Callable[..., None]:
    """A kernel with one wrong bit in one result."""

    def kernel(name: str, operands: Any, words: Any, out: Any) -> None:
        backend.on_cpu(name, operands, words, out)
        first = operands[0] == a if len(operands) == 2 else True
        out[first & (operands[-1] == b)] ^= 1

    return kernel


def with_kernel(monkeypatch: pytest.MonkeyPatch, kernel: Callable[..., None]) -> None:
    tools = block._tools
    monkeypatch.setattr(block, "_tools", lambda plan: tools(plan)._replace(kernel=kernel))


def test_one_wrong_bit_is_found_and_shown_with_its_operands(monkeypatch: pytest.MonkeyPatch) -> None:
    right = facts(run(state.fresh(small())))
    with_kernel(monkeypatch, planted(0x3A, 0xC1))
    wrong = run(state.fresh(small()))
    data = facts(wrong)
    assert data["differences"]["count"] == 1
    [row] = data["differences"]["first"]
    assert (row["a"], row["b"]) == ("0x3a", "0xc1")
    assert int(row["got"], 16) ^ int(row["expected"], 16) == 1
    assert data["hash"] != right["hash"]
    [counted] = [row for row in data["classes"] if row["different"]]
    assert counted["operands"] == ["normal", "normal"]
    found = certificate.certify(wrong, "")
    assert not found.holds
    assert {row["stratum"] for row in found.strata if row["different"]} == {"+2^0", "-2^1"}
    assert list(command.lines(found))[-1].startswith("FAIL  65,535 of 65,536")


def test_one_wrong_result_of_one_argument_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    with_kernel(monkeypatch, planted(0, 0x4123))
    data = facts(run(state.fresh(small("pasqrt", "float16"))))
    assert [row["b"] for row in data["differences"]["first"]] == ["0x4123"]


def test_hash_and_results_do_not_depend_on_order_or_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = small()

    def backwards(plan: Plan, first: int) -> Any:
        return ((i, block.run_block(plan, i)) for i in reversed(range(first, plan.blocks)))

    wanted = facts(run(state.fresh(plan), runner=backwards))
    for threads in ("1", "3"):
        monkeypatch.setenv("PAMCHECK_THREADS", threads)
        assert facts(run(state.fresh(plan))) == wanted


def test_the_hash_is_of_every_operand_and_result() -> None:
    a, b, got = (np.array(row, np.uint32) for row in ([1, 2, 3], [4, 5, 6], [7, 8, 9]))
    whole, _ = digest.compare(a, b, got, got)
    parts = [
        digest.compare(a[i : i + 1], b[i : i + 1], got[i : i + 1], got[i : i + 1])[0] for i in (2, 0, 1)
    ]
    joined = digest.joined(digest.joined(parts[0], parts[1]), parts[2])
    assert digest.shown(joined) == digest.shown(whole)
    assert digest.compare(b, a, got, got)[0] != whole
    assert digest.compare(a, b, got[::-1].copy(), got)[0] != whole


def stopping(after: int) -> Callable[[Plan, int], Any]:
    """A runner that is interrupted after some blocks."""

    def runner(plan: Plan, first: int) -> Any:
        for i in range(first, min(first + after, plan.blocks)):
            yield i, block.run_block(plan, i)
        raise KeyboardInterrupt

    return runner


def test_an_interrupted_sweep_resumes_to_the_same_certificate(tmp_path: Path) -> None:
    plan, part = small("padiv"), tmp_path / "s.part"
    with pytest.raises(Interrupted, match="after block 5 of 16; --resume"):
        run(state.fresh(plan), part, stopping(5))
    with pytest.raises(Interrupted, match="after block 11 of 16"):
        run(state.load(plan, part), part, stopping(6))
    resumed = run(state.load(plan, part), part)
    assert resumed.runs == 3
    assert facts(resumed) == facts(run(state.fresh(plan)))


def test_a_crash_of_a_kernel_keeps_what_is_done(tmp_path: Path) -> None:
    def crashing(plan: Plan, first: int) -> Any:
        yield first, block.run_block(plan, first)
        raise RuntimeError("boom")

    part = tmp_path / "s.part"
    with pytest.raises(RuntimeError, match="boom"):
        run(state.fresh(small()), part, crashing)
    assert state.load(small(), part).done == 1


@pytest.mark.parametrize(
    ("other", "what"),
    [
        (replace(small(), version="0.0.1"), "version '0.0.1'"),
        (replace(small(), kernels="0"), "version of the kernels '0'"),
        (replace(small(), sweep="0"), "version of the sweep '0'"),
        (small(fmt="float8_e4m3"), "format 'float8_e4m3'"),
        (small(policy="gradual"), "policy 'gradual'"),
        (small(offset=1), "offset 1"),
        (small("padiv"), "op 'padiv'"),
    ],
)
def test_what_is_of_another_sweep_is_not_resumed(other: Plan, what: str, tmp_path: Path) -> None:
    part = tmp_path / "s.part"
    state.save(state.fresh(other), part)
    before = part.read_bytes()
    with pytest.raises(SweepError, match=f"{what}, not"):
        state.load(small(), part)
    assert part.read_bytes() == before


@pytest.mark.parametrize("size", [0, 10, 27, 60, 95, 200, -1])
def test_a_truncated_file_is_not_resumed(size: int, tmp_path: Path) -> None:
    part = tmp_path / "s.part"
    state.save(state.fresh(small()), part)
    part.write_bytes(part.read_bytes()[:size])
    with pytest.raises(SweepError, match=r"truncated or damaged|no unfinished sweep"):
        state.load(small(), part)


def test_a_sweep_that_would_take_too_long_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAMCHECK_THREADS", "2")
    part = tmp_path / "s.part"
    with pytest.raises(SweepError, match=r"would take about \d+ s and --limit is 0\.0001 s"):
        run(state.fresh(small()), part, limit=1e-4)
    assert not part.exists()


def test_the_command_writes_json_and_parquet_and_reads_them_again(tmp_path: Path) -> None:
    out = tmp_path / "folder" / "pam.json"
    found, paths = command.sweep(Request("pam", "float8_e4m3fn", "gradual", "1/8", out=out))
    assert (
        sorted(path.name for path in out.parent.iterdir())
        == ["pam.json", "pam.parquet"]
        == sorted(path.name for path in paths)
    )
    data = certificate.load(out)
    assert data["hash"] == found.hash
    assert data["plan"]["offset"] == 1
    table = pq.read_table(paths[1])
    assert table.schema.metadata[b"hash"].decode() == found.hash
    rows = table.to_pylist()
    assert sum(row["n"] for row in rows if row["operand"] == 0) == 1 << 16
    assert command.record(found, paths)["holds"] is True
    assert list(command.lines(found))[-1].startswith("PASS  65,536 of 65,536 results")
    assert command.sweep(Request("pam", "float8_e4m3fn", "gradual", "1/8", out=out))[0].hash == found.hash


def test_files_in_the_way_are_left_alone(tmp_path: Path) -> None:
    out = tmp_path / "s.json"
    request = Request("pam", "float4_e2m1fn", out=out)
    with pytest.raises(SweepError, match="nothing to resume"):
        command.sweep(replace(request, resume=True))
    command.sweep(request)
    before = out.read_bytes()
    with pytest.raises(SweepError, match="another sweep"):
        command.sweep(replace(request, op="padiv"))
    for text in ("notes", '{"schema": "other"}', before.decode()[:300]):
        out.write_text(text)
        with pytest.raises(SweepError, match=r"truncated|no certificate"):
            command.sweep(request)
        assert out.read_text() == text
    out.unlink()
    state.save(state.fresh(small()), tmp_path / "s.part")
    with pytest.raises(SweepError, match="continue it with --resume"):
        command.sweep(request)
    with pytest.raises(SweepError, match="cannot write"):
        command.sweep(replace(request, out=tmp_path / "s.part" / "s.json"))
    with pytest.raises(SweepError, match="path of the certificate"):
        command.sweep(replace(request, out=tmp_path / "s.parquet"))


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (Request("pan", "float32"), "did you mean 'pam'"),
        (Request("pam", "float31"), "did you mean 'float32'"),
        (Request("pam", "float8_e5m2", "kosson2023"), "no kernel has it"),
        (Request("palog2", "float16", offset="1/16"), "only pam and padiv"),
        (Request("pam", "float16", offset="1e999999999"), "0.0625 or 1/16"),
        (Request("pam", "float16", offset="2"), "between -1 and 1"),
        (Request("pam", "float16", backend="tpu"), "known: cpu, gpu"),
        (Request("pam", "float32", samples=-1), "samples is -1"),
    ],
)
def test_wrong_words_say_what_would_do(request_: Request, message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=message):
        command.sweep(replace(request_, out=tmp_path / "s.json"))
    assert list(tmp_path.iterdir()) == []


def test_without_a_gpu_the_gpu_backend_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "cupy", None)
    with pytest.raises(SweepError, match="CuPy"):
        command.sweep(Request("pam", "float4_e2m1fn", backend="gpu", out=tmp_path / "s.json"))
    assert list(tmp_path.iterdir()) == []


def test_a_tally_of_nothing_adds_nothing() -> None:
    plan = small()
    one = block.run_block(plan, 3)
    before = json.dumps(summary.summarize(one, exhaustive=True))
    one.add(Tally.empty(2, one.arrays.strata_counts.shape[1]))
    assert json.dumps(summary.summarize(one, exhaustive=True)) == before


def test_blocks_come_from_threads_in_any_order_but_all_of_them() -> None:
    plan = small()
    assert sorted(i for i, _ in on_threads(plan, 7)) == list(range(7, 16))
