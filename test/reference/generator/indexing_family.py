"""Cases of indexing, gathering, scattering, counting: fixtures by name."""
import torch
import torch.nn.functional as F
from torch import nn

from .case import op_case
from .encode import Rng, exact
from .module import module_case


def understood(index, tensors):
    """An index as JSON has it: {"slice": [start, end, step]}, {"tensor": which of the inputs}."""
    if isinstance(index, dict):
        if "slice" in index:
            return slice(*index["slice"])
        chosen = tensors[index["tensor"]]
        return chosen if chosen.dtype == torch.bool else chosen.long()
    return Ellipsis if index == "..." else index


def at(x, *tensors, indices):
    return x[tuple(understood(i, tensors) for i in indices)]


def set_at(x, value, *tensors, indices):
    out = x.clone()
    out[tuple(understood(i, tensors) for i in indices)] = value
    return out


def index_put(x, value, *tensors, accumulate=False):
    given = tuple(t if t.dtype == torch.bool else t.long() for t in tensors)
    return x.index_put(given, value, accumulate)


def scatter_reduce(x, index, src, dim, reduce, includeSelf=True):
    return x.scatter_reduce(dim, index.long(), src, reduce, include_self=includeSelf)


def nonzero(x, asTuple=False):
    found = x.nonzero(as_tuple=asTuple)
    return [t.int() for t in found] if asTuple else found.int()


def bags(weight, ids, *others, options=None):
    given = dict(options or {})
    offsets = others[0].long() if given.pop("offsets", False) else None
    weights = others[-1] if given.pop("weighted", False) else None
    renormed = {"max_norm": given["maxNorm"], "norm_type": given["normType"]} if "maxNorm" in given else {}
    return F.embedding_bag(
        ids.long(),
        weight.clone() if renormed else weight,
        offsets,
        mode=given.get("mode", "mean"),
        per_sample_weights=weights,
        padding_idx=given.get("paddingIdx"),
        include_last_offset=given.get("includeLastOffset", False),
        **renormed,
    )


def embedding(ids, weight, options):
    padding = options.get("paddingIdx")
    return F.embedding(ids.long(), weight, padding, scale_grad_by_freq=options["scaleGradByFreq"])


def renormed(ids, weight, options):
    """The rows, and the table, which the call has changed."""
    table = weight.clone()
    kind = float(options.get("normType", 2))  # or the word "Infinity": JSON has no such number
    return F.embedding(ids.long(), table, max_norm=options["maxNorm"], norm_type=kind), table


OPS = {
    "at": at,
    "setAt": set_at,
    "indexPut": index_put,
    "take": lambda x, i: x.take(i.long()),
    "takeAlongDim": lambda x, i, dim=None: torch.take_along_dim(x, i.long(), dim),
    "indexAdd": lambda x, i, src, dim, alpha=1: x.index_add(dim, i.long(), src, alpha=alpha),
    "indexCopy": lambda x, i, src, dim: x.index_copy(dim, i.long(), src),
    "indexFill": lambda x, i, dim, value: x.index_fill(dim, i.long(), value),
    "scatter": lambda x, i, src, dim: x.scatter(dim, i.long(), src),
    "scatterValue": lambda x, i, dim, value: x.scatter(dim, i.long(), value),
    "scatterInt": lambda x, i, src, dim: x.scatter_add(dim, i.long(), src),
    "scatterReduce": scatter_reduce,
    "maskedSelect": lambda x, mask: x.masked_select(mask),
    "maskedFill": lambda x, mask, value: x.masked_fill(mask, value),
    "maskedScatter": lambda x, mask, src: x.masked_scatter(mask, src),
    "selectScatter": lambda x, src, dim, index: torch.select_scatter(x, src, dim, index),
    "sliceScatter": lambda x, src, dim=0, start=None, end=None, step=1: torch.slice_scatter(
        x, src, dim, start, end, step
    ),
    "nonzero": nonzero,
    "argwhere": lambda x: torch.argwhere(x).int(),
    "oneHotInferred": lambda x: F.one_hot(x.long()),
    "isin": lambda x, y, options={}: torch.isin(x, y, **options),
    "whereAlone": lambda x: [t.int() for t in torch.where(x)],
    "embeddingBag": bags,
    "embeddingByFrequency": embedding,
    "embeddingRenormed": renormed,
}


def all_of(start=None, end=None, step=None):
    return {"slice": [start, end, step]}


def of(which):
    return {"tensor": which}


def cases() -> list:
    out = []

    def add(op, name, *inputs, **args):
        out.append(op_case(OPS, op, name, *inputs, **args))

    reads(add)
    writes(add)
    scatters(add)
    masks(add)
    tables(add)
    return out


def reads(add) -> None:
    rng = Rng("at")
    x = rng.normal(3, 5, 2)
    i, j = exact([[2, -1], [0, 2]]).int(), exact([-5, 4]).int()
    for name, indices in {
        "numbers": [-1, 2, 0],
        "a slice with a step": [all_of(), all_of(1, None, 2)],
        "ellipsis": ["...", -1],
        "new dims": [None, 1, "...", None],
        "an empty slice": [all_of(2, 2)],
        "one tensor": [of(0)],
        "one tensor in the middle": [all_of(), of(1)],
        "neighbours": [of(0), of(1)],
        "neighbours behind a slice": [all_of(), of(1), of(1)],
        "not neighbours": [of(1), all_of(), 0],
        "apart": [of(0), all_of(1, 4), of(0)],
        "with a new dim between": [of(0), None, of(1)],
    }.items():
        inner = name in ["apart", "neighbours behind a slice"]
        add("at", name, x, *(t % 2 if inner else t for t in [i, j % 3]), indices=indices)
    add("at", "a number before a tensor", x, j % 2, indices=[0, all_of(), of(0)])
    add("at", "a mask", x, rng.bools(3, 5, 2), indices=[of(0)])
    add("at", "a mask of the first dims", x, rng.bools(3, 5), indices=[of(0)])
    add("at", "a mask behind", x, rng.bools(5, 2), indices=["...", of(0)])
    add("at", "a mask and a tensor", x, exact([1, 0, 1]).bool(), j % 2, indices=[of(0), all_of(), of(1)])
    add("at", "no true one", x, torch.zeros(3, dtype=torch.bool), indices=[of(0)])
    yes, no = exact(1).bool(), exact(0).bool()
    for name, indices in {
        "true": [True], "false": [False], "true behind a number": [0, True], "true in the middle": [all_of(), True],
        "true twice": [True, True], "true and a tensor": [True, of(0)], "a tensor, apart from true": [of(0), all_of(), True],
        "true and false": [True, False], "a new dim and true": [None, True], "true and ellipsis": [True, "...", of(0)],
        "a bool scalar": [of(1)], "a bool scalar that is false": [all_of(), of(2)], "a bool scalar and a tensor": [of(1), all_of(), of(0)],
    }.items():  # fmt: skip
        add("at", name, x, j % 2, yes, no, indices=indices)
    add("at", "true of a scalar", exact(1.5), indices=[True])
    ints = rng.integers(-9, 9, 4, 3)
    add("at", "int32", ints, exact([3, -4]).int(), indices=[of(0), all_of(1)])
    add("at", "bool", rng.bools(4, 3), exact([3, -4, 0]).int(), indices=[of(0), -1])
    add("take", "2-d", rng.normal(3, 4), rng.integers(-12, 12, 2, 3))
    add("takeAlongDim", "dim 1", rng.normal(3, 5), rng.integers(0, 5, 3, 2), dim=1)
    add("takeAlongDim", "broadcast", rng.normal(3, 1, 4), rng.integers(0, 3, 1, 5, 4), dim=0)
    add("takeAlongDim", "flat", rng.normal(3, 4), rng.integers(0, 12, 5))


def writes(add) -> None:
    rng = Rng("writes")
    x = rng.normal(4, 5)
    i, j = exact([2, -1, 0]).int(), exact([-5, 4, 1]).int()
    add("setAt", "row", x, rng.normal(5), indices=[1])
    add("setAt", "slices", x, rng.normal(2, 1), indices=[all_of(None, None, 2), all_of(1, 4)])
    add("setAt", "tensors", x, rng.normal(3), i, j, indices=[of(0), of(1)])
    add("setAt", "columns", x, rng.normal(4, 1), j, indices=["...", of(0)])
    add("setAt", "mask", x, rng.normal(), rng.bools(4, 5), indices=[of(0)])
    add("setAt", "int32", rng.integers(0, 9, 4, 5), rng.integers(0, 9, 3), j, indices=[1, of(0)])
    repeated = exact([1, 1, -3, 0, 3, 3, 3]).int()
    add("indexPut", "repeated, accumulated", x, rng.normal(7, 5), repeated, accumulate=True)
    columns = rng.integers(-5, 5, 7)
    add("indexPut", "places", x, rng.normal(7), repeated, columns, accumulate=True)
    add("indexPut", "3-d", rng.normal(2, 3, 4), rng.normal(1, 4), exact([[0], [1]]).int(), exact([0, 2]).int())
    add("indexPut", "mask", x, rng.normal(5), exact([1, 0, 0, 1]).bool())
    ints = rng.integers(-9, 9, 4)
    add("indexPut", "int32", ints, rng.integers(0, 9, 7), repeated % 4, accumulate=True)
    some = exact([3, 0, 3, 1]).int()
    add("indexAdd", "dim 0", x, some, rng.normal(4, 5), dim=0)
    add("indexAdd", "alpha", x, some, rng.normal(4, 4), dim=1, alpha=-2.5)
    add("indexAdd", "int32", rng.integers(0, 9, 4, 2), some, rng.integers(0, 9, 4, 2), dim=0)
    distinct = exact([3, 0, 1]).int()
    add("indexCopy", "dim 0", x, distinct, rng.normal(3, 5), dim=0)
    add("indexCopy", "dim -1", x, distinct, rng.normal(4, 3), dim=-1)
    add("indexCopy", "bool", rng.bools(4), distinct, rng.bools(3), dim=0)
    add("indexFill", "dim 1", x, some, dim=1, value=-1.5)
    add("indexFill", "negative indices", x, -distinct - 1, dim=0, value=2)
    add("indexFill", "int32", rng.integers(0, 9, 4), some, dim=0, value=7)
    add("selectScatter", "dim 1", x, rng.normal(4), dim=1, index=-2)
    add("sliceScatter", "rows", x, rng.normal(2, 5), start=1, end=3)
    add("sliceScatter", "columns", x, rng.normal(4, 3), dim=1, step=2)
    for name, value, indices in [("true", x[:1] / 2, [True]), ("false", exact(7), [False]), ("a bool scalar", exact(7), [of(0), 1])]:
        add("setAt", name, x, value, exact(1).bool(), indices=indices)
    few, bools = exact([0, 1, 1, 2]).int(), exact([1, 1, 1, 0]).bool()
    for alpha in [1, 2, 0, -0.5]:
        add("indexAdd", f"bool, alpha {alpha}", exact([1, 0, 0]).bool(), few, bools, dim=0, alpha=alpha)
    add("indexPut", "bool", exact([1, 0, 0]).bool(), bools, few, accumulate=True)
    apart = exact([1, 0, 1]).int(), exact([3, 0, 3]).int()
    add("indexPut", "bool, apart", rng.bools(2, 3, 4), rng.bools(3), apart[0], apart[0], apart[1], accumulate=True)


def scatters(add) -> None:
    rng = Rng("scatters")
    distinct = exact([[2, 0, 1], [0, 3, 2]]).int()
    add("scatter", "dim 1", rng.normal(2, 5), distinct, rng.normal(2, 3), dim=1)
    add("scatter", "dim 0", rng.normal(5, 2), distinct.t(), rng.normal(3, 2), dim=0)
    add("scatter", "int32", rng.integers(0, 9, 2, 5), distinct, rng.integers(0, 9, 2, 3), dim=1)
    add("scatter", "bool", rng.bools(2, 5), distinct, rng.bools(2, 3), dim=1)
    add("scatterValue", "repeated", rng.normal(3, 4), rng.integers(0, 4, 3, 7), dim=1, value=-2)
    ints = rng.integers(0, 9, 4), rng.integers(0, 4, 9), rng.integers(0, 9, 9)
    add("scatterInt", "int32", *ints, dim=0)
    for reduce in ["sum", "prod", "mean", "amax", "amin"]:
        for include in [True, False]:
            args = {"dim": 1, "reduce": reduce, "includeSelf": include}
            name = f"{reduce}, includeSelf {include}"
            x, index, src = rng.normal(3, 4), rng.integers(0, 4, 3, 7), rng.normal(3, 7)
            add("scatterReduce", name, x, index, src, **args)
    args = {"dim": 0, "reduce": "prod"}
    zeros = exact([0, 2, 0, 0, 0, 3, 4]), exact([0, 0, 1, 1, 2, 3, 3]).int()
    add("scatterReduce", "prod with zeros", rng.nonzero(4), zeros[1], zeros[0], **args)
    ties = exact([1, 2, 2, 5]), exact([0, 0, 1, 1, 2, 3, 3]).int(), exact([1, 1, 2, 3, 1, 5, 5])
    add("scatterReduce", "ties", *ties, dim=0, reduce="amax")
    special = exact([1, float("inf"), float("nan"), 0]), ties[1]
    odd = exact([float("nan"), 1, float("-inf"), 2, 3, float("inf"), -1])
    for reduce in ["sum", "prod", "amax", "amin"]:
        add("scatterReduce", f"special {reduce}", *special, odd, grad=False, dim=0, reduce=reduce)
    for reduce in ["prod", "amax", "amin"]:
        for include in [True, False]:
            args = {"dim": 0, "reduce": reduce, "includeSelf": include}
            add("scatterReduce", f"int32 {reduce} {include}", *ints, **args)
            if reduce == "amax":
                add("scatterReduce", f"negative int32 {include}", ints[0], ints[1], ints[2] - 11, **args)
    add("scatterInt", "bool", rng.bools(3, 4), rng.integers(0, 4, 3, 7), rng.bools(3, 7), dim=1)
    for include in [True, False]:
        args = {"dim": 0, "includeSelf": include}
        add("scatterReduce", f"int32 mean {include}", ints[0] - 5, ints[1], ints[2] - 6, reduce="mean", **args)
        for reduce in ["sum", "prod", "amax", "amin"]:
            inputs = rng.bools(3, 4), rng.integers(0, 4, 3, 5), rng.bools(3, 5)
            args = {"dim": 1, "reduce": reduce, "includeSelf": include}
            add("scatterReduce", f"bool {reduce} {include}", *inputs, **args)


def masks(add) -> None:
    rng = Rng("masks")
    x, mask = rng.normal(3, 5), rng.bools(3, 5)
    add("maskedSelect", "2-d", x, mask)
    add("maskedSelect", "broadcast", rng.normal(3, 1), mask)
    add("maskedSelect", "int32", rng.integers(0, 9, 3, 5), mask)
    add("maskedFill", "rows", x, rng.bools(5), value=-1.5)
    add("maskedFill", "int32", rng.integers(0, 9, 3, 5), mask, value=3)
    add("maskedFill", "bool", rng.bools(3, 5), mask, value=1)
    add("maskedScatter", "surplus", x, mask, rng.normal(4, 4))
    add("maskedScatter", "rows", x, rng.bools(5), rng.normal(15))
    add("maskedScatter", "x broadcast", exact([1, 2, 3]), exact([[1, 0, 1], [0, 1, 1]]).bool(), exact([10, 20, 30, 40, 50]))
    add("maskedScatter", "both broadcast", exact([[1], [2]]), exact([1, 0, 1]).bool(), exact([10, 20, 30, 40, 50]))
    add("maskedScatter", "a scalar", exact(1), exact([1, 0, 1]).bool(), exact([10, 20, 30]))
    add("nonzero", "bool", rng.bools(3, 5))
    add("nonzero", "3-d", rng.integers(0, 2, 2, 3, 4))
    add("nonzero", "special", exact([0, -0.0, float("nan"), float("inf"), 1e-45]), grad=False)
    add("nonzero", "tuple", rng.bools(3, 5), asTuple=True)
    add("nonzero", "long", rng.bools(257))
    add("nonzero", "scalar", exact(3).int())
    add("argwhere", "2-d", rng.bools(2, 7))
    add("oneHotInferred", "2-d", rng.integers(0, 4, 2, 3))
    add("whereAlone", "2-d", rng.bools(3, 4))
    add("isin", "float32", exact([[1, 2.5, float("nan")], [-0.0, 3, 1e30]]), exact([0, 2.5, float("nan")]), grad=False)
    add("isin", "int32", rng.integers(0, 9, 3, 5), rng.integers(0, 9, 2, 2), options={"invert": True})


def tables(add) -> None:
    rng = Rng("tables")
    weight, ids = rng.spaced(7, 3), rng.integers(0, 7, 3, 4)
    add("embeddingBag", "default", weight, ids, options={})
    add("embeddingBag", "renormed", weight, ids, grad=False, options={"maxNorm": 1.5, "normType": 1})
    flat, offsets = rng.integers(0, 7, 9), exact([0, 4, 4, 7]).int()
    for mode in ["sum", "mean", "max"]:
        add("embeddingBag", f"{mode}, 2-d", weight, ids, options={"mode": mode})
        given = {"mode": mode, "offsets": True}
        add("embeddingBag", f"{mode}, offsets", weight, flat, offsets, options=given)
        padded = {**given, "paddingIdx": int(flat[4])}
        add("embeddingBag", f"{mode}, padding", weight, flat, offsets, options=padded)
    ends, weights = exact([0, 3, 9]).int(), rng.normal(9)
    last = {"mode": "sum", "offsets": True, "weighted": True, "includeLastOffset": True}
    add("embeddingBag", "weighted, last offset", weight, flat, ends, weights, options=last)
    add("embeddingBag", "weighted, 2-d", weight, ids, rng.normal(3, 4), options={"mode": "sum", "weighted": True})
    ties = exact([[1, 2], [2, 2], [2, 1]]), exact([[0, 1, 2], [2, 1, 1]]).int()
    add("embeddingBag", "ties", *ties, options={"mode": "max"})
    add("embeddingByFrequency", "2-d", ids % 3, weight, options={"scaleGradByFreq": True})
    plain = {"scaleGradByFreq": False, "paddingIdx": 1}
    add("embeddingByFrequency", "none, padding", ids % 3, weight, second=True, options=plain)
    padded = {"scaleGradByFreq": True, "paddingIdx": 1}
    add("embeddingByFrequency", "padding", ids % 3, weight, options=padded)
    tiny, few = rng.spaced(3, 2) * 2.0**-20, exact([0, 2]).int()
    add("embeddingRenormed", "tiny rows", few, tiny, grad=False, options={"maxNorm": 1e-7})
    largest = {"maxNorm": 0.5, "normType": "Infinity"}
    add("embeddingRenormed", "largest entry", ids % 3, weight, grad=False, options=largest)
    for kind in [2, 1, 3]:
        options = {"maxNorm": 1.5, "normType": kind}
        add("embeddingRenormed", f"norm {kind}", ids % 3, weight, grad=False, options=options)


def modules() -> list:
    ids, out = exact([[1, 0, 4], [1, 6, 1]]).int(), []
    for mode in ["sum", "mean", "max"]:
        module, args = nn.EmbeddingBag(7, 3, mode=mode), [7, 3, {"mode": mode}]
        out.append(module_case("EmbeddingBag", mode, module, [ids], args))
    module = nn.Embedding(7, 3, scale_grad_by_freq=True)
    args = [7, 3, {"scaleGradByFreq": True}]
    out.append(module_case("Embedding", "scaleGradByFreq", module, [ids], args))
    return out


FIXTURES = {"indexing": cases, "indexingModules": modules}
