"""Models of tables of vectors, as PyTorch users write them."""
import torch
import torch.nn.functional as F
from torch import nn


class MatrixFactorisation(nn.Module):
    def __init__(self, users=7, items=9, factors=4):
        super().__init__()
        self.users = nn.Embedding(users, factors)
        self.items = nn.Embedding(items, factors)
        self.user_bias = nn.Embedding(users, 1)
        self.item_bias = nn.Embedding(items, 1)
        self.mean = nn.Parameter(torch.zeros(1))

    def forward(self, users, items):
        dot = (self.users(users) * self.items(items)).sum(1)
        return dot + self.user_bias(users).squeeze(1) + self.item_bias(items).squeeze(1) + self.mean


class SkipGram(nn.Module):
    """word2vec with negative sampling (Mikolov et al., 2013): the score of each context word."""

    def __init__(self, words=11, size=6):
        super().__init__()
        self.centre = nn.Embedding(words, size)
        self.context = nn.Embedding(words, size)

    def forward(self, centre, contexts):
        return torch.bmm(self.context(contexts), self.centre(centre).unsqueeze(2)).squeeze(2)

    @staticmethod
    def loss(scores):
        """The first column is the true context, the others are negatives."""
        return -(F.logsigmoid(scores[:, 0]) + F.logsigmoid(-scores[:, 1:]).sum(1)).mean()
