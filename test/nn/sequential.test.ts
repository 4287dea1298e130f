// What Sequential releases between two layers, and what it may not.
import { describe, expect, it } from "vitest";
import { memory, nn, noGrad, ones, type Tensor } from "../../src/index.js";

/** Handles that a forward leaves besides its result. */
function left(...layers: nn.Layer[]): number {
  const model = new nn.Sequential(...layers).eval();
  const x = ones([2, 2, 4, 4]);
  const run = (): number => {
    const before = memory().handles;
    noGrad(() => model.forward(x).dispose());
    return memory().handles - before;
  };
  run();
  return run();
}

/** Keeps what it was given. */
class Keeping extends nn.ReLU {
  seen: Tensor | null = null;
  override forward(x: Tensor): Tensor {
    this.seen = x;
    return super.forward(x);
  }
}

describe("Sequential", () => {
  it("releases what passes between the library's own layers of every kind", () => {
    const conv = (): nn.Layer => new nn.Conv2d(2, 2, 3, { padding: 1 });
    expect(left(conv(), new nn.BatchNorm2d(2), new nn.ReLU(), conv())).toBe(0);
    expect(left(conv(), new nn.MaxPool2d(2), new nn.Flatten(), new nn.Linear(8, 3))).toBe(0);
    expect(left(new nn.ZeroPad2d(1), new nn.Mish(), new nn.Upsample({ scaleFactor: 2 }))).toBe(0);
    expect(left(new nn.GroupNorm(1, 2), new nn.Dropout(), new nn.PixelShuffle(1))).toBe(0);
  });

  it("leaves alone what a subclass's forward or a hook may have kept", () => {
    const keeping = new Keeping();
    const model = new nn.Sequential(new nn.Tanh(), keeping, new nn.Tanh());
    model.forward(ones([3]));
    expect(keeping.seen!.isDisposed).toBe(false);
    const hooked = new nn.Tanh();
    const seen: Tensor[] = [];
    hooked.registerForwardPreHook((_, [x]) => void seen.push(x as Tensor));
    new nn.Sequential(new nn.Tanh(), hooked, new nn.Tanh()).forward(ones([3]));
    expect(seen[0]!.isDisposed).toBe(false);
  });
});
