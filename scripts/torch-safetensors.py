"""Checks safetensors files between Millrace and PyTorch in both directions.

  record  writes test/models/files/fixtures/<case>.safetensors with PyTorch, and cases.json with inputs and outputs
  check   reads files that Millrace wrote (node scripts/write-safetensors.ts FOLDER) and compares PyTorch's outputs with Millrace's

Run: bench/.venv/bin/python scripts/torch-safetensors.py record|check [FOLDER]
"""
import json
import os
import sys

import torch
import torch.nn as nn
from safetensors.torch import load_file, save_file

FIXTURES = os.path.join(os.path.dirname(__file__), "..", "test", "models", "files", "fixtures")


class Dense(nn.Module):
    shape = (5,)

    def __init__(self):
        super().__init__()
        self.dense, self.layerNorm, self.dense_1 = nn.Linear(5, 7), nn.LayerNorm(7), nn.Linear(7, 3)

    def forward(self, x):
        return self.dense_1(self.layerNorm(torch.relu(self.dense(x))))


class Conv(nn.Module):
    shape = (8, 7, 2)

    def __init__(self):
        super().__init__()
        self.conv2d, self.conv2d_1, self.dense = nn.Conv2d(2, 5, 3), nn.Conv2d(5, 3, 2), nn.Linear(6, 2)

    def forward(self, x):
        x = torch.relu(self.conv2d(x.permute(0, 3, 1, 2)))
        x = torch.tanh(self.conv2d_1(torch.max_pool2d(x, 2)))
        return self.dense(x.flatten(1))


class Conv1d(nn.Module):
    shape = (9, 3)

    def __init__(self):
        super().__init__()
        self.conv1d, self.dense = nn.Conv1d(3, 4, 3), nn.Linear(28, 2)

    def forward(self, x):
        return self.dense(torch.relu(self.conv1d(x.permute(0, 2, 1))).flatten(1))


class Gru(nn.Module):
    shape = (6, 3)

    def __init__(self):
        super().__init__()
        self.gru, self.dense = nn.GRU(3, 5, batch_first=True), nn.Linear(5, 2)

    def forward(self, x):
        return self.dense(self.gru(x)[0][:, -1])


class Lstm(nn.Module):
    shape = (6,)

    def __init__(self):
        super().__init__()
        self.embedding, self.lstm, self.dense = nn.Embedding(9, 4), nn.LSTM(4, 5, batch_first=True), nn.Linear(30, 2)

    def forward(self, x):
        return self.dense(self.lstm(self.embedding(x.long()))[0].flatten(1))


class Rnn(nn.Module):
    shape = (6, 3)

    def __init__(self):
        super().__init__()
        self.simpleRnn, self.dense = nn.RNN(3, 5, batch_first=True), nn.Linear(5, 1)

    def forward(self, x):
        return self.dense(self.simpleRnn(x)[0][:, -1])


CASES = {"dense": Dense, "conv2d": Conv, "conv1d": Conv1d, "gru": Gru, "lstm": Lstm, "rnn": Rnn}
ROWS = 4


def inputs(name, shape):
    return torch.randint(0, 9, (ROWS, *shape)).float() if name == "lstm" else torch.randn(ROWS, *shape)


def record():
    torch.manual_seed(7)
    cases = {}
    for name, make in CASES.items():
        model = make()
        save_file(model.state_dict(), os.path.join(FIXTURES, f"{name}.safetensors"))
        x = inputs(name, make.shape)
        with torch.no_grad():
            cases[name] = {"features": x.flatten().tolist(), "output": model(x).flatten().tolist()}
    with open(os.path.join(FIXTURES, "cases.json"), "w") as file:
        json.dump(cases, file, separators=(",", ":"))
        file.write("\n")


def check(folder):
    with open(os.path.join(folder, "cases.json")) as file:
        cases = json.load(file)
    for name, make in CASES.items():
        model = make()
        model.load_state_dict(load_file(os.path.join(folder, f"{name}.safetensors")))
        x = torch.tensor(cases[name]["features"]).reshape(ROWS, *make.shape)
        with torch.no_grad():
            error = (model(x).flatten() - torch.tensor(cases[name]["output"])).abs().max().item()
        print(f"{name}: largest difference {error:.1e}")
        assert error < 1e-5


if sys.argv[1:2] == ["record"]:
    record()
else:
    check(sys.argv[2])
