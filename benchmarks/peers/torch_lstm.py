"""PyTorch, as its users run it: `python torch_lstm.py FOLDER WAY ANSWER WORKLOAD`.

| job     | way    | one repeat is                                                 |
|---------|--------|---------------------------------------------------------------|
| train   | `step` | `zero_grad`, forward, loss, `backward`, the optimizer's `step` |
| predict | `call` | `model(x)` in inference mode                                  |

PyTorch's LSTM has no recurrent dropout, so that workloads with dropout cannot be run.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy
import torch

from problem import (
    LEARNING_RATE,
    TRAINING_STEPS,
    Workload,
    read_safetensors,
    serve,
    write_answer,
)

KERAS_EPSILON = 1e-7
"""Keras's epsilon of Adam; PyTorch's default is 1e-8."""


class Stacked(torch.nn.Module):
    """LSTM layers one after the other, and one output from the last step."""

    def __init__(self, workload: Workload, arrays: dict[str, numpy.ndarray]) -> None:
        super().__init__()
        widths = (workload.features, *workload.units)
        pairs = zip(widths, workload.units)
        self.layers = torch.nn.ModuleList(torch.nn.LSTM(*pair, batch_first=True) for pair in pairs)
        self.dense = torch.nn.Linear(widths[-1], 1)
        with torch.no_grad():
            for index, layer in enumerate(self.layers):
                load_lstm(layer, arrays, f"lstm_{index}")
            self.dense.weight.copy_(torch.tensor(arrays["dense/kernel"].T.copy()))
            self.dense.bias.copy_(torch.tensor(arrays["dense/bias"]))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.layers:
            x, _ = layer(x)
        return self.dense(x[:, -1])


def load_lstm(layer: torch.nn.LSTM, arrays: dict[str, numpy.ndarray], name: str) -> None:
    """Copies Keras's weights, whose gates come in the same order, transposed.

    PyTorch adds two biases. The second one stays zero and is not trained, or the sum would learn twice as fast.
    """
    layer.weight_ih_l0.copy_(torch.tensor(arrays[f"{name}/kernel"].T.copy()))
    layer.weight_hh_l0.copy_(torch.tensor(arrays[f"{name}/recurrent_kernel"].T.copy()))
    layer.bias_ih_l0.copy_(torch.tensor(arrays[f"{name}/bias"]))
    layer.bias_hh_l0.zero_()
    layer.bias_hh_l0.requires_grad_(False)


class Job:
    """The model with its data and optimizer."""

    def __init__(self, workload: Workload, arrays: dict[str, numpy.ndarray]) -> None:
        self.model = Stacked(workload, arrays)
        self.x, self.y = (torch.tensor(arrays[name]) for name in ("x", "y"))
        trained = [weight for weight in self.model.parameters() if weight.requires_grad]
        self.optimizer = torch.optim.Adam(trained, LEARNING_RATE)

    def step_as_keras(self, count: int) -> float:
        """Step `count`, from 1. Keras adds epsilon before the bias correction of v, PyTorch after it."""
        for group in self.optimizer.param_groups:
            group["eps"] = KERAS_EPSILON / (1 - group["betas"][1] ** count) ** 0.5
        return self.step()

    def step(self) -> float:
        self.optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(self.model(self.x), self.y)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def call(self) -> numpy.ndarray:
        with torch.inference_mode():
            return self.model(self.x).numpy()


def main() -> None:
    folder, way, answer_path, line = sys.argv[1:]
    workload = Workload.parse(line)
    if workload.draws:
        raise SystemExit("torch_lstm.py: PyTorch has no recurrent dropout")
    job = Job(workload, read_safetensors(Path(folder) / "problem.safetensors"))
    numbers = list(job.call().ravel())
    if workload.trains:
        numbers += [job.step_as_keras(count + 1) for count in range(TRAINING_STEPS)]
        numbers += list(job.call().ravel())
    write_answer(Path(answer_path), numbers)
    repeat = {"step": job.step, "call": job.call}[way]

    def times(count: int) -> list[float]:
        seconds = []
        for _ in range(count):
            start = time.perf_counter()
            repeat()
            seconds.append(time.perf_counter() - start)
        return seconds

    serve(f"torch {torch.__version__}", times)


if __name__ == "__main__":
    main()
