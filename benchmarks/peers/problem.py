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
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy

LEARNING_RATE = 1e-3
"""Of Adam, in every training."""

TRAINING_STEPS = 3
"""Training steps whose losses belong to the answer."""


@dataclass(frozen=True)
class Workload:
    """One line of `workloads.csv`."""

    name: str
    job: str
    batch: int
    steps: int
    features: int
    units: tuple[int, ...]
    dropout: float
    recurrent_dropout: float

    @classmethod
    def parse(cls, line: str) -> Workload:
        name, job, batch, steps, features, units, dropout, recurrent_dropout = line.strip().split(",")
        return cls(
            name,
            job,
            int(batch),
            int(steps),
            int(features),
            tuple(int(count) for count in units.split("+")),
            float(dropout),
            float(recurrent_dropout),
        )

    @property
    def trains(self) -> bool:
        return self.job == "train"

    @property
    def draws(self) -> bool:
        """Whether random masks take part, so that no two engines train to the same numbers."""
        return self.dropout > 0 or self.recurrent_dropout > 0


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


def write_answer(path: Path, numbers: list[float]) -> None:
    """One number a line, with all its digits."""
    path.write_text("".join(f"{float(number)!r}\n" for number in numbers))


def serve(version: str, times: Callable[[int], list[float]]) -> None:
    """Answers each count on standard input with the seconds of as many repeats, or of some more."""
    # Peers use every core that this process may run on, and do not tell which instructions they chose.
    print("ready", version, "-", len(os.sched_getaffinity(0)), sep="\t", flush=True)
    for line in sys.stdin:
        seconds = times(int(line))
        print(" ".join(f"{second:.9f}" for second in seconds), flush=True)
