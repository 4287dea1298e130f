"""Cases of elementwise functions, binary and ternary ops, bitwise ops, activations: fixtures by name."""
import math

import torch
import torch.nn.functional as F
from torch import nn

from .case import op_case
from .encode import Rng, exact
from .module import module_case

INF, NAN = math.inf, math.nan


def cbrt(x):
    """PyTorch has none: the sign times |x|^(1/3)."""
    return torch.sign(x) * torch.abs(x) ** (1 / 3)


# name: (function, low and high end of ordinary inputs)
SMOOTH = {
    "exp2": (torch.exp2, -5, 5), "log2": (torch.log2, 0.05, 9), "log10": (torch.log10, 0.05, 9),
    "cbrt": (cbrt, 0.2, 9), "asin": (torch.asin, -0.9, 0.9), "acos": (torch.acos, -0.9, 0.9),
    "atan": (torch.atan, -5, 5), "sinh": (torch.sinh, -4, 4), "cosh": (torch.cosh, -4, 4),
    "asinh": (torch.asinh, -5, 5), "acosh": (torch.acosh, 1.2, 5),
    "atanh": (torch.atanh, -0.9, 0.9), "erfc": (torch.erfc, -2.5, 2.5),
    "erfinv": (torch.erfinv, -0.8, 0.8), "lgamma": (torch.lgamma, 0.3, 6),
    "digamma": (torch.digamma, 0.3, 6), "frac": (torch.frac, -4, 4),
    "softsign": (F.softsign, -5, 5), "tanhshrink": (F.tanhshrink, -3, 3),
    "mish": (F.mish, -6, 6), "selu": (F.selu, -4, 4), "logsigmoid": (F.logsigmoid, -9, 9),
    "hardswish": (F.hardswish, -5, 5), "hardsigmoid": (F.hardsigmoid, -5, 5),
    "relu6": (F.relu6, -3, 9),
}  # fmt: skip

# What PyTorch answers at special values: those of them that all its versions agree on.
SPECIAL = [NAN, INF, -INF, 0.0, -0.0, 1, -1, 0.5, -0.5, 2, -2.5, 1e-8, -1e-8, 7.25, -80, 1e-40]
# At their limits these give NaN in PyTorch where the limit is known, or infinities of either sign.
FINITE = {"mish", "softsign", "tanhshrink", "frac", "selu", "hardswish", "logsigmoid", "hardsigmoid"}
KINKS = {
    "relu6": [0, 6, -0.0, 5.5, 7, NAN], "hardswish": [-3, 3, 0, 2.5, -3.5], "frac": [1, -1, 2.5, -0.25],
    "hardsigmoid": [-3, 3, 0, 4], "selu": [0, -0.0, 1, -1], "mish": [0, 30, -30],
    "logsigmoid": [0, 30, -30, 100, -100],
}  # fmt: skip


def close_options(options: dict) -> dict:
    return {"equal_nan" if key == "equalNan" else key: value for key, value in options.items()}


OPS = {
    **{name: fn for name, (fn, _, _) in SMOOTH.items()},
    "polygamma": lambda x, n: torch.polygamma(n, x),
    "logit": lambda x, eps=None: torch.logit(x, eps),
    "nanToNum": lambda x, options={}: torch.nan_to_num(x, **options),
    "roundTo": lambda x, decimals: torch.round(x, decimals=decimals),
    "clampBetween": lambda x, low, high: torch.clamp(x, low, high),
    "clampAbove": lambda x, low: torch.clamp(x, low),
    "atan2": torch.atan2, "hypot": torch.hypot, "fmax": torch.fmax, "fmin": torch.fmin,
    "logaddexp": torch.logaddexp, "xlogy": torch.xlogy,
    "remainder": torch.remainder, "fmod": torch.fmod, "floorDivide": torch.floor_divide,
    "divRounded": lambda x, y, mode: torch.div(x, y, rounding_mode=mode),
    "addScaled": lambda x, y, alpha: torch.add(x, y, alpha=alpha),
    "subScaled": lambda x, y, alpha: torch.sub(x, y, alpha=alpha),
    "lerp": lambda x, y, w=None, weight=None: torch.lerp(x, y, w if weight is None else weight),
    "addcmul": lambda x, y, z, value=1: torch.addcmul(x, y, z, value=value),
    "addcdiv": lambda x, y, z, value=1: torch.addcdiv(x, y, z, value=value),
    "addmm": lambda x, a, b, options={}: torch.addmm(x, a, b, **options),
    "bitwiseAnd": torch.bitwise_and, "bitwiseOr": torch.bitwise_or, "bitwiseXor": torch.bitwise_xor,
    "bitwiseNot": torch.bitwise_not, "bitwiseLeftShift": torch.bitwise_left_shift,
    "isclose": lambda x, y, options={}: torch.isclose(x, y, **close_options(options)),
    "allclose": lambda x, y, options={}: torch.tensor(torch.allclose(x, y, **close_options(options))),
    "equal": lambda x, y: torch.tensor(torch.equal(x, y)),
    "bitwiseRightShift": torch.bitwise_right_shift, "powWhole": torch.pow,
    "hardtanh": lambda x, min=-1.0, max=1.0: F.hardtanh(x, min, max),
    "celu": lambda x, alpha=1.0: F.celu(x, alpha),
    "glu": lambda x, dim=-1: F.glu(x, dim),
    "prelu": F.prelu,
    "rrelu": lambda x: F.rrelu(x),
    "softshrink": lambda x, lambd=0.5: F.softshrink(x, lambd),
    "hardshrink": lambda x, lambd=0.5: F.hardshrink(x, lambd),
    "threshold": lambda x, threshold, value: F.threshold(x, threshold, value),
    "softmin": lambda x, dim: F.softmin(x, dim),
    "softplusScaled": lambda x, options: F.softplus(x, **options),
}  # fmt: skip


def whole(*values):
    return torch.tensor(values, dtype=torch.int32)


def functions() -> list:
    out = []

    def add(op, name, x, **args):
        out.append(op_case(OPS, op, name, x, **args))

    for op, (_, low, high) in SMOOTH.items():
        # No second derivatives of mish, hardswish and hardsigmoid, or none at all, in PyTorch 1.13.
        second = op not in {"mish", "hardswish", "hardsigmoid", "relu6"}
        for shape in [[3, 5], []]:
            add(op, f"{shape}", Rng(f"{op} {shape}").uniform(low, high, *shape), second=second)
        finite = [v for v in SPECIAL if math.isfinite(v)]
        add(op, "special values", exact(finite if op in FINITE else SPECIAL), grad=False)
        if op in KINKS:
            add(op, "at its kinks", exact(KINKS[op]))
    negative = exact([-0.5, -1.25, -2.5, -3.75, -7.125, -20.5])
    add("lgamma", "negative", negative, second=True)
    add("digamma", "negative", negative)
    for n in [0, 1, 2, 4]:
        add("polygamma", f"order {n}", Rng(f"polygamma {n}").uniform(0.3, 9, 7), n=n)
    add("polygamma", "order 1, negative", negative, n=1)
    add("logit", "plain", Rng("logit").uniform(0.1, 0.9, 3, 5), second=True)
    add("logit", "special values", exact([0, 1, 0.5, -1, 2, NAN]), grad=False)
    add("logit", "eps", exact([0, 1, 0.5, -1, 2, 0.125, 0.875, 0.25]), eps=0.125)
    special = exact([NAN, INF, -INF, 1, -2])
    add("nanToNum", "numbers", special, options={"nan": 5.0, "posinf": 7.0, "neginf": -7.0})
    add("nanToNum", "nan alone", exact([NAN, 1, -2]), options={"nan": 5.0})
    for decimals in [1, 2, -1]:
        x = exact([0.25, 0.75, -1.125, 15.5, -25, 123.375, 0])
        add("roundTo", f"{decimals}", x, decimals=decimals)
    return out


def pairs() -> list:
    out = []

    def add(op, name, *inputs, **args):
        out.append(op_case(OPS, op, name, *inputs, **args))

    ordinary = {"atan2": (-3, 3), "hypot": (-3, 3), "logaddexp": (-5, 5), "xlogy": (0.2, 3)}
    for op, (low, high) in ordinary.items():
        rng = Rng(op)
        x, y = rng.uniform(low, high, 3, 1, 5), rng.uniform(low, high, 7, 1)
        add(op, "broadcast", x, y, second=True)
    values = [NAN, INF, -INF, 0.0, -0.0, 1, -1.5, 7]
    grid = torch.cartesian_prod(exact(values), exact(values))
    a, b = grid[:, 0].contiguous(), grid[:, 1].contiguous()
    for op in ["atan2", "logaddexp", "xlogy", "fmax", "fmin", "hypot"]:
        add(op, "special values", a, b, grad=False)
    add("isclose", "special values", a, b)
    add("isclose", "NaN, too", a, b, options={"equalNan": True})
    x = exact([1, 1, 1, -100, 0, 0, 3])
    y = exact([1 + 2**-20, 1 + 2**-13, 1.125, -100 - 2**-11, 2**-30, 2**-23, 2.5])
    add("isclose", "defaults", x, y)
    add("isclose", "rtol, atol", x, y, options={"rtol": 0.125, "atol": 0.0625})
    add("isclose", "the other way", y, x, options={"rtol": 0.125, "atol": 0.0625})
    near = x * (1 + 2**-20)
    for a, b in [(x, near), (near, x), (x, y), (x, x)]:
        add("allclose", "defaults", a, b)
        add("equal", "the same", a, b)
    add("allclose", "rtol, atol", x, y, options={"rtol": 0.25, "atol": 0.25})
    add("allclose", "broadcast", x[:1], exact([[1, 1], [1, 1 + 2**-20]]))
    for options in [{}, {"equalNan": True}]:
        add("allclose", "NaN", exact([1, NAN]), exact([1, NAN]), options=options)
    add("equal", "NaN", exact([NAN]), exact([NAN]))
    add("equal", "shapes", exact([1, 1]), exact([[1, 1]]))
    add("equal", "int32", whole(1, 2), whole(1, 2))
    add("isclose", "int32", whole(1, 2, 100000, 1000000), whole(1, 3, 100001, 1000001))
    for op in ["fmod", "remainder", "floorDivide"]:
        add(op, "special values", exact([NAN, 1, INF, 0.0, -0.0, 7]), exact([1, NAN, 2, 2, 3, 0]), grad=False)
    ties = exact([1, 2, -1, 0, NAN, 1]), exact([1, 1, 3, 0.0, 1, NAN])
    for op in ["fmax", "fmin"]:
        add(op, "ties", *ties)
        add(op, "int32", whole(3, -1, 7), whole(3, 2, -7))
    add("xlogy", "at 0", exact([0, 0, 1, 2]), exact([0, -1, 2, 0.5]))
    add("atan2", "around", exact([1, -1, 0, 0.5]), exact([0, -1, 2, -0.5]))
    x, y = exact([5.5, -5.5, 7, -7, 0.3, -1, 6]), exact([2, 2, -3, -3, 0.1, 0.75, -2])
    n, m = whole(7, -7, 7, -7, 6, 0, -1), whole(2, 2, -2, -2, 3, 5, 4)
    for op in ["fmod", "remainder"]:
        add(op, "signs", x, y)
        add(op, "int32", n, m)
    add("floorDivide", "signs", x, y, grad=False)
    add("floorDivide", "int32", n, m)
    for mode in ["trunc", "floor"]:
        add("divRounded", f"{mode}", x, y, mode=mode)
        add("divRounded", f"{mode}, int32", n, m, mode=mode)
    rng = Rng("scaled")
    x, y, z = rng.normal(3, 1, 5), rng.normal(7, 1), rng.normal(5)
    for op in ["addScaled", "subScaled"]:
        add(op, "broadcast", x, y, alpha=-0.75)
        add(op, "int32", whole(1, -5), whole(3, 7), alpha=3)
    add("lerp", "near a", x, y, weight=0.25)
    add("lerp", "beyond b", x, y, weight=1.75)
    add("lerp", "tensor", x, y, rng.uniform(-1, 2, 5))
    for op in ["addcmul", "addcdiv"]:
        add(op, "broadcast", x, y, z, value=-0.75)
        add(op, "plain", x, y, z)
    add("addcmul", "int32", whole(1, -5), whole(3, 7), whole(2, -3), value=3)
    own = Rng("one shape")
    same, same2, same3 = own.normal(3, 5), own.normal(3, 5), own.uniform(0.5, 2, 3, 5)
    add("lerp", "one shape, near a", same, same2, weight=0.25)
    add("lerp", "one shape, tensor", same, same2, own.uniform(-1, 2, 3, 5))
    add("addcmul", "one shape", same, same2, same3, value=-0.75)
    add("addcdiv", "one shape", same, same2, same3, value=-0.75)
    a, b = rng.normal(3, 5), rng.normal(5, 7)
    add("addmm", "plain", rng.normal(3, 7), a, b)
    add("addmm", "scaled", rng.normal(7), a, b, options={"beta": 0.5, "alpha": -2})
    add("addmm", "beta 0", exact([NAN] * 7), a, b, options={"beta": 0}, fixed=(0,))
    base, powers = whole(2, -3, 0, 1, -1, 7, -1), whole(5, 3, 0, -2, -3, 11, 4)
    add("powWhole", "int32", base, powers)
    bits = whole(0, 1, -1, 12, 1 << 30, -(1 << 31), 255), whole(3, 5, 31, 0, 1, 2, 4)
    for op in ["And", "Or", "Xor", "LeftShift", "RightShift"]:
        add("bitwise" + op, "int32", *bits)
    yes = torch.tensor([True, True, False, False]), torch.tensor([True, False, True, False])
    for op in ["And", "Or", "Xor"]:
        add("bitwise" + op, "bool", *yes)
        add("bitwise" + op, "bool and int32", yes[0], whole(3, 2, 1, 7))
    add("bitwiseNot", "int32", bits[0])
    add("bitwiseNot", "bool", yes[0])
    x = exact([-2, -1, -0.5, 0, 0.5, 1, 2])
    low, high = exact([-1, -1, 0, 0, 1, 1, NAN]), exact([1, 1, 1, 1, 0, 1, 1])
    add("clampBetween", "tensors", x, low, high, fixed=(1, 2))
    add("clampBetween", "all gradients", exact([-2, 0.5, 3]), exact([-1, 0, 0]), exact([1, 1, 1]))
    x, low, high = exact([1, 2, 3, NAN, 1, 2, 3, 1, 3]), exact([2, 2, 2, 1, 3, 3, 3, NAN, NAN]), exact([2, 2, 2, 2, 2, 2, 2, 2, 2])
    add("clampBetween", "equal, crossed and missing bounds", x, low, high)
    add("clampBetween", "an upper bound that is NaN", exact([1, NAN, 2]), exact([0, 0, 3]), exact([NAN, 1, NAN]))
    add("clampAbove", "NaN and equals", exact([NAN, 1, 1]), exact([1, 1, NAN]))
    add("clampAbove", "int32", whole(-3, 0, 3), whole(-1, 0, 1))
    return out


def activations() -> list:
    out = []

    def add(op, name, *inputs, **args):
        out.append(op_case(OPS, op, name, *inputs, **args))

    x = Rng("activations").normal(3, 5, scale=2)
    kinks = exact([-2, -1, -0.5, -0.0, 0, 0.5, 1, 2, 3])
    for name, at in [("ordinary", x), ("kinks", kinks)]:
        add("hardtanh", name, at)
        add("hardtanh", f"{name}, bounds", at, min=-0.5, max=2.0)
        add("softshrink", name, at)
        add("softshrink", f"{name}, 1", at, lambd=1.0)
        add("hardshrink", name, at)
        add("hardshrink", f"{name}, 1", at, lambd=1.0)
        add("threshold", name, at, threshold=0.5, value=-3.0)
        add("rrelu", name, at)
        add("celu", name, at)
        add("celu", f"{name}, 0.5", at, alpha=0.5)
        add("celu", f"{name}, negative", at, alpha=-1.5)
        add("softplusScaled", name, at, options={"beta": 2.0})
        add("softplusScaled", f"{name}, threshold", at, options={"beta": -1.5, "threshold": 1.0})
    # softshrink of NaN is 0 in PyTorch 1.13, NaN since 2.
    for op, args in [("softshrink", {}), ("hardshrink", {}), ("threshold", {"threshold": 0.5, "value": 2.0})]:
        add(op, "special values", exact([NAN, INF, -INF, 7][op == "softshrink" :]), grad=False, **args)
    for dim in [0, 1, -1]:
        x = Rng(f"glu {dim}").normal(4, 2, 6)
        add("glu", f"dim {dim}", x, dim=dim, second=True)
        add("softmin", f"dim {dim}", x, dim=dim)
    rng = Rng("prelu")
    add("prelu", "one", rng.normal(3, 5), exact([0.25]))
    add("prelu", "channels", rng.normal(2, 3, 5), rng.normal(3))
    add("prelu", "at 0", exact([0, -0.0, 1, -1]), exact([0.5]))
    return out


def layers() -> list:
    out = []

    def add(layer, name, module, shape, *args, training=True):
        x = Rng(f"{layer} input {name}").normal(*shape, scale=2)
        out.append(module_case(layer, name, module, [x], args, training))

    plain = ["ReLU6", "Hardtanh", "Hardswish", "Hardsigmoid", "Mish", "SELU", "CELU", "Softsign"]
    for layer in plain + ["Tanhshrink", "Softshrink", "Hardshrink", "LogSigmoid", "PReLU"]:
        add(layer, "default", getattr(nn, layer)(), [3, 5])
    add("Hardtanh", "bounds", nn.Hardtanh(-0.5, 2), [3, 5], -0.5, 2)
    add("CELU", "alpha 0.5", nn.CELU(0.5), [3, 5], 0.5)
    add("GLU", "default", nn.GLU(), [3, 4])
    add("GLU", "dim 1", nn.GLU(1), [2, 6, 3], 1)
    add("PReLU", "channels", nn.PReLU(3), [2, 3, 5], 3)
    add("RReLU", "evaluation", nn.RReLU(), [3, 5], training=False)
    add("RReLU", "bounds", nn.RReLU(0.25, 0.75), [3, 5], 0.25, 0.75, training=False)
    add("RReLU", "no choice", nn.RReLU(0.25, 0.25), [3, 5], 0.25, 0.25)
    add("Softshrink", "1", nn.Softshrink(1), [3, 5], 1)
    add("Hardshrink", "1", nn.Hardshrink(1), [3, 5], 1)
    add("Threshold", "0.5", nn.Threshold(0.5, 2), [3, 5], 0.5, 2)
    add("Softmin", "dim 1", nn.Softmin(1), [3, 5], 1)
    add("Softmax2d", "images", nn.Softmax2d(), [2, 3, 2, 2])
    add("Softmax2d", "image", nn.Softmax2d(), [3, 2, 2])
    add("Softplus", "beta", nn.Softplus(2, 1), [3, 5], 2, 1)
    return out


FIXTURES = {
    "specialFunctions": functions,
    "pairs": pairs,
    "composedActivations": activations,
    "activationLayers": layers,
}
