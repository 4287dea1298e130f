// Models of sequences, ported from pytorch/sequences.py.
import { arange, cat, nn, ones, stack, type Tensor } from "../../src/index.js";

export class LSTMClassifier extends nn.Module {
  embedding: nn.Embedding;
  lstm = new nn.LSTM(6, 8, { numLayers: 2, batchFirst: true, bidirectional: true });
  fc: nn.Linear;

  constructor(words = 11, classes = 3) {
    super();
    this.embedding = new nn.Embedding(words, 6, { paddingIdx: 0 });
    this.fc = new nn.Linear(16, classes);
  }

  /** `lengths` does what PyTorch's pack_padded_sequence is for. */
  forward(tokens: Tensor, lengths: Tensor): Tensor {
    const vectors = this.embedding.forward(tokens);
    const { hidden } = this.lstm.forward(vectors, undefined, { lengths });
    return this.fc.forward(cat([hidden.select(0, -2), hidden.select(0, -1)], 1));
  }
}

/** Bahdanau, Cho and Bengio (2014). */
class Attention extends nn.Module {
  query: nn.Linear;
  key: nn.Linear;
  score: nn.Linear;

  constructor(size: number) {
    super();
    this.query = new nn.Linear(size, size);
    this.key = new nn.Linear(size, size);
    this.score = new nn.Linear(size, 1);
  }

  forward(query: Tensor, keys: Tensor): Tensor {
    const asked = this.query.forward(query).unsqueeze(1);
    const weights = this.score.forward(asked.add(this.key.forward(keys)).tanh()).softmax(1);
    return weights.mul(keys).sum(1);
  }
}

export class Seq2Seq extends nn.Module {
  source: nn.Embedding;
  target: nn.Embedding;
  encoder: nn.GRU;
  attention: Attention;
  decoder: nn.GRUCell;
  output: nn.Linear;

  constructor(words = 9, size = 8) {
    super();
    this.source = new nn.Embedding(words, size);
    this.target = new nn.Embedding(words, size);
    this.encoder = new nn.GRU(size, size, { batchFirst: true });
    this.attention = new Attention(size);
    this.decoder = new nn.GRUCell(2 * size, size);
    this.output = new nn.Linear(2 * size, words);
  }

  forward(source: Tensor, target: Tensor): Tensor {
    const { output: keys, hidden: last } = this.encoder.forward(this.source.forward(source));
    let hidden = last.select(0, 0);
    const logits = this.target
      .forward(target)
      .unbind(1)
      .map((word) => {
        const context = this.attention.forward(hidden, keys);
        hidden = this.decoder.forward(cat([word, context], 1), hidden);
        return this.output.forward(cat([hidden, context], 1));
      });
    return stack(logits, 1);
  }
}

/** A Transformer encoder-decoder. */
export class Translator extends nn.Module {
  embedding: nn.Embedding;
  position: nn.Embedding;
  transformer: nn.Transformer;
  output: nn.Linear;

  constructor(words = 9, dim = 8) {
    super();
    this.embedding = new nn.Embedding(words, dim);
    this.position = new nn.Embedding(8, dim);
    this.transformer = new nn.Transformer(dim, 2, {
      ...{ numEncoderLayers: 2, numDecoderLayers: 2, dimFeedforward: 16 },
      ...{ dropout: 0, batchFirst: true },
    });
    this.output = new nn.Linear(dim, words);
  }

  private embed(tokens: Tensor): Tensor {
    const places = this.position.forward(arange(tokens.shape[1]!));
    return this.embedding.forward(tokens).mul(Math.sqrt(8)).add(places);
  }

  forward(source: Tensor, target: Tensor): Tensor {
    const tgtMask = nn.Transformer.generateSquareSubsequentMask(target.shape[1]!);
    const padding = source.eq(0);
    const x = this.transformer.forward(this.embed(source), this.embed(target), {
      ...{ tgtMask, srcKeyPaddingMask: padding, memoryKeyPaddingMask: padding },
    });
    return this.output.forward(x);
  }
}

class Block extends nn.Module {
  // Spelt as in PyTorch: camelCase has no underscore before a digit to map.
  ln_1: nn.LayerNorm;
  cAttn: nn.Linear;
  cProj: nn.Linear;
  ln_2: nn.LayerNorm;
  mlp: nn.Sequential;

  constructor(
    dim: number,
    private readonly heads: number,
  ) {
    super();
    this.ln_1 = new nn.LayerNorm(dim);
    this.cAttn = new nn.Linear(dim, 3 * dim);
    this.cProj = new nn.Linear(dim, dim);
    this.ln_2 = new nn.LayerNorm(dim);
    this.mlp = new nn.Sequential(
      new nn.Linear(dim, 4 * dim),
      new nn.GELU({ approximate: "tanh" }),
      new nn.Linear(4 * dim, dim),
    );
  }

  private attend(x: Tensor): Tensor {
    const [B, T, C] = x.shape as [number, number, number];
    const [q, k, v] = this.cAttn
      .forward(x)
      .split(C, 2)
      .map((t) => t.reshape([B, T, this.heads, -1]).transpose(1, 2));
    const scores = q!.matmul(k!.transpose(-2, -1)).div(Math.sqrt(C / this.heads));
    const future = ones([T, T], { dtype: "bool" }).triu(1);
    const weights = scores.maskedFill(future, -Infinity).softmax(-1);
    return this.cProj.forward(weights.matmul(v!).transpose(1, 2).reshape([B, T, C]));
  }

  forward(x: Tensor): Tensor {
    const h = x.add(this.attend(this.ln_1.forward(x)));
    return h.add(this.mlp.forward(this.ln_2.forward(h)));
  }
}

export class GPT extends nn.Module {
  wte: nn.Embedding;
  wpe: nn.Embedding;
  h: nn.ModuleList<Block>;
  lnF: nn.LayerNorm;

  constructor(words = 13, dim = 16, heads = 4, depth = 2, context = 8) {
    super();
    this.wte = new nn.Embedding(words, dim);
    this.wpe = new nn.Embedding(context, dim);
    this.h = new nn.ModuleList(Array.from({ length: depth }, () => new Block(dim, heads)));
    this.lnF = new nn.LayerNorm(dim);
  }

  forward(tokens: Tensor): Tensor {
    let x = this.wte.forward(tokens).add(this.wpe.forward(arange(tokens.shape[1]!)));
    for (const block of this.h) x = block.forward(x);
    return this.lnF.forward(x).matmul(this.wte.weight.t()); // tied weights
  }
}

/** Convolution over time, a bidirectional GRU, log-probabilities for CTC: [T, N, C]. */
export class SpeechModel extends nn.Module {
  conv: nn.Conv1d;
  norm = new nn.BatchNorm1d(8);
  rnn = new nn.GRU(8, 6, { bidirectional: true, batchFirst: true });
  fc: nn.Linear;

  constructor(features = 5, letters = 6) {
    super();
    this.conv = new nn.Conv1d(features, 8, 3, { padding: 1 });
    this.fc = new nn.Linear(12, letters);
  }

  forward(x: Tensor): Tensor {
    const h = this.norm.forward(this.conv.forward(x)).relu();
    const { output } = this.rnn.forward(h.transpose(1, 2));
    return this.fc.forward(output).logSoftmax(2).transpose(0, 1);
  }
}
