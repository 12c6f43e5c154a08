"""Keras on TensorFlow, as its users run it: `python keras_lstm.py FOLDER WAY ANSWER WORKLOAD`.

WAY is how the job is asked for:

| job     | way                | one repeat is                                                      |
|---------|--------------------|--------------------------------------------------------------------|
| train   | `train_on_batch`   | one call                                                           |
| train   | `fit`              | a sixteenth of one epoch of sixteen batches                        |
| predict | `predict_on_batch` | one call                                                           |
| predict | `call`             | `model(x, training=False)`, eagerly                                |
| predict | `function`         | the same inside `tf.function`, the quickest that TensorFlow offers |
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras  # noqa: E402 (the environment has to be set before)
import numpy  # noqa: E402
import tensorflow  # noqa: E402

from problem import (  # noqa: E402
    LEARNING_RATE,
    TRAINING_STEPS,
    Workload,
    read_safetensors,
    serve,
    write_answer,
)

FIT_BATCHES = 16
"""Batches of the epoch that the way `fit` runs."""


def build(workload: Workload, arrays: dict[str, numpy.ndarray]) -> keras.Sequential:
    """The stacked LSTM with its one output, holding the weights of the problem."""
    model = keras.Sequential([keras.Input((workload.steps, workload.features))])
    for index, units in enumerate(workload.units):
        layer = keras.layers.LSTM(
            units,
            return_sequences=index + 1 < len(workload.units),
            dropout=workload.dropout,
            recurrent_dropout=workload.recurrent_dropout,
        )
        model.add(layer)
        layer.set_weights([arrays[f"lstm_{index}/{name}"] for name in ("kernel", "recurrent_kernel", "bias")])
    dense = keras.layers.Dense(1)
    model.add(dense)
    dense.set_weights([arrays[f"dense/{name}"] for name in ("kernel", "bias")])
    model.compile(keras.optimizers.Adam(LEARNING_RATE), "mse")
    return model


def answer(model: keras.Sequential, workload: Workload, x: numpy.ndarray, y: numpy.ndarray) -> list[float]:
    """The prediction, the losses of the first training steps, and the prediction after them."""
    numbers = list(model.predict_on_batch(x).ravel())
    if workload.trains and not workload.draws:
        numbers += [model.train_on_batch(x, y) for _ in range(TRAINING_STEPS)]
        numbers += list(model.predict_on_batch(x).ravel())
    return numbers


def one_repeat(
    model: keras.Sequential, way: str, x: numpy.ndarray, y: numpy.ndarray
) -> Callable[[], object]:
    """What is timed for a way other than `fit`."""
    if way == "train_on_batch":
        return lambda: model.train_on_batch(x, y)
    if way == "predict_on_batch":
        return lambda: model.predict_on_batch(x)
    if way == "call":
        return lambda: model(x, training=False).numpy()
    if way == "function":
        compiled = tensorflow.function(lambda inputs: model(inputs, training=False))
        return lambda: compiled(tensorflow.constant(x)).numpy()
    raise SystemExit(f'keras_lstm.py: no way "{way}"')


def timed(repeat: Callable[[], object], count: int) -> list[float]:
    seconds = []
    for _ in range(count):
        start = time.perf_counter()
        repeat()
        seconds.append(time.perf_counter() - start)
    return seconds


def main() -> None:
    folder, way, answer_path, line = sys.argv[1:]
    workload = Workload.parse(line)
    arrays = read_safetensors(Path(folder) / "problem.safetensors")
    x, y = arrays["x"], arrays["y"]
    model = build(workload, arrays)
    write_answer(Path(answer_path), answer(model, workload, x, y))
    version = f"keras {keras.__version__} on tensorflow {tensorflow.__version__}"
    if way != "fit":
        repeat = one_repeat(model, way, x, y)
        serve(version, lambda count: timed(repeat, count))
        return
    many = [numpy.concatenate([array] * FIT_BATCHES) for array in (x, y)]
    epoch = lambda: model.fit(*many, batch_size=workload.batch, epochs=1, verbose=0)  # noqa: E731
    serve(version, lambda count: [second / FIT_BATCHES for second in timed(epoch, -(-count // FIT_BATCHES))])


if __name__ == "__main__":
    main()
