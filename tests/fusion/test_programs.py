"""What programs are made of: the machine code has no multiplication but of addresses, and is kept on disk."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np

from pamcheck import functional, fusion
from pamcheck.arithmetic import Pam
from pamcheck.kernels import team
from pamcheck.measure.audit import run
from pamcheck.measure.audit.kernels import CpuKernel
from pamcheck.nn.autograd import Tape


def differentiate() -> None:
    tape = Tape()
    ar = tape.over(Pam("mimic"))
    x, gain = (tape.variable(np.ones(shape, np.float32)) for shape in ((3, 40), 40))
    tape.backward(functional.layer_norm(x, gain, gain, ar), np.ones((3, 40), np.float32))


def test_no_program_multiplies_divides_or_takes_a_root() -> None:
    differentiate()
    made = [program for program in fusion.programs() if program.text.startswith("layer norm")]
    assert {program.text for program in made} == {"layer norm", "layer norm, backward"}
    last = made[-1]
    for record in run.audit_cpu(CpuKernel("fused", last.text, lambda: last.function, team.SIGNATURE)):
        assert record.holds, record.reason
        assert record.float_adds > 0


COUNT = """
import numba.core.dispatcher as d
from pamcheck.kernels import cpu
loops, make = [], cpu.Loop.__init__
def watched(self, function):
    make(self, function)
    loops.append(self)
cpu.Loop.__init__ = watched
import runpy
runpy.run_path({path!r})["differentiate"]()
print(sum(loop.compilations for loop in loops), sum("layer_norm" in loop._function.__name__ for loop in loops))
"""


def test_a_second_process_compiles_nothing() -> None:
    differentiate()
    command = [sys.executable, "-c", COUNT.format(path=__file__)]
    done = subprocess.run(command, env=os.environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["0", "2"]
