"""J2 as a Python application does it: json.loads, predict, learn in mini-batches of 32, json.dumps. Records come from a file: no broker slows it down.

usage: torch-peer.py FILE mlp|gru SECONDS
prints {"rows": n, "seconds": s}
"""
import json
import sys
import time

import torch

file, kind, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
torch.manual_seed(1)
torch.set_num_threads(1)
BATCH, STEPS = 32, 16


class Gru(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = torch.nn.GRU(4, 32, batch_first=True)
        self.out = torch.nn.Linear(32, 1)

    def forward(self, x):
        return self.out(self.gru(x)[0][:, -1])


if kind == "mlp":
    model = torch.nn.Sequential(
        torch.nn.Linear(4, 64), torch.nn.ReLU(), torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, 1)
    )
else:
    model = Gru()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
loss_of = torch.nn.MSELoss()


def features(row):
    return [row["temp"] / 30, row["pressure"] / 1000, row["humidity"] / 100, row["temp"] * row["humidity"] / 3000]


history, waiting, samples, rows, published = {}, {}, [], 0, 0
pending = []
start = time.perf_counter()


def predict_and_learn():
    global published
    inputs = torch.tensor([x for _, x, _ in pending], dtype=torch.float32)
    with torch.no_grad():
        predictions = model(inputs).squeeze(1).tolist()
    for (row, x, before), prediction in zip(pending, predictions):
        published += len(json.dumps({"sensor": row["sensor"], "ts": row["ts"], "prediction": prediction}).encode())
        if before is not None:
            samples.append((before, row["temp"]))
    pending.clear()
    while len(samples) >= BATCH:
        batch = samples[:BATCH]
        del samples[:BATCH]
        optimizer.zero_grad()
        loss = loss_of(
            model(torch.tensor([x for x, _ in batch], dtype=torch.float32)).squeeze(1),
            torch.tensor([y for _, y in batch], dtype=torch.float32),
        )
        loss.backward()
        optimizer.step()


with open(file, "rb") as lines:
    for line in lines:
        try:
            row = json.loads(line)
        except ValueError:
            continue
        rows += 1
        x = features(row)
        if kind == "gru":
            steps = history.setdefault(row["sensor"], [[0.0] * 4 for _ in range(STEPS)])
            steps.pop(0)
            steps.append(x)
            x = [list(step) for step in steps]
        pending.append((row, x, waiting.get(row["sensor"])))
        waiting[row["sensor"]] = x
        if len(pending) == BATCH:
            predict_and_learn()
        if rows % 256 == 0 and time.perf_counter() - start > seconds:
            break
print(json.dumps({"rows": rows, "seconds": time.perf_counter() - start}))
