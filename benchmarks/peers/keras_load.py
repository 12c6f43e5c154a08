"""Keras in `cargo xtask bench-load`: `keras_load.py load FILE` or `keras_load.py answer FILE`."""

import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras  # noqa: E402
import numpy as np  # noqa: E402


def peak():
    """Most memory that this process has had, in KiB, as Linux counts it."""
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))


command, path = sys.argv[1:]
start = time.perf_counter()
model = keras.models.load_model(path)
seconds = time.perf_counter() - start
if command == "load":
    print(seconds, peak())
else:
    shape = (2,) + model.input_shape[1:]
    x = (np.arange(np.prod(shape)) * 7 % 13 / 13).reshape(shape).astype("float32")
    print(*model.predict(x, verbose=0).ravel())
