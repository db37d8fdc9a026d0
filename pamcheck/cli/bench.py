"""pamcheck bench: how fast, beside NumPy or cuBLAS."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from pamcheck.cli.common import Json, print_json, wrong_use
from pamcheck.measure.sampling import SEED


def bench(
    device: Annotated[str, typer.Option(help="cpu or gpu.")] = "cpu",
    side: Annotated[
        list[int] | None, typer.Option(min=1, help="Side of a square matrix product; may be repeated.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the operands.")] = SEED,
    json: Json = False,
) -> None:
    """Time elementwise operations and matrix products beside NumPy's, or on a GPU beside cuBLAS's."""
    from pamcheck.lookup import UnknownName, lookup

    try:
        where = lookup("device", device, {"cpu": "cpu", "gpu": "gpu"})
    except UnknownName as error:
        wrong_use(str(error))
    tables = _bench_gpu(side) if where == "gpu" else _bench_cpu(side, seed)
    if json:
        print_json({name: rows for name, (rows, _) in tables.items()})
        return
    import pandas as pd

    for name, (rows, columns) in tables.items():
        print(name)
        print(pd.DataFrame(rows)[columns].to_string(index=False, float_format="{:.3g}".format))


Rows = dict[str, tuple[list[dict[str, Any]], list[str]]]


def _bench_cpu(sides: list[int] | None, seed: int) -> Rows:
    from analyses import speed

    ratios = ["PAM (ms)", "NumPy (ms)", "speed ratio", "ratio, low", "ratio, high"]
    rates = ["PAM (GMAC/s)", "NumPy (GMAC/s)"]
    elementwise = [] if sides else [speed.throughput(name, seed) for name in speed.PAIRS]
    products = [speed.product(kind, side, seed) for side in sides or speed.SIDES for kind in speed.KINDS]
    found: Rows = {"matmul": (products, ["operands", "side", *ratios, *rates])}
    return {**({"elementwise": (elementwise, ["operation", *ratios])} if elementwise else {}), **found}


def _bench_gpu(sides: list[int] | None) -> Rows:
    from analyses.on_gpu import speed
    from pamcheck.kernels.gpu import DeviceError, runtime

    try:
        device = runtime()
    except DeviceError as error:
        wrong_use(str(error))
    record = speed.stage(device, speed.Size(sides=tuple(sides)) if sides else speed.Size())
    matmul = ["shape", "kind", "median_s", "low_s", "high_s", "macs_per_s", "of_float32_product"]
    elementwise = ["operation", "format", "median_s", "low_s", "high_s", "bytes_per_s", "of_copy"]
    return {
        "elementwise": (record["elementwise"], elementwise),
        "matmul": (record["matmul"], matmul),
    }
