"""Cases of optimisers, schedulers and what goes with them: fixtures by name."""
import math

import torch
from torch.optim.lbfgs import _strong_wolfe

from .encode import Rng, encode, encode_all, exact
from .optimisers import one

OPTIONS = {
    "SGD": {"maximize": {"lr": 0.1, "momentum": 0.5, "weightDecay": 0.1, "maximize": True}},
    "Adam": {
        "amsgrad": {"lr": 0.05, "betas": [0.5, 0.75], "amsgrad": True},
        "amsgrad and weightDecay": {"lr": 0.05, "weightDecay": 0.1, "amsgrad": True},
        "maximize": {"lr": 0.05, "weightDecay": 0.1, "maximize": True},
    },
    "AdamW": {
        "amsgrad": {"lr": 0.05, "betas": [0.5, 0.75], "weightDecay": 0.1, "amsgrad": True},
        "maximize": {"lr": 0.05, "maximize": True},
    },
    "NAdam": {
        "default": {},
        "all options": {"lr": 0.05, "betas": [0.5, 0.75], "eps": 1e-3, "weightDecay": 0.1, "momentumDecay": 0.5},
        "decoupledWeightDecay": {"lr": 0.05, "weightDecay": 0.1, "decoupledWeightDecay": True},
    },
    "RAdam": {
        "default": {},
        "all options": {"lr": 0.05, "betas": [0.5, 0.75], "eps": 1e-3, "weightDecay": 0.1},
        "rectified from the sixth step on": {"lr": 0.05, "betas": [0.9, 0.99]},
        "decoupledWeightDecay": {
            "lr": 0.05, "betas": [0.9, 0.99], "weightDecay": 0.1, "decoupledWeightDecay": True,
        },
    },
    "Adamax": {
        "default": {},
        "all options": {"lr": 0.05, "betas": [0.5, 0.75], "eps": 1e-3, "weightDecay": 0.1, "maximize": True},
    },
    "Adagrad": {
        "default": {},
        "all options": {
            "lr": 0.1, "lrDecay": 0.25, "weightDecay": 0.1, "initialAccumulatorValue": 0.5, "eps": 1e-3,
        },
        "maximize": {"lr": 0.1, "maximize": True},
    },
    "Adadelta": {
        "default": {},
        "all options": {"lr": 0.5, "rho": 0.5, "eps": 1e-2, "weightDecay": 0.1, "maximize": True},
    },
    "RMSprop": {
        "default": {},
        "momentum": {"lr": 0.05, "momentum": 0.9},
        "centered": {"lr": 0.05, "alpha": 0.75, "eps": 1e-3, "centered": True},
        "all options": {
            "lr": 0.05, "alpha": 0.5, "eps": 1e-2, "weightDecay": 0.1, "momentum": 0.5,
            "centered": True, "maximize": True,
        },
    },
    "Lion": {
        "default": {},
        "all options": {"lr": 0.05, "betas": [0.5, 0.75], "weightDecay": 0.1},
    },
}  # fmt: skip


class Plain(torch.optim.Optimizer):
    """What the formulas below have in common: groups, and a state per parameter."""

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    self.update(p, p.grad, group, self.state[p])


class NAdam(Plain):
    """PyTorch's documentation; the code of 1.13 multiplies mu in twice (mended in 2.0)."""

    def __init__(self, params, **options):
        defaults = {
            "lr": 2e-3, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.0,
            "momentum_decay": 4e-3, "decoupled_weight_decay": False,
        }  # fmt: skip
        super().__init__(params, {**defaults, **options})

    def update(self, p, g, o, s):
        (beta1, beta2), lr, psi = o["betas"], o["lr"], o["momentum_decay"]
        if o["decoupled_weight_decay"]:
            p.mul_(1 - lr * o["weight_decay"])
        else:
            g = g + o["weight_decay"] * p
        t = s["step"] = s.get("step", 0) + 1
        mu, after = (beta1 * (1 - 0.5 * 0.96 ** (k * psi)) for k in (t, t + 1))
        s["product"] = s.get("product", 1.0) * mu
        s["m"] = beta1 * s.get("m", 0) + (1 - beta1) * g
        s["v"] = beta2 * s.get("v", 0) + (1 - beta2) * g**2
        m = after * s["m"] / (1 - s["product"] * after) + (1 - mu) * g / (1 - s["product"])
        p.sub_(lr * m / ((s["v"] / (1 - beta2**t)).sqrt() + o["eps"]))


class RAdam(torch.optim.RAdam):
    """With the decoupled decay that PyTorch 2 has, ahead of the step."""

    def __init__(self, params, decoupled_weight_decay=False, weight_decay=0.0, **options):
        self.decoupled = weight_decay if decoupled_weight_decay else 0.0
        super().__init__(params, weight_decay=0.0 if decoupled_weight_decay else weight_decay, **options)

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    p.mul_(1 - group["lr"] * self.decoupled)
        super().step()


class Lion(Plain):
    """Chen et al., 2023, Symbolic Discovery of Optimization Algorithms, algorithm 2."""

    def __init__(self, params, **options):
        super().__init__(params, {"lr": 1e-4, "betas": (0.9, 0.99), "weight_decay": 0.0, **options})

    def update(self, p, g, o, s):
        (beta1, beta2), m = o["betas"], s.get("m", torch.zeros_like(p))
        u = torch.sign(beta1 * m + (1 - beta1) * g)
        p.sub_(o["lr"] * (u + o["weight_decay"] * p))
        s["m"] = beta2 * m + (1 - beta2) * g


def optimisers() -> list:
    made = {"NAdam": NAdam, "RAdam": RAdam, "Lion": Lion}
    return [
        one(kind, name, o, made.get(kind)) for kind, named in OPTIONS.items() for name, o in named.items()
    ]


def scheduled(make, *lrs, optimiser=torch.optim.SGD, metrics=None, **options) -> dict:
    """Twenty steps of a scheduler: {rates: per step a list, one a group}, and the momenta if they move.

    `make` is the scheduler's constructor from the optimiser. Rates are float64, written in full.
    """
    groups = [{"params": [torch.zeros(1)], "lr": lr} for lr in lrs or (0.5, 0.03)]
    optimiser = optimiser(groups, lr=1, **options)
    scheduler = make(optimiser)

    def read() -> tuple:
        momenta = [g["betas"][0] if "betas" in g else g["momentum"] for g in optimiser.param_groups]
        return [g["lr"] for g in optimiser.param_groups], momenta

    seen = [read()]
    for t in range(20):
        optimiser.step()
        scheduler.step(*([metrics[t]] if metrics else []))
        seen.append(read())
    rates, momenta = ([row[k] for row in seen] for k in (0, 1))
    moving = {"momenta": momenta} if any(row != momenta[0] for row in momenta) else {}
    given = {"metrics": ["nan" if math.isnan(m) else m for m in metrics]} if metrics else {}
    return {"rates": rates, **moving, **given}


def metric(t: int) -> float:
    """Falls, stands still, jumps up, falls by little."""
    return round([3.0, 2.5, 2.5, 2.4999, 2.7, 2.6, 2.2, 2.2, 2.3, 2.21][t % 10] - t // 10, 4)


def schedulers() -> list:
    s = torch.optim.lr_scheduler
    adam, fast = torch.optim.Adam, {"momentum": 0.9}
    metrics = [metric(t) for t in range(20)]
    still = [1.0] * 20
    other = [4 - m for m in metrics[:9]] + [math.nan] + [4 - m for m in metrics[10:]]
    made = {
        "StepLR": scheduled(lambda o: s.StepLR(o, 3, gamma=0.5)),
        "StepLR default": scheduled(lambda o: s.StepLR(o, 7)),
        "MultiStepLR": scheduled(lambda o: s.MultiStepLR(o, [2, 5, 5, 13], gamma=0.3)),
        "MultiStepLR default": scheduled(lambda o: s.MultiStepLR(o, [3, 11])),
        "ExponentialLR": scheduled(lambda o: s.ExponentialLR(o, 0.9)),
        "ConstantLR default": scheduled(s.ConstantLR),
        "ConstantLR": scheduled(lambda o: s.ConstantLR(o, factor=0.7, total_iters=3)),
        "LinearLR default": scheduled(s.LinearLR),
        "LinearLR": scheduled(lambda o: s.LinearLR(o, start_factor=0.9, end_factor=0.1, total_iters=13)),
        "PolynomialLR default": scheduled(s.PolynomialLR),
        "PolynomialLR": scheduled(lambda o: s.PolynomialLR(o, total_iters=17, power=0.9)),
        "CosineAnnealingLR": scheduled(lambda o: s.CosineAnnealingLR(o, 7, eta_min=0.01)),
        "CosineAnnealingLR once": scheduled(lambda o: s.CosineAnnealingLR(o, 20)),
        "CosineAnnealingWarmRestarts": scheduled(lambda o: s.CosineAnnealingWarmRestarts(o, 5)),
        "CosineAnnealingWarmRestarts doubled": scheduled(
            lambda o: s.CosineAnnealingWarmRestarts(o, 3, T_mult=2, eta_min=0.001)
        ),
        "LambdaLR": scheduled(lambda o: s.LambdaLR(o, lambda t: 1 / (1 + t))),
        "LambdaLR each": scheduled(lambda o: s.LambdaLR(o, [lambda t: 0.5 + t, lambda t: 1 - t / 32])),
        "MultiplicativeLR": scheduled(lambda o: s.MultiplicativeLR(o, lambda t: 1 - t / 64)),
        "OneCycleLR": scheduled(lambda o: s.OneCycleLR(o, [0.5, 0.3], total_steps=21), **fast),
        "OneCycleLR linear, three phases": scheduled(
            lambda o: s.OneCycleLR(
                o, 0.5, epochs=3, steps_per_epoch=7, pct_start=0.4, anneal_strategy="linear",
                base_momentum=0.7, max_momentum=0.9, div_factor=10, final_div_factor=50, three_phase=True,
            ),
            optimiser=adam,
        ),
        "OneCycleLR without momentum": scheduled(
            lambda o: s.OneCycleLR(o, 0.5, total_steps=30, cycle_momentum=False)
        ),
        "ReduceLROnPlateau default": scheduled(s.ReduceLROnPlateau, metrics=still),
        "ReduceLROnPlateau without threshold": scheduled(
            lambda o: s.ReduceLROnPlateau(o, patience=1, threshold=0), metrics=still
        ),
        "ReduceLROnPlateau": scheduled(
            lambda o: s.ReduceLROnPlateau(o, factor=0.5, patience=1, min_lr=[0.1, 0.001]), metrics=metrics
        ),
        "ReduceLROnPlateau abs": scheduled(
            lambda o: s.ReduceLROnPlateau(
                o, patience=0, threshold=0.25, threshold_mode="abs", cooldown=2, eps=1e-3
            ),
            metrics=metrics,
        ),
        "ReduceLROnPlateau max": scheduled(
            lambda o: s.ReduceLROnPlateau(o, mode="max", factor=0.3, patience=2), metrics=other
        ),
        "ReduceLROnPlateau max abs": scheduled(
            lambda o: s.ReduceLROnPlateau(
                o, mode="max", factor=0.3, patience=2, threshold=0.05, threshold_mode="abs"
            ),
            metrics=other,
        ),
        "SequentialLR": scheduled(
            lambda o: s.SequentialLR(
                o,
                [s.LinearLR(o, 0.1, total_iters=5), s.CosineAnnealingLR(o, 10), s.ExponentialLR(o, 0.9)],
                [5, 15],
            )
        ),
        "SequentialLR of functions": scheduled(
            lambda o: s.SequentialLR(
                o,
                [
                    s.ConstantLR(o, total_iters=2),
                    s.LambdaLR(o, lambda t: 1 / (1 + t)),
                    s.MultiplicativeLR(o, lambda t: 0.9),
                ],
                [4, 9],
            )
        ),
        "SequentialLR from 0": scheduled(
            lambda o: s.SequentialLR(
                o,
                [s.LinearLR(o, 0.5, total_iters=5), s.ConstantLR(o, 0.1, 2), s.ExponentialLR(o, 0.9)],
                [0, 4],
            )
        ),
        "SequentialLR with a ConstantLR of no epochs": scheduled(
            lambda o: s.SequentialLR(
                o,
                [s.ExponentialLR(o, 0.9), s.ConstantLR(o, 0.1, 0), s.ExponentialLR(o, 0.5)],
                [3, 7],
            )
        ),
        "ConstantLR of no epochs": scheduled(lambda o: s.ConstantLR(o, 0.1, 0)),
        "ChainedScheduler": scheduled(
            lambda o: s.ChainedScheduler([s.ConstantLR(o, total_iters=4), s.ExponentialLR(o, 0.9)])
        ),
    }  # fmt: skip
    return [{"name": name, **case} for name, case in made.items()]


def objective(p, q) -> torch.Tensor:
    """Squares and fourth powers, so well conditioned that PyTorch in float32 agrees with float64."""
    weights, rest = exact([1, 3, 0.25, 2, 0.5]), q - 0.5
    bowl = (weights * (p - weights) ** 2).sum() + (rest**2).sum() + (rest**4).sum() / 8
    return bowl + p[0] * q[0, 1] / 2


def lbfgs(name, **options) -> dict:
    """Ten steps of LBFGS on `objective`: {name, options, params, losses, after}."""
    rng = Rng(f"LBFGS {name}")
    params = [rng.normal(5).requires_grad_(), rng.normal(2, 2).requires_grad_()]
    words = {"maxIter": "max_iter", "maxEval": "max_eval", "historySize": "history_size"}
    words |= {"lineSearchFn": "line_search_fn", "toleranceGrad": "tolerance_grad"}
    given = {words.get(k, k): v for k, v in options.items()}
    if "lineSearchFn" in options:
        given["line_search_fn"] = "strong_wolfe"
    optimiser = torch.optim.LBFGS(params, **given)
    case = {"name": name, "options": options, "params": encode_all(params), "losses": [], "after": []}

    def closure():
        optimiser.zero_grad()
        loss = objective(*params)
        loss.backward()
        return loss

    for _ in range(10):
        case["losses"].append(encode(optimiser.step(closure)))
        case["after"].append(encode_all(params))
    return case


def lbfgs_cases() -> list:
    wolfe = {"lineSearchFn": "strongWolfe"}
    return [
        lbfgs("default"),
        lbfgs("one iteration a step", lr=0.1, maxIter=1),
        lbfgs("short steps", lr=0.6, maxIter=2, toleranceGrad=0.02),
        lbfgs("short memory", lr=0.5, maxIter=2, historySize=2),
        lbfgs("strong Wolfe", maxIter=2, **wolfe),
        lbfgs("strong Wolfe, from too long a step", lr=30, maxIter=1, **wolfe),
        lbfgs("strong Wolfe, from too short a step", lr=0.3, maxIter=1, **wolfe),
        lbfgs("few evaluations", lr=0.3, maxIter=5, maxEval=3, toleranceGrad=1e-3),
        lbfgs("a coarse tolerance", lr=0.5, maxIter=4, toleranceGrad=0.3),
    ]


def line_search(slope, curve, waves, t) -> dict:
    """PyTorch's own line search of slope x + curve x^2 + sum of a sin(w x), from x = 0, t to be tried first.

    {slope, curve, waves: [[a, w]], t, found, evaluations}, all float64.
    """
    count = 0

    def at(x):
        loss = slope * x + curve * x * x + sum(a * math.sin(w * x) for a, w in waves)
        return loss, slope + 2 * curve * x + sum(a * w * math.cos(w * x) for a, w in waves)

    def objective(_, x, __):
        nonlocal count
        count += 1
        loss, gradient = at(float(x))
        return loss, torch.tensor([gradient], dtype=torch.float64)

    loss, gradient = at(0.0)
    g, along = torch.tensor([gradient], dtype=torch.float64), torch.ones(1, dtype=torch.float64)
    found = _strong_wolfe(objective, None, t, along, loss, g, g.dot(along))[2]
    given = {"slope": slope, "curve": curve, "waves": waves, "t": t}
    return {**given, "found": float(found), "evaluations": count}


def line_searches() -> list:
    """Short numbers, in which a slope at 0 always leads down; the ones that take some steps."""
    draw, out = Rng("line searches").state, []
    while len(out) < 60:
        slope, curve = -draw.randint(1, 9) / 4, draw.randint(1, 33) / 64
        waves = [[draw.randint(-8, 9) / 16, draw.randint(1, 65) / 8] for _ in range(2)]
        if slope + sum(a * w for a, w in waves) >= 0:
            continue
        t = float(draw.choice([0.0625, 0.25, 1, 4, 16]))
        case = line_search(float(slope), float(curve), [[float(a), float(w)] for a, w in waves], t)
        if case["evaluations"] > 3:
            out.append(case)
    # A second step that is higher than the first one, though low enough, ends nothing.
    out.append(line_search(-1.25, 0.1875, [[0.3125, 6.0], [-0.9375, 3.75]], 0.25))
    # Lower than the start, but by how much?
    out.append(line_search(-1.0, 0.234375, [[0.0, 1.25], [-0.5, 4.625]], 4.0))
    return out


FIXTURES = {"lbfgs": lbfgs_cases, "lineSearches": line_searches, "optimisersMore": optimisers, "schedulers": schedulers}
