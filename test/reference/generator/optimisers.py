"""Ten steps of every optimiser with given gradients: {optimiser, name, options, params, steps}.

A step is {grads: [tensor | null], after: [tensor]}. The second parameter has no gradient in the
third step: its state must stand still.
"""
import re

import torch

from .encode import Rng, encode_all

STEPS = 10
OPTIONS = {
    "SGD": {
        "plain": {"lr": 0.1},
        "momentum": {"lr": 0.1, "momentum": 0.9},
        "dampening": {"lr": 0.1, "momentum": 0.9, "dampening": 0.25},
        "nesterov": {"lr": 0.1, "momentum": 0.9, "nesterov": True},
        "weightDecay": {"lr": 0.1, "weightDecay": 0.1},
        "momentum and weightDecay": {"lr": 0.05, "momentum": 0.5, "weightDecay": 0.1},
        "nesterov and weightDecay": {"lr": 0.05, "momentum": 0.5, "nesterov": True, "weightDecay": 0.1},
    },
    "Adam": {
        "default": {},
        "lr 0.1": {"lr": 0.1},
        "betas and eps": {"lr": 0.05, "betas": [0.5, 0.75], "eps": 1e-3},
        "weightDecay": {"lr": 0.05, "weightDecay": 0.1},
    },
    "AdamW": {
        "default": {},
        "lr 0.1, weightDecay 0.25": {"lr": 0.1, "weightDecay": 0.25},
        "betas, no weightDecay": {"lr": 0.05, "betas": [0.8, 0.9], "weightDecay": 0},
    },
}


def gradients(rng, params, step) -> list:
    grads = [rng.normal(*p.shape) for p in params]
    grads[0].view(-1)[step % 4] = 0
    grads[0].view(-1)[4] *= 2.0**-20
    if step == 2:
        grads[1] = None
    return grads


def one(kind, name, options, make=None) -> dict:
    """`make` stands in for an optimiser that PyTorch 1.13 lacks or gets wrong."""
    rng = Rng(f"{kind} {name}")
    params = [rng.normal(5).requires_grad_(), rng.normal(2, 2).requires_grad_()]
    words = {re.sub("[A-Z]", lambda c: "_" + c[0].lower(), k): v for k, v in options.items()}
    optimiser = (make or getattr(torch.optim, kind))(params, **words)
    case = {"optimiser": kind, "name": name, "options": options, "params": encode_all(params)}
    case["steps"] = []
    for step in range(STEPS):
        grads = gradients(rng, params, step)
        for param, grad in zip(params, grads):
            param.grad = grad
        optimiser.step()
        case["steps"].append({"grads": encode_all(grads), "after": encode_all(params)})
    return case


def cases() -> list:
    return [one(kind, name, o) for kind, named in OPTIONS.items() for name, o in named.items()]
