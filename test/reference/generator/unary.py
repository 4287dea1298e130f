"""Ops of one tensor, element by element, at ordinary points, at special values and at kinks."""
import math

import torch
import torch.nn.functional as F

from .case import op_case
from .encode import Rng, exact

INF, NAN = math.inf, math.nan
DTYPES = {"float32": torch.float64, "int32": torch.int32, "bool": torch.bool}

# name: (function, low and high end of ordinary inputs)
SMOOTH = {
    "neg": (torch.neg, -3, 3), "abs": (torch.abs, -3, 3), "square": (torch.square, -3, 3),
    "sqrt": (torch.sqrt, 0.1, 9), "rsqrt": (torch.rsqrt, 0.1, 9),
    "reciprocal": (torch.reciprocal, 0.2, 4), "exp": (torch.exp, -5, 5),
    "log": (torch.log, 0.05, 9), "log1p": (torch.log1p, -0.9, 5),
    "expm1": (torch.expm1, -3, 3), "sin": (torch.sin, -7, 7), "cos": (torch.cos, -7, 7),
    "tan": (torch.tan, -1.4, 1.4), "tanh": (torch.tanh, -4, 4),
    "sigmoid": (torch.sigmoid, -6, 6), "erf": (torch.erf, -3, 3), "relu": (torch.relu, -3, 3),
    "silu": (F.silu, -6, 6),
}  # fmt: skip
STEPS = {
    "sign": torch.sign, "floor": torch.floor, "ceil": torch.ceil, "round": torch.round,
    "trunc": torch.trunc,
}  # fmt: skip
TESTS = {
    "isnan": torch.isnan, "isinf": torch.isinf, "isfinite": torch.isfinite,
    "logicalNot": torch.logical_not,
}  # fmt: skip

OPS = {
    **{name: fn for name, (fn, _, _) in SMOOTH.items()},
    **STEPS,
    **TESTS,
    "gelu": lambda x, options={}: F.gelu(x, **options),
    "softplus": lambda x: F.softplus(x),
    "leakyRelu": lambda x, slope=0.01: F.leaky_relu(x, slope),
    "elu": lambda x, alpha=1.0: F.elu(x, alpha),
    "clamp": lambda x, min=None, max=None: torch.clamp(x, min, max),
    "to": lambda x, dtype: x.to(DTYPES[dtype]),
}

SPECIAL = [NAN, INF, -INF, 0.0, -0.0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 1e-8, -1e-8, 88, -88]
LARGE = [3e38, -3e38, 1e-40]
# sin, cos and tan of such large numbers, and NaN's sign, have no agreed answer.
WITHOUT_LARGE = {"sin", "cos", "tan"}
WITHOUT_NAN = {"sign"}
# PyTorch answers NaN here where the limit is 0.
WITHOUT_MINUS_INF = {"gelu", "silu"}


def cases() -> list:
    out = []

    def add(op, name, x, **args):
        out.append(op_case(OPS, op, name, x, **args))

    for op, (_, low, high) in SMOOTH.items():
        rng = Rng(op)
        add(op, "3x5", rng.uniform(low, high, 3, 5))
        add(op, "0-d", rng.uniform(low, high))
        add(op, "no elements", rng.uniform(low, high, 2, 0, 3))
    for op in [*SMOOTH, *STEPS, *TESTS, "gelu", "softplus", "leakyRelu", "elu"]:
        values = SPECIAL + ([] if op in WITHOUT_LARGE else LARGE)
        values = [v for v in values if not (op in WITHOUT_MINUS_INF and v == -INF)]
        values = [v for v in values if not (op in WITHOUT_NAN and v != v)]
        add(op, "special values", exact(values), grad=False)
    for op in STEPS:
        halves = exact([[-3.5, -2.5, -1.2, -0.5, 0.2], [0.5, 1.5, 1.7, 2.5, 3.5]])
        add(op, "halves", halves)
    more(add)
    kinks(add)
    clamps(add)
    casts(add)
    return out


def more(add) -> None:
    for name, options in [("default", {}), ("tanh", {"approximate": "tanh"})]:
        x = Rng(f"gelu {name}").uniform(-4, 4, 3, 5)
        add("gelu", name, x, **({"options": options} if options else {}))
    add("softplus", "3x5", Rng("softplus").uniform(-9, 9, 3, 5))
    add("softplus", "from the log to the line", exact([-100, -30, -15, 0, 15, 19.5, 20.5, 30, 100]))
    for slope in [0.01, 0.25, -0.5]:
        add("leakyRelu", f"slope {slope}", Rng(f"leakyRelu {slope}").normal(2, 5), slope=slope)
    for alpha in [1, 0.5]:
        add("elu", f"alpha {alpha}", Rng(f"elu {alpha}").normal(2, 5), alpha=alpha)
    for op in ["sin", "cos"]:
        add(op, "far out", Rng(f"{op} far").uniform(-1000, 1000, 9))
    for op in ["tanh", "erf", "expm1", "log1p", "sin", "sigmoid"]:
        add(op, "near zero", exact([1e-3, -1e-3, 1e-5, -1e-5, 1e-9, -1e-20]))
    add("log", "near one", exact([1.001, 0.999, 1.0000001, 0.9999999, 1e-30, 1e30]))
    add("exp", "ends of the range", exact([88.7, 88.73, -87.3, -100, -110]), grad=False)


def kinks(add) -> None:
    around = exact([-1, -0.0, 0.0, 1])
    for op in ["abs", "relu", "leakyRelu", "elu", "sign", "square"]:
        add(op, "gradient at zero", around)
    for op in ["sqrt", "rsqrt", "reciprocal", "log"]:
        add(op, "gradient at zero", exact([0.0, 0, 1, 4]))


def clamps(add) -> None:
    x = exact([-3, -1, -0.5, -0.0, 0.5, 1, 3])
    add("clamp", "both, gradient 1 at the bounds", x, min=-1, max=1)
    add("clamp", "min only", x, min=-0.5)
    add("clamp", "max only", x, max=0.5)
    add("clamp", "min above max", x, min=2, max=-2, grad=False)
    add("clamp", "special values", exact([NAN, INF, -INF, 0]), min=-2, max=2, grad=False)
    add("clamp", "int32", Rng("clamp int32").integers(-9, 9, 3, 3), min=-2, max=3)


def casts(add) -> None:
    floats = exact([[0, -0.0, 0.5], [-1.7, 1.7, 100.99]])
    for dtype in DTYPES:
        add("to", f"float32 to {dtype}", floats, dtype=dtype)
        add("to", f"int32 to {dtype}", Rng("to").integers(-3, 3, 7), dtype=dtype)
        add("to", f"bool to {dtype}", Rng("to").bools(7), dtype=dtype)
    add("to", "special values to bool", exact([NAN, INF, -INF, 1e-40]), dtype="bool", grad=False)
    for op in ["neg", "abs", "sign", "square"]:
        add(op, "int32", Rng(f"{op} int32").integers(-9, 9, 7))
    add("logicalNot", "bool", Rng("logicalNot").bools(7))
    add("exp", "int32 becomes float32", Rng("exp int32").integers(-3, 3, 5))
