"""Cases of attention and Transformers: fixtures by name.

PyTorch 1.13 has no scaled_dot_product_attention: its formula stands here as the documentation of 2.x
gives it. Rows without a key to see are 0, as in 2.5. Layers with several inputs are cases of

  {layer, name, args, state, x: [tensor], masks: {name: tensor}, options, y: [tensor], dy, dx, grads}
"""
import math

import torch
from torch import nn

from .case import op_case
from .encode import Rng, encode_all, encode
from .module import encode_state, fill, module_case


def attention(q, k, v, mask=None, options={}):
    length, size = q.shape[-2], k.shape[-2]
    if options.get("enableGqa"):
        group = q.shape[-3] // k.shape[-3]
        k, v = (x.repeat_interleave(group, -3) for x in (k, v))
    scores = q @ k.transpose(-2, -1) * options.get("scale", 1 / math.sqrt(q.shape[-1]))
    if options.get("isCausal"):
        mask = torch.ones(length, size, dtype=torch.bool).tril(options.get("causalOffset", 0))
    if mask is not None and mask.dtype == torch.bool:
        scores = scores.masked_fill(~mask, -torch.inf)
    elif mask is not None:
        scores = scores + mask
    dead = (scores == -torch.inf).all(-1, keepdim=True)
    weights = scores.masked_fill(dead, 0).softmax(-1).masked_fill(dead, 0)
    return weights @ v


def angles(n, size, base, offset):
    return torch.outer(
        torch.arange(offset, offset + n, dtype=torch.float64),
        base ** (-torch.arange(0, size, 2, dtype=torch.float64) / size),
    )


def rotary(x, options={}):
    """GPT-NeoX's halves, or GPT-J's neighbours."""
    turn = angles(x.shape[-2], x.shape[-1], options.get("base", 10000), options.get("offset", 0))
    cos, sin = turn.cos(), turn.sin()
    if options.get("interleaved"):
        a, b = x[..., 0::2], x[..., 1::2]
        return torch.stack([a * cos - b * sin, b * cos + a * sin], -1).flatten(-2)
    a, b = x.chunk(2, -1)
    return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)


def slopes(heads):
    """As the paper's code has them."""
    n = 2 ** math.floor(math.log2(heads))
    own = [2 ** (-8 / n * i) for i in range(1, n + 1)]
    return own + slopes(2 * n).tolist()[0::2][: heads - n] if n < heads else torch.tensor(own)


def alibi(heads, L, S, options={}):
    i = torch.arange(L)[:, None] + options.get("causalOffset", 0)
    distance = (i - torch.arange(S)).abs().double()
    bias = -torch.as_tensor(slopes(heads)).double()[:, None, None] * distance
    return bias.masked_fill(torch.arange(S) > i, -torch.inf) if options.get("isCausal") else bias


OPS = {
    "scaledDotProductAttention": attention,
    "rotaryEmbedding": rotary,
    "alibiBias": alibi,
    "alibiSlopes": lambda heads: torch.as_tensor(slopes(heads)).double(),
}

# name: (q, k, v, options)
ATTENTIONS = {
    "one": ([1, 1], [1, 1], [1, 1], {}),
    "small": ([3, 5], [7, 5], [7, 2], {}),
    "two dims before": ([2, 1, 3, 4], [2, 1, 5, 4], [2, 1, 5, 4], {}),
    "dims that broadcast": ([2, 1, 3, 4], [3, 5, 4], [5, 1], {}),
    "causal, square": ([5, 3], [5, 3], [5, 3], {"isCausal": True}),
    "causal, more keys": ([3, 3], [7, 3], [7, 3], {"isCausal": True}),
    "causal, at the lower right": ([3, 3], [7, 3], [7, 3], {"isCausal": True, "causalOffset": 4}),
    "causal, rows without keys": ([5, 3], [3, 3], [3, 3], {"isCausal": True, "causalOffset": -2}),
    "scale": ([3, 17], [5, 17], [5, 1], {"scale": -0.3}),
    "grouped": ([4, 3, 2], [2, 5, 2], [2, 5, 3], {"enableGqa": True}),
    "grouped, one for all": ([2, 3, 2, 3], [2, 1, 4, 3], [2, 1, 4, 3],
        {"enableGqa": True, "isCausal": True}),
    "no keys": ([2, 3, 4], [2, 0, 4], [2, 0, 3], {}),
    "no queries": ([0, 4], [3, 4], [3, 2], {}),
}  # fmt: skip


def attentions() -> list:
    cases = []

    def case(name, *x, **args):
        second = name in ("small", "grouped", "float mask", "causal, more keys")
        cases.append(op_case(OPS, "scaledDotProductAttention", name, *x, second=second, **args))

    for name, (*shapes, options) in ATTENTIONS.items():
        rng = Rng(name)
        case(name, *(rng.normal(*shape) for shape in shapes), **({"options": options} if options else {}))
    rng = Rng("masks")
    q, k, v = rng.normal(2, 3, 4), rng.normal(2, 5, 4), rng.normal(2, 5, 3)
    bools = rng.bools(3, 5)
    bools[1] = False
    padding = torch.tensor([[[True, True, True, False, False]], [[True, False, True, True, True]]])
    case("bool mask, a row of it false", q, k, v, bools)
    case("padding", q, k, v, padding)
    case("float mask", q, k, v, rng.normal(2, 3, 5))
    case("float mask for all heads", q, k, v, rng.normal(5))
    infinite = rng.normal(3, 5)
    infinite[0, 1] = infinite[2] = -torch.inf
    cases.append(op_case(OPS, "scaledDotProductAttention", "infinite mask", q, k, v, infinite, fixed=(3,)))
    # Across the kernel's tiles of 64 x 64: few numbers, long sequences.
    rng = Rng("tiles")
    q, k, v = rng.normal(67, 1), rng.normal(131, 1), rng.normal(131, 1)
    case("tiles", q, k, v)
    case("tiles, causal", q, k, v, options={"isCausal": True, "causalOffset": 64})
    huge = torch.tensor([[1e18, 1], [-1e18, 2], [3.0, 1e17]]).double().float().double()
    case("huge scores", huge, huge.flip(0), rng.normal(3, 2))
    case("huge values", rng.normal(2, 2), rng.normal(3, 2), rng.normal(3, 2) * 1e30)
    strange = rng.normal(3, 2)
    strange[1, 0] = torch.nan
    cases.append(op_case(OPS, "scaledDotProductAttention", "NaN in a query", strange, k[:4, :1].repeat(1, 2), v[:4], grad=False))
    return cases


def positions() -> list:
    rng = Rng("positions")
    return [
        op_case(OPS, "rotaryEmbedding", "halves", rng.normal(2, 5, 6), second=True),
        op_case(OPS, "rotaryEmbedding", "neighbours", rng.normal(3, 4), options={"interleaved": True}),
        op_case(OPS, "rotaryEmbedding", "later", rng.normal(3, 4), options={"offset": 17, "base": 100}),
        op_case(OPS, "rotaryEmbedding", "no rows", rng.normal(2, 0, 4)),
        *(op_case(OPS, "alibiSlopes", str(n), heads=n) for n in (1, 2, 3, 8, 12, 13)),
        op_case(OPS, "alibiBias", "plain", heads=3, L=3, S=5),
        op_case(OPS, "alibiBias", "causal", heads=2, L=2, S=5, options={"isCausal": True, "causalOffset": 3}),
    ]


class Sines(nn.Module):
    def __init__(self, batch_first):
        super().__init__()
        self.batch_first = batch_first

    def forward(self, x):
        turn = angles(x.shape[-2 if self.batch_first else 0], x.shape[-1], 10000, 0)
        waves = torch.stack([turn.sin(), turn.cos()], -1).flatten(-2)
        return x + (waves[:, None] if x.ndim == 3 and not self.batch_first else waves)


class Rotary(nn.Module):
    def __init__(self, options):
        super().__init__()
        self.options = options

    def forward(self, x):
        return rotary(x, self.options)


def snake(options) -> dict:
    def word(name):
        return "".join("_" + c.lower() if c.isupper() else c for c in name)

    return {word(name): value for name, value in options.items()}


def one_input() -> list:
    rng = Rng("layers of one input")
    small = {"dimFeedforward": 5, "dropout": 0}
    cases = []
    for name, shape, options in [
        ("post norm", [3, 2, 4], {}),
        ("pre norm, gelu, batch first", [2, 3, 4], {"normFirst": True, "activation": "gelu", "batchFirst": True}),
        ("no batch, eps", [3, 4], {"layerNormEps": 0.1}),
    ]:
        options = {**small, **options}
        layer = nn.TransformerEncoderLayer(4, 2, **snake(options))
        args = (4, 2, options)
        cases.append(module_case("TransformerEncoderLayer", name, layer, [rng.normal(*shape)], args))
    cases.append(module_case("SinusoidalPositionalEncoding", "time first", Sines(False), [rng.normal(5, 2, 4)], (4,)))
    cases.append(module_case("SinusoidalPositionalEncoding", "batch first", Sines(True), [rng.normal(2, 3, 6)], (6, {"batchFirst": True})))
    cases.append(module_case("RotaryEmbedding", "halves", Rotary({}), [rng.normal(2, 3, 4)]))
    cases.append(module_case("RotaryEmbedding", "neighbours", Rotary({"interleaved": True}), [rng.normal(3, 4)], ({"interleaved": True},)))
    return cases


def layer_case(layer, name, args, module, x, call, masks={}, options={}) -> dict:
    """`call(module, leaves, masks)` gives the outputs."""
    rng = Rng(f"{layer} {name} gradients")
    module.double().train()
    fill(module, rng)
    leaves = [t.clone().requires_grad_() for t in x]
    ys = [y for y in call(module, leaves, masks) if y is not None]
    dys = [rng.normal(*y.shape) for y in ys]
    torch.autograd.backward(ys, dys)
    case = {"layer": layer, "name": name, "args": args, "state": encode_state(module.state_dict())}
    case["x"] = encode_all(x)
    case["masks"] = {key: encode(mask) for key, mask in masks.items()}
    case.update(options=options, y=encode_all(ys), dy=encode_all(dys))
    case["dx"] = encode_all([leaf.grad for leaf in leaves])
    case["grads"] = {k: encode(p.grad) for k, p in module.named_parameters()}
    return case


def multihead() -> list:
    cases = []
    rng = Rng("multihead")

    def case(name, shapes, options={}, masks={}, inputs={}):
        module = nn.MultiheadAttention(4, 2, **snake(options))
        words = {"needWeights": "need_weights", "averageAttnWeights": "average_attn_weights"}

        def call(module, x, masks):
            query, key, value = x * 3 if len(x) == 1 else x
            named = {"keyPaddingMask": "key_padding_mask", "attnMask": "attn_mask"}
            return module(
                query, key, value,
                **{named[k]: v for k, v in masks.items()},
                **{words[k]: v for k, v in inputs.items()},
            )  # fmt: skip

        x = [rng.normal(*shape) for shape in shapes]
        cases.append(layer_case("MultiheadAttention", name, [4, 2, options], module, x, call, masks, inputs))

    three = [[3, 2, 4], [5, 2, 4], [5, 2, 4]]
    first = [[2, 3, 4], [2, 5, 4], [2, 5, 4]]
    padding = torch.tensor([[False, False, False, True, True], [True, False, False, False, False]])
    mask = torch.tensor([[False, True, False, True, False], [False] * 5, [True, True, False, False, False]])
    case("self", [[3, 2, 4]])
    case("self, without weights", [[2, 3, 4]], {"batchFirst": True}, inputs={"needWeights": False})
    case("cross", three)
    case("without weights", three, inputs={"needWeights": False})
    case("no bias, weights of each head", first, {"batchFirst": True, "bias": False}, inputs={"averageAttnWeights": False})
    case("other sizes", [[3, 2, 4], [5, 2, 3], [5, 2, 6]], {"kdim": 3, "vdim": 6})
    case("no batch", [[3, 4], [5, 4], [5, 4]], masks={"attnMask": mask})
    case("masks", three, masks={"keyPaddingMask": padding, "attnMask": mask})
    case("masks, without weights", first, {"batchFirst": True}, {"keyPaddingMask": padding, "attnMask": mask}, {"needWeights": False})
    case("float mask of each head", three, masks={"attnMask": rng.normal(4, 3, 5), "keyPaddingMask": padding})
    case("appended keys", three, {"addBiasKv": True, "addZeroAttn": True}, {"keyPaddingMask": padding, "attnMask": mask})
    case("appended zeros", first, {"addZeroAttn": True, "batchFirst": True}, inputs={"needWeights": False})
    return cases


def transformers() -> list:
    cases = []
    rng = Rng("transformers")
    small = {"dimFeedforward": 5, "dropout": 0}
    names = {
        "tgtMask": "tgt_mask", "memoryMask": "memory_mask", "srcMask": "src_mask", "mask": "mask",
        "tgtKeyPaddingMask": "tgt_key_padding_mask", "srcKeyPaddingMask": "src_key_padding_mask",
        "memoryKeyPaddingMask": "memory_key_padding_mask",
    }  # fmt: skip

    def case(layer, name, args, module, shapes, masks={}):
        call = lambda module, x, masks: [module(*x, **{names[k]: v for k, v in masks.items()})]
        x = [rng.normal(*shape) for shape in shapes]
        cases.append(layer_case(layer, name, args, module, x, call, masks))

    after = torch.ones(3, 3, dtype=torch.bool).triu(1)
    padding = torch.tensor([[False, False, True], [False, False, False]])
    decoder = nn.TransformerDecoderLayer(4, 2, **snake(small))
    case("TransformerDecoderLayer", "post norm", [4, 2, small], decoder, [[3, 2, 4], [2, 2, 4]])
    options = {**small, "normFirst": True, "activation": "gelu", "batchFirst": True}
    decoder = nn.TransformerDecoderLayer(4, 2, **snake(options))
    masks = {"tgtMask": after, "memoryKeyPaddingMask": padding, "memoryMask": rng.normal(3, 3), "tgtKeyPaddingMask": padding}
    case("TransformerDecoderLayer", "pre norm, masks", [4, 2, options], decoder, [[2, 3, 4], [2, 3, 4]], masks)
    encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, **snake(small)), 2, nn.LayerNorm(4))
    masks = {"mask": after, "srcKeyPaddingMask": padding}
    case("TransformerEncoder", "two layers and a norm", [4, 2, small, 2, True], encoder, [[3, 2, 4]], masks)
    decoder = nn.TransformerDecoder(nn.TransformerDecoderLayer(4, 2, **snake(small)), 1)
    case("TransformerDecoder", "one layer", [4, 2, small, 1, False], decoder, [[3, 2, 4], [3, 2, 4]], {"tgtMask": after})
    options = {**small, "numEncoderLayers": 1, "numDecoderLayers": 1, "batchFirst": True}
    whole = nn.Transformer(4, 2, **snake(options))
    masks = {"srcMask": after, "tgtMask": nn.Transformer.generate_square_subsequent_mask(3), "srcKeyPaddingMask": padding, "memoryKeyPaddingMask": padding}
    case("Transformer", "masks", [4, 2, options], whole, [[2, 3, 4], [2, 3, 4]], masks)
    return cases


FIXTURES = {
    "attention": lambda: attentions() + positions(),
    "attentionModules": one_input,
    "attentionLayers": multihead,
    "transformers": transformers,
}
