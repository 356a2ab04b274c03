"""The benches' networks in PyTorch."""
import torch.nn as nn


class Recurrent(nn.Module):
    def __init__(self, kind, features, units):
        super().__init__()
        self.cell = getattr(nn, kind)(features, units, batch_first=True)
        self.head = nn.Linear(units, 1)

    def forward(self, x):
        return self.head(self.cell(x)[0][:, -1])


def make(case):
    if case == "dense":
        layers = [nn.Linear(32, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 1)]
        return nn.Sequential(*layers), (32,), "mse"
    if case == "xor":
        return nn.Sequential(nn.Linear(2, 4), nn.Sigmoid(), nn.Linear(4, 1), nn.Sigmoid()), (2,), "half"
    if case == "conv2d":
        layers = [nn.Conv2d(1, 32, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(32 * 12 * 12, 10)]
        return nn.Sequential(*layers), (1, 28, 28), "cross"
    if case == "conv1d":
        layers = [nn.Conv1d(8, 32, 5), nn.ReLU(), nn.MaxPool1d(2), nn.Flatten(), nn.Linear(32 * 30, 1)]
        return nn.Sequential(*layers), (8, 64), "mse"
    if case == "rnn":
        return Recurrent("RNN", 10, 10), (10, 10), "mse"
    return Recurrent(case.upper(), 8, 64), (32, 8), "mse"
