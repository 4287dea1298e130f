"""Cases of interpolation, sampling, folding, Fourier transforms: fixtures by name."""
import math

import torch
import torch.nn.functional as F
from torch import nn

from .case import op_case
from .encode import Rng, exact
from .module import module_case

INF, NAN = math.inf, math.nan

WORDS = {
    "scaleFactor": "scale_factor", "alignCorners": "align_corners",
    "recomputeScaleFactor": "recompute_scale_factor", "paddingMode": "padding_mode",
    "hopLength": "hop_length", "winLength": "win_length", "padMode": "pad_mode",
}  # fmt: skip


def words(options) -> dict:
    return {WORDS.get(k, k): tuple(v) if isinstance(v, list) else v for k, v in options.items()}


def pairs(fn):
    """A function of complex tensors as one of real tensors with a last dim of 2."""
    return lambda x, options={}: torch.view_as_real(fn(torch.view_as_complex(x.contiguous()), **words(options)))


def to_pairs(fn):
    return lambda x, options={}: torch.view_as_real(fn(x, **words(options)))


def from_pairs(fn):
    return lambda x, options={}: fn(torch.view_as_complex(x.contiguous()), **words(options))


def channel_shuffle(x, r):
    """PyTorch 1.13's has no derivative."""
    return x.unflatten(1, (r, -1)).transpose(1, 2).flatten(1, 2)


def stft(x, window=None, nFft=4, options={}):
    out = torch.stft(x, nFft, window=window, return_complex=True, **words(options))
    return torch.view_as_real(out)


def istft(x, window=None, nFft=4, options={}):
    return torch.istft(torch.view_as_complex(x.contiguous()), nFft, window=window, **words(options))


def window(fn):
    """Options in the order of PyTorch's positional parameters."""
    return lambda n, options={}: fn(n, options.get("periodic", True), *(v for k, v in options.items() if k != "periodic"))


OPS = {
    "fft": pairs(torch.fft.fft), "ifft": pairs(torch.fft.ifft), "fft2": pairs(torch.fft.fft2),
    "ifft2": pairs(torch.fft.ifft2), "rfft": to_pairs(torch.fft.rfft),
    "rfft2": to_pairs(torch.fft.rfft2), "irfft": from_pairs(torch.fft.irfft),
    "irfft2": from_pairs(torch.fft.irfft2),
    "complex": lambda a, b: torch.view_as_real(torch.complex(a, b)),
    "real": lambda x: torch.view_as_complex(x.contiguous()).real,
    "imag": lambda x: torch.view_as_complex(x.contiguous()).imag,
    "fftfreq": lambda n, d=1.0: torch.fft.fftfreq(n, d), "rfftfreq": lambda n, d=1.0: torch.fft.rfftfreq(n, d),
    "stft": stft, "istft": istft,
    "hannWindow": window(torch.hann_window), "hammingWindow": window(torch.hamming_window),
    "blackmanWindow": window(torch.blackman_window), "bartlettWindow": window(torch.bartlett_window),
    "kaiserWindow": window(torch.kaiser_window),
    "interpolate": lambda x, options: F.interpolate(x, **words(options)),
    "gridSample": lambda x, g, options={}: F.grid_sample(x, g, **{"align_corners": False, **words(options)}),
    "affineGrid": lambda t, size, options={}: F.affine_grid(
        t, size, **{"align_corners": False, **words(options)}),
    "unfoldColumns": lambda x, kernel, options={}: F.unfold(x, kernel, **words(options)),
    "fold": lambda x, size, kernel, options={}: F.fold(x, size, kernel, **words(options)),
    "pixelShuffle": lambda x, r: F.pixel_shuffle(x, r),
    "pixelUnshuffle": lambda x, r: F.pixel_unshuffle(x, r),
    "channelShuffle": channel_shuffle,
}  # fmt: skip


def adder(out):
    def add(op, name, *inputs, **args):
        out.append(op_case(OPS, op, name, *inputs, **args))

    return add


def draw(name, *shapes):
    rng = Rng(f"image {name}")
    return [rng.normal(*shape) for shape in shapes]


def fft_cases() -> list:
    out = []
    add = adder(out)
    for n in [1, 2, 3, 4, 5, 7, 8, 13, 16, 17, 33]:
        rows = 2 if n < 13 else 1
        add("fft", f"{n}", *draw(f"fft {n}", [rows, n, 2]), second=n == 5)
        add("ifft", f"{n}", *draw(f"ifft {n}", [rows, n, 2]))
        add("rfft", f"{n}", *draw(f"rfft {n}", [rows, n]), second=n == 5)
        add("irfft", f"{n}", *draw(f"irfft {n}", [rows, n // 2 + 1, 2]), options={"n": n}, second=n == 8)
    add("irfft", "no n", *draw("irfft plain", [3, 5, 2]))
    for norm in ["ortho", "forward"]:
        for op, shape in [("fft", [5, 2]), ("ifft", [6, 2]), ("rfft", [6]), ("irfft", [4, 2])]:
            add(op, norm, *draw(f"{op} {norm}", shape), options={"norm": norm})
    for n in [3, 8]:
        add("fft", f"5 as {n}", *draw(f"fft as {n}", [5, 2]), options={"n": n})
        add("rfft", f"5 as {n}", *draw(f"rfft as {n}", [5]), options={"n": n})
        add("irfft", f"3 bins as {n}", *draw(f"irfft as {n}", [3, 2]), options={"n": n})
    add("fft", "dim 0", *draw("fft dim 0", [3, 2, 2]), options={"dim": 0})
    add("rfft", "dim 0", *draw("rfft dim 0", [5, 2]), options={"dim": 0})
    add("irfft", "dim -2", *draw("irfft dim -2", [3, 2, 2]), options={"dim": -2})
    for op, shape in [("fft2", [2, 3, 4, 2]), ("ifft2", [3, 5, 2]), ("rfft2", [2, 3, 5]), ("irfft2", [3, 4, 2])]:
        add(op, f"{shape}", *draw(f"{op} plain", shape))
        add(op, "s", *draw(f"{op} s", shape), options={"s": [4, 3], "norm": "ortho"})
    add("fft2", "dims", *draw("fft2 dims", [3, 2, 4, 2]), options={"dim": [0, 2]})
    add("complex", "2x3", *draw("complex", [2, 3], [2, 3]))
    add("real", "2x3", *draw("real", [2, 3, 2]))
    add("imag", "2x3", *draw("imag", [2, 3, 2]))
    return out


def signal_cases() -> list:
    out = []
    add = adder(out)
    for op in ["hannWindow", "hammingWindow", "blackmanWindow", "bartlettWindow", "kaiserWindow"]:
        for n in [0, 1, 2, 7, 16]:
            add(op, f"{n}", n=n)
        add(op, "symmetric", n=9, options={"periodic": False})
    add("hammingWindow", "alpha and beta", n=5, options={"alpha": 0.6, "beta": 0.4})
    add("kaiserWindow", "beta", n=13, options={"beta": 4.0})
    for n, d in [(1, 1.0), (4, 1.0), (5, 0.5)]:
        add("fftfreq", f"{n} {d}", n=n, d=d)
        add("rfftfreq", f"{n} {d}", n=n, d=d)
    hann = torch.hann_window(6).float().double()
    add("stft", "default", *draw("stft 1", [13]), nFft=5, fixed=(1,))
    add("stft", "window", *draw("stft 2", [2, 17]), hann, nFft=8, options={"winLength": 6, "hopLength": 3},
        second=True)  # fmt: skip
    add("stft", "two-sided, not centred", *draw("stft 3", [2, 13]), nFft=4,
        options={"center": False, "onesided": False, "normalized": True})  # fmt: skip
    add("stft", "circular", *draw("stft 4", [9]), nFft=4, options={"padMode": "circular"})
    add("istft", "window", *draw("istft 1", [2, 5, 6, 2]), hann, nFft=8, options={"winLength": 6, "hopLength": 2},
        second=True)  # fmt: skip
    add("istft", "length", *draw("istft 2", [3, 7, 2]), nFft=4, options={"length": 5})
    add("istft", "two-sided", *draw("istft 3", [5, 4, 2]), nFft=5,
        options={"onesided": False, "normalized": True, "center": False})  # fmt: skip
    return out


def interpolate_cases() -> list:
    out = []
    add = adder(out)

    def one(name, shape, **options):
        add("interpolate", f"{options} {name}".replace("'", ""), *draw(f"interpolate {options} {shape}", shape),
            options=options)  # fmt: skip

    for mode in ["nearest", "nearest-exact", "linear"]:
        for size in [1, 3, 7, 13]:
            one("", [1, 2, 5], mode=mode, size=size)
        one("", [1, 1, 7], mode=mode, scaleFactor=1.5)
        one("", [1, 1, 7], mode=mode, scaleFactor=0.4, recomputeScaleFactor=True)
    one("", [1, 2, 5], mode="linear", size=8, alignCorners=True)
    one("", [1, 2, 5], mode="linear", size=1, alignCorners=True)
    for mode in ["bilinear", "bicubic"]:
        for size in [[7, 3], [2, 5], [4, 4]]:
            for corners in [False, True]:
                one("", [1, 2, 4, 5], mode=mode, size=size, alignCorners=corners)
        one("", [1, 1, 3, 5], mode=mode, scaleFactor=[2.0, 0.7])
        one("", [1, 1, 7, 9], mode=mode, size=[3, 4], antialias=True)
        one("", [1, 1, 3, 5], mode=mode, size=[5, 8], antialias=True)
        one("", [1, 1, 1, 2], mode=mode, size=[3, 3])
    one("", [1, 1, 3, 2], mode="nearest", size=[2, 5])
    # As many pixels, though not as large.
    one("", [1, 1, 5], mode="linear", scaleFactor=1.125)
    one("", [1, 1, 3, 5], mode="bilinear", scaleFactor=[2.0, 1.125])
    one("", [1, 1, 3, 5], mode="bicubic", scaleFactor=[2.0, 1.125])
    one("", [1, 1, 3, 5], mode="bilinear", scaleFactor=[2.0, 1.125], antialias=True)
    one("", [1, 1, 2, 3, 2], mode="nearest", scaleFactor=2.0)
    one("", [1, 1, 2, 3, 2], mode="trilinear", size=[3, 2, 4])
    one("", [1, 1, 2, 3, 2], mode="trilinear", size=[3, 2, 4], alignCorners=True)
    for shape, size in [([1, 2, 5], 3), ([1, 2, 4, 5], [6, 2]), ([1, 1, 4, 3, 5], [2, 3, 7]), ([1, 1, 3], 7)]:
        one(f"{shape}", shape, mode="area", size=size)
    one("", [1, 2, 4, 5], mode="area", scaleFactor=[0.5, 1.1])
    add("interpolate", "second", *draw("interpolate 2", [1, 1, 3, 4]), options={"mode": "bicubic", "size": [5, 3]},
        second=True)  # fmt: skip
    add("interpolate", "infinities stay where they are",
        exact([[[1.0, float("inf"), 2, float("nan"), 3]]]), options={"size": 7}, grad=False)  # fmt: skip
    return out


def sampling_cases() -> list:
    out = []
    add = adder(out)
    rng = Rng("grids")
    for mode in ["bilinear", "nearest", "bicubic"]:
        for padding in ["zeros", "border", "reflection"]:
            for corners in [False, True]:
                options = {"mode": mode, "paddingMode": padding, "alignCorners": corners}
                x, g = rng.normal(1, 2, 3, 4), rng.uniform(-1.7, 1.7, 1, 2, 3, 2)
                add("gridSample", f"{mode} {padding} {corners}", x, g, options=options)
    add("gridSample", "default", rng.normal(2, 1, 4, 3), rng.uniform(-1.2, 1.2, 2, 3, 2, 2))
    add("gridSample", "one pixel", rng.normal(1, 1, 1, 1), rng.uniform(-1, 1, 1, 2, 2, 2),
        options={"paddingMode": "reflection", "alignCorners": True})  # fmt: skip
    for corners in [False, True]:
        add("affineGrid", f"{corners}", rng.normal(2, 2, 3), size=[2, 1, 3, 4], options={"alignCorners": corners})
    add("affineGrid", "one row", rng.normal(1, 2, 3), size=[1, 1, 1, 3])
    for kernel, shape, options in [
        ([2, 3], [2, 2, 4, 5], {}), (2, [1, 3, 5, 4], {"stride": [2, 1], "padding": [1, 0]}),
        (3, [1, 1, 7, 7], {"dilation": 2, "padding": 1, "stride": 3}), (1, [1, 2, 3, 3], {}),
    ]:  # fmt: skip
        name = f"{kernel} {options}".replace("'", "")
        add("unfoldColumns", name, rng.normal(*shape), kernel=kernel, options=options, second=kernel == 2)
        columns = F.unfold(torch.zeros(*shape), kernel, **words(options))
        add("fold", name, rng.normal(*columns.shape), size=shape[2:], kernel=kernel, options=options)
    add("unfoldColumns", "one image", rng.normal(2, 3, 4), kernel=2)
    add("fold", "one image", rng.normal(8, 6), size=[3, 4], kernel=2)
    for r, shape in [(1, [1, 2, 3, 2]), (2, [2, 8, 3, 2]), (3, [9, 1, 2])]:
        add("pixelShuffle", f"{r}", rng.normal(*shape), r=r)
    for r, shape in [(2, [2, 1, 4, 6]), (3, [2, 3, 6])]:
        add("pixelUnshuffle", f"{r}", rng.normal(*shape), r=r)
    add("channelShuffle", "2", rng.normal(1, 6, 2, 2), r=2)
    add("channelShuffle", "3", rng.normal(2, 6, 3), r=3)
    halves = exact([[[[-0.5, -0.5], [0.5, 0.5], [1.5, -1.5]]]])
    add("gridSample", "nearest, halfway", rng.normal(1, 1, 3, 3), halves,
        options={"mode": "nearest", "alignCorners": True})  # fmt: skip
    volumes(add)
    return out


def volumes(add) -> None:
    rng = Rng("volumes")
    for mode in ["bilinear", "nearest"]:
        for padding in ["zeros", "border", "reflection"]:
            for corners in [False, True]:
                options = {"mode": mode, "paddingMode": padding, "alignCorners": corners}
                x, g = rng.normal(1, 2, 3, 2, 4), rng.uniform(-1.7, 1.7, 1, 1, 2, 2, 3)
                add("gridSample", f"volumes {mode} {padding} {corners}", x, g, options=options)
    for corners in [False, True]:
        add("affineGrid", f"volumes {corners}", rng.normal(2, 3, 4), size=[2, 1, 2, 3, 1], options={"alignCorners": corners})
    odd = exact([[[[NAN, 0.1], [0.1, NAN], [INF, 0.1], [NAN, NAN], [-INF, 0.1]]]])
    for mode in ["bilinear", "nearest"]:
        for padding in ["zeros", "border", "reflection"]:
            # The derivative of PyTorch 1.13's reads before the image's start.
            options = {"mode": mode, "paddingMode": padding}
            add("gridSample", f"NaN {mode} {padding}", rng.normal(1, 1, 3, 3), odd, options=options, grad=False)


def layer_cases() -> list:
    out = []

    def add(layer, name, module, shape, args):
        out.append(module_case(layer, name, module, [Rng(f"{layer} {name}").normal(*shape)], args))

    add("Upsample", "scale", nn.Upsample(scale_factor=2), [1, 2, 2, 3], [{"scaleFactor": 2}])
    options = {"size": [3, 5], "mode": "bilinear", "alignCorners": True}
    add("Upsample", "size", nn.Upsample(**words(options)), [1, 2, 2, 3], [options])
    for how, options in [("scale", {"scaleFactor": 2}), ("size", {"size": [3, 5]})]:
        name, other = "UpsamplingBilinear2d", "UpsamplingNearest2d"
        add(name, how, nn.UpsamplingBilinear2d(**words(options)), [1, 2, 2, 3], [options])
        add(other, how, nn.UpsamplingNearest2d(**words(options)), [1, 2, 2, 3], [options])
    options = {"scaleFactor": 0.5, "mode": "area"}
    add("Upsample", "area", nn.Upsample(**words(options)), [1, 2, 5, 4], [options])
    add("PixelShuffle", "2", nn.PixelShuffle(2), [1, 4, 2, 3], [2])
    add("PixelUnshuffle", "2", nn.PixelUnshuffle(2), [1, 1, 4, 2], [2])
    add("Unfold", "2", nn.Unfold(2, padding=1), [1, 2, 3, 3], [2, {"padding": 1}])
    add("Fold", "2", nn.Fold([3, 4], 2), [1, 8, 6], [[3, 4], 2])
    return out


FIXTURES = {
    "fft": fft_cases,
    "signal": signal_cases,
    "interpolate": interpolate_cases,
    "image": sampling_cases,
    "image-layers": layer_cases,
}
