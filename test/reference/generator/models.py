"""Whole models: state dict in PyTorch's keys, logits, loss, every gradient, and some SGD steps.

  {model, state, x, target, logits, loss, dx, grads, options, losses, after}
"""
import torch
import torch.nn.functional as F
from torch import nn

from .encode import Rng, encode, exact
from .module import encode_state, fill

STEPS = 5
OPTIONS = {"lr": 0.1, "momentum": 0.9}


def lenet():
    return nn.Sequential(
        nn.Conv2d(1, 3, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(),
        nn.Linear(16, 9), nn.ReLU(), nn.Linear(9, 5),
    )  # fmt: skip


def nested():
    block = nn.Sequential(nn.Linear(6, 7), nn.LayerNorm(7), nn.GELU())
    head = nn.Sequential(nn.BatchNorm1d(7), nn.Tanh(), nn.Linear(7, 5, bias=False))
    return nn.Sequential(block, nn.Dropout(0), head)


def one(name, build, shape) -> dict:
    rng = Rng(f"model {name}")
    model = build().double()
    fill(model, rng)
    x, target = rng.normal(*shape).requires_grad_(), exact([4, 0, 2, 0][: shape[0]]).long()
    case = {"model": name, "state": encode_state(model.state_dict()), "x": encode(x)}
    case["target"] = encode(target)
    optimiser = torch.optim.SGD(model.parameters(), **OPTIONS)
    losses = []
    for step in range(STEPS):
        optimiser.zero_grad()
        logits = model(x)
        loss = F.cross_entropy(logits, target)
        loss.backward()
        losses.append(loss.detach())
        if step == 0:
            case.update(logits=encode(logits), loss=encode(loss), dx=encode(x.grad))
            case["grads"] = {k: encode(p.grad) for k, p in model.named_parameters()}
        optimiser.step()
    case.update(options=OPTIONS, losses=encode(torch.stack(losses)))
    case["after"] = encode_state(model.state_dict())
    return case


def cases() -> list:
    return [one("lenet", lenet, [3, 1, 8, 8]), one("nested", nested, [4, 6])]
