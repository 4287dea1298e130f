"""One case of a module: state dict, input, output, gradients of the input and all parameters.

  {layer, args, state: {key: tensor}, steps: [{x, y, dy, dx, grads: {key: tensor}, after}]}

`args` are the constructor's positional arguments in our spelling; `after` is the state dict after
the step, where the layer has buffers.
"""
import torch

from .encode import Rng, encode


def encode_state(state) -> dict:
    return {key: encode(value) for key, value in state.items()}


def fill(module, rng) -> None:
    """Short random parameters; scales of norms stay positive, running variances too."""
    with torch.no_grad():
        for key, value in module.state_dict().items():
            if value.dtype != torch.float64:
                continue
            positive = key.endswith("running_var")
            random = rng.uniform(0.3, 2, *value.shape) if positive else rng.normal(*value.shape)
            value.copy_(random if positive else random * 0.5)
            value.copy_(value.float().double())


def run(module, rng, x) -> dict:
    module.zero_grad(set_to_none=True)
    leaf = x.clone()
    if x.dtype == torch.float64:
        leaf.requires_grad_()
    y = module(leaf if x.dtype == torch.float64 else leaf.long())
    dy = rng.normal(*y.shape)
    y.backward(dy)
    step = {"x": encode(x), "y": encode(y), "dy": encode(dy)}
    if leaf.grad is not None:
        step["dx"] = encode(leaf.grad)
    step["grads"] = {k: encode(p.grad) for k, p in module.named_parameters()}
    return step


def module_case(layer, name, module, inputs, args=(), training=True) -> dict:
    rng = Rng(f"{layer} {name}")
    module.double().train(training)
    fill(module, rng)
    case = {"layer": layer, "name": name, "args": list(args), "training": training}
    case["state"] = encode_state(module.state_dict())
    case["steps"] = []
    for x in inputs:
        step = run(module, rng, x)
        if any(True for _ in module.buffers()):
            step["after"] = encode_state(module.state_dict())
        case["steps"].append(step)
    return case
