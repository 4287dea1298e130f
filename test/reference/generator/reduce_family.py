"""Cases of reductions, scans and sorting: fixtures by name."""
import math

import torch

from .case import op_case
from .encode import Rng, exact

INF, NAN = math.inf, math.nan


def over(fn):
    """dims: none for all, a number or a list; options: {keepdim}."""
    return lambda x, dims=None, options={}: fn(x, dims, **options)


def every(x, dims) -> list:
    if dims is None:
        return list(range(x.ndim))
    return dims if isinstance(dims, list) else [dims]


def product(x, dims, keepdim=False):
    if dims is None:
        return x.prod()
    for d in sorted((d % x.ndim for d in every(x, dims)), reverse=True):
        x = x.prod(d, keepdim=keepdim)
    return x


def norm(x, p=2, dims=None, options={}):
    if p in ["nuc", "fro"]:
        return torch.norm(x, p, dims, **options)
    return torch.linalg.vector_norm(x, float(p), dims, **options)


def spread(fn):
    def run(x, dims, correction=1, keepdim=False):
        return fn(x, every(x, dims), unbiased=correction == 1, keepdim=keepdim)

    return over(run)


def quantile(fn):
    def run(x, q, dim=None, options={}):
        qs = torch.tensor(q, dtype=x.dtype)
        return fn(x, qs, dim, **options)

    return run


def log_cum_sum_exp(x, dim):
    """PyTorch's own has second gradients of NaN where dy is negative."""
    if x.numel() == 0 or x.ndim == 0:
        return x.logcumsumexp(dim)
    n = x.shape[dim]
    return torch.stack([x.narrow(dim, 0, i + 1).logsumexp(dim) for i in range(n)], dim)


def unique(x, dim=None):
    return torch.unique(x, return_inverse=True, return_counts=True, dim=dim)


def unique_consecutive(x, dim=None):
    return torch.unique_consecutive(x, return_inverse=True, return_counts=True, dim=dim)


OPS = {
    "prod": over(product),
    "norm": norm,
    "varMean": spread(torch.var_mean),
    "stdMean": spread(torch.std_mean),
    "nansum": over(lambda x, dims, **o: x.nansum(every(x, dims), **o)),
    "nanmean": over(lambda x, dims, **o: x.nanmean(every(x, dims), **o)),
    "countNonzero": over(lambda x, dims: torch.count_nonzero(x, dims)),
    # PyTorch's aminmax has no derivative.
    "aminmax": lambda x, options={}: (x.amin(**{"dim": (), **options}), x.amax(**{"dim": (), **options})),
    "cumsum": lambda x, dim: x.cumsum(dim),
    "cumprod": lambda x, dim: x.cumprod(dim),
    "cummax": lambda x, dim: x.cummax(dim),
    "cummin": lambda x, dim: x.cummin(dim),
    "logcumsumexp": log_cum_sum_exp,
    "diff": lambda x, n=1, dim=-1: x.diff(n, dim),
    "sort": lambda x, dim=-1, options={}: torch.sort(x, dim=dim, stable=True, **options),
    "argsort": lambda x, dim, options={}: torch.sort(x, dim=dim, stable=True, **options).indices,
    "msort": lambda x: x.msort(),
    "topk": lambda x, k, dim=-1, options={}: x.topk(k, dim, **options),
    "kthvalue": lambda x, k, dim=-1, options={}: x.kthvalue(k, dim, **options),
    "median": lambda x, dim=None, options={}: x.median() if dim is None else x.median(dim, **options),
    "nanmedian": lambda x, dim=None, options={}: (
        x.nanmedian() if dim is None else x.nanmedian(dim, **options)
    ),
    "mode": lambda x, dim=-1, options={}: x.mode(dim, **options),
    "quantile": quantile(torch.quantile),
    "nanquantile": quantile(torch.nanquantile),
    "searchsorted": lambda s, x, options={}: torch.searchsorted(s, x, **options),
    "searchsortedBy": lambda s, order, x: torch.searchsorted(s, x, sorter=order.long()),
    "bucketize": lambda x, s, options={}: torch.bucketize(x, s, **options),
    "bincount": lambda x, weights=None, minlength=0: torch.bincount(x, weights, minlength),
    "histc": lambda x, bins, min=0, max=0: x.histc(bins, min, max),
    "histogram": lambda x, weight=None, bins=1, options={}: torch.histogram(
        x, bins, weight=weight, **options
    ),
    "histogramAt": lambda x, edges: torch.histogram(x, edges),
    "unique": unique,
    "uniqueConsecutive": unique_consecutive,
}

KEEP = {"options": {"keepdim": True}}
TIES = [[1, 3, 3, 2, 1], [5, 5, 5, 5, 5], [0, -0.0, -1, 0, -1], [-2, -7, -7, 2, 2]]
SPECIAL = [[1, NAN, 3, 2, 1], [NAN, NAN, 0, 1, NAN], [INF, -INF, 2, INF, -INF], [NAN] * 5]


def table() -> tuple:
    out = []

    def add(op, name, *x, **args):
        out.append(op_case(OPS, op, name, *x, **args))

    return out, add


def folds() -> list:
    out, add = table()
    dims = [("all", {}), ("1", {"dims": 1}), ("[0,-1], keepdim", {"dims": [0, -1], **KEEP})]
    for name, args in dims:
        for op in ["prod", "norm", "varMean", "stdMean"]:
            add(op, name, Rng(f"{op} {name}").normal(2, 3, 3), second=True, **args)
        for op in ["nansum", "nanmean"]:
            x = Rng(f"{op} {name}").normal(2, 3, 3)
            x[0, 1, 1], x[1, 0, 0] = NAN, NAN
            add(op, name, x, **args)
    zeros = exact([[2, 3, -1.5, 0.5], [2, 0, 3, -4], [0, 2, 0, 3], [0, 0, 0, 0]])
    add("prod", "no, one, two and more zeros", zeros, dims=1, second=True)
    add("prod", "two zeros among all", zeros[1:3], second=True)
    add("prod", "one zero among all", zeros[:2])
    add("prod", "long", Rng("prod long").uniform(0.7, 1.4, 3, 33), dims=1)
    add("prod", "columns", Rng("prod columns").uniform(0.7, 1.4, 17, 3), dims=0)
    add("prod", "special values", exact(SPECIAL), dims=1, grad=False)
    add("prod", "nothing", torch.zeros(0, 3), dims=0)
    add("prod", "int32", Rng("prod int").integers(-4, 5, 3, 5), dims=1)
    add("prod", "bool", exact([[1, 1], [1, 0]]).bool(), dims=1)
    norms(add)
    for correction in [0, 1]:
        options = {"correction": correction}
        add("varMean", f"correction {correction}", Rng("varMean").normal(3, 5), dims=1, options=options)
        add("stdMean", f"correction {correction}", Rng("stdMean").normal(3, 5), dims=0, options=options)
    add("nanmean", "all NaN", exact([[NAN, NAN], [1, NAN]]), dims=1, grad=False)
    add("nansum", "int32", Rng("nansum").integers(-9, 9, 3, 3), dims=1)
    counted = exact([[0, 1, NAN], [-0.0, 0, 0], [INF, 2, 0]])
    add("countNonzero", "all", counted, grad=False)
    add("countNonzero", "dim", counted, dims=1, grad=False)
    add("countNonzero", "bool, two dims", Rng("count").bools(2, 3, 3), dims=[0, 2])
    add("aminmax", "all, ties", exact(TIES[:1]))
    add("aminmax", "dim, ties", exact(TIES), options={"dim": 1, "keepdim": True})
    add("aminmax", "special values", exact(SPECIAL), options={"dim": 1}, grad=False)
    add("aminmax", "int32", Rng("aminmax").integers(-9, 9, 3, 3), options={"dim": 0})
    return out


def norms(add) -> None:
    x = exact([[3, -4, 0, 0.5], [0, 0, 0, 0], [2, 2, -2, 1]])
    for p in [0, 1, 2, 3, 0.5, 1.5, -1.5]:
        full = Rng(f"norm {p}").nonzero(3, 5)
        add("norm", f"p {p}", full, p=p, dims=1, second=p not in (0, 1))
        if p >= 0:
            add("norm", f"p {p}, zeros", x, p=p, dims=1)
    add("norm", "largest, ties", x, p="inf", dims=1)
    add("norm", "smallest, ties", x, p="-inf", dims=1)
    stack = Rng("norm nuc").spaced(2, 3, 2)
    add("norm", "nuc", stack[0], p="nuc")
    add("norm", "nuc, dims", stack, p="nuc", dims=[-1, 0], options={"keepdim": True})
    add("norm", "fro", stack, p="fro", dims=[0, 2])
    add("norm", "special values", exact(SPECIAL), p=2, dims=1, grad=False)
    add("norm", "special values, p 3", exact(SPECIAL), p=3, dims=1, grad=False)


def scans() -> list:
    out, add = table()
    for op in ["cumsum", "cumprod", "logcumsumexp"]:
        for dim in [0, 1, -1]:
            add(op, f"dim {dim}", Rng(f"{op} {dim}").normal(2, 3, 3), dim=dim, second=True)
        add(op, "0-d", exact(1.5), dim=0)
        add(op, "nothing", torch.zeros(0, 3), dim=0)
        add(op, "one", exact([[2.5], [3]]), dim=1)
        add(op, "long", Rng(f"{op} long").uniform(0.5, 1.5, 2, 33), dim=1)
        add(op, "special values", exact(SPECIAL), dim=1, grad=False)
    zeros = exact([[2, 3, 0, 0.5, 4], [0, 1, 3, 0, -4], [0, 0, 2, 0, 3]])
    add("cumprod", "zeros", zeros, dim=1, second=True)
    for op in ["cumsum", "cumprod"]:
        add(op, "int32", Rng(f"{op} int").integers(-4, 5, 3, 7), dim=1)
        add(op, "bool", Rng(f"{op} bool").bools(5, 2), dim=0)
    wide = exact([[-1000, 1000, 999, 1000], [1000, -1000, 0, 1], [-90, -85, -91, 20]])
    add("logcumsumexp", "far from zero", wide, dim=1, grad=False)
    for op in ["cummax", "cummin"]:
        add(op, "ties, the last wins", exact(TIES), dim=1)
        add(op, "special values", exact(SPECIAL), dim=1, grad=False)
        add(op, "columns", Rng(f"{op}").spaced(5, 3), dim=0)
        add(op, "int32", Rng(f"{op} int").integers(-3, 3, 3, 7), dim=-1)
    add("diff", "once", Rng("diff").normal(3, 5))
    add("diff", "twice, columns", Rng("diff 2").normal(5, 2), n=2, dim=0)
    add("diff", "more often than there are", Rng("diff 3").normal(2, 3), n=4)
    add("diff", "int32", Rng("diff int").integers(-9, 9, 3, 5))
    add("diff", "bool", Rng("diff bool").bools(3, 5))
    return out


def sorts() -> list:
    out, add = table()
    down = {"options": {"descending": True}}
    for name, args in [("ascending", {}), ("descending", down)]:
        add("sort", name, Rng(f"sort {name}").spaced(3, 7), **args)
        add("sort", f"{name}, columns", Rng(f"sort {name} 0").spaced(5, 3), dim=0, **args)
        add("sort", f"{name}, ties", exact(TIES), **args)
        add("sort", f"{name}, special values", exact(SPECIAL), **args)
        add("sort", f"{name}, long", Rng(f"sort {name} long").normal(2, 67), grad=False, **args)
        add("sort", f"{name}, int32", Rng(f"sort {name} int").integers(-9, 9, 2, 40), **args)
        add("sort", f"{name}, bool", Rng(f"sort {name} bool").bools(2, 7), **args)
        add("argsort", name, Rng(f"argsort {name}").integers(-5, 5, 3, 5, 2), dim=1, **args)
    add("sort", "extremes of int32", exact([2**31 - 1, -(2**31), 0, -1, 1]).int())
    add("msort", "3-d", Rng("msort").spaced(4, 3, 2))
    for largest in [True, False]:
        options = {"options": {"largest": largest}}
        add("topk", f"{largest}", Rng(f"topk {largest}").spaced(3, 7), k=3, **options)
        add("topk", f"{largest}, columns", Rng(f"topk {largest}").spaced(5, 3), k=5, dim=0, **options)
        some = exact([[3, NAN, 1, INF, -INF]])
        add("topk", f"{largest}, special values", some, k=4, **options)
        add("topk", f"{largest}, int32", exact([5, -3, 9, 0]).int(), k=2, **options)
    for k in [1, 3, 5]:
        add("kthvalue", f"{k}", Rng(f"kth {k}").spaced(3, 5), k=k)
    add("kthvalue", "columns, keepdim", Rng("kth").spaced(4, 3), k=2, dim=0, **KEEP)
    add("kthvalue", "NaN last", exact([[3, NAN, 1, INF, -INF]]), k=5)
    return out


def ranks() -> list:
    out, add = table()
    for op in ["median", "nanmedian"]:
        for n in [1, 2, 5, 8]:
            add(op, f"of {n}", Rng(f"{op} {n}").spaced(3, n), dim=1)
        add(op, "all", Rng(op).spaced(3, 4))
        add(op, "columns, keepdim", Rng(f"{op} 0").spaced(4, 3), dim=0, **KEEP)
        add(op, "NaN", exact([[1, NAN, 3, 2, 4], [NAN, 7, 0, 1, NAN]]), dim=1)
        add(op, "NaN, all", exact([[1, NAN, 3], [2, 7, 0]]), grad=op == "nanmedian")
        add(op, "int32", exact([[5, -3, 9, 0], [2, 1, 8, 7]]).int(), dim=1)
    add("median", "nothing", torch.zeros(0), grad=False)
    add("mode", "ties", exact(TIES))
    add("mode", "all different", Rng("mode").spaced(3, 5))
    add("mode", "columns, keepdim", exact(TIES), dim=0, **KEEP)
    add("mode", "int32", Rng("mode int").integers(0, 4, 4, 7), dim=1)
    add("mode", "bool", exact([[1, 0, 1], [0, 0, 1]]).bool())
    x = Rng("quantile").spaced(3, 6)
    for how in ["linear", "lower", "higher", "midpoint", "nearest"]:
        options = {"options": {"interpolation": how}}
        second = how == "linear"
        add("quantile", how, x, q=[0, 0.125, 0.25, 0.5, 0.75, 1], dim=1, second=second, **options)
        holes = x.clone()
        holes[0, 2], holes[1, :4] = NAN, NAN
        add("nanquantile", how, holes, q=[0, 0.25, 0.625, 1], dim=1, **options)
    for op in ["quantile", "nanquantile"]:
        add(op, "one, all", x, q=0.3)
        add(op, "one, columns, keepdim", x, q=0.4, dim=0, **KEEP)
        add(op, "several, all, keepdim", x, q=[0.25, 0.5], **KEEP)
        add(op, "3-d", Rng(f"{op} 3-d").spaced(2, 5, 3), q=[0.25, 0.5], dim=1)
        add(op, "NaN", exact([[1, NAN, 3], [2, 7, 0], [NAN] * 3]), q=0.25, dim=1, grad=False)
    return out


def searches() -> list:
    out, add = table()
    edges = exact([-2, -1, -1, 0, 0.5, 3])
    x = exact([[-3, -2, -1, -0.5, 0, -0.0], [0.5, 2, 3, 4, INF, NAN]])
    for right in [False, True]:
        options = {"options": {"right": right}}
        add("searchsorted", f"right {right}", edges, x, grad=False, **options)
        add("bucketize", f"right {right}", x, edges, grad=False, **options)
        rows = exact([[1, 2, 2, 5], [-3, 0, 0, 0]]).int()
        add("searchsorted", f"rows, right {right}", rows, exact([[2, 0, 6], [0, -3, 1]]).int(), **options)
    shuffled, order = exact([3, -1, 0.5, -2]), exact([3, 1, 2, 0]).int()
    add("searchsortedBy", "order", shuffled, order, exact([-3, -1, 0, 4]), grad=False)
    add("searchsorted", "NaN and infinities", exact([-INF, 0, INF, NAN]), x, grad=False)
    counted = exact([3, 0, 3, 1, 6, 3]).int()
    add("bincount", "counts", counted)
    add("bincount", "minlength", counted, minlength=9)
    add("bincount", "weights", counted, Rng("bincount").normal(6), grad=False)
    x = exact([-1, 0, 0.5, 0.75, 1, 2, 2.5, 3, 3.25, -0.25, 1])
    add("histc", "range", x, bins=4, min=0, max=3, grad=False)
    add("histc", "range of the data", x, bins=5, grad=False)
    add("histc", "all equal", exact([2, 2, 2]), bins=4, grad=False)
    add("histogram", "bins", x, bins=4, grad=False)
    add("histogram", "all equal", exact([2, 2, 2]), bins=4, grad=False)
    add("histogram", "range", x, bins=3, options={"range": [0, 3]}, grad=False)
    add("histogram", "density", x, bins=4, options={"range": [0, 2], "density": True}, grad=False)
    weight = Rng("histogram").normal(11)
    add("histogram", "weight", x, weight, bins=4, options={"range": [0, 2]}, grad=False)
    add("histogramAt", "edges", x, exact([-1, 0, 0.5, 2.5, 3]), grad=False)
    whole = Rng("unique").integers(-3, 4, 3, 7)
    add("unique", "int32", whole)
    add("unique", "floats", exact([[2, -1, 2], [INF, -INF, 2]]), grad=False)
    add("unique", "bool", Rng("unique bool").bools(7))
    add("unique", "rows", exact([[1, 2], [0, 3], [1, 2], [0, -3], [1, 2]]).int(), dim=0)
    add("unique", "columns", exact([[1, 0, 1, 1], [2, 3, 2, -2]]), dim=1, grad=False)
    add("unique", "3-d", Rng("unique 3-d").integers(0, 2, 2, 5, 1), dim=1)
    add("uniqueConsecutive", "flat", exact([[1, 1, 2], [2, 1, 1]]), grad=False)
    add("uniqueConsecutive", "rows", exact([[1, 2], [1, 2], [0, 3], [1, 2]]).int(), dim=0)
    return out


FIXTURES = {
    "reduceFolds": folds,
    "reduceScans": scans,
    "reduceSorts": sorts,
    "reduceRanks": ranks,
    "reduceSearches": searches,
}
