"""Cases of linear algebra: fixtures by name.

Signs that LAPACK is free to choose are squared away: eigenvectors and singular vectors are compared
by their squares. Rows of test/reference/families/linalg.ts do the same.
"""
import math

import torch
import torch.nn.functional as F

from .case import op_case
from .encode import Rng, exact

INF, NAN = math.inf, math.nan
L = torch.linalg


def symmetric(x):
    return (x + x.mT) / 2


def positive(x):
    """Symmetric and positive definite."""
    return x @ x.mT + torch.eye(x.shape[-1])


def squared_eigh(x, options={}):
    values, vectors = L.eigh(symmetric(x), **options)
    return values, vectors**2


def squared_svd(x):
    u, s, v = L.svd(x, full_matrices=False)
    return s, u**2, v**2


def full_svd(x):
    """Whatever completes the bases: the products that don't depend on it."""
    u, s, v = L.svd(x)
    return s, u @ u.mT, v @ v.mT


def least_squares(a, b, options={}):
    return L.lstsq(a, b, **options).solution


def residuals_and_rank(a, b, options={}):
    x, _, rank, _ = L.lstsq(a, b, **options)
    tall = a.shape[-2] > a.shape[-1] and bool((rank == a.shape[-1]).all())
    return ((a @ x - b) ** 2).sum(-2) if tall else torch.zeros(0), rank.int()


def triangular(a, b, upper, left=True, unitriangular=False):
    return L.solve_triangular(a, b, upper=upper, left=left, unitriangular=unitriangular)


OPS = {
    "dot": torch.dot,
    "vdot": torch.vdot,
    "inner": torch.inner,
    "outer": torch.outer,
    "ger": torch.ger,
    "mv": torch.mv,
    "mm": torch.mm,
    "bmm": torch.bmm,
    "addmv": lambda x, a, b, options={}: torch.addmv(x, a, b, **options),
    "addr": lambda x, a, b, options={}: torch.addr(x, a, b, **options),
    "baddbmm": lambda x, a, b, options={}: torch.baddbmm(x, a, b, **options),
    "kron": torch.kron,
    "cross": lambda a, b, dim=None: torch.cross(a, b, dim=dim),
    "trace": lambda x: x.diagonal().sum(),  # torch.trace has a wrong gradient for tall matrices
    "einsum": lambda *x, equation: torch.einsum(equation, *x),
    "tensordot": lambda a, b, dims=2: torch.tensordot(a, b, dims),
    "matrixPower": lambda x, n: L.matrix_power(x, n),
    "det": L.det,
    "logdet": torch.logdet,
    "slogdet": lambda x: L.slogdet(x)[1],
    "slogdetSign": lambda x: L.slogdet(x)[0],
    "inv": L.inv,
    "solve": lambda a, b, options={}: L.solve(a, b, **options),
    "solveTriangular": lambda a, b, options: triangular(a, b, **options),
    "triangularSolve": lambda b, a, options={}: torch.triangular_solve(b, a, **options)[0],
    "cholesky": lambda x, upper=False: L.cholesky(positive(x), upper=upper),
    "choleskySolve": lambda b, x, upper=False: torch.cholesky_solve(b, x, upper=upper),
    "qr": lambda x, mode="reduced": tuple(L.qr(x, mode)),
    "eigh": squared_eigh,
    "eigvalsh": lambda x: L.eigvalsh(symmetric(x)),
    "svd": squared_svd,
    "svdFull": full_svd,
    "svdvals": L.svdvals,
    "pinv": lambda x, options={}: L.pinv(x, **options),
    "matrixRank": lambda x, options={}: L.matrix_rank(x, **options).int(),
    "lstsq": least_squares,
    "lstsqRest": residuals_and_rank,
    "vectorNorm": lambda x, ord=2, dims=None, options={}: L.vector_norm(x, number(ord), dims, **options),
    "matrixNorm": lambda x, ord="fro", dims=(-2, -1), options={}: L.matrix_norm(x, number(ord), dims, **options),
    "cdist": lambda a, b, p=2: torch.cdist(a, b, number(p), compute_mode="donot_use_mm_for_euclid_dist"),
    "pairwiseDistance": lambda a, b, p=2: F.pairwise_distance(a, b, p),
    "cosineSimilarity": lambda a, b, dim=1: F.cosine_similarity(a, b, dim),
    "normalize": lambda x, p=2, dims=1, eps=1e-12: F.normalize(x, number(p), dims, eps),
}


def number(text):
    """Infinities come as words: JSON has none."""
    return {"inf": INF, "-inf": -INF}.get(text, text)


def adder():
    out = []

    def add(op, name, *inputs, **args):
        out.append(op_case(OPS, op, name, *inputs, **args))

    return out, add


def regular(rng, *shape):
    """Far from singular, and no two singular values alike."""
    m, n = shape[-2:]
    diagonal = torch.arange(1, min(m, n) + 1) * 0.7
    x = rng.normal(*shape, scale=0.3)
    x[..., range(len(diagonal)), range(len(diagonal))] += diagonal
    return exact(x)


def products() -> list:
    out, add = adder()
    for op, shapes in {
        "dot": ([5], [5]), "vdot": ([7], [7]), "outer": ([3], [5]), "ger": ([1], [3]),
        "mv": ([5, 3], [3]), "mm": ([3, 5], [5, 7]), "bmm": ([3, 1, 5], [3, 5, 3]),
    }.items():  # fmt: skip
        rng = Rng(op)
        add(op, "odd sizes", *(rng.normal(*s) for s in shapes), second=True)
    add("dot", "nothing", torch.zeros(0), torch.zeros(0))
    add("mm", "nothing inside", torch.zeros(3, 0), torch.zeros(0, 5))
    add("mv", "special values", exact([[NAN, 1], [INF, 0], [1, 2]]), exact([1, 2]), grad=False)
    rng = Rng("int32")
    for op, shapes in {
        "dot": ([5], [5]), "mv": ([5, 3], [3]), "mm": ([3, 5], [5, 7]), "bmm": ([3, 2, 5], [3, 5, 3]), "inner": ([2, 3], [5, 3]),
    }.items():  # fmt: skip
        add(op, "int32, modulo 2^32", *(rng.integers(-(2**31), 2**31, *s) for s in shapes))
    add("mm", "int32, nothing inside", torch.zeros(3, 0).int(), torch.zeros(0, 5).int())
    add("einsum", "int32", rng.integers(-9, 9, 3, 5), rng.integers(-9, 9, 5, 2), equation="ij,jk->ki")
    for a, b in [([3], [3]), ([2, 3], [5, 1, 3]), ([3, 1], [])]:
        rng = Rng(f"inner {a} {b}")
        add("inner", f"{a}, {b}", rng.normal(*a), rng.normal(*b))
    rng = Rng("blends")
    for op, shapes in {"addmv": ([3], [3, 5], [5]), "addr": ([3, 5], [3], [5]), "baddbmm": ([3, 1], [2, 3, 5], [2, 5, 1])}.items():  # fmt: skip
        x = [rng.normal(*s) for s in shapes]
        add(op, "plain", *x)
        add(op, "beta and alpha", *x, options={"beta": 0.5, "alpha": -2})
    x = exact([[NAN, INF, 1], [0, 1, 2]])
    add("addr", "beta 0 leaves NaN out", x, rng.normal(2), rng.normal(3), options={"beta": 0}, grad=False)
    for a, b in [([2, 3], [3, 1]), ([3], [2, 2]), ([], [3]), ([2, 1, 2], [1, 3])]:
        rng = Rng(f"kron {a} {b}")
        add("kron", f"{a}, {b}", rng.normal(*a), rng.normal(*b))
    rng = Rng("cross")
    add("cross", "the first dim of 3", rng.normal(3, 5), rng.normal(3, 5), second=True)
    add("cross", "dim -1", rng.normal(5, 3), rng.normal(1, 3), dim=-1)
    for shape in [(3, 5), (5, 3), (1, 1), (0, 3)]:
        add("trace", f"{shape}", Rng(f"trace {shape}").normal(*shape))
    for a, b, dims in [([3, 2, 5], [2, 5, 3], 2), ([3, 5], [5, 3], 1), ([2], [3], 0), ([3, 5, 2], [7, 2, 3], [[0, 2], [2, 1]])]:  # fmt: skip
        rng = Rng(f"tensordot {a} {b} {dims}")
        add("tensordot", f"{a}, {b}, {dims}", rng.normal(*a), rng.normal(*b), dims=dims)
    sums(add)
    for n in [0, 1, 2, 5, 7, -1, -3]:
        x = regular(Rng(f"power {n}"), 2, 3, 3) / 2
        add("matrixPower", f"{n}", exact(x), n=n)
    add("matrixPower", "nothing", torch.zeros(0, 0), n=0)
    return out


def sums(add) -> None:
    for equation, *shapes in [
        ("ii", [5, 5]), ("ii->i", [3, 3]), ("ij->ji", [3, 5]), ("ij->", [3, 5]), ("ij,jk", [3, 5], [5, 1]),
        ("i,j->ij", [3], [5]), ("bij,bjk->bik", [2, 3, 5], [2, 5, 3]), ("ij,ij->i", [3, 5], [3, 5]),
        ("...ij,...jk->...ik", [2, 1, 3, 2], [5, 2, 3]), ("i...->...", [3, 5, 2]), ("b...,b...", [3, 2], [3, 1]),
        ("ba,Ab", [3, 2], [5, 3]), ("iij,j->i", [3, 3, 5], [5]), ("ij,kj,kl->il", [3, 5], [2, 5], [2, 3]),
        ("bhqd,bhkd->bhqk", [2, 3, 5, 2], [2, 3, 1, 2]), ("ij,jk->ik", [3, 1], [5, 2]), ("ijk,ilm,njm,nlk,abc->", [2, 2, 1], [2, 3, 1], [3, 2, 1], [3, 3, 1], [1, 1, 2]),
        ("iijj->ij", [2, 2, 3, 3]), ("iii", [3, 3, 3]), ("i,i,i->", [5], [5], [5]), ("ij,jk->ik", [0, 3], [3, 2]), ("ij,jk->ik", [2, 0], [0, 3]),
    ]:  # fmt: skip
        rng = Rng(f"einsum {equation} {shapes}")
        second = "jj" not in equation and len(shapes) < 4
        inputs = [rng.normal(*s) for s in shapes]
        add("einsum", f"{equation} {shapes}", *inputs, equation=equation, second=second)


def systems() -> list:
    out, add = adder()
    for n in [1, 3, 7]:
        rng = Rng(f"systems {n}")
        x = regular(rng, n, n)
        second = n == 3
        for op in ["det", "slogdet", "logdet", "inv"]:
            add(op, f"{n} x {n}", x, second=second)
        add("solve", f"{n} x {n}, vector", x, rng.normal(n), second=second, grad=n > 1)
        add("solve", f"{n} x {n}, batch broadcasts", x, rng.normal(2, n, 3))
        add("cholesky", f"{n} x {n}", rng.normal(n, n), second=second)
    rng = Rng("systems")
    x, b = regular(rng, 2, 3, 3), rng.normal(3, 5)
    add("det", "negative, batch", -x)
    add("slogdet", "negative, batch", -x)
    add("slogdet", "singular", exact([[1, 2], [2, 4]]), grad=False)
    for sign in [1, -1, 0]:
        add("slogdetSign", f"{sign}", regular(Rng("sign"), 2, 3, 3) * sign, grad=False)
    add("slogdet", "beyond float32", exact([[3e30, 0], [1e30, -3e30]]), grad=False)
    add("slogdet", "near 0", exact([[3e-30, 0], [1e-30, 3e-30]]), grad=False)
    batch = exact([[[1, 2], [2, 4]], [[2, 0], [0, 1]], [[1, 0], [0, 0]], [[0, 0], [0, 0]]])
    for op in ["slogdet", "logdet"]:
        add(op, "singular, and a batch with such", batch)
    add("logdet", "singular", exact([[1, 2], [2, 4]]), grad=False)
    add("logdet", "negative", -torch.eye(3), grad=False)
    add("det", "NaN", exact([[NAN, 1], [1, 1]]), grad=False)
    add("det", "pivots", exact([[0, 1, 0], [0, 0, 2], [3, 0, 0]]))
    add("det", "17 x 17", regular(Rng("det 17"), 17, 17) / 3, grad=False)
    add("inv", "pivots", exact([[0, 1, 0], [0, 0, 2], [3, 0, 0]]))
    add("inv", "17 x 17", regular(Rng("inv 17"), 17, 17), grad=False)
    hilbert = exact([[1 / (i + j + 1) for j in range(5)] for i in range(5)])
    add("inv", "Hilbert's matrix of 5", hilbert, grad=False)
    add("solve", "from the right", x, b.mT, options={"left": False})
    add("solve", "vectors of a batch", x, rng.normal(2, 3))
    for n in [1, 3, 5]:
        rng = Rng(f"triangles {n}")
        x, b = regular(rng, n, n), rng.normal(n, 3)
        for upper in [False, True]:
            options = {"upper": upper}
            add("solveTriangular", f"{n}, upper {upper}", x, b, options=options, second=n == 3)
            options = {"upper": upper, "left": False, "unitriangular": True}
            add("solveTriangular", f"{n}, right, unit, {upper}", x, b.mT, options=options)
            add("choleskySolve", f"{n}, upper {upper}", b, x.triu() if upper else x.tril(), upper=upper, fixed=(1,))
        add("triangularSolve", f"{n}", b, x)
        add("triangularSolve", f"{n}, transposed", b, x, options={"upper": False, "transpose": True})
    add("solveTriangular", "0 on the diagonal", exact([[1, 2], [0, 0]]), exact([[1], [1]]), options={"upper": True}, grad=False)
    add("cholesky", "upper", Rng("upper").normal(2, 3, 3), upper=True)
    for n in [0, 3]:
        x = torch.zeros(0, n, n)
        for op in ["det", "slogdet", "inv"]:
            add(op, f"no {n} x {n}", x)
    return out


def decompositions() -> list:
    out, add = adder()
    for m, n in [(1, 1), (3, 3), (5, 3), (3, 5), (7, 1), (1, 5), (2, 0), (0, 3)]:
        rng = Rng(f"{m} x {n}")
        x = regular(rng, m, n)
        second = (m, n) in [(3, 3), (5, 3)]
        add("qr", f"{m} x {n}", x, second=second)
        add("qr", f"{m} x {n}, complete", x, mode="complete", grad=m <= n)
        add("svd", f"{m} x {n}", x, second=second)
        add("svdFull", f"{m} x {n}", x, grad=False)
        add("svdvals", f"{m} x {n}", x)
        add("pinv", f"{m} x {n}", x, second=second)
        add("matrixRank", f"{m} x {n}", x, grad=False)
    rng = Rng("decompositions")
    add("qr", "batch", regular(rng, 2, 3, 2))
    add("qr", "13 x 7", rng.normal(13, 7), grad=False)
    add("qr", "negative diagonal, zeros below", exact([[-1, 2], [0, -3], [0, 0]]), grad=False)
    add("svd", "batch", regular(rng, 2, 2, 3))
    low = exact(rng.normal(7, 2) @ rng.normal(2, 5))
    for op in ["svdvals", "pinv", "matrixRank"]:
        options = {} if op == "svdvals" else {"options": {"rtol": 1e-5}}
        add(op, "rank 2 of 5", low, grad=False, **options)
        add(op, "zeros", torch.zeros(3, 2), grad=False)
    add("svdvals", "equal", torch.eye(3) * 2, grad=False)
    add("svdvals", "huge and tiny", exact([[1e18, 0], [0, 1e-18]]), grad=False)
    add("svdvals", "17 x 13", rng.normal(17, 13), grad=False)
    x = exact([[3, 0, 0], [0, 0.5, 0], [0, 0, 0.01]])
    for options in [{"rtol": 0.1}, {"atol": 0.1}, {"atol": 1, "rtol": 1e-6}]:
        add("matrixRank", f"{options}", x, options=options, grad=False)
        add("pinv", f"{options}", x, options=options, grad=False)
    eigenvalues(add)
    for m, n in [(5, 3), (3, 3), (2, 5)]:
        rng = Rng(f"lstsq {m} {n}")
        a, b = regular(rng, 2, m, n), rng.normal(2, m, 3)
        add("lstsq", f"{m} x {n}", a, b, second=m == 3)
        add("lstsqRest", f"{m} x {n}", a, b, grad=False)
    rng = Rng("lstsq")
    a, b = exact(rng.normal(5, 2) @ rng.normal(2, 3)), rng.normal(5, 1)
    for op in ["lstsq", "lstsqRest"]:
        add(op, "rank 2 of 3", a, b, options={"rcond": 1e-5}, grad=False)
    return out


def eigenvalues(add) -> None:
    for n in [1, 3, 5]:
        x = regular(Rng(f"eigh {n}"), n, n)
        add("eigh", f"{n} x {n}", x, second=n == 3)
        add("eigvalsh", f"{n} x {n}", -x)
    rng = Rng("eigenvalues")
    add("eigh", "batch, upper", regular(rng, 2, 3, 3), options={"UPLO": "U"})
    add("eigvalsh", "17 x 17", rng.normal(17, 17), grad=False)
    add("eigvalsh", "equal, of both signs", exact([[0, 2, 0], [2, 0, 0], [0, 0, 2]]), grad=False)
    add("eigvalsh", "blocks far apart", exact([[1e12, 0, 0], [0, 2, 1], [0, 1, 2]]), grad=False)
    add("eigvalsh", "zeros", torch.zeros(3, 3), grad=False)


def distances() -> list:
    out, add = adder()
    x = Rng("norms").spaced(3, 5)
    for p in [2, 1, 0, 3, 0.5, 2.5, -1, "inf", "-inf"]:
        grad = p != 0
        add("vectorNorm", f"{p}, all", x, ord=p, grad=grad)
        add("vectorNorm", f"{p}, dim 1, keepdim", x, ord=p, dims=1, options={"keepdim": True}, grad=grad)
    for p in [2, 1, 3, 0.5, "inf"]:
        add("vectorNorm", f"{p}, zeros", exact([[0, 0, 0], [0, -2, 0]]), ord=p, dims=1)
    add("vectorNorm", "inf, ties", exact([1, -3, 3, 2]), ord="inf")
    add("vectorNorm", "special values", exact([[NAN, 1], [INF, -INF], [0, -0.0]]), dims=1, grad=False)
    add("vectorNorm", "second", x, dims=0, second=True)
    add("vectorNorm", "second, 3", x, dims=0, ord=3, second=True)
    y = regular(Rng("matrix norms"), 2, 3, 5)
    add("matrixNorm", "nuc, equal singular values", torch.eye(3) * 2, ord="nuc")
    for p in ["fro", "nuc", 1, -1, 2, -2, "inf", "-inf"]:
        add("matrixNorm", f"{p}", y, ord=p)
        add("matrixNorm", f"{p}, dims, keepdim", y, ord=p, dims=[2, 0], options={"keepdim": True}, grad=False)
    for p in [2, 1, 3, 1.5, 0, "inf"]:
        rng = Rng(f"cdist {p}")
        a, b = rng.uniform(-3, 3, 2, 3, 5), rng.uniform(-3, 3, 1, 7, 5)
        add("cdist", f"{p}", a, b, p=p, grad=p != 0)
    rng = Rng("cdist")
    a, b = rng.normal(33, 3), rng.normal(3, 3)
    b[1] = a[2]
    add("cdist", "the same point, far from 0", exact(a + 100), exact(b + 100))
    for p in [2, 1, 3]:
        rng = Rng(f"pairwise {p}")
        add("pairwiseDistance", f"{p}", rng.normal(5, 3), rng.normal(5, 3), p=p)
    rng = Rng("cosine")
    add("cosineSimilarity", "rows", rng.normal(5, 3), rng.normal(5, 3))
    add("cosineSimilarity", "dim 0, broadcast", rng.normal(3, 5), rng.normal(3, 1), dim=0)
    add("cosineSimilarity", "zeros", exact([[0, 0], [1, 2]]), exact([[1, 2], [2, 1]]), grad=False)
    x = Rng("normalize").spaced(3, 5)
    for p in [2, 1, 3, "inf"]:
        add("normalize", f"{p}", x, p=p)
    add("normalize", "dims, eps", Rng("normalize dims").spaced(3, 1, 5), dims=[0, 2], eps=2)
    add("normalize", "special values", exact([[0, 0], [0, -2], [NAN, 1], [INF, 1]]), grad=False)
    add("normalize", "second", x, dims=0, second=True)
    return out


FIXTURES = {
    "matrixProducts": products,
    "systems": systems,
    "decompositions": decompositions,
    "distances": distances,
}
