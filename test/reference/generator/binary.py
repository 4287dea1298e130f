"""Ops of two or three tensors with broadcasting, comparisons, casts and matmul."""
import math

import torch

from .case import op_case
from .encode import Rng, exact

INF, NAN = math.inf, math.nan


def with_number(fn):
    """The second operand is a tensor, or the number `other`."""
    return lambda x, y=None, other=None: fn(x, other if y is None else y)


ARITHMETIC = {"add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div}
EXTREMES = {"maximum": torch.maximum, "minimum": torch.minimum}
COMPARISONS = {
    "eq": torch.eq, "ne": torch.ne, "lt": torch.lt, "le": torch.le, "gt": torch.gt, "ge": torch.ge,
}
LOGIC = {
    "logicalAnd": torch.logical_and,
    "logicalOr": torch.logical_or,
    "logicalXor": torch.logical_xor,
}


def in_place(name):
    """Changes a copy of x, so that gradients still reach x."""
    return lambda x, y=None, other=None: getattr(x.clone(), name)(other if y is None else y)


def row_in_place(base, row):
    """Changes a view of `base`; base itself must show it."""
    base.select(0, 1).mul_(row)
    return base


OPS = {
    **{name: with_number(fn) for name, fn in {**ARITHMETIC, **COMPARISONS}.items()},
    **EXTREMES,
    **LOGIC,
    "pow": with_number(torch.pow),
    "where": lambda c, a, b: torch.where(c, a, b),
    "matmul": torch.matmul,
    "matmulOfTransposed": lambda a, b: a.transpose(-2, -1) @ b.transpose(-2, -1),
    "linear": lambda x, w, b=None: torch.nn.functional.linear(x, w, b),
    "add_": in_place("add_"),
    "sub_": in_place("sub_"),
    "mul_": in_place("mul_"),
    "div_": in_place("div_"),
    "copy_": in_place("copy_"),
    "fill_": in_place("fill_"),
    "zero_": lambda x: x.clone().zero_(),
    "rowMul_": row_in_place,
}

PAIRS = {
    "same shape": ([2, 3], [2, 3]),
    "9 elements": ([9], [9]),
    "row": ([2, 2, 5], [5]),
    "column by row": ([3, 1], [1, 4]),
    "0-d and 3-d": ([], [2, 1, 3]),
    "both ways": ([2, 1, 3], [2, 1]),
    "0-d and 0-d": ([], []),
    "no elements": ([0, 3], [1, 3]),
}

MATMULS = [
    ([5], [5]), ([3], [3, 4]), ([3, 4], [4]), ([3, 5], [5, 7]), ([1, 1], [1, 1]), ([9, 5], [5, 5]),
    ([5], [2, 5, 3]), ([2, 3, 5], [5]), ([4, 3], [2, 3, 5]), ([2, 3, 4], [4, 5]),
    ([2, 3, 4], [2, 4, 5]), ([2, 1, 2, 3], [2, 3, 2]), ([2, 1, 2, 3], [1, 3, 3, 2]),
    ([3, 0], [0, 2]), ([0, 3], [3, 2]), ([0], [0]), ([2, 0, 3], [3, 2]), ([17, 3], [3, 1]),
]  # fmt: skip


def cases() -> list:
    out = []

    def add(op, name, *inputs, **args):
        out.append(op_case(OPS, op, name, *inputs, **args))

    for name, (a, b) in PAIRS.items():
        for op in [*ARITHMETIC, "maximum", "minimum"]:
            rng = Rng(f"{op} {name}")
            add(op, name, rng.normal(*a), rng.nonzero(*b))
        rng = Rng(f"pow {name}")
        add("pow", name, rng.uniform(0.2, 3, *a), rng.normal(*b))
        rng = Rng(f"compare {name}")
        x, y = rng.integers(0, 3, *a), rng.integers(0, 3, *b)
        add("eq", name, x.double(), y.double())
        add("lt", name, x.double(), y.double())
    numbers(add)
    extremes(add)
    powers(add)
    logic(add)
    dtypes(add)
    selections(add)
    matmuls(add)
    changes(add)
    return out


def numbers(add) -> None:
    for op in [*ARITHMETIC, "pow", *COMPARISONS]:
        for other in [2.5, 2]:
            rng = Rng(f"{op} number {other}")
            x = rng.uniform(0.3, 3, 2, 5) if op == "pow" else rng.normal(2, 5)
            if op in COMPARISONS:
                x[0, 1], x[1, 2], x[1, 0] = other, NAN, INF
            add(op, f"number {other}", x, other=other)


def extremes(add) -> None:
    odd = exact([NAN, INF, -INF, 0.0, -0.0, 1, -3e38])
    for op in ["add", "sub", "mul", "div", "maximum", "minimum", *COMPARISONS]:
        add(op, "special values", odd.reshape(-1, 1), odd.reshape(1, -1), grad=False)
    ties = exact([1, 2, 2, -1, 0, 0]), exact([2, 2, 1, -1, 0, -0.0])
    for op in ["maximum", "minimum"]:
        add(op, "ties share the gradient", *ties)


def powers(add) -> None:
    bases = exact([NAN, INF, -INF, 0.0, -0.0, 1, -1, 0.5, -0.5, 2, -2, -3])
    exponents = exact([NAN, INF, -INF, 0.0, -0.0, 1, -1, 0.5, -0.5, 2, -2, 3, -3])
    add("pow", "special values", bases.reshape(-1, 1), exponents.reshape(1, -1), grad=False)
    signs = exact([-2.5, -1, 0, 1, 2.5])
    for other in [0, 1, 2, 3, 4, -1, -2]:
        x = signs if other >= 0 else exact([-2.5, -1, 1, 2.5])
        add("pow", f"base of any sign, exponent {other}", x, other=other)
    add("pow", "base 0, exponent 0.5", exact([0, 1, 4]), other=0.5)
    add("pow", "square root", exact([0.25, 1, 4, 10]), other=0.5)
    add("pow", "base 0, exponent tensor", exact([0, 0, 0]), exact([1, 2, 3]))
    add("pow", "large and small", exact([1e-3, 10, 30, 1.001, 0.999]), exact([5, 20, -9, 999, 3000]))


def logic(add) -> None:
    for op in LOGIC:
        rng = Rng(f"{op}")
        add(op, "bool", rng.bools(3, 5), rng.bools(5))
        add(op, "float", exact([[NAN], [0], [-0.0], [2]]), exact([NAN, 0, 0.5]), grad=False)


def dtypes(add) -> None:
    rng = Rng("dtypes")
    i, j, f, b = rng.integers(-9, 9, 2, 3), rng.integers(1, 5, 3), rng.normal(2, 3), rng.bools(2, 3)
    for op in ARITHMETIC:
        add(op, "int32 and int32", i, j)
        add(op, "int32 and float32", i, rng.nonzero(2, 3))
        add(op, "int32 and number 3", i, other=3)
        add(op, "int32 and number 2.5", i, other=2.5)
    add("add", "bool and int32", b, i)
    add("mul", "bool and float32", b, f)
    add("mul", "int32 wraps", torch.tensor([2**30, -(2**31), 65537], dtype=torch.int32), other=4)
    for op in [*COMPARISONS]:
        add(op, "int32", i, rng.integers(-9, 9, 2, 3))
    add("eq", "bool", b, rng.bools(2, 3))
    add("maximum", "int32", i, j)


def selections(add) -> None:
    rng = Rng("where")
    add("where", "same shape", rng.bools(3, 5), rng.normal(3, 5), rng.normal(3, 5))
    add("where", "broadcast", rng.bools(3, 1), rng.normal(5), rng.normal(2, 1, 1))
    add("where", "no leaking NaN", rng.bools(4), exact([NAN, INF, 1, -0.0]), rng.normal(4))
    add("where", "int32", rng.bools(7), rng.integers(-5, 5, 7), rng.integers(-5, 5, 7))


def matmuls(add) -> None:
    for a, b in MATMULS:
        rng = Rng(f"matmul {a} {b}")
        add("matmul", f"{a} @ {b}", rng.normal(*a), rng.normal(*b))
    for a, b in [([5, 3], [7, 5]), ([2, 4, 3], [2, 5, 4]), ([4, 3], [2, 5, 4])]:
        rng = Rng(f"matmulOfTransposed {a} {b}")
        add("matmulOfTransposed", f"{a} and {b}", rng.normal(*a), rng.normal(*b))
    special = exact([[1, NAN, 0], [INF, 1, 0], [0, 2, -0.0]])
    add("matmul", "special values", special, exact([[1, 0], [0, 1], [3, -2]]), grad=False)
    for x in [[4], [5, 4], [2, 3, 4], [0, 4]]:
        rng = Rng(f"linear {x}")
        add("linear", f"{x}", rng.normal(*x), rng.normal(3, 4), rng.normal(3))
        add("linear", f"{x} without bias", rng.normal(*x), rng.normal(3, 4))


def changes(add) -> None:
    for op in ["add_", "sub_", "mul_", "div_", "copy_"]:
        rng = Rng(op)
        add(op, "same shape", rng.normal(2, 3), rng.nonzero(2, 3))
        add(op, "row", rng.normal(2, 3), rng.nonzero(3))
        if op != "copy_":
            add(op, "number", rng.normal(7), other=2.5)
    add("fill_", "number", Rng("fill_").normal(3, 3), other=-1.5)
    add("zero_", "zero", Rng("zero_").normal(3, 3))
    rng = Rng("rowMul_")
    add("rowMul_", "a view writes through", rng.normal(3, 5), rng.normal(5), grad=False)
