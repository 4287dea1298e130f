"""Cases of containers, normalisation, dropout and the tools of modules: fixtures by name."""
import torch
import torch.nn.functional as F
from torch import nn

from .case import op_case
from .encode import Rng, exact
from .module import module_case


def rms_norm(x, w=None, shape=(), options={}):
    """As torch.nn.functional.rms_norm, which came with PyTorch 2.4."""
    dims = list(range(-len(shape), 0))
    eps = options.get("eps", 2.0**-23)
    y = x * torch.rsqrt(x.square().mean(dims, keepdim=True) + eps)
    return y if w is None else y * w


OPS = {
    "bilinear": lambda a, b, w, bias=None: F.bilinear(a, b, w, bias),
    "groupNorm": lambda x, w=None, b=None, groups=1: F.group_norm(x, groups, w, b),
    "instanceNorm": lambda x, w=None, b=None: F.instance_norm(x, weight=w, bias=b),
    "rmsNorm": rms_norm,
    "localResponseNorm": lambda x, size, options={}: F.local_response_norm(x, size, **options),
}


def op_cases() -> list:
    out = []

    def add(op, name, *inputs, **args):
        out.append(op_case(OPS, op, name, *inputs, **args))

    def draw(name, *shapes):
        rng = Rng(f"modules {name}")
        return [rng.normal(*shape) for shape in shapes]

    add("bilinear", "with a bias", *draw("bilinear 1", [3, 5], [3, 7], [2, 5, 7], [2]), second=True)
    add("bilinear", "leading dims", *draw("bilinear 2", [2, 1, 3], [2, 1, 5], [3, 3, 5]))
    for groups, shape in [(1, [2, 3, 5]), (3, [2, 3, 5]), (2, [1, 6, 3, 3]), (5, [3, 5, 7])]:
        add("groupNorm", f"{groups} of {shape}", *draw(f"group {groups}", shape, shape[1:2], shape[1:2]),
            groups=groups, second=groups == 2)  # fmt: skip
    add("groupNorm", "no weight", *draw("group plain", [2, 4, 3]), groups=2)
    add("groupNorm", "constant rows", exact([[[2.0, 2, 2], [1, 1, 1]]]), groups=2, grad=False)
    for shape in [[2, 3, 5], [1, 2, 3, 7], [2, 1, 2, 2, 3]]:
        add("instanceNorm", f"{shape}", *draw(f"instance {shape}", shape, shape[1:2], shape[1:2]))
    add("instanceNorm", "no weight", *draw("instance plain", [2, 3, 4]), second=True)
    add("rmsNorm", "weight", *draw("rms 1", [3, 5], [5]), shape=[5], second=True)
    add("rmsNorm", "two dims", *draw("rms 2", [2, 3, 7], [3, 7]), shape=[3, 7])
    add("rmsNorm", "eps", *draw("rms 3", [3, 17]), shape=[17], options={"eps": 0.25})
    add("rmsNorm", "huge and tiny", exact([[1e18, -3e18, 0], [1e-12, 0, -2e-12]]), shape=[3])
    for size, shape, options in [
        (1, [2, 3, 5], {}), (2, [1, 5, 3], {"alpha": 0.5}), (3, [2, 7, 2, 3], {"alpha": 1, "beta": 0.5, "k": 2}),
        (5, [1, 3, 2, 2, 2], {"alpha": 0.3}),
    ]:  # fmt: skip
        args = {"options": options} if options else {}
        add("localResponseNorm", f"{size} of {shape}", *draw(f"lrn {size}", shape), size=size, **args)
    return out


class RMSNorm(nn.Module):
    """As torch.nn.RMSNorm, which came with PyTorch 2.4."""

    def __init__(self, shape, eps=2.0**-23, elementwise_affine=True):
        super().__init__()
        self.shape, self.eps = shape, eps
        self.weight = nn.Parameter(torch.ones(shape)) if elementwise_affine else None

    def forward(self, x):
        return rms_norm(x, self.weight, self.shape, {"eps": self.eps})


class Bilinear(nn.Bilinear):
    """Both inputs in one, one after the other in the last dim."""

    def forward(self, x):
        return super().forward(*x.split([self.in1_features, self.in2_features], -1))


def layer_cases() -> list:
    out = []

    def add(layer, name, module, shapes, args, training=True):
        rng = Rng(f"{layer} inputs {name}")
        xs = [rng.normal(*shape) for shape in shapes]
        out.append(module_case(layer, name, module, xs, args, training))

    add("BatchNorm3d", "3 steps", nn.BatchNorm3d(3), [[2, 3, 2, 3, 1]] * 3, [3])
    add("BatchNorm3d", "evaluation", nn.BatchNorm3d(3), [[2, 3, 2, 3, 1]], [3], False)
    add("GroupNorm", "2 of 6", nn.GroupNorm(2, 6), [[3, 6, 5]], [2, 6])
    add("GroupNorm", "no affine, eps", nn.GroupNorm(3, 3, 0.1, False), [[2, 3, 3, 3]],
        [3, 3, {"eps": 0.1, "affine": False}])  # fmt: skip
    tracking = {"affine": True, "trackRunningStats": True}
    words = {"affine": True, "track_running_stats": True}
    for n, shape in [(1, [2, 3, 5]), (2, [2, 3, 3, 2]), (3, [1, 3, 2, 2, 3])]:
        name, kind = f"InstanceNorm{n}d", getattr(nn, f"InstanceNorm{n}d")
        add(name, "default", kind(3), [shape], [3])
        add(name, "one sample", kind(3, affine=True), [shape[1:]], [3, {"affine": True}])
        add(name, "tracking", kind(3, **words), [shape] * 2, [3, tracking])
        add(name, "tracking, evaluation", kind(3, **words), [shape], [3, tracking], False)
    add("InstanceNorm1d", "momentum", nn.InstanceNorm1d(3, momentum=0.5, **words), [[2, 3, 5]] * 2,
        [3, {"momentum": 0.5, **tracking}])  # fmt: skip
    lrn = {"alpha": 0.5, "beta": 0.6, "k": 2}
    add("RMSNorm", "5", RMSNorm([5]), [[2, 3, 5]], [5])
    add("RMSNorm", "two dims, eps", RMSNorm([3, 7], 0.1), [[2, 3, 7]], [[3, 7], {"eps": 0.1}])
    add("RMSNorm", "no affine", RMSNorm([17], elementwise_affine=False), [[3, 17]],
        [17, {"elementwiseAffine": False}])  # fmt: skip
    add("Bilinear", "leading dims", Bilinear(3, 5, 2), [[2, 3, 8]], [3, 5, 2])
    add("Bilinear", "no bias", Bilinear(7, 1, 3, bias=False), [[5, 8]], [7, 1, 3, {"bias": False}])
    shapes = {"Dropout1d": [2, 3, 5], "Dropout2d": [2, 3, 3, 2], "Dropout3d": [2, 3, 1, 2, 3]}
    for name in ["Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "FeatureAlphaDropout"]:
        shape = shapes.get(name, [2, 3, 5])
        add(name, "evaluation", getattr(nn, name)(), [shape], [], False)
        add(name, "p 0", getattr(nn, name)(0), [shape], [0])
    add("LocalResponseNorm", "3", nn.LocalResponseNorm(3, **lrn), [[2, 5, 3]], [3, lrn])
    return out


def reparametrised_cases() -> list:
    """{how, options, module}: a layer whose weight is computed; `module` as in module.py."""
    out = []

    def add(how, name, module, shape, steps, layer, args, options={}, training=True):
        words = {"nPowerIterations": "n_power_iterations"}
        wrapped = getattr(nn.utils, how)(module.double(), **{words.get(k, k): v for k, v in options.items()})
        rng = Rng(f"{how} inputs {name}")
        xs = [rng.normal(*shape) for _ in range(steps)]
        case = module_case(layer, name, wrapped, xs, args, training)
        out.append({"how": how, "options": options, "module": case})

    add("weight_norm", "Linear", nn.Linear(5, 3), [2, 5], 1, "Linear", [5, 3])
    add("weight_norm", "dim 1", nn.Linear(5, 3), [2, 5], 1, "Linear", [5, 3], {"dim": 1})
    add("weight_norm", "the whole", nn.Linear(5, 3), [2, 5], 1, "Linear", [5, 3], {"dim": None})
    add("weight_norm", "Conv2d", nn.Conv2d(2, 3, 2), [1, 2, 3, 4], 1, "Conv2d", [2, 3, 2])
    add("spectral_norm", "Linear", nn.Linear(5, 3), [2, 5], 3, "Linear", [5, 3])
    add("spectral_norm", "evaluation", nn.Linear(5, 3), [2, 5], 1, "Linear", [5, 3], training=False)
    add("spectral_norm", "Conv2d, dim 1", nn.Conv2d(2, 3, 2), [1, 2, 3, 4], 2, "Conv2d", [2, 3, 2],
        {"dim": 1, "nPowerIterations": 3})  # fmt: skip
    return out


FIXTURES = {
    "modules-reparametrised": reparametrised_cases,
    "modules-ops": op_cases,
    "modules-layers": layer_cases,
}
