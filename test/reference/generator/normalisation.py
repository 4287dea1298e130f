"""BatchNorm in training and evaluation, LayerNorm."""
from torch import nn

from .encode import Rng
from .layers import with_options
from .module import module_case

WORDS = {"trackRunningStats": "track_running_stats", "elementwiseAffine": "elementwise_affine"}

# name: (layer, input, options)
BATCH = {
    "2-d": ("BatchNorm1d", [4, 3], {}),
    "3-d": ("BatchNorm1d", [2, 2, 3], {}),
    "4-d": ("BatchNorm2d", [2, 3, 2, 2], {}),
    "momentum 0.5, eps 0.01": ("BatchNorm2d", [2, 2, 2, 1], {"momentum": 0.5, "eps": 0.01}),
    "not affine": ("BatchNorm1d", [4, 2], {"affine": False}),
    "no running stats": ("BatchNorm1d", [4, 2], {"trackRunningStats": False}),
}

# name: (input, normalised shape, options)
LAYER = {
    "one dim": ([3, 5], [5], {}),
    "one dim of 3-d": ([2, 2, 3], [3], {}),
    "two dims": ([2, 2, 3], [2, 3], {}),
    "all dims": ([2, 3], [2, 3], {}),
    "not affine": ([3, 5], [5], {"elementwiseAffine": False}),
    "eps 0.5": ([2, 5], [5], {"eps": 0.5}),
    "33 wide": ([1, 33], [33], {}),
    "empty batch": ([0, 5], [5], {}),
}


def words(options) -> dict:
    return {WORDS.get(k, k): v for k, v in options.items()}


def cases() -> list:
    out = []
    for name, (layer, shape, options) in BATCH.items():
        for training in [True, False]:
            module = getattr(nn, layer)(shape[1], **words(options))
            title = f"{name}, {'training' if training else 'evaluation'}"
            rng = Rng(f"{layer} input {title}")
            steps = 3 if training else 1
            xs = [rng.normal(*shape, scale=2, shift=1.5) for _ in range(steps)]
            args = with_options([shape[1]], options)
            out.append(module_case(layer, title, module, xs, args, training))
    for name, (shape, normalised, options) in LAYER.items():
        module = nn.LayerNorm(normalised, **words(options))
        x = Rng(f"LayerNorm input {name}").normal(*shape, scale=2, shift=-1)
        only = normalised[0] if len(normalised) == 1 else normalised
        out.append(module_case("LayerNorm", name, module, [x], with_options([only], options)))
    return out
