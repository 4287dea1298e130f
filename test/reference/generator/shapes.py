"""Views, joins, gather and scatter: what moves elements and computes nothing."""
import torch
import torch.nn.functional as F

from .case import op_case
from .encode import Rng, exact


def python_slice(x, start, end=None, options={}):
    """As in Python and NumPy, negative steps included; PyTorch has none."""
    dim, step = options.get("dim", 0), options.get("step", 1)
    chosen = range(*slice(start, end, step).indices(x.shape[dim]))
    return x.index_select(dim, torch.tensor(list(chosen), dtype=torch.int64))


def scatter(x, index, src, dim):
    return x.scatter_add(dim, index.long(), src)


OPS = {
    "reshape": lambda x, shape: x.reshape(shape),
    "transpose": lambda x, dim0, dim1: x.transpose(dim0, dim1),
    "t": lambda x: x.t(),
    "permute": lambda x, dims: x.permute(dims),
    "squeeze": lambda x, dim=None: x.squeeze() if dim is None else x.squeeze(dim),
    "unsqueeze": lambda x, dim: x.unsqueeze(dim),
    "expand": lambda x, shape: x.expand(shape),
    "narrow": lambda x, dim, start, length: x.narrow(dim, start, length),
    "select": lambda x, dim, index: x.select(dim, index),
    "slice": python_slice,
    "flatten": lambda x, start=0, end=-1: x.flatten(start, end),
    "unbind": lambda x, dim: x.unbind(dim),
    "split": lambda x, sizes, dim=0: x.split(sizes, dim),
    "chunk": lambda x, n, dim=0: x.chunk(n, dim),
    "clone": lambda x: x.clone(),
    "contiguous": lambda x: x.t().contiguous(),
    "viewOfView": lambda x: x.permute(2, 0, 1).narrow(0, 1, 3).transpose(1, 2).select(1, 2),
    "viewThenOp": lambda x, y: x.transpose(0, 1) * y.expand(5, 3) + x.t(),
    "cat": lambda *xs, dim=0: torch.cat(xs, dim),
    "stack": lambda *xs, dim=0: torch.stack(xs, dim),
    "pad": lambda x, padding, options={}: F.pad(x, padding, **options),
    "gather": lambda x, index, dim: x.gather(dim, index.long()),
    "indexSelect": lambda x, index, dim: x.index_select(dim, index.long()),
    "scatterAdd": scatter,
    "oneHot": lambda x, classes: F.one_hot(x.long(), classes),
    "embedding": lambda ids, w, options={}: F.embedding(
        ids.long(), w, **({"padding_idx": options["paddingIdx"]} if options else {})
    ),
    "arange": lambda start, end, step, dtype: torch.arange(start, end, step).to(
        torch.int32 if dtype == "int32" else torch.float64
    ),
    "linspace": lambda start, end, steps: torch.linspace(start, end, steps),
    "eye": lambda n, m=None: torch.eye(n, m if m else n),
    "full": lambda shape, value: torch.full(shape, float(value)),
}

ONE_TENSOR = [
    ("reshape", [3, 4], {"shape": [2, 6]}), ("reshape", [2, 3, 5], {"shape": [-1, 3]}),
    ("reshape", [0, 3], {"shape": [3, 0, 2]}), ("reshape", [1], {"shape": []}),
    ("transpose", [2, 3, 5], {"dim0": 0, "dim1": 2}),
    ("transpose", [2, 3, 5], {"dim0": -1, "dim1": -2}),
    ("t", [3, 5], {}), ("t", [4], {}),
    ("permute", [2, 3, 5], {"dims": [2, 0, 1]}), ("permute", [2, 3, 5], {"dims": [-1, 1, 0]}),
    ("squeeze", [1, 3, 1, 2], {}), ("squeeze", [1, 3, 1, 2], {"dim": 2}),
    ("squeeze", [1, 3, 1, 2], {"dim": 1}), ("unsqueeze", [3, 2], {"dim": 1}),
    ("unsqueeze", [3, 2], {"dim": -1}), ("unsqueeze", [], {"dim": 0}),
    ("expand", [3, 1], {"shape": [3, 5]}), ("expand", [3, 1], {"shape": [2, 3, 4]}),
    ("expand", [1, 3], {"shape": [4, -1]}), ("expand", [], {"shape": [2, 2]}),
    ("narrow", [4, 5], {"dim": 1, "start": 1, "length": 3}),
    ("narrow", [4, 5], {"dim": 0, "start": -2, "length": 2}),
    ("narrow", [4, 5], {"dim": 0, "start": 2, "length": 0}),
    ("select", [3, 4], {"dim": 0, "index": 1}), ("select", [3, 4], {"dim": -1, "index": -1}),
    ("slice", [6, 3], {"start": 1}), ("slice", [6, 3], {"start": 1, "end": 5}),
    ("slice", [6, 3], {"start": -3, "end": -1}), ("slice", [6, 3], {"start": 2, "end": 99}),
    ("slice", [6, 3], {"start": 4, "end": 2}),
    ("slice", [3, 7], {"start": 0, "end": 7, "options": {"dim": 1, "step": 3}}),
    ("slice", [3, 7], {"start": 5, "end": 0, "options": {"dim": 1, "step": -2}}),
    ("slice", [5, 2], {"start": -1, "end": -6, "options": {"step": -1}}),
    ("flatten", [2, 3, 4], {}), ("flatten", [2, 3, 4], {"start": 1}), ("flatten", [], {}),
    ("flatten", [2, 3, 4, 2], {"start": -3, "end": -2}),
    ("unbind", [3, 4], {"dim": 0}), ("unbind", [3, 2, 2], {"dim": -1}),
    ("split", [7, 2], {"sizes": 3}), ("split", [2, 7], {"sizes": [1, 4, 2], "dim": 1}),
    ("chunk", [7, 2], {"n": 3}), ("chunk", [2, 6], {"n": 2, "dim": -1}), ("chunk", [2, 3], {"n": 5}),
    ("clone", [3, 5], {}), ("contiguous", [3, 5], {}), ("viewOfView", [2, 3, 5], {}),
    ("pad", [2, 3], {"padding": [1, 2]}), ("pad", [2, 3], {"padding": [1, 0, 0, 2]}),
    ("pad", [2, 3, 2], {"padding": [0, 1, 2, 1], "options": {"value": -1.5}}),
    ("pad", [0, 2], {"padding": [1, 1, 2, 0]}),
]  # fmt: skip


def cases() -> list:
    out = []

    def add(op, name, *inputs, **args):
        out.append(op_case(OPS, op, name, *inputs, **args))

    for op, shape, args in ONE_TENSOR:
        add(op, f"{shape} {args}".replace("'", ""), Rng(f"{op} {shape} {args}").normal(*shape), **args)
    add("viewThenOp", "transposed and expanded", *pair([3, 5], [5, 1]))
    rng = Rng("int32 and bool views")
    add("transpose", "int32", rng.integers(-9, 9, 3, 5), dim0=0, dim1=1)
    add("cat", "bool", rng.bools(2, 3), rng.bools(1, 3), dim=0)
    add("slice", "int32", rng.integers(-9, 9, 9), start=7, end=1, options={"step": -3})
    joins(add)
    lookups(add)
    creations(add)
    return out


def pair(a, b):
    rng = Rng(f"pair {a} {b}")
    return rng.normal(*a), rng.normal(*b)


def joins(add) -> None:
    rng = Rng("joins")
    add("cat", "dim 0", rng.normal(2, 3), rng.normal(1, 3), rng.normal(4, 3), dim=0)
    add("cat", "dim -1", rng.normal(3, 2), rng.normal(3, 5), dim=-1)
    add("cat", "middle dim", rng.normal(2, 1, 3), rng.normal(2, 3, 3), dim=1)
    add("cat", "with an empty one", rng.normal(0, 3), rng.normal(2, 3), dim=0)
    add("cat", "a single one", rng.normal(2, 3), dim=0)
    add("stack", "dim 0", rng.normal(3), rng.normal(3), rng.normal(3), dim=0)
    add("stack", "dim -1", rng.normal(2, 3), rng.normal(2, 3), dim=-1)
    add("stack", "0-d", rng.normal(), rng.normal(), dim=0)


def lookups(add) -> None:
    rng = Rng("lookups")
    add("gather", "dim 0", rng.normal(3, 4), rng.integers(0, 3, 2, 4), dim=0)
    add("gather", "dim 1, repeated", rng.normal(3, 4), rng.integers(0, 4, 3, 7), dim=1)
    add("gather", "smaller index", rng.normal(3, 4), rng.integers(0, 4, 2, 2), dim=-1)
    add("gather", "3-d", rng.normal(2, 3, 4), rng.integers(0, 3, 2, 5, 4), dim=1)
    add("gather", "nothing", rng.normal(3, 4), rng.integers(0, 3, 0, 4), dim=0)
    add("indexSelect", "dim 0, repeated", rng.normal(4, 3), exact([2, 0, 2, 3]).int(), dim=0)
    add("indexSelect", "dim 1", rng.normal(2, 5, 3), exact([4, 0]).int(), dim=1)
    add("indexSelect", "int32", rng.integers(0, 9, 5), exact([4, 1, 1]).int(), dim=0)
    add("scatterAdd", "dim 0", rng.normal(4, 3), rng.integers(0, 4, 5, 3), rng.normal(5, 3), dim=0)
    add("scatterAdd", "dim 1", rng.normal(3, 4), rng.integers(0, 4, 3, 9), rng.normal(3, 9), dim=1)
    x, index, src = rng.normal(3, 4), rng.integers(0, 4, 2, 2), rng.normal(2, 3)
    add("scatterAdd", "part of src", x, index, src, dim=1, grad=False)
    add("scatterAdd", "1-d", rng.normal(4), rng.integers(0, 4, 9), rng.normal(9), dim=0)
    add("oneHot", "1-d", exact([2, 0, 1]).int(), classes=4)
    add("oneHot", "2-d", rng.integers(0, 3, 2, 3), classes=3)
    add("embedding", "repeated ids", rng.integers(0, 5, 2, 4), rng.normal(5, 3))
    ids = exact([[1, 2, 1], [0, 1, 4]]).int()
    add("embedding", "padding has no gradient", ids, rng.normal(5, 3), options={"paddingIdx": 1})
    add("embedding", "negative paddingIdx", ids, rng.normal(5, 3), options={"paddingIdx": -1})
    add("embedding", "0-d id", exact(3).int(), rng.normal(5, 3))


def creations(add) -> None:
    for start, end, step, dtype in [
        (0, 5, 1, "int32"), (2, 11, 3, "int32"), (5, -3, -2, "int32"), (0, 1, 0.25, "float32"),
        (1, 2, 0.1, "float32"), (3, 1, -0.5, "float32"), (4, 4, 1, "float32"),
    ]:  # fmt: skip
        args = {"start": start, "end": end, "step": step, "dtype": dtype}
        add("arange", f"{start} to {end} by {step}", **args)
    for start, end, steps in [(0, 1, 7), (-2, 3, 11), (5, 1, 4), (2, 9, 1), (0, 1, 0)]:
        add("linspace", f"{start} to {end}, {steps}", start=start, end=end, steps=steps)
    add("eye", "3", n=3)
    add("eye", "2x4", n=2, m=4)
    add("full", "2x3", shape=[2, 3], value=-0.5)
    add("full", "0-d", shape=[], value=2)
