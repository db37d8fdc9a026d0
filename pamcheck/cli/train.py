"""pamcheck train: a transformer, from a configuration to weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pamcheck.cli.common import Json, print_json, wrong_use

if TYPE_CHECKING:
    from pamcheck.nn.training import Config, Run


def train(
    config: Annotated[
        str,
        typer.Argument(help="digits, mnist, topics, shakespeare-small, ..., or the path of a .toml file."),
    ],
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Such as model.width=128; may be repeated."),
    ] = None,
    arithmetic: Annotated[
        str | None, typer.Option(help="native, exact or mimic, for every group of operations.")
    ] = None,
    device: Annotated[str, typer.Option(help="cpu or gpu.")] = "cpu",
    seeds: Annotated[
        int, typer.Option(min=1, help="Runs with this and the following seeds; mean ± standard error.")
    ] = 1,
    steps: Annotated[int | None, typer.Option(help="Same as --set train.steps=INT.")] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue from the last checkpoint in --out.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Folder; default runs/NAME.")] = None,
    json: Json = False,
) -> None:
    """Train a transformer, without a multiplication unless told otherwise.

    Leaves checkpoints, metrics and curves in a folder. Ctrl-C leaves a checkpoint, too.
    """
    from pamcheck.cli.configured import configured
    from pamcheck.kernels.gpu import DeviceError
    from pamcheck.nn.data import DataError
    from pamcheck.nn.training import ConfigError
    from pamcheck.nn.training.files import CheckpointError

    try:
        chosen = configured(config, settings or [], arithmetic, steps)
        folder = out or Path("runs") / chosen.name
        runs, diverged = _run(chosen, folder, seeds, device, resume)
    except (ConfigError, DataError, DeviceError) as error:
        wrong_use(str(error))
    except CheckpointError as error:
        wrong_use(str(error))
    figures = _draw(chosen, folder, runs)
    _show(runs, diverged, figures, json)
    raise typer.Exit(1 if diverged else 0)


def _run(
    config: Config, folder: Path, seeds: int, device: str, resume: bool
) -> tuple[list[Run], list[str]]:
    """Train with each seed. An interrupt leaves with exit code 130, saying how to go on."""
    import sys

    from pamcheck.cli.live import interrupts, live
    from pamcheck.nn.training import DivergedRun, train

    runs: list[Run] = []
    diverged: list[str] = []
    with interrupts() as asked:
        for seed in range(config.train.seed, config.train.seed + seeds):
            one = replace(config, train=replace(config.train, seed=seed))
            place = folder if seeds == 1 else folder / f"seed-{seed}"
            told = f"{config.name}, {config.arithmetic.told}" + (f", seed {seed}" if seeds > 1 else "")
            try:
                with live(told, config.train.steps) as progress:
                    run = train(one, place, resume, device, progress, stop=asked)
            except DivergedRun as error:
                diverged.append(str(error))
                continue
            if not run.finished:
                print(
                    f"pamcheck: stopped after step {run.rows[-1].step} of {config.train.steps}; the same command "
                    f"with --resume continues from {place}",
                    file=sys.stderr,
                )
                raise typer.Exit(130)
            runs.append(run)
    return runs, diverged


def _draw(config: Config, folder: Path, runs: Sequence[Run]) -> list[Path]:
    from pamcheck.nn.training.files import CheckpointError
    from pamcheck.nn.training.metrics import frame
    from pamcheck.plotting import save
    from pamcheck.plotting.training import training_curves

    if not runs:
        return []
    tables = {f"seed {run.config.train.seed}": frame(run.rows) for run in runs}
    try:
        return save(training_curves(tables, f"{config.name}, {config.arithmetic.told}"), folder / "curves")
    except OSError as error:
        raise CheckpointError(f"cannot write {folder / 'curves'}: {error.strerror}") from error


def _show(runs: Sequence[Run], diverged: Sequence[str], figures: Sequence[Path], json: bool) -> None:
    from pamcheck.nn.training import text

    records = [text.record(run) for run in runs]
    if json:
        print_json({"passed": not diverged, "runs": records, "diverged": list(diverged)})
        return
    if runs:
        print("\n".join(runs[0].examples()))
        print("\n".join(text.table(records)))
        print("\n".join(str(path) for path in figures))
    print(text.verdict(records, diverged))
