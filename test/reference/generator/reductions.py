"""Reductions over any dims, their ties and NaNs, and softmax with its relatives."""
import math

import torch

from .case import op_case
from .encode import Rng, exact

INF, NAN = math.inf, math.nan


def over(fn):
    """dims: none for all, a number or a list; options: {keepdim}."""
    return lambda x, dims=None, options={}: fn(x, every(x, dims), **options)


def every(x, dims) -> list:
    if dims is None:
        return list(range(x.ndim))
    return dims if isinstance(dims, list) else [dims]


def truth(fn):
    return lambda x, dims=None, options={}: fn(x) if dims is None else fn(x, dims, **options)


def extreme(fn):
    """max() is a value; max(dim) is values and indices."""
    return lambda x, dim=None, options={}: fn(x) if dim is None else fn(x, dim, **options)


OPS = {
    "sum": over(lambda x, dims, **o: x.sum(dims, **o) if dims else x.sum()),
    "mean": over(lambda x, dims, **o: x.mean(dims, **o)),
    "amax": over(lambda x, dims, **o: x.amax(dims, **o)),
    "amin": over(lambda x, dims, **o: x.amin(dims, **o)),
    "variance": over(lambda x, dims, **o: x.var(dims, **{"correction": 1, **o})),
    "std": over(lambda x, dims, **o: x.std(dims, **{"correction": 1, **o})),
    "max": extreme(torch.max),
    "min": extreme(torch.min),
    "argmax": lambda x, dim=None, options={}: torch.argmax(x, dim, **options),
    "argmin": lambda x, dim=None, options={}: torch.argmin(x, dim, **options),
    "all": truth(torch.all),
    "any": truth(torch.any),
    "logsumexp": lambda x, dim, options={}: torch.logsumexp(x, dim, **options),
    "softmax": lambda x, dim: torch.softmax(x, dim),
    "logSoftmax": lambda x, dim: torch.log_softmax(x, dim),
}

KEEP = {"options": {"keepdim": True}}
DIMS = [
    ("all", {}), ("all, keepdim", KEEP), ("0", {"dims": 0}), ("1", {"dims": 1}), ("-1", {"dims": -1}),
    ("[0,2]", {"dims": [0, 2]}), ("[-1,-2], keepdim", {"dims": [-1, -2], **KEEP}),
    ("[0,1,2]", {"dims": [0, 1, 2]}),
]  # fmt: skip


def cases() -> list:
    out = []

    def add(op, name, x, **args):
        out.append(op_case(OPS, op, name, x, **args))

    for op in ["sum", "mean", "amax", "amin", "variance", "std"]:
        for name, args in DIMS:
            rng = Rng(f"{op} {name}")
            x = rng.spaced(2, 3, 3) if op in ("amax", "amin") else rng.normal(2, 3, 3)
            add(op, f"dims {name}", x, **args)
        rng = Rng(f"{op} long")
        add(op, "long rows", rng.spaced(1, 19), dims=1)
        add(op, "long columns", rng.spaced(17, 1), dims=0)
    empties(add)
    corrections(add)
    ties(add)
    indices(add)
    integers(add)
    softmaxes(add)
    return out


def empties(add) -> None:
    for op in ["sum", "mean"]:
        add(op, "nothing, all", torch.zeros(0, 3))
        add(op, "nothing, dim 0", torch.zeros(0, 3), dims=0)
        add(op, "nothing, dim 1", torch.zeros(0, 3), dims=1)
        add(op, "0-d", exact(1.5))
    for op in ["amax", "variance"]:
        add(op, "no rows", torch.zeros(0, 3), dims=1)
    add("all", "nothing", torch.zeros(0, dtype=torch.bool))
    add("any", "nothing", torch.zeros(0, dtype=torch.bool))


def corrections(add) -> None:
    for op in ["variance", "std"]:
        for correction in [0, 2]:
            x = Rng(f"{op} correction {correction}").normal(3, 5)
            options = {"correction": correction}
            add(op, f"correction {correction}, all", x, options=options)
            add(op, f"correction {correction}, dim", x, dims=1, options=options)
        add(op, "far from zero", Rng(f"{op} far").normal(1, 9, shift=1000), dims=1, grad=False)
        add(op, "one element, correction 0", exact([[2.5]]), dims=1, options={"correction": 0})
        add(op, "one element, correction 1", exact([[2.5]]), dims=1, grad=False)
        add(op, "constant", exact([[1, 1, 1], [2, 0, 1]]), dims=1)


def ties(add) -> None:
    x = exact([[1, 3, 3, 2], [5, 5, 5, 5], [0, -0.0, -1, -1], [-2, -7, -7, -7]])
    with_nan = exact([[1, NAN, 3], [NAN, NAN, 0], [INF, -INF, INF], [-INF, -INF, -INF]])
    for op in ["amax", "amin"]:
        add(op, "ties share the gradient", x, dims=1)
        add(op, "ties share the gradient, both dims", x, dims=[0, 1])
        add(op, "NaN wins", with_nan, dims=1, grad=False)
        add(op, "NaN wins, all", with_nan, grad=False)
    for op in ["max", "min"]:
        add(op, "all, ties share the gradient", x)
        add(op, "ties, the first wins", x, dim=1)
        add(op, "ties, the first wins, keepdim", x, dim=0, **KEEP)
        add(op, "NaN wins", with_nan, dim=1)
        add(op, "NaN wins, all", with_nan, grad=False)
        add(op, "3-d", Rng(f"{op} 3-d").spaced(2, 5, 3), dim=1)
        add(op, "int32", Rng(f"{op} int32").integers(-9, 9, 3, 5), dim=-1)
    for op in ["argmax", "argmin"]:
        add(op, "ties, the first wins", x, dim=1)
        add(op, "ties, all", x)
        add(op, "NaN wins", with_nan, dim=1)


def indices(add) -> None:
    for op in ["argmax", "argmin"]:
        for dim in [0, 1, 2, -1]:
            add(op, f"dim {dim}", Rng(f"{op} {dim}").spaced(2, 5, 3), dim=dim)
        add(op, "keepdim", Rng(f"{op} keep").spaced(2, 5, 3), dim=1, **KEEP)
        add(op, "long", Rng(f"{op} long").spaced(67))
        add(op, "int32", Rng(f"{op} int32").integers(-99, 99, 3, 9), dim=1)


def integers(add) -> None:
    rng = Rng("integers")
    i, b = rng.integers(-9, 9, 3, 5), rng.bools(3, 5)
    add("sum", "int32", i)
    add("sum", "int32, dim", i, dims=1)
    add("sum", "bool counts", b, dims=0)
    add("amax", "int32", i, dims=1)
    for op in ["all", "any"]:
        add(op, "bool", b)
        add(op, "bool, dim 0", b, dims=0)
        add(op, "bool, dim 1, keepdim", b, dims=1, **KEEP)
        add(op, "float, NaN is true", exact([[NAN, 1], [0, -0.0], [0, NAN]]), dims=1, grad=False)
    specials = exact([[1, NAN], [INF, -INF], [INF, 1], [-0.0, -0.0]])
    for op in ["sum", "mean"]:
        add(op, "special values", specials, dims=1, grad=False)


def softmaxes(add) -> None:
    odd = exact([[-INF, 0, 1], [INF, 0, 1], [NAN, 0, 1], [-INF, -INF, -INF], [1000, 999, -1000]])
    for op in ["softmax", "logSoftmax", "logsumexp"]:
        for dim in [0, 1, 2, -1]:
            add(op, f"dim {dim}", Rng(f"{op} {dim}").normal(2, 3, 2, scale=2), dim=dim)
        add(op, "long", Rng(f"{op} long").normal(1, 19, scale=3), dim=1)
        add(op, "one element", exact([[2.5]]), dim=1)
        add(op, "no rows", torch.zeros(0, 3), dim=1)
        add(op, "special values", odd, dim=1, grad=False)
        far = exact([[1000, 999, 990], [-1000, -1001, -1002]])
        add(op, "far from zero", far, dim=1, grad=op != "logsumexp")
    add("logsumexp", "int32", Rng("logsumexp int32").integers(-3, 9, 3, 5), dim=1)
    add("logsumexp", "bool", Rng("logsumexp bool").bools(3, 5), dim=0, **KEEP)
    add("logsumexp", "keepdim", Rng("logsumexp keep").normal(3, 5), dim=0, **KEEP)
