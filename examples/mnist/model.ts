// The two networks that the example can train.
import { nn } from "simdgrad";

export type ModelName = "cnn" | "mlp";

/** LeNet's plan (LeCun et al., 1998) with relu and max pooling, or a plain multi-layer perceptron. */
export function createModel(name: ModelName): nn.Sequential {
  if (name === "mlp") {
    return new nn.Sequential(
      new nn.Flatten(),
      new nn.Linear(784, 256),
      new nn.ReLU(),
      new nn.Linear(256, 128),
      new nn.ReLU(),
      new nn.Linear(128, 10),
    );
  }
  return new nn.Sequential(
    new nn.Conv2d(1, 16, 5, { padding: 2 }), // [N, 16, 28, 28]
    new nn.ReLU(),
    new nn.MaxPool2d(2), // [N, 16, 14, 14]
    new nn.Conv2d(16, 32, 5, { padding: 2 }), // [N, 32, 14, 14]
    new nn.ReLU(),
    new nn.MaxPool2d(2), // [N, 32, 7, 7]
    new nn.Flatten(),
    new nn.Linear(32 * 7 * 7, 10),
  );
}
