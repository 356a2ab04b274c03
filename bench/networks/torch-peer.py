"""PyTorch side of `npm run bench -- train`: reads one JSON request a line ({"case", "rows", "seconds"}), answers with the
best microseconds per training step over its modes: eager with the fused and the plain optimizer, flush-denormal on and off,
channels_last for images. One thread."""
import json
import sys
import time

import torch
import torch.nn.functional as F

from torch_models import make

torch.set_num_threads(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
torch.manual_seed(0)


def stepper(case, rows, fused, channels_last):
    model, shape, loss = make(case)
    x = torch.randn(rows, *shape)
    if channels_last:
        model = model.to(memory_format=torch.channels_last)
        x = x.contiguous(memory_format=torch.channels_last)
    y = torch.randint(0, 10, (rows,)) if loss == "cross" else torch.rand(rows, 1)
    make_optimizer = torch.optim.SGD if case == "xor" else torch.optim.Adam
    optimizer = make_optimizer(model.parameters(), lr=0.1 if case == "xor" else 1e-3, fused=fused)

    def step():
        output = model(x)
        if loss == "cross":
            value = F.cross_entropy(output, y)
        elif loss == "half":
            value = 0.5 * (output - y).square().sum()
        else:
            value = F.mse_loss(output, y)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()

    def infer():
        with torch.inference_mode():
            return model(x)

    return step, infer


def best_time(call, seconds):
    for _ in range(3):
        call()
    start = time.perf_counter()
    call()
    count = max(1, int(seconds / 5 / max(time.perf_counter() - start, 1e-7)))
    best = 1e9
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(count):
            call()
        best = min(best, (time.perf_counter() - start) / count)
    return best * 1e6


cache = {}
for line in sys.stdin:
    request = json.loads(line)
    case, rows = request["case"], request.get("rows", 1)
    if case == "version":
        print(json.dumps({"version": torch.__version__}), flush=True)
        continue
    key = (case, rows)
    if key not in cache:
        layouts = (False, True) if case == "conv2d" else (False,)
        cache[key] = [stepper(case, rows, fused, layout) for fused in (True, False) for layout in layouts]
    which = 1 if request.get("infer") else 0
    results = []
    for flush in (True, False):
        torch.set_flush_denormal(flush)
        results += [best_time(pair[which], request["seconds"] / 2 / len(cache[key])) for pair in cache[key]]
    print(json.dumps({"microseconds": min(results)}), flush=True)
