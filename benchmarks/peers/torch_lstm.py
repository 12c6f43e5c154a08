"""PyTorch, as its users run it: `python torch_lstm.py FOLDER WAY ANSWER WORKLOAD`.

| job     | way    | one repeat is                                                 |
|---------|--------|---------------------------------------------------------------|
| train   | `step` | `zero_grad`, forward, loss, `backward`, the optimizer's `step` |
| predict | `call` | `model(x)` in inference mode                                  |

PyTorch's LSTM has no recurrent dropout, so that workloads with dropout cannot be run.
"""

from __future__ import annotations

import sys

import numpy
import torch

from problem import (
    BETA_2,
    KERAS_EPSILON,
    LEARNING_RATE,
    TRAINING_STEPS,
    Workload,
    read_problem,
    serve,
    timed,
    write_answer,
)


class Stacked(torch.nn.Module):
    """LSTM layers one after the other, and one output from the last step; keeps the state of a stream."""

    def __init__(self, workload: Workload, arrays: dict[str, numpy.ndarray]) -> None:
        super().__init__()
        self.streams = workload.streams
        self.state = None
        pairs = zip((*workload.features, *workload.units), workload.units)
        self.layers = torch.nn.ModuleList(torch.nn.LSTM(*pair, batch_first=True) for pair in pairs)
        self.dense = dense(arrays)
        for index, layer in enumerate(self.layers):
            load_lstm(layer, arrays, f"lstm_{index}")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.layers:
            x, state = layer(x, self.state)
        if self.streams:
            self.state = state
        return self.dense(x[:, -1])


class Bidirectional(torch.nn.Module):
    """One layer in both directions, and one output from both last states."""

    def __init__(self, workload: Workload, arrays: dict[str, numpy.ndarray]) -> None:
        super().__init__()
        pair = (*workload.features, *workload.units)
        self.layer = torch.nn.LSTM(*pair, batch_first=True, bidirectional=True)
        self.dense = dense(arrays)
        load_lstm(self.layer, arrays, "lstm_0")
        load_lstm(self.layer, arrays, "lstm_1", "_reverse")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        _, (last, _) = self.layer(x)
        return self.dense(torch.cat((last[0], last[1]), 1))


class Translation(torch.nn.Module):
    """An encoder whose states start a decoder; gives the logarithms of probabilities before the softmax."""

    def __init__(self, workload: Workload, arrays: dict[str, numpy.ndarray]) -> None:
        super().__init__()
        (units,) = workload.units
        pair = (torch.nn.LSTM(features, units, batch_first=True) for features in workload.features)
        self.encoder, self.decoder = pair
        self.dense = dense(arrays)
        load_lstm(self.encoder, arrays, "lstm_0")
        load_lstm(self.decoder, arrays, "lstm_1")

    def forward(self, x: torch.Tensor, given: torch.Tensor) -> torch.Tensor:
        _, state = self.encoder(x)
        decoded, _ = self.decoder(given, state)
        return self.dense(decoded)


def dense(arrays: dict[str, numpy.ndarray]) -> torch.nn.Linear:
    kernel = arrays["dense/kernel"]
    layer = torch.nn.Linear(*kernel.shape)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(kernel.T.copy()))
        layer.bias.copy_(torch.tensor(arrays["dense/bias"]))
    return layer


def load_lstm(
    layer: torch.nn.LSTM, arrays: dict[str, numpy.ndarray], name: str, suffix: str = ""
) -> None:
    """Copies Keras's weights, whose gates come in the same order, transposed.

    PyTorch adds two biases. The second one stays zero and is not trained, or the sum would learn twice as
    fast.
    """
    kinds = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    weights = {kind: getattr(layer, f"{kind}_l0{suffix}") for kind in kinds}
    with torch.no_grad():
        weights["weight_ih"].copy_(torch.tensor(arrays[f"{name}/kernel"].T.copy()))
        weights["weight_hh"].copy_(torch.tensor(arrays[f"{name}/recurrent_kernel"].T.copy()))
        weights["bias_ih"].copy_(torch.tensor(arrays[f"{name}/bias"]))
        weights["bias_hh"].zero_()
    weights["bias_hh"].requires_grad_(False)


class Job:
    """The model with its data and optimizer."""

    def __init__(self, workload: Workload, arrays: dict[str, numpy.ndarray]) -> None:
        forms = {"bidirectional": Bidirectional, "translation": Translation}
        self.model = forms.get(workload.form, Stacked)(workload, arrays)
        self.translates = workload.form == "translation"
        self.x = [torch.tensor(arrays[name]) for name in ("x", "given") if name in arrays]
        self.y = torch.tensor(arrays["y"])
        trained = [weight for weight in self.model.parameters() if weight.requires_grad]
        self.optimizer = torch.optim.Adam(trained, LEARNING_RATE)

    def step_as_keras(self, count: int) -> float:
        """Step `count`, from 1. Keras adds epsilon before the bias correction of v, PyTorch after it."""
        for group in self.optimizer.param_groups:
            group["eps"] = KERAS_EPSILON / (1 - BETA_2**count) ** 0.5
        return self.step()

    def loss(self) -> torch.Tensor:
        output = self.model(*self.x)
        if self.translates:
            # Classes lie along the second axis.
            return torch.nn.functional.cross_entropy(output.transpose(1, 2), self.y.transpose(1, 2))
        return torch.nn.functional.mse_loss(output, self.y)

    def step(self) -> float:
        self.optimizer.zero_grad()
        loss = self.loss()
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def call(self) -> numpy.ndarray:
        with torch.inference_mode():
            output = self.model(*self.x)
            return (output.softmax(-1) if self.translates else output).numpy()


def main() -> None:
    folder, way, answer, line = sys.argv[1:]
    workload = Workload.parse(line)
    if workload.draws:
        raise SystemExit("torch_lstm.py: PyTorch has no recurrent dropout")
    job = Job(workload, read_problem(folder))
    numbers = []
    for _ in range(workload.answered_predictions):
        numbers += list(job.call().ravel())
    if workload.trains:
        numbers += [job.step_as_keras(count + 1) for count in range(TRAINING_STEPS)]
        numbers += list(job.call().ravel())
    write_answer(answer, numbers)
    repeat = {"step": job.step, "call": job.call}[way]
    serve(f"torch {torch.__version__}", lambda count: timed(repeat, count, workload.block))


if __name__ == "__main__":
    main()
