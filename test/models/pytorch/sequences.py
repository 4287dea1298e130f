"""Models of sequences, as PyTorch users write them."""
import math

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence


class LSTMClassifier(nn.Module):
    def __init__(self, words=11, classes=3):
        super().__init__()
        self.embedding = nn.Embedding(words, 6, padding_idx=0)
        self.lstm = nn.LSTM(6, 8, num_layers=2, batch_first=True, bidirectional=True)
        self.fc = nn.Linear(16, classes)

    def forward(self, tokens, lengths):
        packed = pack_padded_sequence(self.embedding(tokens), lengths, batch_first=True, enforce_sorted=False)
        _, (hidden, _) = self.lstm(packed)
        return self.fc(torch.cat([hidden[-2], hidden[-1]], 1))


class Attention(nn.Module):
    """Bahdanau, Cho and Bengio (2014)."""

    def __init__(self, size):
        super().__init__()
        self.query = nn.Linear(size, size)
        self.key = nn.Linear(size, size)
        self.score = nn.Linear(size, 1)

    def forward(self, query, keys):
        scores = self.score(torch.tanh(self.query(query).unsqueeze(1) + self.key(keys)))
        weights = F.softmax(scores, 1)
        return (weights * keys).sum(1)


class Seq2Seq(nn.Module):
    def __init__(self, words=9, size=8):
        super().__init__()
        self.source = nn.Embedding(words, size)
        self.target = nn.Embedding(words, size)
        self.encoder = nn.GRU(size, size, batch_first=True)
        self.attention = Attention(size)
        self.decoder = nn.GRUCell(2 * size, size)
        self.output = nn.Linear(2 * size, words)

    def forward(self, source, target):
        keys, hidden = self.encoder(self.source(source))
        hidden = hidden[0]
        logits = []
        for word in self.target(target).unbind(1):
            context = self.attention(hidden, keys)
            hidden = self.decoder(torch.cat([word, context], 1), hidden)
            logits.append(self.output(torch.cat([hidden, context], 1)))
        return torch.stack(logits, 1)


class Translator(nn.Module):
    """A Transformer encoder-decoder."""

    def __init__(self, words=9, dim=8):
        super().__init__()
        self.embedding = nn.Embedding(words, dim)
        self.position = nn.Embedding(8, dim)
        self.transformer = nn.Transformer(dim, 2, 2, 2, 16, dropout=0.0, batch_first=True)
        self.output = nn.Linear(dim, words)

    def forward(self, source, target):
        def embed(tokens):
            return self.embedding(tokens) * math.sqrt(8) + self.position(torch.arange(tokens.shape[1]))

        mask = nn.Transformer.generate_square_subsequent_mask(target.shape[1]).double()
        padding = source == 0
        x = self.transformer(embed(source), embed(target), tgt_mask=mask,
            src_key_padding_mask=padding, memory_key_padding_mask=padding)  # fmt: skip
        return self.output(x)


class Block(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.ln_1 = nn.LayerNorm(dim)
        self.c_attn = nn.Linear(dim, 3 * dim)
        self.c_proj = nn.Linear(dim, dim)
        self.ln_2 = nn.LayerNorm(dim)
        self.mlp = nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(approximate="tanh"), nn.Linear(4 * dim, dim))

    def attend(self, x):
        B, T, C = x.shape
        q, k, v = [t.view(B, T, self.heads, -1).transpose(1, 2) for t in self.c_attn(x).split(C, 2)]
        scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
        future = torch.ones(T, T, dtype=torch.bool).triu(1)
        weights = F.softmax(scores.masked_fill(future, -math.inf), -1)
        return self.c_proj((weights @ v).transpose(1, 2).reshape(B, T, C))

    def forward(self, x):
        x = x + self.attend(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class GPT(nn.Module):
    def __init__(self, words=13, dim=16, heads=4, depth=2, context=8):
        super().__init__()
        self.wte = nn.Embedding(words, dim)
        self.wpe = nn.Embedding(context, dim)
        self.h = nn.ModuleList(Block(dim, heads) for _ in range(depth))
        self.ln_f = nn.LayerNorm(dim)

    def forward(self, tokens):
        x = self.wte(tokens) + self.wpe(torch.arange(tokens.shape[1]))
        for block in self.h:
            x = block(x)
        return self.ln_f(x) @ self.wte.weight.T  # tied weights


class SpeechModel(nn.Module):
    """Convolution over time, a bidirectional GRU, log-probabilities for CTC: [T, N, C]."""

    def __init__(self, features=5, letters=6):
        super().__init__()
        self.conv = nn.Conv1d(features, 8, 3, padding=1)
        self.norm = nn.BatchNorm1d(8)
        self.rnn = nn.GRU(8, 6, bidirectional=True, batch_first=True)
        self.fc = nn.Linear(12, letters)

    def forward(self, x):
        x = F.relu(self.norm(self.conv(x)))
        x, _ = self.rnn(x.transpose(1, 2))
        return F.log_softmax(self.fc(x), 2).transpose(0, 1)
