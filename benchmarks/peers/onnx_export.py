"""Writes the model of a prediction as `FOLDER/model.onnx`: `python onnx_export.py FOLDER WORKLOAD`.

The input is `x` [batch, steps, features] and the output `y` [batch, 1]. A stream has the inputs `h` and `c`
and the outputs `next_h` and `next_c` as well, each [1, batch, units].
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

from problem import Workload, read_problem

OPSET = 17
"""Every reader among the peers knows this one."""


class Graph:
    """Nodes and constants, in the order in which they are added."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def add(self, kind: str, inputs: list[str], outputs: list[str], **attributes: object) -> str:
        self.nodes.append(helper.make_node(kind, inputs, outputs, **attributes))
        return outputs[-1]

    def constant(self, name: str, array: numpy.ndarray) -> str:
        self.constants.append(numpy_helper.from_array(numpy.ascontiguousarray(array), name))
        return name


def gates(array: numpy.ndarray) -> numpy.ndarray:
    """Keras's gates i, f, c, o along the last axis as ONNX's i, o, f, c along the first."""
    i, f, c, o = numpy.split(array, 4, axis=-1)
    return numpy.concatenate((i, o, f, c), axis=-1).T


def lstm(
    graph: Graph, name: str, arrays: dict[str, numpy.ndarray], inputs: list[str], outputs: list[str]
) -> None:
    """Adds a layer whose inputs are the sequence and, if they are given, the two states."""
    x, *state = inputs
    kinds = ("kernel", "recurrent_kernel", "bias")
    kernel, recurrent, bias = (gates(arrays[f"{name}/{kind}"]) for kind in kinds)
    weights = [
        graph.constant(f"{name}_w", kernel[None]),
        graph.constant(f"{name}_r", recurrent[None]),
        # The second half is a bias of the recurrent product.
        graph.constant(f"{name}_b", numpy.concatenate((bias, numpy.zeros_like(bias)))[None]),
    ]
    states = ["", *state] if state else []
    graph.add("LSTM", [x, *weights, *states], outputs, hidden_size=recurrent.shape[1])


def model(workload: Workload, arrays: dict[str, numpy.ndarray]) -> onnx.ModelProto:
    graph = Graph()
    # ONNX's LSTM has the time first.
    value = graph.add("Transpose", ["x"], ["time_first"], perm=[1, 0, 2])
    state = ["h", "c"] if workload.streams else []
    for index in range(len(workload.units)):
        name = f"lstm_{index}"
        if index + 1 < len(workload.units):
            lstm(graph, name, arrays, [value], [f"{name}_y"])
            squeezed = graph.constant(f"{name}_axis", numpy.array([1]))
            value = graph.add("Squeeze", [f"{name}_y", squeezed], [f"{name}_out"])
        else:
            lstm(graph, name, arrays, [value, *state], ["", "next_h", "next_c"][: 2 + bool(state)])
    last = graph.add("Squeeze", ["next_h", graph.constant("axis", numpy.array([0]))], ["last"])
    kernel = graph.constant("dense_kernel", arrays["dense/kernel"])
    graph.add("Gemm", [last, kernel, graph.constant("dense_bias", arrays["dense/bias"])], ["y"])

    def described(name: str, *sizes: int) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, sizes)

    sizes = (1, workload.batch, workload.units[-1])
    inputs = [described("x", *arrays["x"].shape)] + [described(name, *sizes) for name in state]
    outputs = [described("y", *arrays["y"].shape)] + [described(f"next_{name}", *sizes) for name in state]
    body = helper.make_graph(graph.nodes, "lstm", inputs, outputs, graph.constants)
    made = helper.make_model(body, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    onnx.checker.check_model(made, full_check=True)
    return made


def main() -> None:
    folder, line = sys.argv[1:]
    onnx.save(model(Workload.parse(line), read_problem(folder)), Path(folder) / "model.onnx")


if __name__ == "__main__":
    main()
