"""Default initialisations as numbers: no random values, only what they are drawn from.

  {layer, args, keys: {key: {uniform: bound} | {normal: std} | {constant: value}}, zeroRows?}

Each stated bound is compared here with what PyTorch itself draws.
"""
import math

import torch
from torch import nn

from .layers import words


def bound(weight) -> float:
    """kaiming_uniform with a = sqrt(5): sqrt(6 / (1 + a^2) / fan_in) = 1 / sqrt(fan_in)."""
    fan_in, _ = nn.init._calculate_fan_in_and_fan_out(weight)
    return 1 / math.sqrt(fan_in)


def check(module, keys) -> None:
    for key, value in module.state_dict().items():
        kind, number = next(iter(keys[key].items()))
        if kind == "uniform":
            assert value.abs().max() <= number * (1 + 1e-7), key
            assert value.numel() < 100 or value.abs().max() > number * 0.95, key
        elif kind == "constant":
            assert (value == number).all(), key


def weighted(layer, module, args, **extra) -> dict:
    keys = {key: {"uniform": bound(module.weight)} for key, _ in module.named_parameters()}
    check(module, keys)
    return {"layer": layer, "args": args, "keys": keys, **extra}


def cases() -> list:
    torch.manual_seed(0)
    conv = {"padding": 1, "groups": 4}
    ones, zeros = {"constant": 1}, {"constant": 0}
    norm = {"weight": ones, "bias": zeros}
    running = {"running_mean": zeros, "running_var": ones, "num_batches_tracked": zeros}
    for module, keys in [(nn.LayerNorm(7), norm), (nn.BatchNorm2d(7), {**norm, **running})]:
        check(module, keys)
    return [
        weighted("Linear", nn.Linear(50, 80), [50, 80]),
        weighted("Linear", nn.Linear(784, 3), [784, 3]),
        weighted("Conv2d", nn.Conv2d(3, 32, 5), [3, 32, 5]),
        weighted("Conv2d", nn.Conv2d(16, 32, 3, **words(conv)), [16, 32, 3, conv]),
        weighted("Conv2d", nn.Conv2d(8, 8, (3, 5), groups=8), [8, 8, [3, 5], {"groups": 8}]),
        weighted("Conv1d", nn.Conv1d(6, 32, 5, groups=2), [6, 32, 5, {"groups": 2}]),
        weighted("Conv3d", nn.Conv3d(2, 16, 3), [2, 16, 3]),
        # The fan-in of a transposed weight [in, out / groups, ...] is that of its dim 1.
        weighted("ConvTranspose1d", nn.ConvTranspose1d(32, 6, 5), [32, 6, 5]),
        weighted("ConvTranspose2d", nn.ConvTranspose2d(8, 24, 3, groups=4), [8, 24, 3, {"groups": 4}]),
        weighted("ConvTranspose3d", nn.ConvTranspose3d(4, 25, 2), [4, 25, 2]),
        {"layer": "LayerNorm", "args": [7], "keys": norm},
        {"layer": "BatchNorm1d", "args": [7], "keys": {**norm, **running}},
        {"layer": "BatchNorm2d", "args": [7], "keys": {**norm, **running}},
        {"layer": "Embedding", "args": [60, 50], "keys": {"weight": {"normal": 1}}},
    ]
