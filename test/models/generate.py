#!/usr/bin/python3
"""Writes test/models/fixtures/*.safetensors with PyTorch: a model's state before, its inputs, what it
computes, every gradient, and its buffers afterwards. Not part of `npm test`: the fixtures are committed.

    /usr/bin/python3 test/models/generate.py          # all, or only those named

Made with Debian's python3-torch 1.13.0. The parameters are float32; PyTorch computes in float64 and the
results are rounded once.
"""
import os
import sys

sys.dont_write_bytecode = True

import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402

from pytorch import embeddings, sequences, vision  # noqa: E402
from pytorch.safetensors import save  # noqa: E402


def ids(low, high, *shape):
    return torch.randint(low, high, shape)


def classes(logits, target):
    return F.cross_entropy(logits.reshape(-1, logits.shape[-1]), target.reshape(-1))


def ctc(log_probs, target, lengths):
    times = torch.full((log_probs.shape[1],), log_probs.shape[0])
    return F.ctc_loss(log_probs, target, times, lengths)


def images(n, channels, size):
    return torch.randn(n, channels, size, size)


# name: () -> (model, inputs, targets, loss(logits, *targets))
MODELS = {
    "mlp": lambda: (vision.MLP(), [torch.randn(7, 12)], [ids(0, 5, 7)], classes),
    "lenet": lambda: (vision.LeNet(), [images(3, 1, 16)], [ids(0, 5, 3)], classes),
    "resnet18": lambda: (vision.ResNet18(), [images(3, 3, 33)], [ids(0, 5, 3)], classes),
    "unet": lambda: (vision.UNet(), [images(2, 1, 12)], [torch.rand(2, 1, 12, 12).round()],
        F.binary_cross_entropy_with_logits),
    "autoencoder": lambda: (vision.Autoencoder(), [images(3, 1, 8)], [torch.rand(3, 1, 8, 8)], F.mse_loss),
    "vit": lambda: (vision.ViT(), [images(3, 1, 8)], [ids(0, 5, 3)], classes),
    "lstm": lambda: (sequences.LSTMClassifier(), [ids(1, 11, 4, 7), torch.tensor([7, 3, 5, 1])],
        [ids(0, 3, 4)], classes),
    "seq2seq": lambda: (sequences.Seq2Seq(), [ids(0, 9, 3, 5), ids(0, 9, 3, 4)], [ids(0, 9, 3, 4)], classes),
    "transformer": lambda: (sequences.Translator(), [torch.tensor([[3, 1, 4, 1, 5], [2, 6, 5, 0, 0]]),
        ids(1, 9, 2, 4)], [ids(0, 9, 2, 4)], classes),
    "gpt": lambda: (sequences.GPT(), [ids(0, 13, 3, 8)], [ids(0, 13, 3, 8)], classes),
    "speech": lambda: (sequences.SpeechModel(), [torch.randn(3, 5, 13)],
        [ids(1, 6, 3, 4), torch.tensor([4, 2, 3])], ctc),
    "recommender": lambda: (embeddings.MatrixFactorisation(), [ids(0, 7, 13), ids(0, 9, 13)],
        [torch.randn(13)], F.mse_loss),
    "word2vec": lambda: (embeddings.SkipGram(), [ids(0, 11, 5), ids(0, 11, 5, 4)], [],
        embeddings.SkipGram.loss),
}  # fmt: skip


def fixture(make) -> dict:
    model, inputs, targets, loss_of = make()
    with torch.no_grad():
        for name, p in model.named_parameters():
            if p.abs().sum() == 0:
                p.normal_(0, 0.1)  # what starts at 0 hides mistakes
    inputs = [x.float().double() if x.is_floating_point() else x for x in inputs]
    targets = [t.float().double() if t.is_floating_point() else t for t in targets]
    out = {f"state.{k}": v.clone() for k, v in model.state_dict().items()}
    model.double().train()
    logits = model(*inputs)
    loss = loss_of(logits, *targets)
    loss.backward()
    out.update({f"input.{i}": x for i, x in enumerate(inputs)})
    out.update({f"target.{i}": t for i, t in enumerate(targets)})
    out.update({"logits": logits, "loss": loss})
    out.update({f"grad.{k}": p.grad for k, p in model.named_parameters()})
    out.update({f"after.{k}": v for k, v in model.named_buffers()})
    return out


def main() -> None:
    torch.set_num_threads(1)
    if strangers := [name for name in sys.argv[1:] if name not in MODELS]:
        sys.exit("no such model: " + " ".join(strangers))
    here = os.path.dirname(os.path.abspath(__file__))
    for i, (name, make) in enumerate(MODELS.items()):
        torch.manual_seed(i)
        if len(sys.argv) > 1 and name not in sys.argv[1:]:
            continue
        tensors = fixture(make)
        path = os.path.join(here, "fixtures", name + ".safetensors")
        save(path, tensors)
        print(name, os.path.getsize(path), "bytes, loss", tensors["loss"].item())


if __name__ == "__main__":
    main()
