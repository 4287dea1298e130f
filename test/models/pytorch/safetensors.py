"""Writes the safetensors format: an 8-byte length, a JSON header, raw little-endian data."""
import json
import struct

import torch

KINDS = {torch.float32: "F32", torch.int32: "I32"}


def save(path, tensors) -> None:
    header, chunks, at = {}, [], 0
    for name, x in tensors.items():
        x = x.detach()
        x = (x.float() if x.is_floating_point() else x.int()).contiguous()
        data = x.numpy().tobytes()
        header[name] = {"dtype": KINDS[x.dtype], "shape": list(x.shape), "data_offsets": [at, at + len(data)]}
        chunks.append(data)
        at += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(chunks))
