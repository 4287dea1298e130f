"""Embedding with and without a padding row."""
from torch import nn

from .encode import Rng, exact
from .module import module_case


def cases() -> list:
    ids = exact([[1, 0, 4], [1, 6, 1]]).int()
    one = Rng("Embedding input").integers(0, 7, 9)
    return [
        module_case("Embedding", "2-d ids", nn.Embedding(7, 3), [ids], [7, 3]),
        module_case("Embedding", "1-d ids", nn.Embedding(7, 5), [one], [7, 5]),
        module_case(
            "Embedding", "paddingIdx", nn.Embedding(7, 3, padding_idx=1), [ids], [7, 3, {"paddingIdx": 1}]
        ),
        module_case(
            "Embedding", "paddingIdx -1", nn.Embedding(7, 3, padding_idx=-1), [ids], [7, 3, {"paddingIdx": -1}]
        ),
    ]
