"""One case of a functional op: inputs, outputs, gradients for a given output gradient, and for
smooth ops the second gradients.

  {op, name, x: [tensor], args, y: [tensor], dy: [tensor], dx: [tensor | null], v, ddx, ddy}

dx is null for inputs without a gradient (integers, bools). ddx and ddy are the gradients of
sum(dx * v) with respect to x and dy. Inputs after x that take no gradient are marked by `fixed`.
"""
import torch

from .encode import Rng, encode_all


def op_case(table, op, name, *inputs, grad=True, second=False, fixed=(), **args) -> dict:
    rng = Rng(f"{op} {name} gradients")
    case = {"op": op, "name": name, "x": encode_all(inputs)}
    if args:
        case["args"] = args
    leaves = [
        x.clone().requires_grad_(grad and x.dtype == torch.float64 and i not in fixed)
        for i, x in enumerate(inputs)
    ]
    ys = table[op](*leaves, **args)
    ys = list(ys) if isinstance(ys, (tuple, list)) else [ys]
    case["y"] = encode_all(ys)
    wanted = [x for x in leaves if x.requires_grad]
    smooth = [y for y in ys if y.requires_grad]
    if not smooth:
        return case
    dys = [rng.normal(*y.shape).requires_grad_(second) for y in smooth]
    dxs = torch.autograd.grad(smooth, wanted, dys, allow_unused=True, create_graph=second)
    dxs = [torch.zeros_like(x) if g is None else g for x, g in zip(wanted, dxs)]
    per_input = iter(dxs)
    case["dy"] = encode_all(dys)
    case["dx"] = encode_all([next(per_input) if x.requires_grad else None for x in leaves])
    if second:
        add_second(case, rng, leaves, wanted, dys, dxs)
    return case


def add_second(case, rng, leaves, wanted, dys, dxs) -> None:
    vs = [rng.normal(*g.shape) for g in dxs]
    total = sum((g * v).sum() for g, v in zip(dxs, vs))
    leaves_and_dys = wanted + dys
    seconds = [None] * len(leaves_and_dys)
    if total.requires_grad:
        seconds = torch.autograd.grad(total, leaves_and_dys, allow_unused=True)
    seconds = [torch.zeros_like(x) if g is None else g for x, g in zip(leaves_and_dys, seconds)]
    per_input, per_v = iter(seconds[: len(wanted)]), iter(vs)
    case["v"] = encode_all([next(per_v) if x.requires_grad else None for x in leaves])
    case["ddx"] = encode_all([next(per_input) if x.requires_grad else None for x in leaves])
    case["ddy"] = encode_all(seconds[len(wanted) :])
