"""Numbers in and out: seeded inputs that are exact in float32, and compact JSON.

A float32 tensor is a number or nested lists, others are {"int32": ...} and {"bool": ...}; one
without elements is {"shape"} with "dtype" where it is not float32. A float is the shortest decimal
that reads back as the same float32; "nan", "inf" and "-inf" are strings, -0 is written as -0.
"""
import json
import zlib

import numpy as np
import torch

SHORT = {torch.float64: "float32", torch.int64: "int32", torch.int32: "int32", torch.bool: "bool"}


class Rng:
    """Random inputs of one case. One or two decimals: odd in binary, short to write."""

    def __init__(self, name: str):
        self.state = np.random.RandomState(zlib.crc32(name.encode()))

    def normal(self, *shape: int, scale: float = 1.0, shift: float = 0.0) -> torch.Tensor:
        return exact(np.round(self.state.standard_normal(shape) * scale + shift, 1))

    def uniform(self, low: float, high: float, *shape: int) -> torch.Tensor:
        return exact(np.round(self.state.uniform(low, high, shape), 2))

    def nonzero(self, *shape: int) -> torch.Tensor:
        """Of both signs, and at least 0.3 from zero: divisors."""
        size = np.round(self.state.uniform(0.3, 2, shape), 2)
        return exact(size * np.where(self.state.uniform(size=shape) < 0.5, -1, 1))

    def spaced(self, *shape: int) -> torch.Tensor:
        """No two alike: nothing hangs on how ties are broken."""
        n = int(np.prod(shape))
        return exact((self.state.permutation(n).reshape(shape) - n // 2) / 8 + 0.03)

    def integers(self, low: int, high: int, *shape: int) -> torch.Tensor:
        return torch.from_numpy(np.array(self.state.randint(low, high, shape), dtype=np.int32))

    def bools(self, *shape: int) -> torch.Tensor:
        return torch.from_numpy(np.array(self.state.uniform(size=shape) < 0.5))

    def probabilities(self, *shape: int) -> torch.Tensor:
        """Sums to about one along dim 1."""
        p = self.state.uniform(0.05, 1, shape)
        return exact(np.round(p / p.sum(1, keepdims=True), 3))


def exact(values) -> torch.Tensor:
    """float64 tensor of float32 values."""
    with np.errstate(over="ignore"):
        return torch.from_numpy(np.array(values, dtype=np.float32).astype(np.float64))


def number(x: np.float32) -> str:
    if np.isnan(x):
        return '"nan"'
    if np.isinf(x):
        return '"inf"' if x > 0 else '"-inf"'
    plain = np.format_float_positional(x, unique=True, trim="-")
    science = np.format_float_scientific(x, unique=True, trim="-", exp_digits=1).replace("e+", "e")
    return min(plain, science, key=len)


class Raw(float):
    """A float whose repr is already its JSON text."""

    def __new__(cls, text: str):
        self = super().__new__(cls, 0.0)
        self.text = text
        return self

    def __repr__(self) -> str:
        return self.text


def encode(x: torch.Tensor):
    x = x.detach().contiguous()
    dtype = SHORT[x.dtype]
    if x.numel() == 0:
        empty = {"shape": list(x.shape)}
        return empty if dtype == "float32" else {**empty, "dtype": dtype}
    if dtype != "float32":
        return {dtype: nest([int(v) for v in x.reshape(-1).tolist()], list(x.shape))}
    with np.errstate(over="ignore"):
        narrow = x.reshape(-1).numpy().astype(np.float32)
    data = [json.loads(t) if t[0] == '"' else Raw(t) for t in map(number, narrow)]
    return nest(data, list(x.shape))


def nest(data: list, shape: list):
    if not shape:
        return data[0]
    step = len(data) // shape[0]
    return [nest(data[i * step : (i + 1) * step], shape[1:]) for i in range(shape[0])]


def encode_all(xs) -> list:
    return [None if x is None else encode(x) for x in xs]


def dump(cases: list) -> str:
    """One case a line."""
    return "[\n" + ",\n".join(text(case) for case in cases) + "\n]\n"


def text(node) -> str:
    if isinstance(node, dict):
        return "{" + ",".join(f"{json.dumps(k)}:{text(v)}" for k, v in node.items()) + "}"
    if isinstance(node, (list, tuple)):
        return "[" + ",".join(map(text, node)) + "]"
    return repr(node) if isinstance(node, Raw) else json.dumps(node)
