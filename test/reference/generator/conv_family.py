"""Cases of convolutions and pooling: fixtures by name."""
import torch
import torch.nn.functional as F
from torch import nn

from .case import op_case
from .encode import Rng, exact
from .module import module_case

WORDS = {"ceilMode": "ceil_mode", "countIncludePad": "count_include_pad",
    "divisorOverride": "divisor_override", "outputPadding": "output_padding",
    "returnIndices": "return_indices", "paddingMode": "padding_mode",
    "outputSize": "output_size"}  # fmt: skip


def size(value):
    return tuple(value) if isinstance(value, list) else value


def words(options) -> dict:
    return {WORDS.get(k, k): size(v) for k, v in options.items()}


def convolution(name):
    op = getattr(F, name)
    return lambda x, w, b=None, options={}: op(x, w, b, **words(options))


def pool(name):
    op = getattr(F, name)
    return lambda x, kernel, options={}: op(x, size(kernel), **words(options))


def max_pool(name):
    op = getattr(F, name)
    return lambda x, kernel, options={}: op(x, size(kernel), **words(options), return_indices=True)


def max_unpool(name):
    op = getattr(F, name)
    return lambda x, i, kernel, options={}: op(x, i.long(), size(kernel), **words(options))


def lp_pool(name):
    op = getattr(F, name)
    return lambda x, p, kernel, options={}: op(x, p, size(kernel), **words(options))


OPS = {}
for d in (1, 2, 3):
    OPS[f"conv{d}d"] = convolution(f"conv{d}d")
    OPS[f"convTranspose{d}d"] = convolution(f"conv_transpose{d}d")
    OPS[f"maxPool{d}dIndices"] = max_pool(f"max_pool{d}d")
    OPS[f"avgPool{d}d"] = pool(f"avg_pool{d}d")
    OPS[f"adaptiveAvgPool{d}d"] = pool(f"adaptive_avg_pool{d}d")
    OPS[f"adaptiveMaxPool{d}d"] = max_pool(f"adaptive_max_pool{d}d")
    OPS[f"maxUnpool{d}d"] = max_unpool(f"max_unpool{d}d")
for d in (1, 2):
    OPS[f"lpPool{d}d"] = lp_pool(f"lp_pool{d}d")



def resnet(x, stem, main, down):
    """The stem and a block that halves the image: what a ResNet is made of."""
    pooled = F.max_pool2d(F.conv2d(x, stem, stride=2, padding=3).relu(), 3, 2, 1)
    return F.conv2d(pooled, main, stride=2, padding=1) + F.conv2d(pooled, down, stride=2)


OPS["resnet"] = resnet

# name: (op, input, weight, bias, options)
CONVOLUTIONS = {
    "plain": ("conv1d", [2, 3, 7], [5, 3, 3], True, {}),
    "no batch": ("conv1d", [3, 7], [2, 3, 2], True, {"padding": 1}),
    "everything": ("conv1d", [2, 4, 17], [6, 2, 3], True,
        {"stride": 2, "padding": [3], "dilation": 2, "groups": 2}),
    "depthwise": ("conv1d", [1, 3, 13], [3, 1, 5], False, {"groups": 3, "padding": 2}),
    "one element": ("conv1d", [1, 1, 1], [1, 1, 1], True, {}),
    "no images": ("conv1d", [0, 2, 5], [3, 2, 2], True, {}),
    "longer than a block": ("conv1d", [1, 1, 301], [1, 1, 33], True, {"stride": 3, "padding": 16}),
    "same, odd kernel": ("conv1d", [1, 2, 7], [2, 2, 3], True, {"padding": "same"}),
    "same, even kernel": ("conv1d", [1, 2, 7], [2, 2, 4], True, {"padding": "same"}),
    "valid": ("conv1d", [1, 2, 7], [2, 2, 3], False, {"padding": "valid", "stride": 2}),
    "same, one even side": ("conv2d", [1, 2, 5, 7], [3, 2, 3, 4], True, {"padding": "same"}),
    "same, dilated": ("conv2d", [1, 2, 3, 5], [2, 1, 2, 2], True,
        {"padding": "same", "dilation": [1, 3], "groups": 2}),
    "same, wider than the image": ("conv2d", [1, 1, 3, 2], [1, 1, 6, 5], True, {"padding": "same"}),
    "valid 2-d": ("conv2d", [1, 2, 5, 7], [1, 2, 3, 2], True, {"padding": "valid"}),
    "plain 3-d": ("conv3d", [2, 2, 3, 4, 5], [3, 2, 2, 2, 3], True, {}),
    "no batch 3-d": ("conv3d", [2, 3, 3, 3], [1, 2, 3, 1, 2], False, {"padding": 1}),
    "everything 3-d": ("conv3d", [1, 4, 7, 5, 6], [4, 2, 3, 2, 3], True,
        {"stride": [2, 1, 2], "padding": [2, 1, 0], "dilation": [2, 1, 2], "groups": 2}),
    "depthwise 3-d": ("conv3d", [1, 3, 3, 3, 4], [3, 1, 3, 3, 3], True,
        {"groups": 3, "padding": 1}),
    "1x1x1": ("conv3d", [1, 3, 2, 3, 2], [2, 3, 1, 1, 1], True, {}),
    "stride over the kernel": ("conv3d", [1, 1, 7, 5, 5], [1, 1, 2, 2, 2], True, {"stride": 3}),
    "same 3-d": ("conv3d", [1, 1, 3, 2, 5], [2, 1, 2, 3, 4], True,
        {"padding": "same", "dilation": [1, 1, 2]}),
    "no images 3-d": ("conv3d", [0, 2, 3, 3, 3], [1, 2, 2, 2, 2], True, {}),
    "transposed": ("convTranspose1d", [2, 3, 5], [3, 2, 3], True, {}),
    "transposed, no batch": ("convTranspose1d", [2, 5], [2, 1, 2], True, {"stride": 2}),
    "transposed, everything": ("convTranspose1d", [1, 4, 7], [4, 1, 3], True,
        {"stride": 3, "padding": 2, "dilation": 2, "outputPadding": 2, "groups": 2}),
    "outputPadding below the dilation": ("convTranspose1d", [1, 1, 5], [1, 1, 2], True,
        {"dilation": 3, "outputPadding": [2]}),
    "outputPadding of one tap": ("convTranspose1d", [2, 2, 3], [2, 3, 1], True,
        {"dilation": 2, "outputPadding": 1}),
    "outputPadding of one tap 2-d": ("convTranspose2d", [2, 2, 2, 3], [2, 2, 1, 1], True,
        {"dilation": [2, 3], "outputPadding": [1, 2]}),
    "outputPadding of one tap 3-d": ("convTranspose3d", [1, 2, 2, 2, 3], [2, 2, 1, 1, 1], True,
        {"dilation": [2, 1, 2], "outputPadding": [1, 0, 1]}),
    "transposed 2-d": ("convTranspose2d", [2, 3, 3, 5], [3, 2, 3, 2], True, {}),
    "twice as large": ("convTranspose2d", [1, 2, 3, 4], [2, 3, 2, 2], True, {"stride": 2}),
    "no batch 2-d": ("convTranspose2d", [2, 3, 2], [2, 1, 3, 3], False, {"padding": 1}),
    "everything 2-d": ("convTranspose2d", [2, 4, 3, 5], [4, 3, 3, 2], True,
        {"stride": [2, 3], "padding": [1, 0], "dilation": [1, 2], "outputPadding": [1, 2],
         "groups": 2}),
    "stride over the kernel 2-d": ("convTranspose2d", [1, 1, 2, 3], [1, 1, 2, 1], True,
        {"stride": 3}),
    "no images 2-d": ("convTranspose2d", [0, 2, 3, 3], [2, 1, 2, 2], True, {}),
    "transposed 3-d": ("convTranspose3d", [2, 2, 2, 3, 3], [2, 3, 2, 2, 2], True, {}),
    "everything transposed 3-d": ("convTranspose3d", [1, 4, 3, 2, 3], [4, 2, 3, 2, 2], True,
        {"stride": [2, 1, 3], "padding": [1, 0, 1], "dilation": [1, 2, 1],
         "outputPadding": [1, 1, 2], "groups": 2}),
    "no batch transposed 3-d": ("convTranspose3d", [2, 2, 1, 3], [2, 1, 1, 3, 2], False,
        {"stride": 2, "padding": [0, 1, 0]}),
}  # fmt: skip

# Second gradients: small ones.
SECOND = {
    "1-d": ("conv1d", [1, 2, 5], [2, 2, 2], True, {"stride": 2, "padding": 1}),
    "same": ("conv2d", [1, 1, 3, 4], [1, 1, 2, 2], True, {"padding": "same"}),
    "3-d": ("conv3d", [1, 2, 3, 2, 3], [2, 1, 2, 2, 2], True,
        {"groups": 2, "padding": [1, 0, 1], "stride": [2, 1, 1]}),
    "transposed 1-d": ("convTranspose1d", [1, 2, 3], [2, 1, 2], True, {"stride": 2}),
    "transposed 2-d": ("convTranspose2d", [1, 2, 2, 3], [2, 1, 2, 2], True,
        {"stride": 2, "padding": 1, "outputPadding": 1, "groups": 2}),
    "transposed 3-d": ("convTranspose3d", [1, 1, 2, 2, 2], [1, 2, 2, 2, 1], True,
        {"stride": [2, 1, 1]}),
}  # fmt: skip


def convolved(table, second, ops=tuple(OPS)) -> list:
    out = []
    for name, (op, x, w, bias, options) in table.items():
        if op not in ops:
            continue
        rng = Rng(f"{op} {name}")
        inputs = [rng.normal(*x), rng.normal(*w)]
        if bias:
            per = w[1] * options.get("groups", 1)
            inputs.append(rng.normal(per if "Transpose" in op else w[0]))
        out.append(op_case(OPS, op, name, *inputs, second=second, options=options))
    return out


def specials(*shape):
    """Ties, NaN and infinities among few different numbers."""
    n = int(torch.tensor(shape).prod())
    row = [1, 1, 0, float("inf"), 2, float("nan"), 2, -1, float("-inf"), float("-inf"), 3, 3]
    return exact([row[(i * 5 + i // 7) % 12] for i in range(n)]).reshape(shape)


def conv() -> list:
    out = convolved(CONVOLUTIONS, False, ("conv1d", "conv2d"))
    rng = Rng("resnet")
    # Short numbers would make ties in the pooling, which rounding decides.
    stem = exact(rng.state.standard_normal((3, 1, 7, 7)) * 0.2)
    weights = [stem, rng.normal(4, 3, 3, 3), rng.normal(4, 3, 1, 1)]
    out.append(op_case(OPS, "resnet", "odd image", rng.normal(1, 1, 17, 33), *weights))
    finite = Rng("conv specials")
    x = exact([[[1, 2, float("nan"), 3, 4, 5, float("inf"), 1, 1]]])
    out.append(op_case(OPS, "conv1d", "NaN and infinity", x, finite.nonzero(2, 1, 2), grad=False))
    huge = exact([[[3e38, 1e38, -3e38, 1, 3e38]]])
    ones = exact([[[1, 1]]])
    out.append(op_case(OPS, "conv1d", "huge", huge, ones, grad=False))
    return out


def conv3d() -> list:
    return convolved(CONVOLUTIONS, False, ("conv3d",))


def transposed() -> list:
    return convolved(CONVOLUTIONS, False, [op for op in OPS if op.startswith("convTranspose")])


# op: {name: (input, kernel, options)}
MAX = {
    "maxPool1d": {
        "2": ([1, 2, 7], 2, {}),
        "no batch": ([2, 13], [3], {"stride": 2, "padding": 1, "ceilMode": True}),
        "dilated": ([1, 1, 17], 3, {"stride": 1, "dilation": 3, "padding": 1}),
        "one element": ([1, 1, 1], 1, {}),
        "wider than the input, ceilMode": ([1, 2, 5], 6, {"stride": 2, "ceilMode": True}),
        "no images": ([0, 2, 5], 2, {}),
    },
    "maxPool2d": {
        "stem": ([1, 2, 7, 9], 3, {"stride": 2, "padding": 1}),
        "no batch": ([2, 5, 4], [2, 3], {"ceilMode": True}),
        "dilated": ([1, 1, 7, 8], 2, {"stride": [1, 2], "dilation": [2, 3], "padding": 1}),
    },
    "maxPool3d": {
        "2": ([1, 2, 4, 5, 4], 2, {}),
        "no batch": ([1, 3, 3, 4], [3, 2, 2], {"stride": 1}),
        "everything": ([1, 1, 7, 5, 6], [2, 3, 3],
            {"stride": [1, 2, 2], "padding": 1, "dilation": [2, 1, 1], "ceilMode": True}),
        "no images": ([0, 1, 2, 2, 2], 2, {}),
    },
}  # fmt: skip
AVG = {
    "avgPool1d": {
        "2": ([1, 2, 7], 2, {}),
        "no batch": ([2, 13], [3], {"stride": 2, "padding": 1, "ceilMode": True}),
        "without padding": ([1, 1, 17], 4, {"padding": 2, "countIncludePad": False}),
        "wider than the input, ceilMode": ([1, 2, 5], 6, {"stride": 2, "ceilMode": True}),
        "no images": ([0, 2, 5], 2, {}),
    },
    "avgPool2d": {
        "divisor": ([1, 2, 5, 7], 3, {"stride": 2, "padding": 1, "divisorOverride": 5}),
        "negative divisor, ceilMode": ([1, 1, 5, 5], 2, {"ceilMode": True, "divisorOverride": -2}),
        "no batch": ([2, 5, 4], [2, 3], {"ceilMode": True, "countIncludePad": False}),
    },
    "avgPool3d": {
        "2": ([1, 2, 4, 5, 4], 2, {}),
        "no batch": ([1, 3, 3, 4], [3, 2, 2], {"stride": 1}),
        "ceilMode": ([1, 1, 7, 5, 6], [2, 3, 3],
            {"stride": [3, 2, 2], "padding": 1, "ceilMode": True}),
        "without padding": ([1, 1, 5, 3, 4], 3,
            {"stride": 2, "padding": 1, "countIncludePad": False}),
        "divisor": ([1, 1, 4, 3, 5], 2, {"padding": 1, "divisorOverride": 3}),
    },
}  # fmt: skip
ADAPTIVE = {
    1: [([1, 2, 7], 3), ([2, 13], [5]), ([1, 1, 5], 7), ([1, 2, 6], 2), ([1, 2, 33], 1),
        ([0, 2, 5], 3)],
    2: [([1, 2, 7, 5], 3), ([1, 5, 13], [2, 7]), ([1, 2, 3, 4], [5, 2]), ([2, 1, 6, 4], [3, 2]),
        ([1, 3, 5, 7], 1)],
    3: [([1, 1, 5, 4, 7], 3), ([1, 3, 5, 2], [2, 3, 4]), ([1, 2, 4, 4, 6], [2, 4, 3]),
        ([2, 1, 3, 5, 2], 1), ([1, 1, 7, 3, 3], [3, 1, 1])],
}  # fmt: skip
PARTLY = [([1, 1, 7, 5], [None, 2]), ([1, 1, 4, 7], [3, None])]


def into(out, **always):
    """What appends a case to `out`."""

    def add(op, name, *inputs, **args):
        out.append(op_case(OPS, op, name, *inputs, **always, **args))

    return add


def pools() -> list:
    out = []
    add = into(out)
    for op, cases in MAX.items():
        for name, (shape, kernel, options) in cases.items():
            x = Rng(f"{op} {name}").spaced(*shape)
            add(op + "Indices", name, x, kernel=kernel, options=options)
    for op, cases in AVG.items():
        for name, (shape, kernel, options) in cases.items():
            x = Rng(f"{op} {name}").normal(*shape)
            add(op, name, x, kernel=kernel, options=options)
    special(add)
    return out


def adaptive() -> list:
    out = []
    add = into(out)
    for d, cases in ADAPTIVE.items():
        for shape, to in cases + (PARTLY if d == 2 else []):
            x = Rng(f"adaptive {shape}").spaced(*shape)
            add(f"adaptiveAvgPool{d}d", f"{shape} to {to}", x, kernel=to)
            add(f"adaptiveMaxPool{d}d", f"{shape} to {to}", x, kernel=to)
    lp(add)
    unpool(add)
    return out


def special(add) -> None:
    name = "ties, NaN, infinities"
    for d, shape in [(1, [1, 2, 17]), (2, [1, 1, 7, 9]), (3, [1, 1, 5, 4, 7])]:
        x = specials(*shape)
        options = {"stride": 1, "padding": 1}
        add(f"maxPool{d}dIndices", name, x, kernel=2, options=options)
        add(f"maxPool{d}dIndices", name + ", apart", x, kernel=2)
        add(f"avgPool{d}d", name, x, kernel=2, options=options, grad=False)
        add(f"adaptiveMaxPool{d}d", name, x, kernel=3)
        add(f"adaptiveAvgPool{d}d", name, x, kernel=3, grad=False)


def lp(add) -> None:
    rng = Rng("lpPool")
    add("lpPool1d", "2", rng.nonzero(2, 2, 7), p=2, kernel=3, options={"stride": 2})
    add("lpPool1d", "no batch, ceilMode", rng.uniform(0.2, 2, 2, 8), p=3, kernel=3,
        options={"ceilMode": True})  # fmt: skip
    add("lpPool2d", "2", rng.nonzero(1, 2, 5, 6), p=2, kernel=2)
    add("lpPool2d", "1.5, oblong", rng.uniform(0.2, 2, 1, 5, 7), p=1.5, kernel=[2, 3],
        options={"stride": [2, 1], "ceilMode": True})  # fmt: skip
    add("lpPool2d", "1, sum 0", exact([[[0, 0, 1, -1], [0, 0, 2, 3]]]), p=1, kernel=2)
    add("lpPool1d", "root of a negative sum", exact([[-1.0, -2, 3, 4]]), p=3, kernel=2)


def unpool(add) -> None:
    cases = [
        (1, [1, 2, 7], 2, {}, None),
        (1, [2, 9], [3], {"stride": 2, "padding": 1}, None),
        (1, [1, 1, 7], 2, {}, [7]),
        (2, [2, 1, 6, 4], 2, {}, None),
        (2, [1, 7, 9], [3, 2], {"stride": [2, 3]}, [7, 9]),
        (2, [1, 1, 5, 7], 2, {}, [1, 1, 5, 7]),
        (2, [1, 1, 7, 7], 3, {"stride": 2, "padding": 1}, None),
        (3, [1, 2, 4, 4, 2], 2, {}, None),
        (3, [1, 5, 4, 3], [2, 2, 3], {"stride": [2, 2, 1]}, [5, 4, 3]),
    ]
    for d, shape, kernel, options, to in cases:
        x = Rng(f"maxUnpool {shape}").spaced(*shape)
        y, indices = OPS[f"maxPool{d}dIndices"](x, kernel, options)
        more = {**options, "outputSize": to} if to else options
        add(f"maxUnpool{d}d", f"{shape} {to or ''}", y, indices.int(), kernel=kernel, options=more)


def second() -> list:
    out = convolved(SECOND, True)
    add = into(out, second=True)
    for d, shape in [(1, [1, 2, 5]), (2, [1, 1, 4, 5]), (3, [1, 1, 3, 4, 3])]:
        x = Rng(f"second pools {d}").spaced(*shape)
        options = {"stride": 1, "padding": 1}
        add(f"maxPool{d}dIndices", "overlapping", x, kernel=2, options=options)
        add(f"avgPool{d}d", "overlapping", x, kernel=2, options=options)
        if d < 3:  # PyTorch has no second derivative of adaptiveMaxPool3d
            add(f"adaptiveMaxPool{d}d", "to 3", x, kernel=3)
        add(f"adaptiveAvgPool{d}d", "to 3", x, kernel=3)
        even = x[..., : shape[-1] // 2 * 2]
        y, indices = OPS[f"maxPool{d}dIndices"](even if d < 3 else even[..., :2, :, :], 2)
        add(f"maxUnpool{d}d", "2", y, indices.int(), kernel=2)
    for d, shape in [(1, [1, 2, 5]), (2, [1, 4, 5])]:
        x = Rng(f"second lp {d}").uniform(0.3, 2, *shape)
        add(f"lpPool{d}d", "3", x, p=3, kernel=2)
    return out


# name: (layer, input, args, options)
LAYERS = {
    "plain": ("Conv1d", [2, 3, 7], [3, 5, 3], {}),
    "everything": ("Conv1d", [1, 4, 13], [4, 6, 3],
        {"stride": 2, "padding": 1, "dilation": 2, "groups": 2, "bias": False}),
    "no batch": ("Conv1d", [2, 5], [2, 3, 2], {"padding": "same"}),
    "same": ("Conv2d", [1, 2, 5, 4], [2, 3, [2, 3]], {"padding": "same"}),
    "no batch 2-d": ("Conv2d", [2, 5, 4], [2, 3, 2], {"stride": 2}),
    "reflect": ("Conv1d", [2, 2, 7], [2, 3, 3], {"padding": 2, "paddingMode": "reflect", "stride": 2}),
    "replicate": ("Conv2d", [1, 2, 4, 5], [2, 2, [3, 2]],
        {"padding": [2, 1], "paddingMode": "replicate"}),
    "circular, same": ("Conv2d", [1, 2, 5, 4], [2, 2, [2, 3]],
        {"padding": "same", "paddingMode": "circular", "dilation": [2, 1]}),
    "circular 3-d": ("Conv3d", [1, 1, 3, 3, 2], [1, 2, 2], {"padding": 1, "paddingMode": "circular"}),
    "plain 3-d": ("Conv3d", [1, 2, 3, 4, 3], [2, 3, 2], {}),
    "everything 3-d": ("Conv3d", [1, 2, 5, 3, 4], [2, 4, [3, 1, 2]],
        {"stride": [2, 1, 1], "padding": [1, 0, 1], "groups": 2}),
    "transposed": ("ConvTranspose1d", [2, 3, 5], [3, 2, 3], {"stride": 2}),
    "transposed 2-d": ("ConvTranspose2d", [1, 4, 3, 5], [4, 6, 3],
        {"stride": 2, "padding": 1, "outputPadding": 1, "groups": 2}),
    "transposed 2-d, no bias": ("ConvTranspose2d", [1, 2, 3, 2], [2, 1, [2, 1]],
        {"bias": False, "dilation": 2}),
    "transposed 3-d": ("ConvTranspose3d", [1, 2, 2, 3, 2], [2, 3, 2], {"stride": [1, 2, 2]}),
    "max 1-d": ("MaxPool1d", [2, 2, 7], [3], {"stride": 2, "padding": 1}),
    "max 3-d": ("MaxPool3d", [1, 2, 4, 5, 4], [2], {"ceilMode": True}),
    "average 1-d": ("AvgPool1d", [2, 2, 7], [3], {"stride": 2, "countIncludePad": False,
        "padding": 1}),
    "average 2-d, divisor": ("AvgPool2d", [1, 2, 4, 5], [2], {"divisorOverride": 3}),
    "average 3-d": ("AvgPool3d", [1, 2, 4, 5, 4], [[2, 3, 2]], {}),
    "norm 1-d": ("LPPool1d", [1, 2, 7], [2, 3], {"stride": 2}),
    "norm 2-d": ("LPPool2d", [1, 2, 4, 5], [2, 2], {}),
    "adaptive average 1-d": ("AdaptiveAvgPool1d", [1, 2, 7], [3], {}),
    "adaptive average 2-d": ("AdaptiveAvgPool2d", [1, 2, 5, 7], [[3, None]], {}),
    "global average": ("AdaptiveAvgPool2d", [2, 3, 5, 7], [1], {}),
    "adaptive average 3-d": ("AdaptiveAvgPool3d", [1, 2, 3, 5, 4], [[2, 3, 2]], {}),
    "adaptive max 1-d": ("AdaptiveMaxPool1d", [1, 2, 7], [3], {}),
    "adaptive max 2-d": ("AdaptiveMaxPool2d", [1, 2, 5, 7], [[3, 2]], {}),
    "adaptive max 3-d": ("AdaptiveMaxPool3d", [1, 1, 3, 5, 4], [2], {}),
}  # fmt: skip


def modules() -> list:
    out = []
    for name, (layer, shape, args, options) in LAYERS.items():
        module = getattr(nn, layer)(*map(size, args), **words(options))
        x = Rng(f"{layer} input {name}")
        inputs = [x.uniform(0.3, 2, *shape) if layer.startswith("LP") else x.spaced(*shape)]
        out.append(module_case(layer, name, module, inputs, args + ([options] if options else [])))
    return out


FIXTURES = {
    "conv": conv,
    "conv3d": conv3d,
    "convTranspose": transposed,
    "pool": pools,
    "poolAdaptive": adaptive,
    "convSecond": second,
    "convModules": modules,
}
