// Layers held against PyTorch's values for the functions of the same meaning: losses, each case's options
// going to the constructor, and what has two inputs or in PyTorch no derivative.
import { logSoftmax, nn, type Tensor } from "../../src/index.js";
import { optionsWith, type Run } from "./row.js";

interface Args {
  readonly options: never;
  /** The options that are tensors, behind the inputs. */
  readonly names?: readonly string[];
  /** ctcLoss: where the softmax is taken first, and the lengths. */
  readonly dim: number | null;
  readonly inputs: number[];
  readonly labels: number[];
  readonly kernel: number;
  /** channelShuffle's groups. */
  readonly r: number;
  /** pairwiseDistance's norm. */
  readonly p: number;
}

type Loss = nn.Module & { forward(...inputs: unknown[]): Tensor };
type Make = new (options: object) => Loss;

/** By the name of the op: the layer, and how many tensors its forward takes. */
const LOSSES: Readonly<Record<string, readonly [layer: keyof typeof nn, inputs: number]>> = {
  bce: ["BCELoss", 2],
  bceWithLogits: ["BCEWithLogitsLoss", 2],
  cosineEmbeddingLoss: ["CosineEmbeddingLoss", 3],
  crossEntropy: ["CrossEntropyLoss", 2],
  ctcLoss: ["CTCLoss", 2],
  diceLoss: ["DiceLoss", 2],
  focalLoss: ["FocalLoss", 2],
  gaussianNLLLoss: ["GaussianNLLLoss", 3],
  hingeEmbeddingLoss: ["HingeEmbeddingLoss", 2],
  huberLoss: ["HuberLoss", 2],
  klDiv: ["KLDivLoss", 2],
  l1Loss: ["L1Loss", 2],
  marginRankingLoss: ["MarginRankingLoss", 3],
  mseLoss: ["MSELoss", 2],
  multilabelMarginLoss: ["MultiLabelMarginLoss", 2],
  multilabelSoftMarginLoss: ["MultiLabelSoftMarginLoss", 2],
  multiMarginLoss: ["MultiMarginLoss", 2],
  nllLoss: ["NLLLoss", 2],
  poissonNLLLoss: ["PoissonNLLLoss", 2],
  smoothL1Loss: ["SmoothL1Loss", 2],
  softMarginLoss: ["SoftMarginLoss", 2],
  tripletMarginLoss: ["TripletMarginLoss", 3],
  tripletMarginWithDistanceLoss: ["TripletMarginWithDistanceLoss", 3],
};

/** An option that no fixture can hold: the generator's distance. */
const distanceFunction = (p: Tensor, q: Tensor): Tensor => p.sub(q).abs().sum(-1);

function run(op: string, layer: keyof typeof nn, inputs: number): Run<Args> {
  const Layer = nn[layer] as unknown as Make;
  return (x, a) => {
    const given = [...x];
    const options = optionsWith(a, a.names ?? ["weight"], given.slice(inputs)) as object;
    const own = op === "tripletMarginWithDistanceLoss" ? { distanceFunction } : {};
    const [first, ...rest] = given.slice(0, inputs) as [Tensor, ...Tensor[]];
    const loss = new Layer({ ...options, ...own });
    if (op !== "ctcLoss") return loss.forward(first, ...rest);
    const logProbs = a.dim === null ? first : logSoftmax(first, a.dim);
    return loss.forward(logProbs, ...rest, a.inputs, a.labels);
  };
}

interface OpLayer {
  readonly layer: string;
  readonly run: Run;
}

type Unpool = "MaxUnpool1d" | "MaxUnpool2d" | "MaxUnpool3d";

/** The size of the output goes with the tensors. */
function unpool(layer: Unpool): Run<Args> {
  return ([x, indices], { kernel, options }) => {
    const { outputSize, ...rest } = (options ?? {}) as { outputSize?: number[] };
    return new nn[layer](kernel, rest).forward(x, indices, outputSize);
  };
}

/** By the name of the op: the layer and a call of it. */
export const opLayers: Readonly<Record<string, OpLayer>> = {
  ...Object.fromEntries(
    Object.entries(LOSSES).map(([op, [layer, inputs]]) => [
      op,
      { layer, run: run(op, layer, inputs) },
    ]),
  ),
  maxUnpool1d: { layer: "MaxUnpool1d", run: unpool("MaxUnpool1d") },
  maxUnpool2d: { layer: "MaxUnpool2d", run: unpool("MaxUnpool2d") },
  maxUnpool3d: { layer: "MaxUnpool3d", run: unpool("MaxUnpool3d") },
  cosineSimilarity: {
    layer: "CosineSimilarity",
    run: ([x1, x2], { dim }: Args) => new nn.CosineSimilarity(dim ?? undefined).forward(x1, x2),
  },
  pairwiseDistance: {
    layer: "PairwiseDistance",
    run: ([x1, x2], { p }: Args) => new nn.PairwiseDistance(p).forward(x1, x2),
  },
  channelShuffle: {
    layer: "ChannelShuffle",
    run: ([x], { r }: Args) => new nn.ChannelShuffle(r).forward(x),
  },
};
