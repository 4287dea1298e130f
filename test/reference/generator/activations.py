"""Activations as modules, and Flatten, Dropout and Identity beside them."""
from torch import nn

from .encode import Rng
from .module import module_case

PLAIN = ["ReLU", "GELU", "SiLU", "Sigmoid", "Tanh", "LeakyReLU", "ELU", "Softplus", "Identity"]


def cases() -> list:
    out = []

    def add(layer, name, module, shape, *args, training=True):
        x = Rng(f"{layer} input {name}").normal(*shape, scale=2)
        out.append(module_case(layer, name, module, [x], args, training))

    for layer in PLAIN:
        add(layer, "default", getattr(nn, layer)(), [2, 3])
    add("GELU", "tanh", nn.GELU(approximate="tanh"), [2, 3], {"approximate": "tanh"})
    add("LeakyReLU", "slope 0.25", nn.LeakyReLU(0.25), [2, 3], 0.25)
    add("ELU", "alpha 0.5", nn.ELU(0.5), [2, 3], 0.5)
    for layer in ["Softmax", "LogSoftmax"]:
        for dim in [0, 1, -1]:
            add(layer, f"dim {dim}", getattr(nn, layer)(dim), [2, 3, 2], dim)
    add("Flatten", "default", nn.Flatten(), [2, 3, 2])
    add("Flatten", "0 to 1", nn.Flatten(0, 1), [2, 3, 2], 0, 1)
    add("Dropout", "evaluation", nn.Dropout(), [2, 3], training=False)
    add("Dropout", "p 0", nn.Dropout(0), [2, 3], 0)
    return out
