"""Cases of optimisers, schedulers and what goes with them: fixtures by name."""
import math

import torch

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
    made = {"NAdam": NAdam, "Lion": Lion}
    return [
        one(kind, name, o, made.get(kind)) for kind, named in OPTIONS.items() for name, o in named.items()
    ]


FIXTURES = {"optimisersMore": optimisers}
