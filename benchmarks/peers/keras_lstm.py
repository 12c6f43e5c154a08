"""Keras as its users run it: `python keras_lstm.py BACKEND FOLDER WAY ANSWER WORKLOAD`.

BACKEND is `tensorflow` or `jax`, WAY is how the job is asked for:

| job     | way                | one repeat is                                                      |
|---------|--------------------|--------------------------------------------------------------------|
| train   | `train_on_batch`   | one call                                                           |
| train   | `fit`              | its part of one epoch of some batches                              |
| predict | `predict_on_batch` | one call                                                           |
| predict | `call`             | `model(x, training=False)`, eagerly; on TensorFlow only            |
| predict | `function`         | the same compiled: `tf.function`, or `jax.jit` of `stateless_call` |

On JAX a compiled call of a stateful layer forgets its state: a stream is a model there whose states are
inputs and outputs, in the way `function`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["KERAS_BACKEND"] = sys.argv[1]
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras  # noqa: E402 (the environment has to be set before)
import numpy  # noqa: E402

from problem import (  # noqa: E402
    LEARNING_RATE,
    TRAINING_STEPS,
    Workload,
    read_problem,
    serve,
    timed,
    write_answer,
)


def build(workload: Workload, arrays: dict[str, numpy.ndarray]) -> keras.Model:
    """The model of the workload, compiled, holding the weights of the problem."""
    parts = {"bidirectional": bidirectional, "translation": translation}
    if keras.backend.backend() == "jax":
        parts["stream"] = stream
    model, layers = parts.get(workload.form, stacked)(workload)
    names = [("kernel", "recurrent_kernel", "bias")] * (len(layers) - 1) + [("kernel", "bias")]
    folders = [f"lstm_{index}" for index in range(len(layers) - 1)] + ["dense"]
    for layer, folder, kinds in zip(layers, folders, names):
        layer.set_weights([arrays[f"{folder}/{kind}"] for kind in kinds])
    loss = "categorical_crossentropy" if workload.form == "translation" else "mse"
    model.compile(keras.optimizers.Adam(LEARNING_RATE), loss)
    return model


def stacked(workload: Workload) -> tuple[keras.Model, list[keras.Layer]]:
    shape = (*workload.steps, *workload.features)
    if workload.streams:
        model = keras.Sequential([keras.Input(batch_shape=(workload.batch, *shape))])
    else:
        model = keras.Sequential([keras.Input(shape)])
    for index, units in enumerate(workload.units):
        layer = keras.layers.LSTM(
            units,
            return_sequences=index + 1 < len(workload.units),
            dropout=workload.dropout,
            recurrent_dropout=workload.recurrent_dropout,
            stateful=workload.streams,
        )
        model.add(layer)
    model.add(keras.layers.Dense(1))
    return model, list(model.layers)


def stream(workload: Workload) -> tuple[keras.Model, list[keras.Layer]]:
    """The stream on JAX: the states enter after the step and leave after the output."""
    (units,) = workload.units
    x = keras.Input((*workload.steps, *workload.features))
    states = [keras.Input((units,)) for _ in range(2)]
    layer, dense = keras.layers.LSTM(units, return_state=True), keras.layers.Dense(1)
    last, *next_states = layer(x, initial_state=states)
    return keras.Model([x, *states], [dense(last), *next_states]), [layer, dense]


def bidirectional(workload: Workload) -> tuple[keras.Model, list[keras.Layer]]:
    both = keras.layers.Bidirectional(keras.layers.LSTM(*workload.units))
    dense = keras.layers.Dense(1)
    model = keras.Sequential([keras.Input((*workload.steps, *workload.features)), both, dense])
    return model, [both.forward_layer, both.backward_layer, dense]


def translation(workload: Workload) -> tuple[keras.Model, list[keras.Layer]]:
    (units,) = workload.units
    x, given = (keras.Input(shape) for shape in zip(workload.steps, workload.features))
    encoder = keras.layers.LSTM(units, return_state=True)
    decoder = keras.layers.LSTM(units, return_sequences=True)
    dense = keras.layers.Dense(workload.features[1], activation="softmax")
    _, *states = encoder(x)
    model = keras.Model([x, given], dense(decoder(given, initial_state=states)))
    return model, [encoder, decoder, dense]


class Job:
    """The model with its data."""

    def __init__(self, workload: Workload, arrays: dict[str, numpy.ndarray]) -> None:
        self.workload = workload
        self.model = build(workload, arrays)
        self.x = [arrays[name] for name in ("x", "given") if name in arrays]
        self.y = arrays["y"]

    def answer(self, way: str) -> list[float]:
        """The prediction, the losses of the first training steps, and the prediction after them."""
        model, x, y = self.model, self.inputs(), self.y
        predict = self.one_repeat("predict_on_batch" if self.workload.trains else way)
        numbers = []
        for _ in range(self.workload.answered_predictions):
            numbers += list(numpy.ravel(predict()))
        if self.workload.trains and not self.workload.draws:
            numbers += [model.train_on_batch(x, y) for _ in range(TRAINING_STEPS)]
            numbers += list(numpy.ravel(predict()))
        return numbers

    def inputs(self) -> numpy.ndarray | list[numpy.ndarray]:
        return self.x if len(self.x) > 1 else self.x[0]

    def one_repeat(self, way: str) -> Callable[[], object]:
        """What is timed for a way other than `fit`."""
        model, x = self.model, self.inputs()
        if way == "train_on_batch":
            return lambda: model.train_on_batch(x, self.y)
        if way == "predict_on_batch":
            return lambda: model.predict_on_batch(x)
        if way == "call":
            return lambda: model(x, training=False).numpy()
        if way == "function":
            return compiled(model, x)
        raise SystemExit(f'keras_lstm.py: no way "{way}"')

    def fit(self, count: int) -> list[float]:
        """Seconds of a batch within `fit`, for at least so many batches."""
        # A fit has costs of its own, which count little beside batches that take long.
        batches = 16 if max(self.workload.units) < 256 else 4
        *x, y = (numpy.concatenate([array] * batches) for array in (*self.x, self.y))
        inputs = x if len(x) > 1 else x[0]
        epoch = lambda: self.model.fit(inputs, y, batch_size=self.workload.batch, verbose=0)  # noqa: E731
        return [second / batches for second in timed(epoch, -(-count // batches))]


def compiled(model: keras.Model, x: numpy.ndarray) -> Callable[[], object]:
    """The quickest prediction that the backend offers, from an array of NumPy to one."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow

        function = tensorflow.function(lambda inputs: model(inputs, training=False))
        return lambda: function(tensorflow.constant(x)).numpy()
    import jax

    function = jax.jit(lambda *arguments: model.stateless_call(*arguments, training=False)[0])
    variables = [
        [variable.value for variable in group]
        for group in (model.trainable_variables, model.non_trainable_variables)
    ]
    if len(model.inputs) == 1:
        return lambda: numpy.asarray(function(*variables, x))
    states = [numpy.zeros((len(x), *state.shape[1:]), "float32") for state in model.inputs[1:]]

    def step() -> numpy.ndarray:
        nonlocal states
        y, *states = function(*variables, [x, *states])
        return numpy.asarray(y)

    return step


def version() -> str:
    backend = keras.backend.backend()
    module = __import__(backend)
    return f"keras {keras.__version__} on {backend} {module.__version__}"


def main() -> None:
    _, folder, way, answer, line = sys.argv[1:]
    workload = Workload.parse(line)
    job = Job(workload, read_problem(folder))
    write_answer(answer, job.answer(way))
    if way == "fit":
        serve(version(), job.fit)
        return
    repeat = job.one_repeat(way)
    serve(version(), lambda count: timed(repeat, count, workload.block))


if __name__ == "__main__":
    main()
