"""Embedding with and without a padding row."""
from torch import nn

from .encode import Rng, exact
from .module import module_case


def cases() -> list:
    ids = exact([[1, 0, 4], [1, 6, 1]]).int()
    out = [module_case("Embedding", "2-d ids", nn.Embedding(7, 3), [ids], [7, 3])]
    one = Rng("Embedding input").integers(0, 7, 9)
    out.append(module_case("Embedding", "1-d ids", nn.Embedding(7, 5), [one], [7, 5]))
    for row in [1, -1]:
        module, args = nn.Embedding(7, 3, padding_idx=row), [7, 3, {"paddingIdx": row}]
        out.append(module_case("Embedding", f"paddingIdx {row}", module, [ids], args))
    return out
