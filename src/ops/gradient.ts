// Hands the few ops that `backward` needs down to autograd/, which must not import them.
import { provideGradientOps } from "../autograd/backward.js";
import { kernels } from "../kernels/loader.js";
import { runFew } from "../kernels/run.js";
import { flatUnits } from "../kernels/units.js";
import { add } from "./arithmetic.js";
import { clone, writeInto } from "./convert.js";
import { onesLike } from "./creation.js";
import { binary } from "./dispatch.js";

provideGradientOps({
  add,
  clone,
  onesLike,
  accumulate(a, b) {
    // a's memory is overwritten element by element as it is read: same index in, same index out.
    if (b.layout.contiguous && a.layout.contiguous) {
      const n = a.numel();
      runFew(kernels.addF32, flatUnits(n), a.address(), b.address(), a.address(), 1, n, 1, 1, 0);
    } else {
      const sum = binary("add", kernels.addF32, a, b);
      writeInto(a, a.layout, sum);
      sum.dispose();
    }
    a.buffer.version++;
    a.buffer.writer = "backward";
  },
});
