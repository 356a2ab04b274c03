"""Writes the benches' networks as ONNX files with any number of rows: export-onnx.py FOLDER"""
import os
import sys

import torch

from torch_models import make

for case in ("dense", "xor", "conv2d", "conv1d", "rnn", "gru", "lstm"):
    model, shape, _ = make(case)
    x = torch.randn(2, *shape)
    path = os.path.join(sys.argv[1], f"{case}.onnx")
    torch.onnx.export(model.eval(), (x,), path, input_names=["x"], output_names=["y"], dynamic_axes={"x": {0: "rows"}, "y": {0: "rows"}}, dynamo=False)
    print(case, os.path.getsize(path), "bytes")
