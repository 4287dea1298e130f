"""Tensors of one value, in given shapes and in those of others; another tensor's shape for views."""
import torch

from .case import op_case
from .encode import Rng

DTYPES = {"float32": torch.float64, "int32": torch.int32, "bool": torch.bool}


def dtype(options):
    """PyTorch's dtype for ours; float32 is computed as float64."""
    return {"dtype": DTYPES[options["dtype"]]} if "dtype" in options else {}


OPS = {
    "zeros": lambda shape, options={}: torch.zeros(shape, **dtype(options)),
    "ones": lambda shape, options={}: torch.ones(shape, **dtype(options)),
    "full": lambda shape, value, options={}: torch.full(
        shape, value, **dtype(options or {"dtype": "bool" if isinstance(value, bool) else "float32"})
    ),
    "zerosLike": lambda x, options={}: torch.zeros_like(x, **dtype(options)),
    "onesLike": lambda x, options={}: torch.ones_like(x, **dtype(options)),
    "fullLike": lambda x, value, options={}: torch.full_like(x, value, **dtype(options)),
    "detach": lambda x: x.detach(),
    "expandAs": lambda x, other: x.expand_as(other),
    "reshapeAs": lambda x, other: x.reshape_as(other),
    "viewAs": lambda x, other: x.view_as(other),
}  # fmt: skip

SHAPES = [[], [0, 3], [1], [3, 5], [2, 1, 7]]


def cases() -> list:
    out = []

    def add(op, name, *inputs, **args):
        out.append(op_case(OPS, op, name, *inputs, **args))

    for op in ["zeros", "ones"]:
        for shape in SHAPES:
            add(op, str(shape), shape=shape)
        for name in DTYPES:
            add(op, name, shape=[3, 2], options={"dtype": name})
    add("full", "a bool", shape=[2, 3], value=True)
    add("full", "int32", shape=[5], value=-7, options={"dtype": "int32"})
    add("full", "a number as bool", shape=[3], value=2, options={"dtype": "bool"})
    add("full", "no elements", shape=[0], value=2.5)
    rng = Rng("likes")
    likes = {"float32": rng.normal(3, 5), "int32": rng.integers(-9, 9, 7), "bool": rng.bools(2, 1, 3)}
    for op in ["zerosLike", "onesLike", "fullLike"]:
        given = {"value": 1} if op == "fullLike" else {}
        for name, x in likes.items():
            add(op, name, x, **given)
            for other in DTYPES:
                if other != name:
                    add(op, f"{name} as {other}", x, **given, options={"dtype": other})
        add(op, "a scalar", rng.normal(), **given)
        add(op, "no elements", rng.normal(0, 3), **given)
    add("fullLike", "a value between", likes["float32"], value=-1.5)
    for name, x in likes.items():
        add("detach", name, x)
    as_others(add)
    return out


def as_others(add) -> None:
    rng = Rng("as others")
    for shape, other in [([3, 1], [3, 5]), ([1, 3], [2, 4, 3]), ([], [2, 2]), ([1], [0]), ([2, 3], [2, 3])]:
        add("expandAs", f"{shape} {other}", rng.normal(*shape), rng.normal(*other), fixed=(1,))
    add("expandAs", "of int32 as float32", rng.integers(-9, 9, 3), rng.normal(2, 3), fixed=(1,))
    for op in ["reshapeAs", "viewAs"]:
        for shape, other in [([3, 4], [2, 6]), ([12], [3, 1, 4]), ([1], []), ([0, 3], [3, 0, 2])]:
            add(op, f"{shape} {other}", rng.normal(*shape), rng.normal(*other), fixed=(1,))
        add(op, "as int32", rng.normal(2, 3), rng.integers(0, 9, 6))
