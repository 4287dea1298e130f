"""Cases of recurrent layers: fixtures by name.

  {layer, name, args, state, x, hidden?, cell?, options, y: {output, hidden, cell}, dy, dx, dhidden, grads}
"""
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from .encode import Rng, encode
from .module import encode_state, fill

WORDS = {"numLayers": "num_layers", "batchFirst": "batch_first"}


def words(options) -> dict:
    return {WORDS.get(k, k): v for k, v in options.items()}


def sequence_case(layer, name, sizes, shape, options={}, given=False, lengths=None) -> dict:
    rng = Rng(f"{layer} {name}")
    module = getattr(nn, layer)(*sizes, **words(options)).double()
    fill(module, rng)
    x = rng.normal(*shape).requires_grad_()
    case = {"layer": layer, "name": name, "args": [*sizes, *([options] if options else [])]}
    case["state"] = encode_state(module.state_dict())
    case["x"] = encode(x)
    batched, first = len(shape) == 3, options.get("batchFirst", False)
    batch = [shape[0 if first else 1]] if batched else []
    n = options.get("numLayers", 1) * (2 if options.get("bidirectional") else 1)
    states = []
    if given:
        states = [rng.normal(n, *batch, sizes[1]).requires_grad_() for _ in range(2 if layer == "LSTM" else 1)]
        case["states"] = [encode(s) for s in states]
    state = (tuple(states) if layer == "LSTM" else states[0]) if given else None
    if lengths is None:
        output, last = module(x, state)
    else:
        case["lengths"] = lengths
        packed = pack_padded_sequence(x, lengths, batch_first=first, enforce_sorted=False)
        output, last = module(packed, state)
        output, _ = pad_packed_sequence(output, batch_first=first, total_length=shape[1 if first else 0])
    ys = [output, *(last if layer == "LSTM" else [last])]
    finish(case, rng, module, [x, *states], ys)
    return case


def finish(case, rng, module, inputs, ys) -> None:
    case["y"] = [encode(y) for y in ys]
    dys = [rng.normal(*y.shape) for y in ys]
    case["dy"] = [encode(dy) for dy in dys]
    torch.autograd.backward(ys, dys)
    case["dx"] = [encode(t.grad) for t in inputs]
    case["grads"] = {k: encode(p.grad) for k, p in module.named_parameters()}


def cell_case(layer, name, sizes, lead, options={}, given=True) -> dict:
    rng = Rng(f"{layer} {name}")
    module = getattr(nn, layer)(*sizes, **options).double()
    fill(module, rng)
    x = rng.normal(*lead, sizes[0]).requires_grad_()
    case = {"layer": layer, "name": name, "args": [*sizes, *([options] if options else [])]}
    case["state"] = encode_state(module.state_dict())
    case["x"] = encode(x)
    count = 2 if layer == "LSTMCell" else 1
    states = [rng.normal(*lead, sizes[1]).requires_grad_() for _ in range(count)] if given else []
    if given:
        case["states"] = [encode(s) for s in states]
    state = (tuple(states) if count == 2 else states[0]) if given else None
    y = module(x, state)
    finish(case, rng, module, [x, *states], list(y) if count == 2 else [y])
    return case


def cases() -> list:
    out = []
    for layer in ["RNN", "LSTM", "GRU"]:
        out += [
            sequence_case(layer, "one layer", [3, 5], [4, 2, 3]),
            sequence_case(layer, "given states", [2, 4], [3, 3, 2], {}, True),
            sequence_case(layer, "one step, one row, no bias", [3, 1], [1, 1, 3], {"bias": False}, True),
            sequence_case(layer, "two layers, both directions, batch first", [3, 3], [2, 5, 3],
                {"numLayers": 2, "bidirectional": True, "batchFirst": True}, True),
            sequence_case(layer, "one sequence", [3, 7], [5, 3], {"bidirectional": True}, True),
            sequence_case(layer, "lengths", [2, 3], [5, 4, 2], {}, True, [3, 5, 1, 4]),
            sequence_case(layer, "lengths, both directions, batch first", [2, 5], [3, 7, 2],
                {"bidirectional": True, "batchFirst": True}, False, [7, 2, 5]),
            sequence_case(layer, "17 units", [1, 17], [2, 2, 1]),
            cell_case(layer + "Cell", "batch", [3, 5], [2]),
            cell_case(layer + "Cell", "one row, zeros, no bias", [3, 4], [], {"bias": False}, False),
        ]  # fmt: skip
    out.append(sequence_case("RNN", "relu", [3, 5], [4, 2, 3], {"nonlinearity": "relu"}, True))
    out.append(cell_case("RNNCell", "relu", [3, 5], [2], {"nonlinearity": "relu"}))
    return out


FIXTURES = {"recurrent": cases}
