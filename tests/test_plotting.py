"""Figures show what was measured: worst points, kinks, bounds, labels; files have reproducible bytes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from pamcheck import arrays, truth
from pamcheck.formats import get_format
from pamcheck.kernels.table import OPS
from pamcheck.plotting import curve, histogram, save, style, surface
from pamcheck.plotting.field import compute
from pamcheck.plotting.grids import binades, check_domain, make_axis
from pamcheck.plotting.kinks import breakpoints, surface_kinks

BINARY = [name for name, op in OPS.items() if op.arity == 2]
UNARY = [name for name, op in OPS.items() if op.arity == 1]
UNIT = ((1.0, 2.0), (1.0, 2.0))
ROOT = Path(__file__).resolve().parents[1]


def artists(figure: Figure, gid: str) -> list[Any]:
    return [artist for artist in figure.findobj() if artist.get_gid() == gid]


def texts(figure: Figure) -> str:
    return "\n".join(text.get_text() for text in figure.findobj(Text))


def xy(figure: Figure, gid: str) -> tuple[np.ndarray, np.ndarray]:
    (line,) = artists(figure, gid)
    return np.asarray(line.get_xdata()), np.asarray(line.get_ydata())


# The worst point


@pytest.mark.parametrize("fmt", ["float64", "float32", "bfloat16", "float8_e4m3fn", "e5m3"])
def test_the_worst_product_of_a_binade_is_marked_at_one_and_a_half_squared(fmt: str) -> None:
    figure = surface("pam", quantity="error", fmt=fmt)
    x, y = xy(figure, "worst")
    code = get_format(fmt).hex(get_format(fmt).encode(1.5))
    assert (x[0], y[0]) == (1.5, 1.5)
    assert f"worst relative error −11.11%\nat a = 1.5 ({code}), b = 1.5 ({code})" in texts(figure)


def test_the_worst_quotient_of_a_binade_is_an_eighth_above() -> None:
    field = compute("padiv", "error", get_format("float32"), UNIT, 0.0, False)
    assert field.worst is not None
    assert (field.worst.operands, field.worst.error) == ((1.0, 1.5), 0.125)
    assert field.worst.places == ((1.0, 1.5), (2.0, 1.5))


@pytest.mark.parametrize("domain", [((1.1, 1.93), (1.07, 1.99)), ((-3.3, 5.1), (0.3, 9.7))])
def test_the_search_finds_the_worst_point_between_the_points_of_the_grid(domain: Any) -> None:
    field = compute("pam", "error", get_format("float32"), domain, 0.0, True)
    assert field.worst is not None
    assert field.worst.error == pytest.approx(-1 / 9, abs=1e-14)


@pytest.mark.parametrize("offset", [1 / 16, -1 / 32, 0.3])
def test_an_offset_moves_the_worst_product_with_its_kink(offset: float) -> None:
    field = compute("pam", "error", get_format("float32"), ((1.0, 4.0), (1.0, 4.0)), offset, False)
    assert field.worst is not None
    rng = np.random.default_rng(7)
    a, b = rng.uniform(1, 4, (2, 20_000))
    assert np.nanmax(np.abs(field.height(a, b))) <= 100 * abs(field.worst.error) * (1 + 1e-9)


@pytest.mark.parametrize("name", ["palog2", "paexp2", "pasqrt"])
def test_the_worst_point_of_a_curve_reaches_the_contract_and_no_further(name: str) -> None:
    contract = OPS[name].contract
    assert contract is not None
    scale = 100 if contract.kind == "relative" else 1
    figure = curve(name)
    _, error = xy(figure, "worst")
    assert error[0] == pytest.approx(scale * float(truth.closed_form(contract.extreme)), rel=3e-6)
    drawn = {artist.get_gid(): artist.get_ydata()[0] for artist in figure.axes[1].lines}
    assert drawn["bound lower"] == pytest.approx(scale * float(truth.closed_form(contract.lower)))
    assert drawn["bound upper"] == pytest.approx(scale * float(truth.closed_form(contract.upper)))


# What is drawn


def test_a_few_codes_are_drawn_each_in_its_own_cell_with_its_number() -> None:
    figure = surface("pam", quantity="error", fmt="e5m3")
    (mesh,) = artists(figure, "mesh")
    assert mesh.get_array().shape == (9, 9)
    assert len(artists(figure, "cell")) == 81


def test_errors_are_coloured_symmetrically_about_zero() -> None:
    (mesh,) = artists(surface("padiv", quantity="error"), "mesh")
    assert (mesh.norm.vmin, mesh.norm.vmax) == (-12.5, 12.5)


def test_the_colours_of_values_hold_all_that_is_shown() -> None:
    (mesh,) = artists(surface("pam"), "mesh")
    assert (mesh.norm.vmin, mesh.norm.vmax) == (1.0, 4.0)


def test_the_values_shown_are_those_of_the_operation() -> None:
    field = compute("pam", "value", get_format("float16"), UNIT, 0.0, False)
    a, b = np.meshgrid(*(axis.values for axis in field.axes), indexing="ij")
    total = (a - 1) + (b - 1)
    assert np.array_equal(field.shown, np.where(total < 1, 1 + total, 2 * total))


def test_a_pole_does_not_set_the_colours_of_all_the_rest() -> None:
    (mesh,) = artists(surface("padiv", domain=((-2.0, 2.0), (-2.0, 2.0))), "mesh")
    assert mesh.norm.vmax < 60


def test_every_axis_and_title_tells_quantity_unit_format_domain_and_offset() -> None:
    words = texts(surface("pam", quantity="error", fmt="bfloat16", offset=1 / 16))
    for expected in (
        "operand a (dimensionless)",
        "operand b (dimensionless)",
        "relative error against a · b (%)",
        "pam(a, b): relative error in bfloat16",
        "a ∈ [1, 2], b ∈ [1, 2], offset 0.0625 octaves",
    ):
        assert expected in words


def test_the_title_states_the_offset_as_the_format_rounds_it() -> None:
    assert "offset 0.125 octaves" in texts(surface("pam", fmt="e5m3", offset=0.1))


@pytest.mark.parametrize("fmt", ["float32", "e5m3"])
@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("three_d", [False, True])
def test_every_surface_is_drawn_without_a_warning(name: str, fmt: str, three_d: bool) -> None:
    domain = ((0.5, 3.0), (-2.0, 1.0)) if name == "papow" else ((-2.0, 3.0), (0.5, 3.0))
    for quantity in ("value", "error"):
        figure = surface(name, quantity=quantity, fmt=fmt, domain=domain, three_d=three_d)  # type: ignore[arg-type]
        figure.draw_without_rendering()
        assert len(artists(figure, "worst")) == 1


@pytest.mark.parametrize("fmt", ["float64", "float32", "float16", "float8_e5m2", "e5m3", "float6_e2m3fn"])
@pytest.mark.parametrize("name", UNARY)
def test_every_curve_is_drawn_without_a_warning(name: str, fmt: str) -> None:
    figure = curve(name, fmt=fmt)
    figure.draw_without_rendering()
    assert len(figure.axes) == 2
    assert all(ax.get_ylabel().endswith(")") for ax in figure.axes)


@pytest.mark.parametrize("three_d", [False, True])
def test_operands_without_a_normal_product_are_left_blank(three_d: bool) -> None:
    tiny = get_format("e5m3").to_float(1)
    figure = surface("pam", quantity="error", fmt="e5m3", domain=((0.0, 4 * tiny),) * 2, three_d=three_d)
    figure.draw_without_rendering()
    assert not artists(figure, "worst")


def test_text_is_never_smaller_than_eight_points() -> None:
    for figure in (surface("pam", quantity="error", fmt="e5m3"), surface("padiv"), curve("palog2")):
        sizes = [t.get_fontsize() for t in figure.findobj(Text) if t.get_text()]
        assert min(sizes) >= 8


def test_an_absolute_error_is_drawn_where_the_truth_is_zero() -> None:
    x, error = xy(curve("palog2", fmt="e5m3"), "error")
    assert error[x == 1] == 0


# Kinks


def is_affine(name: str, a: np.ndarray, b: np.ndarray, step: float, offset: float) -> np.ndarray:
    """Whether the operation is affine on the square of half width `step` around each point."""
    more = {"offset": offset} if offset else {}
    worst = np.zeros(a.shape)
    for u, v in ((step, 0), (0, step), (step, step), (step, -step)):
        there = measured(name, a + u, b + v, **more) + measured(name, a - u, b - v, **more)
        worst = np.fmax(worst, np.abs(there - 2 * measured(name, a, b, **more)))
    return np.asarray(worst < 1e-9 * step)


def measured(name: str, *operands: np.ndarray, **more: float) -> np.ndarray:
    return np.asarray(getattr(arrays, name)(*operands, **more))


@pytest.mark.parametrize(
    ("name", "offset"),
    [("pam", 0.0), ("pam", 1 / 16), ("pam", -0.25), ("padiv", 0.0), ("padiv", 1 / 16), ("papow", 0.0)],
)
def test_slopes_jump_on_the_kinks_and_nowhere_else(name: str, offset: float) -> None:
    domains = ((1.3, 6.0), (1.1, 3.7))
    kinks = surface_kinks(name, domains, get_format("float64"), offset)
    step, inside = 2.0**-10, []
    for line in kinks:
        middle = (line[:-1] + line[1:]) / 2 if name != "papow" else line
        keep = np.all(
            [(lo + 0.01 < x) & (x < hi - 0.01) for x, (lo, hi) in zip(middle.T, domains, strict=True)],
            axis=0,
        )
        inside.append(middle[keep])
    on_kinks = np.vstack(inside)
    # on a kink the slope jumps, but for the few places where a jump is as small as rounding
    assert np.mean(is_affine(name, *on_kinks.T, step, offset)) < 0.02
    rng = np.random.default_rng(3)
    points = np.column_stack([rng.uniform(lo + 0.01, hi - 0.01, 400) for lo, hi in domains])
    dense = np.vstack(
        [line[:-1] + t * np.diff(line, axis=0) for line in kinks for t in np.linspace(0, 1, 12)]
    )
    far = np.array([np.abs(dense - point).max(axis=1).min() > 4 * step for point in points])
    assert far.sum() > 200
    assert is_affine(name, *points[far].T, step, offset).all()


@pytest.mark.parametrize("name", UNARY)
def test_the_slope_of_a_curve_jumps_at_its_breakpoints_and_nowhere_else(name: str) -> None:
    domain = (1.3, 9.0) if name != "paexp" else (0.3, 2.9)
    breaks = np.array(breakpoints(name, domain, get_format("float64")))
    x = np.linspace(*domain, 3001)
    y = measured(name, x)
    bend = np.abs(np.diff(y, 2)) > 1e-9
    distance = np.abs(x[1:-1, None] - breaks[None]).min(axis=1)
    step = x[1] - x[0]
    assert not bend[distance > 1.01 * step].any()
    for point in breaks:
        assert bend[np.abs(x[1:-1] - point) <= step].any(), point


def test_kinks_of_negative_operands_mirror_those_of_positive_ones() -> None:
    fmt = get_format("float32")
    lines = surface_kinks("pam", ((-4.0, 4.0), (-4.0, 4.0)), fmt)
    points = {tuple(np.round(point, 9) + 0.0) for line in lines for point in line}
    assert points == {(-a + 0.0, b) for a, b in points} == {(a, -b + 0.0) for a, b in points}


def test_the_plain_product_has_one_slanted_kink_a_binade_pair() -> None:
    kinks = surface_kinks("pam", UNIT, get_format("float32"))
    assert len(kinks) == 1
    assert np.allclose(kinks[0].sum(axis=1), 3)


# Histograms


def test_a_histogram_counts_every_error_of_every_row_in_percent() -> None:
    rng = np.random.default_rng(5)
    samples = {f"row {i}": -rng.random(1000 * (i + 1)) / 9 for i in range(10)}
    figure = histogram(samples, title="pam", xlabel="signed relative error (%)")
    assert len(figure.axes) == 10
    for ax, (label, values) in zip(figure.axes, samples.items(), strict=True):
        assert label in ax.get_ylabel()
        drawn = {line.get_gid(): line.get_xdata()[0] for line in ax.lines}
        assert drawn["mean"] == pytest.approx(100 * values.mean())
        assert drawn["median"] == pytest.approx(100 * np.median(values))
        assert drawn["zero"] == 0
        low, high = ax.get_xlim()
        assert low < 100 * values.min() < 100 * values.max() < high
    assert figure.axes[-1].get_xlabel() == "signed relative error (%)"


@pytest.mark.parametrize("value", [0.0, 0.02, -1 / 9])
def test_a_sample_with_a_single_value_is_drawn(value: float) -> None:
    figure = histogram({"constant": np.full(50, value)}, title="t", xlabel="x (%)")
    assert "n = 50" in texts(figure)


def test_rare_far_errors_are_counted_but_do_not_stretch_the_axis() -> None:
    values = np.append(np.random.default_rng(2).normal(0, 0.01, 10_000), [50.0, -30.0])
    figure = histogram({"heavy": values}, title="t", xlabel="x (%)")
    assert figure.axes[0].get_xlim()[1] < 10
    assert "beyond" in texts(figure)


def test_missing_errors_are_left_out_and_not_counted() -> None:
    assert "n = 2" in texts(histogram({"a": np.array([0.1, np.nan, 0.2])}, title="t", xlabel="x (%)"))


# Files


@pytest.mark.parametrize(
    "make",
    [
        lambda: surface("pam", quantity="error"),
        lambda: surface("padiv", three_d=True),
        lambda: curve("paexp2"),
        lambda: histogram({"a": np.linspace(-0.1, 0, 50)}, title="t", xlabel="x (%)"),
    ],
    ids=["surface", "space", "curve", "histogram"],
)
def test_equal_figures_are_saved_as_equal_bytes(make: Any, tmp_path: Path) -> None:
    figure = make()
    first, second = save(figure, tmp_path / "new" / "a.b"), save(figure, tmp_path / "twice")
    third = save(make(), tmp_path / "again")
    assert [path.name for path in first] == ["a.b.svg", "a.b.png"]
    for one, two, three in zip(first, second, third, strict=True):
        assert one.read_bytes() == two.read_bytes() == three.read_bytes()
    svg, png = first[0].read_bytes(), first[1].read_bytes()
    assert len(svg) < 400_000
    assert b"<dc:date>" not in svg
    assert b"Software" not in png


def test_pyplot_is_never_imported() -> None:
    draw = "import sys, pamcheck.plotting as p; p.surface('pam', fmt='e5m3')"
    program = f"{draw}; sys.exit('matplotlib.pyplot' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)


def test_the_style_is_taken_back_afterwards() -> None:
    import matplotlib

    before = dict(matplotlib.rcParams)
    with style():
        assert matplotlib.rcParams["svg.hashsalt"] == "pamcheck"
    assert dict(matplotlib.rcParams) == before


# Wrong use


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: surface("pamm"), "unknown operation 'pamm'; did you mean 'pam'"),
        (lambda: curve("palog3"), "unknown operation 'palog3'"),
        (lambda: surface("pam", fmt="float33"), "unknown format 'float33'; did you mean 'float32'"),
        (lambda: surface("palog2"), "one operand; draw it with pamcheck.plotting.curve"),
        (lambda: curve("pam"), "two operands; draw it with pamcheck.plotting.surface"),
        (lambda: surface("pam", quantity="ulp"), "quantity is 'ulp'; it must be 'value' or 'error'"),  # type: ignore[arg-type]
        (lambda: surface("papow", offset=0.1), "offset is 0.1; papow takes none"),
        (lambda: surface("pam", offset=1.0), "offset is 1.0"),
        (lambda: surface("pam", domain=((2.0, 1.0), (1.0, 2.0))), r"domain\[0\] is \(2, 1\), which is empty"),
        (lambda: surface("pam", domain=((1.0, 2.0), (1.0, 1.0))), r"domain\[1\] is \(1, 1\), which is empty"),
        (lambda: surface("pam", domain=((1.0, np.nan), (1.0, 2.0))), r"domain\[0\] is \(1, nan\); both ends must be"),
        (lambda: surface("pam", domain=(1.0, 2.0)), r"domain\[0\] is 1.0; it must be a pair"),  # type: ignore[arg-type]
        (lambda: surface("pam", domain=((1.0, 2.0),)), "it must be two intervals"),  # type: ignore[arg-type]
        (lambda: surface("papow", domain=((0.0, 2.0), (1.0, 2.0))), r"pow is real only on lo > 0"),
        (lambda: surface("pam", fmt="e5m3", domain=((1.01, 1.1), (1.0, 2.0))), r"domain\[0\].*fewer than two codes"),
        (lambda: surface("pam", fmt="e5m3", domain=((1e9, 2e9), (1.0, 2.0))), r"domain\[0\].*fewer than two codes"),
        (lambda: curve("palog2", domain=(0.0, 4.0)), "log2 is real only on lo > 0"),
        (lambda: curve("pasqrt", domain=(-1.0, 4.0)), "sqrt is real only on lo >= 0"),
        (lambda: curve("paexp", domain=(-np.inf, 4.0)), "both ends must be finite"),
        (lambda: histogram({}, title="t", xlabel="x"), "samples is empty"),
        (lambda: histogram({"a": np.array([np.nan])}, title="t", xlabel="x"), "sample 'a' of samples has no finite"),
    ],
)  # fmt: skip
def test_wrong_use_names_the_argument_what_it_was_and_what_would_do(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_a_square_root_may_start_at_zero() -> None:
    assert check_domain("domain", (0, 4), "sqrt") == (0.0, 4.0)
    curve("pasqrt", domain=(0.0, 4.0)).draw_without_rendering()


@pytest.mark.parametrize("fmt", ["float32", "float64", "e5m3"])
def test_no_code_of_an_axis_lies_outside_the_domain(fmt: str) -> None:
    values = make_axis("domain", (0.1, 3.3), get_format(fmt), 401).values
    assert 0.1 <= values[0] < values[-1] <= 3.3
    assert np.all(np.diff(values) > 0)


def test_binades_crowding_towards_zero_are_left_out() -> None:
    assert binades(-4.0, 8.0, get_format("float32"), 1 / 6) == [(-1, 1), (1, 1), (1, 2)]
