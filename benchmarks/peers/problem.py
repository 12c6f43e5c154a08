"""What every peer needs: the workload, the numbers to start from, and the talk with the bench.

A peer is started as `PEER FOLDER WAY ANSWER WORKLOAD`, where WORKLOAD is a line of `workloads.csv`. It reads
`FOLDER/problem.safetensors`, writes its answer to the file ANSWER, prints `ready` and what it is, and from
then on reads a count per line from its standard input, repeats its job that often and prints the seconds of
each. `benchmarks/README.md` has the whole protocol.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy

LEARNING_RATE = 1e-3
"""Of Adam, in every training."""

KERAS_EPSILON = 1e-7
"""Keras's epsilon of Adam, which it adds before the bias correction of v."""

BETA_2 = 0.999
"""Of Adam, in every training."""

TRAINING_STEPS = 3
"""Training steps whose losses belong to the answer."""

STREAM_STEPS = 3
"""Steps of a stream whose outputs belong to the answer."""

STREAM_BLOCK = 32
"""Steps of a stream that are timed together: one alone is hardly longer than a look at the clock."""


@dataclass(frozen=True)
class Workload:
    """One line of `workloads.csv`. Of a translation, steps and features are those of encoder and decoder."""

    name: str
    job: str
    form: str
    batch: int
    steps: tuple[int, ...]
    features: tuple[int, ...]
    units: tuple[int, ...]
    dropout: float
    recurrent_dropout: float

    @classmethod
    def parse(cls, line: str) -> Workload:
        name, job, form, batch, steps, features, units, *rates = line.strip().split(",")
        numbers = (tuple(int(count) for count in field.split("+")) for field in (steps, features, units))
        dropout, recurrent_dropout = (float(rate) for rate in rates)
        return cls(name, job, form, int(batch), *numbers, dropout, recurrent_dropout)

    @property
    def trains(self) -> bool:
        return self.job == "train"

    @property
    def streams(self) -> bool:
        """Whether the state lives on from call to call."""
        return self.form == "stream"

    @property
    def draws(self) -> bool:
        """Whether random masks take part, so that no two engines train to the same numbers."""
        return self.dropout > 0 or self.recurrent_dropout > 0

    @property
    def block(self) -> int:
        """Repeats that are timed together."""
        return STREAM_BLOCK if self.streams else 1

    @property
    def answered_predictions(self) -> int:
        """Predictions, one after the other, whose outputs begin the answer."""
        return STREAM_STEPS if self.streams else 1


def read_problem(folder: str) -> dict[str, numpy.ndarray]:
    """The arrays of `problem.safetensors`."""
    return read_safetensors(Path(folder) / "problem.safetensors")


def read_safetensors(path: Path) -> dict[str, numpy.ndarray]:
    """The float32 arrays of a file: 8 bytes of header length, a JSON header, the data."""
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    arrays = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        if entry["dtype"] != "F32":
            raise ValueError(f'{path}: array "{name}" is {entry["dtype"]}, expected F32')
        start, end = (8 + length + offset for offset in entry["data_offsets"])
        arrays[name] = numpy.frombuffer(data[start:end], "<f4").reshape(entry["shape"])
    return arrays


def write_answer(path: str, numbers: list[float]) -> None:
    """One number a line, with all its digits."""
    Path(path).write_text("".join(f"{float(number)!r}\n" for number in numbers))


def timed(repeat: Callable[[], object], count: int, block: int = 1) -> list[float]:
    """Seconds of so many repeats, or of a few more, of which each block is timed as a whole."""
    seconds = []
    for _ in range(-(-count // block)):
        start = time.perf_counter()
        for _ in range(block):
            repeat()
        seconds.append((time.perf_counter() - start) / block)
    return seconds


def serve(version: str, times: Callable[[int], list[float]]) -> None:
    """Answers each count on standard input with the seconds of as many repeats, or of some more."""
    # Peers use every core that this process may run on, and do not tell which instructions they chose.
    print("ready", version, "-", len(os.sched_getaffinity(0)), sep="\t", flush=True)
    for line in sys.stdin:
        seconds = times(int(line))
        print(" ".join(f"{second:.9f}" for second in seconds), flush=True)
