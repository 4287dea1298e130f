"""Cases of losses: fixtures by name. Options are written in camelCase, as the library has them; what
PyTorch lacks (focal, Dice, penalties) is written out here."""
import math
import re

import torch
import torch.nn.functional as F

from .case import op_case
from .encode import Rng, exact

INF = math.inf
NAN = math.nan
REDUCTIONS = ["mean", "sum", "none"]


def words(options) -> dict:
    return {re.sub("[A-Z]", lambda c: "_" + c[0].lower(), k): v for k, v in options.items()}


def reduce(loss, reduction="mean"):
    return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.mean()


def torch_loss(fn, count=2):
    """A function of `count` tensors; one more is the weight. Integers are PyTorch's int64."""

    def loss(*tensors, options={}):
        given = [t.long() if t.dtype == torch.int32 else t for t in tensors]
        weight = {"weight": given[count]} if len(given) > count else {}
        return fn(*given[:count], **weight, **words(options))

    return loss


def focal(x, target, options={}):
    """torchvision.ops.sigmoid_focal_loss."""
    o = {"alpha": 0.25, "gamma": 2, "reduction": "none", **options}
    p = torch.sigmoid(x)
    ce = F.binary_cross_entropy_with_logits(x, target, reduction="none")
    loss = ce * (1 - (p * target + (1 - p) * (1 - target))) ** o["gamma"]
    if o["alpha"] >= 0:
        loss = loss * (o["alpha"] * target + (1 - o["alpha"]) * (1 - target))
    return reduce(loss, o["reduction"])


def dice(x, target, options={}):
    """monai.losses.DiceLoss(smooth_nr=smooth, smooth_dr=smooth)."""
    o = {"smooth": 1e-5, "reduction": "mean", **options}
    dims = list(range(2, x.ndim))
    both, total = (x * target).sum(dims), x.sum(dims) + target.sum(dims)
    return reduce(1 - (2 * both + o["smooth"]) / (total + o["smooth"]), o["reduction"])


def ctc(x, targets, dim, inputs, labels, options={}):
    logp = x if dim is None else torch.log_softmax(x, dim)
    return F.ctc_loss(logp, targets.long(), inputs, labels, **words(options))


LIKELIHOODS = {
    "smoothL1Loss": torch_loss(F.smooth_l1_loss),
    "huberLoss": torch_loss(F.huber_loss),
    "bce": torch_loss(F.binary_cross_entropy),
    "klDiv": torch_loss(F.kl_div),
    "poissonNLLLoss": torch_loss(F.poisson_nll_loss),
    "gaussianNLLLoss": torch_loss(F.gaussian_nll_loss, 3),
    "focalLoss": focal,
    "diceLoss": dice,
    "l1Penalty": lambda *params: sum(p.abs().sum() for p in params),
    "l2Penalty": lambda *params: sum((p**2).sum() for p in params),
}

MARGINS = {
    "hingeEmbeddingLoss": torch_loss(F.hinge_embedding_loss),
    "softMarginLoss": torch_loss(F.soft_margin_loss),
    "multiMarginLoss": torch_loss(F.multi_margin_loss),
    "multilabelMarginLoss": torch_loss(F.multilabel_margin_loss),
    "multilabelSoftMarginLoss": torch_loss(F.multilabel_soft_margin_loss),
    "marginRankingLoss": torch_loss(F.margin_ranking_loss, 3),
    "cosineEmbeddingLoss": torch_loss(F.cosine_embedding_loss, 3),
    "tripletMarginLoss": torch_loss(F.triplet_margin_loss, 3),
    "tripletMarginWithDistanceLoss": torch_loss(
        lambda a, p, n, **o: F.triplet_margin_with_distance_loss(
            a, p, n, distance_function=lambda x, y: (x - y).abs().sum(-1), **o
        ),
        3,
    ),
}


def adder(table, out):
    def add(op, name, *inputs, **args):
        out.append(op_case(table, op, name, *inputs, **args))

    return add


def distances() -> torch.Tensor:
    """Up to ties, infinities and NaN: what a distance may be."""
    return exact([0, -0.0, 0.5, -0.5, 1, -1, 1.5, -2.5, 3e38, INF, -INF, NAN, 1e-30])


def likelihoods() -> list:
    out = []
    add = adder(LIKELIHOODS, out)
    for op, name in [("smoothL1Loss", "beta"), ("huberLoss", "delta")]:
        for reduction in REDUCTIONS:
            rng = Rng(f"{op} {reduction}")
            x, y = rng.normal(3, 5), rng.normal(3, 5)
            add(op, f"{reduction}, {name} 0.5", x, y, options={"reduction": reduction, name: 0.5})
            add(op, f"{reduction}, default", x[:1], y[:1], second=True, options={"reduction": reduction})
        d = distances()
        add(op, "edges", d, torch.zeros_like(d), options={"reduction": "none"})
        add(op, "large", exact([300, -7, 0.1]), exact([0, 0, 0]), options={name: 33})
        add(op, "scalar", exact(0.3), exact(2))
        rng = Rng(f"{op} whole targets")
        # The derivative of PyTorch 1.13's huber_loss refuses targets of another dtype.
        grad = op == "smoothL1Loss"
        add(op, "int32", rng.normal(2, 3), rng.integers(-2, 3, 2, 3), options={name: 0.7}, grad=grad)
        add(op, "bool", rng.normal(2, 3), rng.bools(2, 3), options={name: 0.7}, grad=grad)
    add("smoothL1Loss", "beta 0", exact([1, 2, 2.5]), exact([1.5, 3, 0]), options={"beta": 0})
    for reduction in REDUCTIONS:
        of_probabilities(add, reduction)
        of_densities(add, reduction)
        of_masks(add, reduction)
    far = exact([0, 1, 0, 1, 1e-30, 0.5, 1e-45])
    for value in [0, 1]:
        target = torch.full_like(far, value)
        add("bce", f"sure, target {value}", far, target, fixed=(1,), options={"reduction": "none"})
    extreme = exact([-100, -20, 0, 20, 100, INF, -INF, NAN])
    for value in [0, 1]:
        target = torch.full_like(extreme, value)
        options = {"reduction": "none", "gamma": 1.5}
        add("focalLoss", f"far out, target {value}", extreme[:5], target[:5], fixed=(1,), options=options)
    counts = exact([0, 1, 2])
    extremes_by_default(add)
    add("poissonNLLLoss", "edges", extreme[1:4], counts, fixed=(1,), options={"full": True})
    rng = Rng("penalties")
    params = [rng.normal(3, 5), rng.normal(7), exact(-2)]
    for op in ["l1Penalty", "l2Penalty"]:
        add(op, "three parameters", *params, second=op == "l2Penalty")
        add(op, "one, with 0 and NaN", exact([0, -0.0, 1.5, NAN, INF]))
    return out


def extremes_by_default(add) -> None:
    """Where the default of an option shows."""
    none = {"reduction": "none"}
    rates, counts = exact([0, 1e-9, 0.5]), exact([1, 2, 1])
    add("poissonNLLLoss", "rate 0, default eps", rates, counts, fixed=(1,), options={**none, "logInput": False})
    x, y = exact([[0.5, 1], [2, -1]]), exact([[0.5 + 2**-10, 1], [2, 1]])
    variance = exact([[0, 2**-24], [2**-16, 2]])
    add("gaussianNLLLoss", "variance 0, default eps", x, y, variance, fixed=(1,), options=none)
    x, hits = exact([[0.5, -1], [2, 0]]), exact([[1, 0], [0, 1]])
    add("focalLoss", "default", x, hits, fixed=(1,))
    add("focalLoss", "alpha 0", x, hits, fixed=(1,), options={"alpha": 0})


def of_probabilities(add, reduction) -> None:
    rng = Rng(f"probabilities {reduction}")
    given = {"reduction": reduction}
    x, y, weight = rng.uniform(0.05, 0.95, 3, 5), rng.uniform(0, 1, 3, 5), rng.uniform(0.2, 2, 5)
    add("bce", reduction, x, y, options=given)
    add("bce", f"{reduction}, weight", x, y, weight, fixed=(2,), options=given)
    add("bce", f"{reduction}, second", x[0], y[0], fixed=(1,), second=True, options=given)
    logs = exact(torch.log_softmax(rng.normal(3, 5), 1).numpy())
    p = rng.probabilities(3, 5)
    add("klDiv", reduction, logs, p, options=given)
    p[1, 2] = p[2, 0] = 0
    add("klDiv", f"{reduction}, zeros", logs, p, fixed=(1,), options=given)
    add("klDiv", f"{reduction}, logTarget", logs, logs.flip(0), second=True, options={**given, "logTarget": True})
    if reduction == "mean":
        add("klDiv", "batchmean", logs, p, fixed=(1,), options={"reduction": "batchmean"})
        add("klDiv", "batchmean, logTarget", logs, logs.flip(0), options={"reduction": "batchmean", "logTarget": True})


def of_densities(add, reduction) -> None:
    rng = Rng(f"densities {reduction}")
    given = {"reduction": reduction}
    x, counts = rng.normal(3, 5), rng.integers(0, 7, 3, 5).double()
    add("poissonNLLLoss", reduction, x, counts, second=True, options=given)
    add("poissonNLLLoss", f"{reduction}, full", x, counts + 0.5, options={**given, "full": True})
    rates = rng.uniform(0, 3, 3, 5)
    options = {**given, "logInput": False, "eps": 1e-3}
    add("poissonNLLLoss", f"{reduction}, rates", rates, counts, fixed=(1,), options=options)
    y, variance = rng.normal(3, 5), rng.uniform(0.3, 2, 3, 5)
    add("gaussianNLLLoss", reduction, x, y, variance, second=True, options=given)
    add("gaussianNLLLoss", f"{reduction}, one a row", x, y, variance[:, 0], options={**given, "full": True})
    small = torch.cat([variance[:2, :1], exact([[0]])])
    add("gaussianNLLLoss", f"{reduction}, eps", x, y, small, options={**given, "eps": 0.5})


def of_masks(add, reduction) -> None:
    rng = Rng(f"masks {reduction}")
    given = {"reduction": reduction}
    x, y = rng.normal(3, 5, scale=2), rng.integers(0, 2, 3, 5).double()
    add("focalLoss", reduction, x, y, options=given)
    soft = rng.uniform(0, 1, 3, 5)
    add("focalLoss", f"{reduction}, soft", x, soft, second=True, options={**given, "alpha": -1, "gamma": 3})
    add("focalLoss", f"{reduction}, gamma 0", x, y, fixed=(1,), options={**given, "alpha": 0.6, "gamma": 0})
    p, mask = rng.uniform(0, 1, 2, 2, 3, 3), rng.integers(0, 2, 2, 2, 3, 3).double()
    mask[0, 0] = 0
    add("diceLoss", reduction, p, mask, options=given)
    add("diceLoss", f"{reduction}, smooth", p[:, :, 0], mask[:, :, 0], second=True, options={**given, "smooth": 1})


def margins() -> list:
    out = []
    add = adder(MARGINS, out)
    for reduction in REDUCTIONS:
        given = {"reduction": reduction}
        of_signs(add, reduction, given)
        of_classes(add, reduction, given)
        of_vectors(add, reduction, given)
    d = distances()
    signs = torch.ones_like(d)
    none = {"reduction": "none"}
    add("hingeEmbeddingLoss", "edges, -1", d, -signs, fixed=(1,), options=none)
    add("hingeEmbeddingLoss", "edges, 1", d, signs, fixed=(1,), options=none)
    odd = exact([0.5, -0.3, 2, -2]), exact([0, 0.5, 2, 0])
    add("hingeEmbeddingLoss", "targets that are neither", *odd, fixed=(1,), options=none)
    add("marginRankingLoss", "edges", d, torch.zeros_like(d), signs, fixed=(2,), options=none)
    add("softMarginLoss", "edges", exact([0, 30, -30, 300, -300]), exact([1, 1, 1, -1, 1]), fixed=(1,), options=none)
    same = Rng("same").normal(2, 3)
    add("tripletMarginLoss", "all the same", same, same.clone(), same.clone(), options=none)
    add("cosineEmbeddingLoss", "zero vectors", same * 0, same, exact([1, -1]), fixed=(2,), options=none)
    return out


def of_signs(add, reduction, given) -> None:
    rng = Rng(f"signs {reduction}")
    x, y = rng.normal(3, 5), rng.integers(0, 2, 3, 5) * 2 - 1
    z = rng.normal(3, 5)
    add("hingeEmbeddingLoss", reduction, x, y, options=given)
    add("hingeEmbeddingLoss", f"{reduction}, margin", x, y.double(), fixed=(1,), options={**given, "margin": 0.3})
    add("softMarginLoss", reduction, x, y.double(), fixed=(1,), second=True, options=given)
    add("marginRankingLoss", reduction, x, z, y.double(), fixed=(2,), options=given)
    add("marginRankingLoss", f"{reduction}, margin", x, z, y.double(), fixed=(2,), options={**given, "margin": 0.55})


def of_classes(add, reduction, given) -> None:
    rng = Rng(f"margins of classes {reduction}")
    x, y, weight = rng.normal(3, 5), rng.integers(0, 5, 3), rng.uniform(0.2, 2, 5)
    add("multiMarginLoss", reduction, x, y, options=given)
    squared = {**given, "p": 2, "margin": 0.7}
    add("multiMarginLoss", f"{reduction}, squares and weights", x, y, weight, fixed=(2,), options=squared)
    add("multiMarginLoss", f"{reduction}, one sample", x[0], y[0], weight, fixed=(2,), options=given)
    add("multiMarginLoss", f"{reduction}, one sample, its class in a list", x[0], y[:1], weight, fixed=(2,), options=given)
    labels = exact([[2, 0, -1, 4, 1], [-1, 0, 0, 0, 0], [4, 3, 2, 1, 0]]).int()
    add("multilabelMarginLoss", reduction, x, labels, options=given)
    add("multilabelMarginLoss", f"{reduction}, one sample", x[0], labels[0], options=given)
    hits = rng.integers(0, 2, 3, 5).double()
    add("multilabelSoftMarginLoss", reduction, x, hits, fixed=(1,), second=True, options=given)
    add("multilabelSoftMarginLoss", f"{reduction}, weight", x, hits, weight, fixed=(1, 2), options=given)


def of_vectors(add, reduction, given) -> None:
    rng = Rng(f"vectors {reduction}")
    a, b, c = rng.normal(3, 5), rng.normal(3, 5), rng.normal(3, 5)
    signs = exact([1, -1, -1])
    add("cosineEmbeddingLoss", reduction, a, b, signs, fixed=(2,), options=given)
    options = {**given, "margin": -0.5}
    add("cosineEmbeddingLoss", f"{reduction}, margin", a, b, signs, fixed=(2,), second=True, options=options)
    add("cosineEmbeddingLoss", f"{reduction}, one", a[0], b[0], signs[0], fixed=(2,), options=given)
    add("tripletMarginLoss", reduction, a, b, c, options=given)
    add("tripletMarginLoss", f"{reduction}, swap", a, b, c, second=True, options={**given, "swap": True, "margin": 3})
    add("tripletMarginLoss", f"{reduction}, p 1", a, b, c, options={**given, "p": 1, "eps": 0.01, "margin": 2})
    add("tripletMarginLoss", f"{reduction}, p 3", a[0], b[0], c[0], options={**given, "p": 3, "margin": 2})
    add("tripletMarginWithDistanceLoss", reduction, a, b, c, options={**given, "margin": 2})


def ctcs() -> list:
    out = []
    add = adder({"ctcLoss": ctc}, out)
    for reduction in REDUCTIONS:
        rng = Rng(f"ctc {reduction}")
        given = {"reduction": reduction}
        x, padded = rng.normal(7, 3, 5), rng.integers(1, 5, 3, 3)
        padded[0] = exact([2, 2, 4]).int()
        rest = {"dim": 2, "inputs": [7, 5, 6], "labels": [3, 2, 0], "options": given}
        add("ctcLoss", f"{reduction}, padded", x, padded, **rest)
        shorter = {**rest, "labels": [1, 3, 2]}
        add("ctcLoss", f"{reduction}, padded in front of others", x, padded, **shorter)
        joined = torch.cat([padded[0], padded[1, :2]])
        add("ctcLoss", f"{reduction}, one after the other", x, joined, **rest)
        other = {**rest, "options": {**given, "blank": 4}}
        add("ctcLoss", f"{reduction}, blank 4", x, padded - 1, **other)
        impossible = {**rest, "inputs": [2, 5, 3], "options": {**given, "zeroInfinity": True}}
        add("ctcLoss", f"{reduction}, zeroInfinity", x, padded, **impossible)
        add("ctcLoss", f"{reduction}, one sequence", x[:, 0], padded[0], dim=1, inputs=[7], labels=[3], options=given)
        raw = {**rest, "dim": None}
        add("ctcLoss", f"{reduction}, any log-probabilities", exact(-x.abs().numpy()), padded, **raw)
    rng = Rng("ctc far")
    none = {"reduction": "none"}
    far = rng.normal(6, 2, 4, scale=100)
    labels = exact([[1, 1, 2], [3, 2, 1]]).int()
    add("ctcLoss", "far apart", far, labels, dim=2, inputs=[6, 4], labels=[3, 3], options=none)
    add("ctcLoss", "impossible", far, labels, grad=False, dim=2, inputs=[3, 6], labels=[3, 3], options=none)
    long = rng.normal(65, 1, 3)
    add("ctcLoss", "long", long, rng.integers(1, 3, 1, 17), dim=2, inputs=[65], labels=[17], options=none)
    return out


FIXTURES = {"likelihoods": likelihoods, "margins": margins, "ctc": ctcs}
