"""Keras in `cargo xtask footprint`, and what that needs of Python.

keras_footprint.py nothing            ends at once
keras_footprint.py import             imports TensorFlow
keras_footprint.py predict FILE X Y   loads a model and predicts, from and to .npy files
keras_footprint.py data FILE X        writes samples for a model
keras_footprint.py difference Y Z     prints the largest difference of two .npy files
keras_footprint.py size               prints the bytes of all packages of this Python, but those that install others
"""

import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def predict(model, x, y):
    import keras
    import numpy as np

    np.save(y, keras.models.load_model(model).predict(np.load(x), verbose=0))


def data(model, x):
    import keras
    import numpy as np

    shape = (64,) + tuple(size or 30 for size in keras.models.load_model(model).input_shape[1:])
    np.save(x, np.random.default_rng(7).normal(size=shape).astype("float32"))


def difference(a, b):
    import numpy as np

    a, b = np.load(a), np.load(b)
    assert a.shape == b.shape and a.size > 0, (a.shape, b.shape)
    print(np.max(np.abs(a - b)))


def size():
    import keras

    packages = Path(keras.__file__).parent.parent
    installers = ("pip", "setuptools", "wheel")
    files = (path for path in packages.rglob("*") if path.is_file() and not path.is_symlink())
    print(sum(file.stat().st_size for file in files if not file.relative_to(packages).parts[0].startswith(installers)))


def nothing():
    pass


def import_tensorflow():
    import tensorflow  # noqa: F401


COMMANDS = {
    "nothing": nothing,
    "import": import_tensorflow,
    "predict": predict,
    "data": data,
    "difference": difference,
    "size": size,
}

if __name__ == "__main__":
    COMMANDS[sys.argv[1]](*sys.argv[2:])
