"""Fits the float32 approximations in kernels/assembly/math.ts and prints their coefficients and errors.

tanh(x) ~ x P(x^2) / Q(x^2) for |x| <= LIMIT, and the scaled complementary error function
erfc(z) exp(z^2) ~ t (c0 + c1 t + ...), t = 1 / (1 + z / 2), for z >= 0. Weighted least squares at Chebyshev points, reweighted
by the error until it is nearly equal everywhere. Run: bench/.venv/bin/python scripts/fit-approximations.py
"""
import numpy as np
from math import erfc, exp, tanh

f32 = np.float32


def rational_tanh(limit, p, q, rounds=60):
    u = (np.cos(np.pi * (np.arange(1200) + 0.5) / 1200) + 1) / 2
    x = np.unique(np.concatenate([u * limit, u * 1.5]))
    x = x[x > 1e-4]
    y = np.array([tanh(v) for v in x])
    s = x * x / limit**2
    target = y / x
    weight = np.ones_like(x)
    denominator = np.ones_like(x)
    for _ in range(rounds):
        columns = [s**i for i in range(p + 1)] + [-target * s**i for i in range(1, q + 1)]
        scale = weight / (denominator * target)
        matrix = np.stack(columns, 1) * scale[:, None]
        solution = np.linalg.lstsq(matrix, target * scale, rcond=None)[0]
        a, b = solution[: p + 1], np.concatenate([[1.0], solution[p + 1 :]])
        denominator = sum(b[i] * s**i for i in range(q + 1))
        error = sum(a[i] * s**i for i in range(p + 1)) / denominator / target - 1
        weight = weight * (0.3 + np.abs(error) / np.abs(error).max())
        weight /= weight.max()
        weight = np.maximum(weight, 1e-3)
    a = [a[i] / limit ** (2 * i) for i in range(p + 1)]
    b = [b[i] / limit ** (2 * i) for i in range(q + 1)]
    return a, b


def check_tanh(a, b, limit):
    x = np.linspace(1e-3, 12, 400001).astype(f32)
    c = np.minimum(x, f32(limit))
    s = c * c
    top = np.full_like(s, f32(a[-1]))
    for v in a[-2::-1]:
        top = top * s + f32(v)
    low = np.full_like(s, f32(b[-1]))
    for v in b[-2::-1]:
        low = low * s + f32(v)
    y = c * top / low
    return np.abs(y.astype(float) / np.tanh(x.astype(float)) - 1).max()


for limit in (8.0, 8.5, 9.0):
    for p, q in ((3, 3), (3, 4), (4, 3), (4, 4), (5, 3), (6, 3)):
        a, b = rational_tanh(limit, p, q)
        print("tanh", limit, p, q, "float32 relative error", check_tanh(a, b, limit))
        if (limit, p, q) in ((8.5, 4, 4), (8.5, 4, 3), (8.5, 3, 4)):
            print("  P", [f"{v:.9e}" for v in a])
            print("  Q", [f"{v:.9e}" for v in b])


def erfcx(z):
    if z < 20:
        return erfc(z) * exp(z * z)
    return (1 - 0.5 / z**2 + 0.75 / z**4) / (z * np.sqrt(np.pi))


u = (np.cos(np.pi * (np.arange(2000) + 0.5) / 2000) + 1) / 2
t = 0.04 + 0.96 * u
y = np.array([erfcx(2 * (1 / v - 1)) for v in t]) / t
for degree in (7, 8, 9):
    weight = np.ones_like(t)
    for _ in range(60):
        matrix = np.stack([t**i for i in range(degree + 1)], 1) * (weight / y)[:, None]
        c = np.linalg.lstsq(matrix, weight, rcond=None)[0]
        error = sum(c[i] * t**i for i in range(degree + 1)) / y - 1
        weight = np.maximum(weight * (0.3 + np.abs(error) / np.abs(error).max()), 1e-3)
        weight /= weight.max()
    print("erfcx", degree, "relative error", np.abs(error).max(), [f"{v:.9e}" for v in c])
