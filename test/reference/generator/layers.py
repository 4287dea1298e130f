"""Linear, convolutions and poolings."""
from torch import nn

from .encode import Rng, exact
from .module import module_case

WORDS = {"ceilMode": "ceil_mode", "countIncludePad": "count_include_pad"}

# name: (input, in, out, kernel, options)
CONVOLUTIONS = {
    "3x3": ([2, 2, 4, 5], 2, 3, 3, {}),
    "padding 1": ([2, 1, 3, 5], 1, 3, 3, {"padding": 1}),
    "stride 2, padding 1": ([1, 2, 5, 6], 2, 2, 3, {"stride": 2, "padding": 1}),
    "dilation 2": ([1, 2, 5, 6], 2, 3, 3, {"dilation": 2}),
    "oblong everything": ([1, 2, 7, 6], 2, 2, [3, 2],
        {"stride": [2, 3], "padding": [1, 2], "dilation": [2, 1]}),
    "groups 2": ([1, 4, 3, 4], 4, 6, 2, {"groups": 2, "padding": 1}),
    "depthwise": ([2, 3, 3, 4], 3, 3, 3, {"groups": 3, "padding": 1}),
    "depthwise, stride 2": ([1, 5, 5, 3], 5, 5, 3, {"groups": 5, "padding": 1, "stride": 2}),
    "depthwise, two per channel": ([1, 2, 4, 5], 2, 4, 3, {"groups": 2}),
    "1x1": ([2, 5, 2, 3], 5, 3, 1, {}),
    "1x1, stride 2, no bias": ([1, 3, 5, 4], 3, 2, 1, {"stride": 2, "bias": False}),
    "no bias": ([1, 2, 3, 4], 2, 3, 3, {"bias": False}),
    "the whole image": ([2, 2, 3, 3], 2, 3, 3, {}),
    "padding wider than the kernel": ([1, 1, 2, 3], 1, 2, 2, {"padding": 2}),
    "17 channels": ([1, 5, 2, 2], 5, 17, 1, {}),
    "empty batch": ([0, 2, 4, 4], 2, 3, 3, {}),
}  # fmt: skip

# name: (input, kernel, options)
POOLS = {
    "2x2": ([1, 2, 4, 6], 2, {}),
    "2x2, odd size": ([1, 1, 5, 7], 2, {}),
    "3x3, stride 2, padding 1": ([1, 1, 7, 6], 3, {"stride": 2, "padding": 1}),
    "ceilMode": ([1, 1, 5, 6], 2, {"ceilMode": True}),
    "ceilMode, padding 1": ([1, 1, 6, 5], 3, {"stride": 2, "padding": 1, "ceilMode": True}),
    "oblong": ([1, 1, 6, 7], [2, 3], {"stride": [1, 2], "padding": [1, 0]}),
    "stride 1": ([1, 1, 4, 5], 3, {"stride": 1}),
    "ceilMode drops a window in the padding": ([1, 1, 4, 4], 2,
        {"stride": 3, "padding": 1, "ceilMode": True}),
}  # fmt: skip
AVERAGES = {
    "without padding in the count": ([1, 1, 5, 5], 3,
        {"stride": 2, "padding": 1, "countIncludePad": False}),
    "neither, ceilMode": ([1, 1, 6, 6], 3,
        {"stride": 2, "padding": 1, "countIncludePad": False, "ceilMode": True}),
}  # fmt: skip


def words(options) -> dict:
    return {WORDS.get(k, k): tuple(v) if isinstance(v, list) else v for k, v in options.items()}


def size(kernel):
    return tuple(kernel) if isinstance(kernel, list) else kernel


def with_options(args, options) -> list:
    return [*args, options] if options else list(args)


def cases() -> list:
    return linears() + convolutions() + pools()


def linears() -> list:
    out = []
    for shape, bias in [([4, 5], True), ([4, 5], False), ([5], True), ([2, 3, 5], True), ([0, 5], True)]:
        name = f"{shape}{'' if bias else ', no bias'}"
        x = Rng(f"Linear input {name}").normal(*shape)
        args = with_options([5, 3], {} if bias else {"bias": False})
        out.append(module_case("Linear", name, nn.Linear(5, 3, bias=bias), [x], args))
    return out


def convolutions() -> list:
    out = []
    for name, (shape, channels, filters, kernel, options) in CONVOLUTIONS.items():
        module = nn.Conv2d(channels, filters, size(kernel), **words(options))
        x = Rng(f"Conv2d input {name}").normal(*shape)
        args = with_options([channels, filters, kernel], options)
        out.append(module_case("Conv2d", name, module, [x], args))
    return out


def pools() -> list:
    out = []
    for layer, extra in [("MaxPool2d", {}), ("AvgPool2d", AVERAGES)]:
        for name, (shape, kernel, options) in {**POOLS, **extra}.items():
            module = getattr(nn, layer)(size(kernel), **words(options))
            x = Rng(f"{layer} input {name}").spaced(*shape)
            out.append(module_case(layer, name, module, [x], with_options([kernel], options)))
    dilated = {"dilation": 2, "padding": 1, "stride": 1}
    x = Rng("MaxPool2d dilated").spaced(1, 1, 6, 7)
    module = nn.MaxPool2d(2, **dilated)
    out.append(module_case("MaxPool2d", "dilation 2", module, [x], [2, dilated]))
    out.append(module_case("MaxPool2d", "ties, the first wins", nn.MaxPool2d(2), [ties()], [2]))
    return out


def ties():
    nan, inf = float("nan"), float("inf")
    rows = [[1, 1, 2, 0, -inf, -inf], [1, 1, 0, 2, -inf, -inf], [nan, 1, 3, nan, inf, 3], [2, nan, 3, 3, 3, inf]]
    return exact([[rows]])
