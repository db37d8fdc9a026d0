"""The command line: one thin command per verb, each in a file of its name.

Exit code 0 is good, 1 a failed check, 2 wrong use. Results go to stdout, progress to stderr. What a verb
needs is imported when it runs, so that `--help` is quick.
"""

from __future__ import annotations

import io
import sys

import typer

from pamcheck.cli.audit import audit
from pamcheck.cli.bench import bench
from pamcheck.cli.certify import certify
from pamcheck.cli.info import info
from pamcheck.cli.plot import plot
from pamcheck.cli.regions import regions
from pamcheck.cli.report import report
from pamcheck.cli.sweep import sweep
from pamcheck.cli.train import train
from pamcheck.cli.vectors import vectors
from pamcheck.cli.verify import verify

app = typer.Typer(
    name="pamcheck",
    help="Check and measure piecewise affine multiplication and its relatives.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for verb in (verify, vectors, sweep, certify, regions, plot, audit, train, report, bench, info):
    app.command()(verb)


def main() -> None:
    """Run the command line."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # a terminal that lacks a sign shows a question mark in its place
        sys.stdout.reconfigure(errors="replace")
    app()
