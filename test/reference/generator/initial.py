"""Default initialisations as numbers: no random values, only what they are drawn from.

  {layer, args, keys: {key: {uniform: bound} | {normal: std} | {constant: value}}, zeroRows?}

Each stated bound is compared here with what PyTorch itself draws. And what functions of nn.init give where
nothing is random, or what they draw from: {fn, args, shape, values} | {fn, args, shape, uniform | normal}, and
the gains {fn: "calculateGain", args, gain}.
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
        elif value.numel() > 100:
            assert abs(value.std() / number - 1) < 0.2, key


def weighted(layer, module, args, **extra) -> dict:
    keys = {key: {"uniform": bound(module.weight)} for key, _ in module.named_parameters()}
    check(module, keys)
    return {"layer": layer, "args": args, "keys": keys, **extra}


def checked(layer, module, args, keys) -> dict:
    """Of each key what is said of the end of its name; the first that fits."""
    found = {}
    for key in module.state_dict():
        found[key] = next(what for end, what in keys.items() if key.endswith(end))
    check(module, found)
    return {"layer": layer, "args": args, "keys": found}


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def ours(options) -> dict:
    return {camel(key): value for key, value in options.items()}


def recurrent() -> list:
    out = []
    for name in ["RNN", "LSTM", "GRU"]:
        keys = {"": {"uniform": 1 / 4}}
        twice = {"num_layers": 2, "bidirectional": True}
        out += [
            checked(name, getattr(nn, name)(9, 16), [9, 16], keys),
            checked(name, getattr(nn, name)(9, 16, **twice), [9, 16, ours(twice)], keys),
            checked(f"{name}Cell", getattr(nn, f"{name}Cell")(9, 16), [9, 16], keys),
        ]
    return out


def xavier(rows, cols) -> dict:
    return {"uniform": math.sqrt(6 / (rows + cols))}


def attention() -> list:
    zeros, ones, third = {"constant": 0}, {"constant": 1}, {"uniform": 1 / 4}
    bias = {"in_proj_bias": zeros, "out_proj.bias": zeros}
    own = {"in_proj_weight": xavier(48, 16), "out_proj.weight": third}
    sizes = {"kdim": 10, "vdim": 12, "add_bias_kv": True}
    apart = {"q_proj_weight": xavier(16, 16), "k_proj_weight": xavier(16, 10), "v_proj_weight": xavier(16, 12),
             "bias_k": {"normal": 1 / 4}, "bias_v": {"normal": 1 / 4}, "out_proj.weight": third}
    norms = {"norm1.weight": ones, "norm2.weight": ones, "norm1.bias": zeros, "norm2.bias": zeros}
    linear = {"linear1.weight": third, "linear1.bias": third}
    wide = {"linear2.weight": {"uniform": 1 / 5}, "linear2.bias": {"uniform": 1 / 5}}
    layer = {**own, **bias, **norms, **linear, **wide}
    # Of the whole Transformer, matrices are drawn anew, biases not.
    whole = {**layer, "out_proj.weight": xavier(16, 16), "linear1.weight": xavier(25, 16),
             "linear2.weight": xavier(16, 25), "norm3.weight": ones, "norm3.bias": zeros,
             "norm.weight": ones, "norm.bias": zeros}
    few = {"num_encoder_layers": 1, "num_decoder_layers": 1, "dim_feedforward": 25}
    return [
        checked("MultiheadAttention", nn.MultiheadAttention(16, 4), [16, 4], {**own, **bias}),
        checked("MultiheadAttention", nn.MultiheadAttention(16, 4, **sizes), [16, 4, ours(sizes)],
                {**apart, **bias}),
        checked("TransformerEncoderLayer", nn.TransformerEncoderLayer(16, 4, 25),
                [16, 4, {"dimFeedforward": 25}], layer),
        checked("Transformer", nn.Transformer(16, 4, **few), [16, 4, ours(few)], whole),
    ]


def functions() -> list:
    """The functions of nn.init, by our names."""
    out = []
    for shape, groups in [((4, 3, 3), 1), ((6, 2, 3, 4), 3), ((2, 5, 1, 2, 3), 2)]:
        value = nn.init.dirac_(torch.empty(shape), groups)
        out.append({"fn": "dirac_", "args": [groups], "shape": list(shape), "values": value.flatten().tolist()})
    for shape in [(3, 3), (2, 4), (5, 2), (1, 1)]:
        value = nn.init.eye_(torch.empty(shape))
        out.append({"fn": "eye_", "args": [], "shape": list(shape), "values": value.flatten().tolist()})
    names = {"linear": [], "conv1d": [], "conv2d": [], "conv3d": [], "conv_transpose1d": [], "conv_transpose2d": [],
             "conv_transpose3d": [], "sigmoid": [], "tanh": [], "relu": [], "selu": [], "leaky_relu": []}
    for name, args in [*names.items(), ("leaky_relu", [0.3]), ("leaky_relu", [0])]:
        gain = nn.init.calculate_gain(name, *args)
        out.append({"fn": "calculateGain", "args": [camel(name), *args], "gain": gain})
    shape = (40, 30, 3)
    for a, options in [(0.5, {}), (0, {"mode": "fan_out"}), (0, {"nonlinearity": "relu"}),
                       (0.5, {"mode": "fan_out", "nonlinearity": "tanh"}), (2, {"nonlinearity": "leaky_relu"}),
                       (0, {"mode": "fan_in", "nonlinearity": "conv_transpose2d"})]:
        given = [a, {key: camel(value) for key, value in options.items()}]
        value = torch.empty(shape)
        std = nn.init.calculate_gain(options.get("nonlinearity", "leaky_relu"), a)
        std /= math.sqrt((40 if options.get("mode") == "fan_out" else 30) * 3)
        spread = nn.init.kaiming_normal_(value, a, **options).std()
        assert abs(spread / std - 1) < 0.05, options
        out.append({"fn": "kaimingNormal_", "args": given, "shape": list(shape), "normal": std})
        largest = nn.init.kaiming_uniform_(value, a, **options).abs().max()
        assert 0.99 < largest / std / math.sqrt(3) <= 1, options
        out.append({"fn": "kaimingUniform_", "args": given, "shape": list(shape), "uniform": std * math.sqrt(3)})
    return out


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
        checked("EmbeddingBag", nn.EmbeddingBag(60, 50), [60, 50], {"weight": {"normal": 1}}),
        checked("Bilinear", nn.Bilinear(9, 5, 6), [9, 5, 6], {"": {"uniform": 1 / 3}}),
        checked("PReLU", nn.PReLU(3), [3], {"weight": {"constant": 0.25}}),
        checked("GroupNorm", nn.GroupNorm(2, 4), [2, 4], norm),
        checked("BatchNorm3d", nn.BatchNorm3d(7), [7], {**norm, **running}),
        checked("InstanceNorm2d", nn.InstanceNorm2d(7, affine=True, track_running_stats=True),
                [7, {"affine": True, "trackRunningStats": True}], {**norm, **running}),
        *recurrent(),
        *attention(),
    ]
