"""ONNX Runtime, as its users run it: `python onnxruntime_lstm.py FOLDER WAY ANSWER WORKLOAD`.

It only predicts: the way `run` is one call of `session.run`. `onnx_export.py` has written the model.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy
import onnxruntime

from problem import Workload, read_problem, serve, timed, write_answer


class Job:
    """The session with its data, and the state of a stream."""

    def __init__(self, workload: Workload, folder: str) -> None:
        self.session = onnxruntime.InferenceSession(
            Path(folder) / "model.onnx", providers=["CPUExecutionProvider"]
        )
        self.inputs = {"x": read_problem(folder)["x"]}
        if workload.streams:
            zeros = numpy.zeros((1, workload.batch, workload.units[-1]), "float32")
            self.inputs |= {"h": zeros, "c": zeros}

    def run(self) -> numpy.ndarray:
        y, *state = self.session.run(None, self.inputs)
        self.inputs.update(zip(("h", "c"), state))
        return y


def main() -> None:
    folder, way, answer, line = sys.argv[1:]
    workload = Workload.parse(line)
    if workload.trains or way != "run":
        raise SystemExit("onnxruntime_lstm.py: it only predicts, in the way `run`")
    job = Job(workload, folder)
    numbers = []
    for _ in range(workload.answered_predictions):
        numbers += list(job.run().ravel())
    write_answer(answer, numbers)
    version = f"onnxruntime {onnxruntime.__version__}"
    serve(version, lambda count: timed(job.run, count, workload.block))


if __name__ == "__main__":
    main()
