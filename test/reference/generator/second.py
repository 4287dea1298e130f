"""Second gradients of smooth ops: of sum(dx * v), with respect to the inputs and to dy.

The ops are those of the other families, by the same names.
"""
import torch
import torch.nn.functional as F

from . import binary, losses, reductions, unary
from .case import op_case
from .encode import Rng, exact


def batch_norm(x, weight, bias):
    return F.batch_norm(x, None, None, weight, bias, training=True)


OPS = {
    **binary.OPS,
    **unary.OPS,
    **reductions.OPS,
    **losses.OPS,
    "layerNorm": lambda x, w, b, shape: F.layer_norm(x, shape, w, b),
    "batchNormTrain": batch_norm,
    "conv2d": lambda x, w, b, options: F.conv2d(x, w, b, **options),
    "maxPool2d": lambda x, kernel: F.max_pool2d(x, kernel),
    "avgPool2d": lambda x, kernel: F.avg_pool2d(x, kernel),
    "cat": lambda a, b, dim: torch.cat([a, b], dim),
    "indexSelect": lambda x, index, dim: x.index_select(dim, index.long()),
}

UNARY = {
    "square": (-2, 2), "sqrt": (0.3, 4), "rsqrt": (0.3, 4), "reciprocal": (0.3, 3), "exp": (-2, 2),
    "log": (0.2, 4), "log1p": (-0.5, 3), "expm1": (-2, 2), "sin": (-4, 4), "cos": (-4, 4),
    "tan": (-1.2, 1.2), "tanh": (-2, 2), "sigmoid": (-3, 3), "erf": (-2, 2), "silu": (-3, 3),
    "softplus": (-3, 3), "gelu": (-2.5, 2.5), "elu": (-2, 2), "relu": (-2, 2),
}  # fmt: skip


def cases() -> list:
    out = []

    def add(op, name, *inputs, **args):
        out.append(op_case(OPS, op, name, *inputs, second=True, **args))

    for op, (low, high) in UNARY.items():
        add(op, "4", Rng(f"second {op}").uniform(low, high, 4))
    add("gelu", "tanh", Rng("second gelu").uniform(-2, 2, 5), options={"approximate": "tanh"})
    for op in ["mul", "div", "sub"]:
        rng = Rng(f"second {op}")
        add(op, "same shape", rng.normal(2, 3), rng.nonzero(2, 3))
        add(op, "broadcast", rng.normal(2, 3), rng.nonzero(3))
    rng = Rng("second pow")
    add("pow", "tensors", rng.uniform(0.4, 2, 2, 3), rng.normal(3))
    for other in [3, 2, 1, 0, -1.5]:
        add("pow", f"number {other}", rng.uniform(0.4, 2, 4), other=other)
    add("pow", "base 0 and below, number 3", exact([-1.5, 0, 2]), other=3)
    products(add)
    reduced(add)
    layers(add)
    lossy(add)
    return out


def products(add) -> None:
    for a, b in [([3], [3]), ([2, 3], [3, 2]), ([2, 3], [3]), ([2, 2, 3], [3, 2])]:
        rng = Rng(f"second matmul {a} {b}")
        add("matmul", f"{a} @ {b}", rng.normal(*a), rng.normal(*b))
    rng = Rng("second linear")
    add("linear", "with bias", rng.normal(2, 3), rng.normal(4, 3), rng.normal(4))
    add("where", "broadcast", rng.bools(2, 3), rng.normal(3), rng.normal(2, 3))
    add("cat", "dim 1", rng.normal(2, 3), rng.normal(2, 1), dim=1)
    add("indexSelect", "repeated", rng.normal(3, 2), exact([2, 0, 2]).int(), dim=0)


def reduced(add) -> None:
    for op in ["sum", "mean", "variance", "std", "amax"]:
        add(op, "dim 1", Rng(f"second {op}").spaced(2, 4), dims=1)
    for op in ["softmax", "logSoftmax", "logsumexp"]:
        for dim in [0, 1]:
            add(op, f"dim {dim}", Rng(f"second {op} {dim}").normal(3, 4), dim=dim)


def layers(add) -> None:
    rng = Rng("second layers")
    add("layerNorm", "one dim", rng.normal(3, 5), rng.normal(5), rng.normal(5), shape=[5])
    add("batchNormTrain", "2-d", rng.normal(4, 3), rng.normal(3), rng.normal(3))
    add("batchNormTrain", "4-d", rng.normal(2, 2, 2, 3), rng.normal(2), rng.normal(2))
    w, b = rng.normal(2, 2, 3, 3), rng.normal(2)
    add("conv2d", "padded", rng.normal(1, 2, 4, 4), w, b, options={"padding": 1})
    options = {"stride": 2, "dilation": 2, "groups": 2, "padding": 1}
    add("conv2d", "all options", rng.normal(1, 4, 5, 5), rng.normal(2, 2, 2, 2), b, options=options)
    add("maxPool2d", "2x2", rng.spaced(1, 2, 4, 5), kernel=2)
    add("avgPool2d", "2x2", rng.normal(1, 2, 4, 5), kernel=2)


def lossy(add) -> None:
    rng = Rng("second losses")
    x, target = rng.normal(3, 4), exact([1, 3, 0]).int()
    for reduction in ["mean", "none"]:
        add("crossEntropy", reduction, x, target, options={"reduction": reduction})
    smooth = {"reduction": "mean", "labelSmoothing": 0.25}
    add("crossEntropy", "label smoothing", x, target, options=smooth)
    add("mseLoss", "mean", x, rng.normal(3, 4), options={})
    add("bceWithLogits", "mean", x, rng.uniform(0, 1, 3, 4), fixed=(1,), options={})
