"""Cases of creation, views and movement, random numbers: fixtures by name."""
import torch
import torch.nn.functional as F
from torch import nn

from .case import op_case
from .encode import Rng, exact
from .module import module_case


def pad(x, padding, options={}):
    if options.get("mode") == "circular" and x.ndim == len(padding) // 2 + 1:
        # 1.13 takes batches only; its documentation says both.
        return F.pad(x.unsqueeze(0), padding, **options).squeeze(0)
    return F.pad(x, padding, **options)


def tuple_or(value):
    return tuple(value) if isinstance(value, list) else value



OPS = {
    "asStrided": lambda x, size, stride, start=None: x.as_strided(size, stride, start),
    "asStridedOfTransposed": lambda x, size, stride, start=None: x.t().as_strided(size, stride, start),
    "asStridedOfExpanded": lambda x, size, stride, start=None: x.expand(2, 3).as_strided(size, stride, start),
    "atleast1d": torch.atleast_1d,
    "atleast2d": torch.atleast_2d,
    "atleast3d": torch.atleast_3d,
    "blockDiag": lambda *xs: torch.block_diag(*xs),
    "broadcastTensors": lambda *xs: torch.broadcast_tensors(*xs),
    "broadcastTo": lambda x, shape: torch.broadcast_to(x, shape),
    "cartesianProd": lambda *xs: torch.cartesian_prod(*xs),
    "columnStack": lambda *xs: torch.column_stack(xs),
    "diag": lambda x, offset=0: torch.diag(x, offset),
    "diagEmbed": lambda x, options={}: torch.diag_embed(x, **options),
    "diagonal": lambda x, options={}: torch.diagonal(x, **options),
    "dsplit": lambda x, sections: torch.dsplit(x, tuple_or(sections)),
    "dstack": lambda *xs: torch.dstack(xs),
    "flip": lambda x, dims: torch.flip(x, dims if isinstance(dims, list) else [dims]),
    "fliplr": torch.fliplr,
    "flipud": torch.flipud,
    "hsplit": lambda x, sections: torch.hsplit(x, tuple_or(sections)),
    "hstack": lambda *xs: torch.hstack(xs),
    "logspace": lambda start, end, steps, base=10: torch.logspace(start, end, steps, base),
    "meshgrid": lambda *xs, indexing="ij": torch.meshgrid(*xs, indexing=indexing),
    "moveaxis": lambda x, source, destination: torch.moveaxis(x, source, destination),
    "movedim": lambda x, source, destination: torch.movedim(x, tuple_or(source), tuple_or(destination)),
    "pad": pad,
    "padThenSquare": lambda x, padding, options={}: pad(x, padding, options).square(),
    "repeat": lambda x, sizes: x.repeat(sizes),
    "repeatInterleave": lambda x, n=None, repeats=None, dim=None: torch.repeat_interleave(
        x, repeats if n is None else n.long(), dim
    ),
    "roll": lambda x, shifts, dims=None: torch.roll(x, tuple_or(shifts), tuple_or(dims)),
    "rot90": lambda x, k=1, dims=[0, 1]: torch.rot90(x, k, dims),
    "squeezeDims": lambda x, dims: x.squeeze(dims[0]).squeeze(dims[1]),
    "swapaxes": lambda x, dim0, dim1: torch.swapaxes(x, dim0, dim1),
    "tensorSplit": lambda x, sections, dim=0: torch.tensor_split(x, tuple_or(sections), dim),
    "tile": lambda x, sizes: torch.tile(x, sizes),
    "tril": lambda x, offset=0: torch.tril(x, offset),
    "trilIndices": lambda rows, cols, offset=0: torch.tril_indices(rows, cols, offset),
    "triu": lambda x, offset=0: torch.triu(x, offset),
    "triuIndices": lambda rows, cols, offset=0: torch.triu_indices(rows, cols, offset),
    "unflatten": lambda x, dim, sizes: x.unflatten(dim, sizes),
    "unfold": lambda x, dim, size, step: x.unfold(dim, size, step),
    "viewOfPermuted": lambda x, shape: x.permute(1, 2, 0).view(shape),
    "vsplit": lambda x, sections: torch.vsplit(x, tuple_or(sections)),
    "vstack": lambda *xs: torch.vstack(xs),
}

VIEWS = [
    ("asStrided", [3, 5], {"size": [4, 3], "stride": [2, 3], "start": 1}),
    ("asStrided", [7], {"size": [3, 3], "stride": [1, 1]}),
    ("asStrided", [4, 3], {"size": [2, 2, 2], "stride": [0, 5, 1], "start": 5}),
    ("asStrided", [5], {"size": [], "stride": [], "start": 3}),
    ("asStridedOfTransposed", [3, 5], {"size": [3, 4], "stride": [4, 1], "start": 2}),
    ("asStridedOfExpanded", [3], {"size": [2, 2], "stride": [1, 1]}),
    ("atleast1d", [], {}), ("atleast1d", [3], {}),
    ("atleast2d", [], {}), ("atleast2d", [3], {}), ("atleast2d", [2, 3, 1], {}),
    ("atleast3d", [], {}), ("atleast3d", [3], {}), ("atleast3d", [2, 3], {}), ("atleast3d", [2, 3, 1], {}),
    ("broadcastTo", [3, 1], {"shape": [2, 3, 5]}),
    ("diag", [5], {}), ("diag", [3], {"offset": 2}), ("diag", [3], {"offset": -1}),
    ("diag", [3, 5], {}), ("diag", [5, 3], {"offset": -2}), ("diag", [3, 3], {"offset": 2}),
    ("diagEmbed", [3], {}), ("diagEmbed", [2, 3], {"options": {"offset": 1}}),
    ("diagEmbed", [2, 3], {"options": {"offset": -2, "dim1": 0, "dim2": 2}}),
    ("diagEmbed", [2, 3], {"options": {"offset": 1, "dim1": -1, "dim2": 0}}),
    ("diagonal", [3, 5], {}), ("diagonal", [5, 3, 2], {"options": {"offset": 1}}),
    ("diagonal", [3, 5, 4], {"options": {"offset": -1, "dim1": 2, "dim2": 0}}),
    ("diagonal", [2, 3], {"options": {"offset": 3}}), ("diagonal", [0, 3], {}),
    ("dsplit", [2, 1, 4], {"sections": 2}), ("dsplit", [1, 2, 5], {"sections": [1, 3]}),
    ("hsplit", [6], {"sections": 3}), ("hsplit", [2, 5], {"sections": [3]}),
    ("vsplit", [4, 2], {"sections": 2}), ("vsplit", [5, 2], {"sections": [-2, 7]}),
    ("moveaxis", [2, 3, 5], {"source": 0, "destination": -1}),
    ("movedim", [2, 3, 5], {"source": 1, "destination": 0}),
    ("movedim", [2, 3, 5, 1], {"source": [0, 2], "destination": [-1, 1]}),
    ("swapaxes", [2, 3, 5], {"dim0": 0, "dim1": -1}),
    ("squeezeDims", [2, 1, 3, 1], {"dims": [3, 1]}), ("squeezeDims", [2, 1, 3], {"dims": [1, 0]}),
    ("tensorSplit", [7, 2], {"sections": 3}), ("tensorSplit", [2, 3], {"sections": 5, "dim": 1}),
    ("tensorSplit", [7], {"sections": [2, 2, 5, -1]}), ("tensorSplit", [5], {"sections": [4, 1, 9]}),
    ("tensorSplit", [0, 3], {"sections": 2}),
    ("unflatten", [12, 2], {"dim": 0, "sizes": [3, -1]}), ("unflatten", [2, 6], {"dim": -1, "sizes": [2, 3, 1]}),
    ("unfold", [7], {"dim": 0, "size": 3, "step": 1}), ("unfold", [7], {"dim": 0, "size": 2, "step": 3}),
    ("unfold", [3, 13], {"dim": 1, "size": 5, "step": 2}), ("unfold", [5, 3, 2], {"dim": 0, "size": 5, "step": 1}),
    ("unfold", [5, 3], {"dim": -2, "size": 2, "step": 2}), ("unfold", [], {"dim": 0, "size": 1, "step": 1}),
    ("viewOfPermuted", [3, 2, 5], {"shape": [2, 5, 3, 1]}), ("viewOfPermuted", [3, 2, 5], {"shape": [10, 3]}),
]  # fmt: skip

MOVES = [
    ("flip", [7], {"dims": 0}), ("flip", [3, 5], {"dims": [0, 1]}), ("flip", [2, 3, 5], {"dims": [-1, 0]}),
    ("flip", [17, 3], {"dims": [0]}), ("flip", [3, 33], {"dims": -1}), ("flip", [3], {"dims": []}),
    ("fliplr", [3, 5], {}), ("fliplr", [2, 3, 2], {}), ("flipud", [5], {}), ("flipud", [3, 2], {}),
    ("repeat", [3], {"sizes": [4]}), ("repeat", [2, 3], {"sizes": [2, 1, 3]}), ("repeat", [], {"sizes": [2, 2]}),
    ("repeat", [2, 3], {"sizes": [1, 1]}), ("repeat", [2, 3], {"sizes": [0, 2]}),
    ("repeatInterleave", [2, 3], {"repeats": 3}), ("repeatInterleave", [2, 3], {"repeats": 2, "dim": 1}),
    ("repeatInterleave", [3, 2], {"repeats": 0, "dim": 0}),
    ("roll", [7], {"shifts": 2}), ("roll", [3, 5], {"shifts": -4}),
    ("roll", [3, 5], {"shifts": 1, "dims": 1}), ("roll", [3, 5], {"shifts": [2, -1], "dims": [0, 1]}),
    ("roll", [3, 5], {"shifts": [1, 1], "dims": [1, 1]}), ("roll", [5], {"shifts": 13, "dims": -1}),
    ("rot90", [2, 3], {}), ("rot90", [2, 3], {"k": 2}), ("rot90", [2, 3], {"k": -1}),
    ("rot90", [2, 3], {"k": 4}), ("rot90", [2, 3, 5], {"k": 3, "dims": [1, 2]}),
    ("rot90", [2, 3, 5], {"k": 1, "dims": [2, 0]}),
    ("tile", [3], {"sizes": [2, 2]}), ("tile", [2, 3, 1], {"sizes": [2]}), ("tile", [2, 3], {"sizes": []}),
    ("tril", [3, 5], {}), ("tril", [5, 3], {"offset": 1}), ("tril", [2, 3, 3], {"offset": -1}),
    ("tril", [3, 3], {"offset": -5}), ("triu", [3, 5], {}), ("triu", [5, 3], {"offset": -2}),
    ("triu", [2, 1, 3, 4], {"offset": 2}), ("triu", [3, 3], {"offset": 9}),
]  # fmt: skip

PADS = [
    ([2, 5], [2, 3], "reflect"), ([1, 3, 5], [4, 0], "reflect"), ([2, 5], [-2, 3], "reflect"),
    ([2, 5], [3, -1], "reflect"), ([1, 2, 3, 4], [3, 2, 1, 2], "reflect"), ([2, 3, 4], [1, 2, 2, 0], "reflect"),
    ([1, 2, 2, 3, 3], [2, 1, 1, 2, 1, 1], "reflect"), ([2, 3, 3, 2], [1, 0, 2, 2, 0, 1], "reflect"),
    ([2, 5], [2, 7], "replicate"), ([1, 2, 3], [1, 0], "replicate"), ([2, 5], [-2, 2], "replicate"),
    ([1, 2, 2, 3], [3, 2, 1, 5], "replicate"), ([2, 3, 4], [-1, 2, 1, -1], "replicate"),
    ([1, 2, 2, 1, 3], [2, 1, 1, 2, 0, 3], "replicate"),
    ([2, 5], [2, 5], "circular"), ([1, 2, 3], [1, 0], "circular"),
    ([1, 2, 3, 4], [3, 2, 1, 3], "circular"), ([2, 3, 4], [1, 2, 3, 0], "circular"),
    ([1, 1, 2, 3, 2], [2, 1, 1, 2, 0, 2], "circular"),
    ([0, 2, 5], [1, 2], "reflect"),
]  # fmt: skip


def describe(op, shape, args):
    return f"{shape} {args}".replace("'", "")


def views() -> list:
    out = []

    def add(op, name, *inputs, **args):
        out.append(op_case(OPS, op, name, *inputs, **args))

    for op, shape, args in VIEWS:
        add(op, describe(op, shape, args), Rng(f"{op} {shape} {args}").normal(*shape), **args)
    rng = Rng("several views")
    add("broadcastTensors", "three", rng.normal(3, 1), rng.normal(5), rng.normal())
    add("meshgrid", "ij", rng.normal(3), rng.normal(2), rng.normal())
    add("meshgrid", "xy", rng.normal(3), rng.normal(2), indexing="xy")
    add("meshgrid", "xy, one", rng.normal(3), indexing="xy")
    add("meshgrid", "xy, three", rng.normal(3), rng.normal(2), rng.normal(2), indexing="xy")
    add("diagonal", "int32", rng.integers(-9, 9, 3, 5), options={"offset": 1})
    add("diagEmbed", "bool", rng.bools(2, 3))
    add("unfold", "int32", rng.integers(-9, 9, 7), dim=0, size=3, step=2)
    for rows, cols, offset in [(3, 4, 0), (4, 3, 1), (4, 3, -2), (3, 5, 7), (3, 5, -7), (1, 1, 0), (0, 3, 0)]:
        add("trilIndices", f"{rows}x{cols}, {offset}", rows=rows, cols=cols, offset=offset)
        add("triuIndices", f"{rows}x{cols}, {offset}", rows=rows, cols=cols, offset=offset)
    for start, end, steps, base in [(0, 3, 4, 10), (-2, 2, 9, 10), (1, 0, 7, 2), (0, 1, 5, 2.718), (2, 2, 1, 3)]:
        add("logspace", f"{start} to {end}, {steps} of {base}", start=start, end=end, steps=steps, base=base)
    return out


def moves() -> list:
    out = []

    def add(op, name, *inputs, **args):
        out.append(op_case(OPS, op, name, *inputs, **args))

    for op, shape, args in MOVES:
        add(op, describe(op, shape, args), Rng(f"{op} {shape} {args}").normal(*shape), **args)
    rng = Rng("several moves")
    for op in ["hstack", "vstack", "dstack", "columnStack"]:
        add(op, "scalars", rng.normal(), rng.normal())
        add(op, "vectors", rng.normal(3), rng.normal(3))
        add(op, "matrices", rng.normal(2, 3), rng.normal(2, 3))
    add("hstack", "other sizes", rng.normal(3), rng.normal(5))
    add("vstack", "a vector and a matrix", rng.normal(3), rng.normal(2, 3))
    add("columnStack", "a vector and a matrix", rng.normal(3), rng.normal(3, 2))
    add("dstack", "cubes", rng.normal(2, 3, 1), rng.normal(2, 3, 2))
    add("blockDiag", "all kinds", rng.normal(2, 3), rng.normal(3), rng.normal(), rng.normal(3, 1))
    add("blockDiag", "int32", rng.integers(0, 9, 2, 2), rng.integers(0, 9, 1, 3))
    add("cartesianProd", "two", rng.normal(3), rng.normal(2))
    add("cartesianProd", "three", rng.normal(2), rng.normal(3), rng.normal(2))
    add("cartesianProd", "one", rng.normal(3))
    counts = exact([2, 0, 3, 1]).int()
    add("repeatInterleave", "counts, dim 1", rng.normal(2, 4), counts, dim=1)
    add("repeatInterleave", "counts, flat", rng.normal(4), counts)
    add("repeatInterleave", "one count", rng.normal(2, 3), exact([3]).int(), dim=0)
    nan, inf = float("nan"), float("inf")
    add("tril", "not finite", exact([[nan, inf], [-inf, nan]]))
    add("triu", "int32", rng.integers(-9, 9, 4, 3), offset=-1)
    add("tril", "bool", rng.bools(3, 4))
    add("flip", "int32", rng.integers(-9, 9, 3, 5), dims=[0, 1])
    add("flip", "bool", rng.bools(5, 3), dims=1)
    add("roll", "bool", rng.bools(5), shifts=2)
    return out


def pads() -> list:
    out = []
    for shape, padding, mode in PADS:
        options = {"mode": mode}
        x = Rng(f"pad {shape} {padding} {mode}").normal(*shape)
        name = f"{mode} {shape} {padding}"
        out.append(op_case(OPS, "pad", name, x, padding=padding, options=options))
    for mode in ["reflect", "replicate", "circular"]:
        x = Rng(f"padThenSquare {mode}").normal(1, 3, 4)
        args = {"padding": [2, 3], "options": {"mode": mode}}
        out.append(op_case(OPS, "padThenSquare", mode, x, second=True, **args))
    return out


class Functional(nn.Module):
    """A layer that PyTorch 1.13 lacks, by its documentation."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


MODES = {"ZeroPad": "constant", "ReflectionPad": "reflect", "ReplicationPad": "replicate", "CircularPad": "circular"}
LAYERS = [
    (1, [2, 3, 5], 2), (1, [3, 4], [3, 1]), (2, [1, 2, 3, 4], 1), (2, [2, 3, 4], [3, 1, 0, 2]),
    (3, [1, 2, 2, 3, 2], 1), (3, [2, 3, 2, 3], [1, 0, 1, 1, 2, 0]),
]  # fmt: skip


def modules() -> list:
    out = []
    for layer, mode in MODES.items():
        for n, shape, padding in LAYERS:
            sides = padding if isinstance(padding, list) else [padding] * (2 * n)
            name = f"{layer}{n}d"
            module = Functional(lambda x, sides=sides, mode=mode: pad(x, sides, {"mode": mode}))
            if hasattr(nn, name):
                module = getattr(nn, name)(tuple(sides))
            x = Rng(f"{name} {shape} {padding}").normal(*shape)
            out.append(module_case(name, f"{shape} by {padding}", module, [x], [padding]))
    for n, shape, padding in LAYERS:
        name = f"ConstantPad{n}d"
        module = getattr(nn, name)(tuple_or(padding), 1.5)
        x = Rng(f"{name} {shape} {padding}").normal(*shape)
        out.append(module_case(name, f"{shape} by {padding}", module, [x], [padding, 1.5]))
    x = Rng("Unflatten").normal(2, 6)
    out.append(module_case("Unflatten", "[2,6]", nn.Unflatten(1, (3, 2)), [x], [1, [3, 2]]))
    return out


FIXTURES = {"views": views, "moves": moves, "pads": pads, "padding": modules}
