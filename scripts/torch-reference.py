"""Records what PyTorch computes for small networks: output, loss and gradients of one mini-batch, then losses and weights over 20 optimizer steps.
Writes test/models/networks/fixtures/torch-*.json. Run: bench/.venv/bin/python scripts/torch-reference.py

All inputs and first weights are float32 values; the computation is in float64, so that differences are Millrace's own rounding.
Weights are stored in Millrace's canonical layouts: dense [in, out]; conv [window..., channels, filters]; recurrent kernels [in, gates * units] with
GRU gates n, r, z (kernel) and r, z, n (recurrent), LSTM gates i, f, g, o. simpleRnn and lstm have one bias, so bias_hh is zero and fixed here.
"""
import json
import math
import os

import torch
import torch.nn as nn
import torch.nn.functional as F

FOLDER = os.path.join(os.path.dirname(__file__), "..", "test", "models", "networks", "fixtures")


def rounded(tensor):
    return [float(f"{v:.9g}") for v in tensor.detach().reshape(-1).tolist()]


class Piece(nn.Module):
    """One layer: its spec for the TypeScript side, its module, and how its parameters are called there."""

    def __init__(self, spec, module=None, act=None, names=None):
        super().__init__()
        self.spec, self.module, self.act, self.names = spec, module, act, names or {}

    def forward(self, x):
        y = self.module(x) if self.module is not None else x
        return self.act(y) if self.act is not None else y


ACTS = {
    "linear": None, "relu": torch.relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh, "gelu": F.gelu,
    "leakyRelu": lambda x: F.leaky_relu(x, 0.01),
}


def transpose(t):
    return t.T


def dense(i, units, act="linear"):
    return Piece({"layer": "dense", "units": units, "activation": act}, nn.Linear(i, units), ACTS[act],
                 {"kernel": ("weight", transpose), "bias": ("bias", None)})


class ChannelsLast(nn.Module):
    def __init__(self, module, pad=None):
        super().__init__()
        self.inner, self.pad = module, pad

    def forward(self, x):
        axes = x.dim()
        x = x.permute(0, axes - 1, *range(1, axes - 1))
        if self.pad is not None:
            x = F.pad(x, self.pad)
        x = self.inner(x)
        return x.permute(0, *range(2, axes), 1)


def conv(dims, i, filters, kernel, act="linear", stride=1, dilation=1, padding="valid", pad=None):
    make = nn.Conv1d if dims == 1 else nn.Conv2d
    module = ChannelsLast(make(i, filters, kernel, stride=stride, dilation=dilation), pad)
    order = (2, 1, 0) if dims == 1 else (2, 3, 1, 0)
    spec = {"layer": f"conv{dims}d", "filters": filters, "kernelSize": kernel, "activation": act, "strides": stride,
            "dilationRate": dilation, "padding": padding}
    return Piece(spec, module, ACTS[act], {"kernel": ("inner.weight", lambda t: t.permute(*order)), "bias": ("inner.bias", None)})


def pool(dims, kind, size, stride):
    make = {(1, "max"): nn.MaxPool1d, (2, "max"): nn.MaxPool2d, (1, "average"): nn.AvgPool1d, (2, "average"): nn.AvgPool2d}[(dims, kind)]
    return Piece({"layer": f"{kind}Pool{dims}d", "poolSize": size, "strides": stride}, ChannelsLast(make(size, stride)))


class Global(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.kind = kind

    def forward(self, x):
        axes = tuple(range(1, x.dim() - 1))
        return x.amax(axes) if self.kind == "max" else x.mean(axes)


class Rnn(nn.Module):
    def __init__(self, kind, i, units, sequences, act="tanh"):
        super().__init__()
        extra = {"nonlinearity": act} if kind == "RNN" else {}
        self.cell = getattr(nn, kind)(i, units, batch_first=True, **extra)
        self.sequences, self.kind = sequences, kind
        if kind != "GRU":
            self.cell.bias_hh_l0.data.zero_()
            self.cell.bias_hh_l0.requires_grad_(False)

    def forward(self, x):
        y = self.cell(x)[0]
        return y if self.sequences else y[:, -1]


def reorder(order):
    def apply(t):
        blocks = t.chunk(3, 0)
        return torch.cat([blocks[k] for k in order], 0).T if t.dim() == 2 else torch.cat([blocks[k] for k in order], 0)
    return apply


def recurrent(kind, i, units, sequences=False, act="tanh"):
    layer = {"RNN": "simpleRnn", "GRU": "gru", "LSTM": "lstm"}[kind]
    spec = {"layer": layer, "units": units, "returnSequences": sequences}
    if kind == "RNN":
        spec["activation"] = act
    module = Rnn(kind, i, units, sequences, act)
    if kind == "GRU":
        names = {"kernel": ("cell.weight_ih_l0", reorder((2, 0, 1))), "recurrentKernel": ("cell.weight_hh_l0", reorder((0, 1, 2))),
                 "bias": ("cell.bias_ih_l0", reorder((2, 0, 1))), "recurrentBias": ("cell.bias_hh_l0", reorder((0, 1, 2)))}
    else:
        names = {"kernel": ("cell.weight_ih_l0", transpose), "recurrentKernel": ("cell.weight_hh_l0", transpose), "bias": ("cell.bias_ih_l0", None)}
    return Piece(spec, module, None, names)


class Embed(nn.Module):
    def __init__(self, vocabulary, width):
        super().__init__()
        self.table = nn.Embedding(vocabulary, width)

    def forward(self, x):
        return self.table(x.long())


def plain(layer, module=None, **options):
    return Piece({"layer": layer, **options}, module)


def norm(width):
    return Piece({"layer": "layerNorm"}, nn.LayerNorm(width), None, {"gamma": ("weight", None), "beta": ("bias", None)})


def embedding(vocabulary, width):
    return Piece({"layer": "embedding", "inputDim": vocabulary, "outputDim": width}, Embed(vocabulary, width), None,
                 {"embeddings": ("table.weight", None)})


def pinball(y, t, q):
    e = t - y
    return torch.maximum(q * e, (q - 1) * e)


LOSSES = {
    "halfSquaredError": lambda y, t: 0.5 * (y - t).square(),
    "meanSquaredError": lambda y, t: (y - t).square(),
    "meanAbsoluteError": lambda y, t: (y - t).abs(),
    "huber": lambda y, t: F.huber_loss(y, t, reduction="none", delta=0.7),
    "quantile": lambda y, t: pinball(y, t, 0.9),
    "binaryCrossentropy": lambda y, t: F.binary_cross_entropy_with_logits(y, t, reduction="none"),
    "categoricalCrossentropy": lambda y, t: F.cross_entropy(y, t, reduction="none"),
}

OPTIMIZERS = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.05),
    "momentum": lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.9, weight_decay=0.01),
    "nesterov": lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.9, nesterov=True),
    "adagrad": lambda p: torch.optim.Adagrad(p, lr=0.05, initial_accumulator_value=0.1, eps=1e-10),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=0.005, alpha=0.9, eps=1e-8),
    "adam": lambda p: torch.optim.Adam(p, lr=0.01),
    "adamw": lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.05),
}


def reduce(loss, values, weights):
    if loss == "halfSquaredError":
        return (values * weights).sum() if weights is not None else values.sum()
    if weights is None:
        return values.mean()
    weights = weights if values.dim() == weights.dim() else weights[:, 0]
    return (values * weights).sum() / weights.sum()


def single(tensor):
    """The same values as float32 has them."""
    return tensor.float().double()


def record(pieces, shape, loss="meanSquaredError", optimizer="adam", rows=5, weighted=False, tokens=0, clip=None, steps=20):
    model = nn.Sequential(*pieces)
    for p in model.parameters():
        p.data = single(p.data)
    counts = {}
    labels = []
    for piece in pieces:
        kind = piece.spec["layer"]
        labels.append(kind if kind not in counts else f"{kind}_{counts[kind]}")
        counts[kind] = counts.get(kind, 0) + 1

    def tensors(grad):
        found = {}
        for label, piece in zip(labels, pieces):
            for ours, (path, change) in piece.names.items():
                p = piece.module.get_parameter(path)
                value = p.grad if grad else p
                found[f"{label}.{ours}"] = rounded(change(value) if change else value)
        return found

    x = torch.randint(0, tokens, (rows, *shape)).double() if tokens else single(torch.randn(rows, *shape))
    with torch.no_grad():
        outputs = model(x).reshape(rows, -1).shape[1]
    if loss == "categoricalCrossentropy":
        t = F.one_hot(torch.randint(0, outputs, (rows,)), outputs).double()
    elif loss == "binaryCrossentropy":
        t = torch.randint(0, 2, (rows, outputs)).double()
    else:
        t = single(torch.randn(rows, outputs))
    weights = None
    if weighted:
        weights = single(torch.rand(rows, outputs).round(decimals=2))
        weights[1] = 0
        if loss == "categoricalCrossentropy":
            weights = weights[:, :1].expand(-1, outputs).contiguous()

    def value():
        return reduce(loss, LOSSES[loss](model(x).reshape(rows, -1), t), weights)

    case = {"layers": [p.spec for p in pieces], "inputShape": list(shape), "loss": loss, "optimizer": optimizer, "rows": rows,
            "features": rounded(x), "targets": rounded(t), "weights": tensors(False)}
    if weights is not None:
        case["sampleWeights"] = rounded(weights)
    if clip is not None:
        case["clipNorm"] = clip
    with torch.no_grad():
        case["output"] = rounded(model(x))
    parameters = [p for p in model.parameters() if p.requires_grad]
    first = value()
    first.backward()
    case["lossValue"] = float(first.detach())
    case["gradients"] = tensors(True)
    step = OPTIMIZERS[optimizer](parameters)
    losses = []
    for _ in range(steps):
        step.zero_grad()
        current = value()
        losses.append(float(current.detach()))
        current.backward()
        if clip is not None:
            torch.nn.utils.clip_grad_norm_(parameters, clip)
        step.step()
    case["losses"] = losses
    case["finalWeights"] = tensors(False)
    return case


def same(size, kernel, stride=1, dilation=1):
    total = max((math.ceil(size / stride) - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
    return (total // 2, total - total // 2)


def cases():
    for act in ("linear", "relu", "leakyRelu", "gelu", "sigmoid", "tanh"):
        yield f"dense-{act}", record([dense(5, 7, act), dense(7, 3)], (5,), rows=6)
    yield "dense-single-unit", record([dense(6, 9, "tanh"), dense(9, 1, "sigmoid"), dense(1, 2)], (6,))
    yield "dense-wide", record([dense(5, 37, "relu"), dense(37, 3)], (5,), rows=9, steps=5)
    yield "dense-sequence", record([dense(3, 5, "tanh"), dense(5, 2)], (4, 3))
    for loss in ("halfSquaredError", "meanAbsoluteError", "huber", "quantile", "binaryCrossentropy", "categoricalCrossentropy"):
        yield f"loss-{loss}", record([dense(4, 6, "tanh"), dense(6, 3)], (4,), loss=loss)
        yield f"loss-weighted-{loss}", record([dense(4, 6, "tanh"), dense(6, 3)], (4,), loss=loss, weighted=True)
    for optimizer in ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adamw"):
        yield f"optimizer-{optimizer}", record([dense(4, 6, "tanh"), dense(6, 2)], (4,), optimizer=optimizer)
    yield "clip-norm", record([dense(4, 6, "tanh"), dense(6, 2)], (4,), optimizer="sgd", clip=0.1)
    flat = lambda: plain("flatten", nn.Flatten())
    yield "conv1d", record([conv(1, 3, 6, 3, "relu"), flat(), dense(36, 2)], (8, 3))
    yield "conv1d-stride", record([conv(1, 3, 5, 3, "tanh", stride=2), conv(1, 5, 4, 2), flat(), dense(8, 2)], (8, 3))
    yield "conv1d-dilated", record([conv(1, 3, 4, 3, "tanh"), conv(1, 4, 5, 2, "relu", dilation=2), flat(), dense(20, 2)], (8, 3))
    yield "conv1d-causal", record([conv(1, 2, 4, 3, "tanh", dilation=2, padding="causal", pad=(4, 0)),
                                   conv(1, 4, 3, 2, padding="causal", pad=(1, 0)), flat(), dense(21, 1)], (7, 2))
    yield "conv1d-same", record([conv(1, 3, 4, 4, "relu", stride=2, padding="same", pad=same(9, 4, 2)), flat(), dense(20, 2)], (9, 3))
    yield "conv1d-pool", record([conv(1, 3, 6, 3, "relu"), pool(1, "max", 2, 2), flat(), dense(24, 2)], (11, 3))
    yield "conv1d-pool-wide", record([conv(1, 3, 20, 4), pool(1, "max", 2, 2), flat(), dense(80, 2)], (11, 3), steps=5)
    yield "conv2d", record([conv(2, 2, 5, (3, 2), "relu"), flat(), dense(80, 3)], (6, 5, 2), steps=5)
    yield "conv2d-deep", record([conv(2, 1, 4, 3, "tanh"), conv(2, 4, 3, 2, "relu", stride=(2, 1)), flat(), dense(12, 2)], (6, 5, 1))
    yield "conv2d-same", record([conv(2, 2, 4, 3, "tanh", padding="same", pad=(1, 1, 1, 1)), conv(2, 4, 3, 3, padding="same", pad=(1, 1, 1, 1)),
                                 flat(), dense(60, 2)], (4, 5, 2), steps=5)
    yield "conv2d-pool", record([conv(2, 1, 8, 5, "relu"), pool(2, "max", 2, 2), flat(), dense(32, 3)], (9, 8, 1),
                                loss="categoricalCrossentropy")
    yield "conv2d-pool-channels", record([conv(2, 3, 5, 3, "relu"), pool(2, "max", 2, 2), flat(), dense(30, 2)], (6, 9, 3))
    yield "conv2d-twice", record([conv(2, 1, 4, 3, "relu"), pool(2, "max", 2, 2), conv(2, 4, 6, 2, "relu"), pool(2, "max", 2, 2), flat(),
                                  dense(6, 2)], (9, 8, 1))
    yield "max-pool-overlap", record([conv(1, 2, 4, 2, "tanh"), pool(1, "max", 3, 2), flat(), dense(16, 2)], (10, 2))
    yield "average-pool", record([conv(1, 2, 5, 2, "tanh"), pool(1, "average", 2, 2), flat(), dense(20, 2)], (9, 2))
    yield "average-pool-2d", record([conv(2, 1, 4, 2, "tanh"), pool(2, "average", (2, 3), (1, 2)), flat(), dense(24, 2)], (5, 7, 1))
    yield "global-max-pool", record([conv(1, 2, 6, 2, "tanh"), plain("globalMaxPool", Global("max")), dense(6, 2)], (9, 2))
    yield "global-average-pool", record([conv(2, 1, 6, 2, "tanh"), plain("globalAveragePool", Global("average")), dense(6, 2)], (4, 5, 1))
    for kind in ("RNN", "GRU", "LSTM"):
        name = kind.lower()
        yield name, record([recurrent(kind, 3, 6), dense(6, 2)], (5, 3))
        yield f"{name}-sequence", record([recurrent(kind, 3, 5, True), dense(5, 1)], (4, 3))
        yield f"{name}-stacked", record([recurrent(kind, 3, 4, True), recurrent(kind, 4, 6), dense(6, 1)], (5, 3))
    yield "rnn-relu", record([recurrent("RNN", 3, 6, act="relu"), dense(6, 2)], (5, 3))
    yield "conv1d-gru", record([conv(1, 3, 4, 2, "relu"), recurrent("GRU", 4, 5), dense(5, 1)], (6, 3))
    yield "gru-flatten", record([recurrent("GRU", 3, 5, True), flat(), dense(20, 2)], (4, 3))
    yield "layer-norm", record([dense(5, 6, "relu"), norm(6), dense(6, 2)], (5,))
    yield "layer-norm-sequence", record([recurrent("GRU", 3, 6, True), norm(6), recurrent("GRU", 6, 4), dense(4, 1)], (4, 3))
    yield "softmax", record([dense(5, 6), plain("softmax", nn.Softmax(-1)), dense(6, 2)], (5,))
    yield "activation-layer", record([dense(5, 6), plain("activation", nn.GELU(), activation="gelu"), dense(6, 2)], (5,))
    yield "embedding", record([embedding(9, 5), recurrent("LSTM", 5, 4), dense(4, 2)], (6,), tokens=9)


def main():
    torch.manual_seed(20261123)
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    os.makedirs(FOLDER, exist_ok=True)
    groups = {}
    for name, case in cases():
        groups.setdefault(name.split("-")[0].rstrip("12d"), {})[name] = case
    merged = {}
    for group, members in groups.items():
        family = {"dense": "dense", "loss": "losses", "optimizer": "optimizers", "clip": "optimizers", "conv": "convolution", "max": "pooling",
                  "average": "pooling", "global": "pooling", "rnn": "recurrent", "gru": "recurrent", "lstm": "recurrent"}.get(group, "others")
        merged.setdefault(family, {}).update(members)
    for family, members in merged.items():
        with open(os.path.join(FOLDER, f"torch-{family}.json"), "w") as file:
            entries = [f"{json.dumps(name)}: {json.dumps(case, separators=(',', ':'))}" for name, case in members.items()]
            file.write('{\n"torch": ' + json.dumps(torch.__version__.split("+")[0]) + ',\n"cases": {\n' + ",\n".join(entries) + "\n}\n}\n")
        print(family, len(members))


main()
