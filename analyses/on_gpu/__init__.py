"""What only a device can show: that its kernels agree with the CPU's bit for bit, and how fast they are.

Each stage is a file with one function, stage(runtime, size), that returns a record; `python -m
analyses.on_gpu STAGE` runs it and writes reports/gpu/DEVICE/STAGE.json. A stage takes at most 8 minutes.
"""

STAGES = ("exhaustive", "random", "products", "training", "runs", "speed")
"""Modules of this package, in the order in which `make gpu` runs them. `runs` continues what it began before."""
