// Models of tables of vectors, ported from pytorch/embeddings.py.
import { bmm, logsigmoid, nn, type Tensor, zeros } from "../../src/index.js";

export class MatrixFactorisation extends nn.Module {
  users: nn.Embedding;
  items: nn.Embedding;
  userBias: nn.Embedding;
  itemBias: nn.Embedding;
  mean = new nn.Parameter(zeros([1]));

  constructor(users = 7, items = 9, factors = 4) {
    super();
    this.users = new nn.Embedding(users, factors);
    this.items = new nn.Embedding(items, factors);
    this.userBias = new nn.Embedding(users, 1);
    this.itemBias = new nn.Embedding(items, 1);
  }

  forward(users: Tensor, items: Tensor): Tensor {
    const dot = this.users.forward(users).mul(this.items.forward(items)).sum(1);
    const biases = this.userBias.forward(users).add(this.itemBias.forward(items)).squeeze(1);
    return dot.add(biases).add(this.mean);
  }
}

/** word2vec with negative sampling (Mikolov et al., 2013): the score of each context word. */
export class SkipGram extends nn.Module {
  centre: nn.Embedding;
  context: nn.Embedding;

  constructor(words = 11, size = 6) {
    super();
    this.centre = new nn.Embedding(words, size);
    this.context = new nn.Embedding(words, size);
  }

  forward(centre: Tensor, contexts: Tensor): Tensor {
    const column = this.centre.forward(centre).unsqueeze(2);
    return bmm(this.context.forward(contexts), column).squeeze(2);
  }

  /** The first column is the true context, the others are negatives. */
  static loss(scores: Tensor): Tensor {
    const right = logsigmoid(scores.select(1, 0));
    const wrong = logsigmoid(scores.slice(1, null, { dim: 1 }).neg()).sum(1);
    return right.add(wrong).mean().neg();
  }
}
