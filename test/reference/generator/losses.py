"""Losses: every reduction, class weights, ignored classes, label smoothing, soft targets."""
import math

import torch
import torch.nn.functional as F

from .case import op_case
from .encode import Rng, exact

INF = math.inf
REDUCTIONS = ["mean", "sum", "none"]


def keywords(options, weights) -> dict:
    """Tensors that belong to the options come as inputs; `weights` names them in order."""
    words = {"ignoreIndex": "ignore_index", "labelSmoothing": "label_smoothing"}
    return {**{words.get(k, k): v for k, v in options.items()}, **weights}


def classes(fn):
    def loss(x, target, weight=None, options={}):
        hard = target if target.dtype == torch.float64 else target.long()
        return fn(x, hard, **keywords(options, {"weight": weight}))

    return loss


def logits(x, target, *tensors, options={}, names=()):
    words = {"posWeight": "pos_weight", "weight": "weight"}
    named = {words[name]: tensor for name, tensor in zip(names, tensors)}
    return F.binary_cross_entropy_with_logits(x, target, **keywords(options, named))


OPS = {
    "crossEntropy": classes(F.cross_entropy),
    "nllLoss": classes(F.nll_loss),
    "mseLoss": lambda x, target, options={}: F.mse_loss(x, target, **options),
    "l1Loss": lambda x, target, options={}: F.l1_loss(x, target, **options),
    "bceWithLogits": logits,
}


def cases() -> list:
    out = []

    def add(op, name, *inputs, **args):
        out.append(op_case(OPS, op, name, *inputs, **args))

    for reduction in REDUCTIONS:
        for op in ["crossEntropy", "nllLoss"]:
            classified(add, op, reduction)
        if reduction != "sum":
            smoothed(add, reduction)
        paired(add, reduction)
        binary(add, reduction)
    edges(add)
    return out


def classified(add, op, reduction) -> None:
    rng = Rng(f"{op} {reduction}")

    def logs(*shape):
        x = rng.normal(*shape, scale=2)
        return x if op == "crossEntropy" else exact(torch.log_softmax(x, min(1, x.ndim - 1)).numpy())

    def one(name, x, target, *weight, **options):
        options = {"reduction": reduction, **options}
        add(op, f"{reduction}, {name}", x, target, *weight, fixed=(2,), options=options)

    weight = rng.uniform(0.2, 2, 5)
    one("plain", logs(3, 5), rng.integers(0, 5, 3))
    one("class weights", logs(3, 5), rng.integers(0, 5, 3), weight)
    one("ignoreIndex", logs(4, 5), exact([3, 1, 1, 0]).int(), ignoreIndex=1)
    one("default ignoreIndex", logs(3, 5), exact([3, -100, 4]).int())
    ignoring = exact([3, -1, 0]).int()
    one("weights and ignoreIndex", logs(3, 5), ignoring, weight, ignoreIndex=-1)
    one("[N,C,d1]", logs(2, 3, 2), rng.integers(0, 3, 2, 2))
    one("[N,C,d1,d2] with weights", logs(2, 3, 1, 2), rng.integers(0, 3, 2, 1, 2), weight[:3])
    one("one sample without a batch", logs(5), exact(3).int())


def smoothed(add, reduction) -> None:
    rng = Rng(f"smoothed {reduction}")
    weight = rng.uniform(0.2, 2, 5)

    def one(name, *inputs, **options):
        options = {"reduction": reduction, **options}
        add("crossEntropy", f"{reduction}, {name}", *inputs, fixed=(2,), options=options)

    x, target = rng.normal(3, 5, scale=2), exact([3, 1, 0]).int()
    one("smoothing", x, target, labelSmoothing=0.1)
    one("smoothing and weights", x, target, weight, labelSmoothing=0.25)
    one("smoothing and ignoreIndex", x, target, labelSmoothing=0.25, ignoreIndex=1)
    one("smoothing, weights and ignoreIndex", x, target, weight, labelSmoothing=0.1, ignoreIndex=0)
    one("smoothing, [N,C,d1]", rng.normal(2, 3, 2), rng.integers(0, 3, 2, 2), labelSmoothing=0.2)
    one("probabilities", x, rng.probabilities(3, 5))
    one("probabilities and weights", x, rng.probabilities(3, 5), weight)
    one("probabilities, weights, smoothing", x, rng.probabilities(3, 5), weight, labelSmoothing=0.2)
    one("probabilities, [N,C,d1]", rng.normal(2, 3, 2), rng.probabilities(2, 3, 2))


def paired(add, reduction) -> None:
    for op in ["mseLoss", "l1Loss"]:
        for shape in [[2, 3], [9], []]:
            rng = Rng(f"{op} {reduction} {shape}")
            x, target = rng.normal(*shape), rng.normal(*shape)
            if shape:
                target.view(-1)[2] = x.view(-1)[2]
            add(op, f"{reduction}, {shape}", x, target, options={"reduction": reduction})
        whole = Rng(f"{op} {reduction} int32")
        # The derivative of PyTorch 1.13's mse_loss refuses targets of another dtype.
        given = {"options": {"reduction": reduction}, "grad": op != "mseLoss"}
        add(op, f"{reduction}, int32", whole.normal(2, 3), whole.integers(-2, 3, 2, 3), **given)
        if op == "mseLoss":
            add(op, f"{reduction}, bool", whole.normal(2, 3), whole.bools(2, 3), **given)


def binary(add, reduction) -> None:
    rng = Rng(f"bceWithLogits {reduction}")
    x = rng.normal(2, 4, scale=2)
    target, weight, positive = rng.uniform(0, 1, 2, 4), rng.uniform(0.2, 2, 4), rng.uniform(0.2, 3, 4)

    def one(name, *inputs, **args):
        options = {"reduction": reduction}
        add("bceWithLogits", f"{reduction}, {name}", *inputs, options=options, fixed=(1, 2, 3), **args)

    one("plain", x, target)
    one("hard targets", x, rng.integers(0, 2, 2, 4).double())
    one("weight", x, target, weight, names=["weight"])
    one("posWeight", x, target, positive, names=["posWeight"])
    one("both", x, target, weight, positive, names=["weight", "posWeight"])
    one("1-d", rng.normal(7), rng.uniform(0, 1, 7))


def edges(add) -> None:
    ignored = exact([-100, -100]).int()
    for reduction in REDUCTIONS:
        options = {"reduction": reduction}
        x = Rng("ignored").normal(2, 3)
        add("crossEntropy", f"{reduction}, all ignored", x, ignored, grad=False, options=options)
    far = exact([[1000, 0, -1000], [-1000, 1000, 0], [3e38, 0, -3e38]])
    none = {"reduction": "none"}
    add("crossEntropy", "far apart", far, exact([0, 1, 0]).int(), options=none)
    add("crossEntropy", "far apart and wrong", far[:2], exact([2, 0]).int(), options=none)
    masked = exact([[-INF, 1, 2], [0, -INF, -INF]])
    add("crossEntropy", "masked logits", masked, exact([1, 0]).int(), options=none)
    signs = exact([-200, -90, 0, 90, 200])
    for value in [0, 1]:
        target = torch.full_like(signs, value)
        add("bceWithLogits", f"far out, target {value}", signs, target, fixed=(1,), options=none)
    add("bceWithLogits", "gradient of the target", exact([-1, 2]), exact([0.5, 1]), options={})
    soft = exact([[0.5, 0.25, 0.25], [0, 0, 1]])
    add("crossEntropy", "gradient of probabilities", Rng("soft").normal(2, 3), soft, options={})
    add("nllLoss", "minus infinity elsewhere", masked, exact([1, 0]).int(), options=none)
