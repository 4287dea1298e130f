#!/usr/bin/python3
"""Writes the reference fixtures test/reference/*.json with PyTorch. Not part of `npm test`:
the fixtures are committed, so only who changes a case needs PyTorch.

    /usr/bin/python3 test/reference/generate.py          # writes the fixtures
    /usr/bin/python3 test/reference/generate.py --check  # compares with the committed ones
    /usr/bin/python3 test/reference/generate.py unary    # only those named

Made with Debian's python3-torch 1.13.0. PyTorch computes in float64 on inputs that are exact in
float32; results are rounded to float32 once, on writing. Every case draws from a generator seeded
by its own name, so a new case leaves the numbers of the others alone.
"""
import os
import sys

sys.dont_write_bytecode = True

import torch  # noqa: E402

from generator import activations, binary, creation, embeddings, initial  # noqa: E402
from generator import layers, losses, models  # noqa: E402
from generator import normalisation, optimisers, reductions, second, shapes, unary  # noqa: E402
from generator import attention_family, conv_family, image_family, indexing_family  # noqa: E402
from generator import linalg_family, losses_family, modules_family, optim_family  # noqa: E402
from generator import pointwise_family, recurrent_family, reduce_family, views_family  # noqa: E402
from generator.encode import dump  # noqa: E402

FAMILIES = {
    "binary": binary.cases,
    "unary": unary.cases,
    "reductions": reductions.cases,
    "shapes": shapes.cases,
    "creation": creation.cases,
    "second": second.cases,
    "losses": losses.cases,
    "layers": lambda: layers.cases() + activations.cases() + embeddings.cases(),
    "normalisation": normalisation.cases,
    "optimisers": optimisers.cases,
    "initial": initial.cases,
    "initialFunctions": initial.functions,
    "models": models.cases,
    **pointwise_family.FIXTURES,
    **reduce_family.FIXTURES,
    **linalg_family.FIXTURES,
    **views_family.FIXTURES,
    **indexing_family.FIXTURES,
    **conv_family.FIXTURES,
    **image_family.FIXTURES,
    **recurrent_family.FIXTURES,
    **attention_family.FIXTURES,
    **losses_family.FIXTURES,
    **optim_family.FIXTURES,
    **modules_family.FIXTURES,
}


def main() -> int:
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    here = os.path.dirname(os.path.abspath(__file__))
    named = [name for name in sys.argv[1:] if not name.startswith("--")]
    if strangers := [name for name in named if name not in FAMILIES]:
        sys.exit("no such family: " + " ".join(strangers))
    stale, total = [], 0
    for family, cases in FAMILIES.items():
        if named and family not in named:
            continue
        text = dump(cases())
        total += len(text)
        path = os.path.join(here, family + ".json")
        if "--check" in sys.argv:
            with open(path, encoding="ascii") as file:
                if file.read() != text:
                    stale.append(family)
        else:
            with open(path, "w", encoding="ascii") as file:
                file.write(text)
    print(f"{len(FAMILIES)} families, {total} bytes" + "".join(f"\nstale: {name}" for name in stale))
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
