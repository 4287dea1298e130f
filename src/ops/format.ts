// Printing that people can read: rounded values in aligned columns, large tensors elided.
import { bytesOf } from "../core/dtype.js";
import { showShape } from "../core/shape.js";
import { type Tensor } from "../autograd/tensor.js";
import { withGrad } from "../autograd/mode.js";
import { tidy } from "../memory/scope.js";
import { toTypedArray } from "./convert.js";
import { narrow } from "./views.js";
import { cat } from "./join.js";

/** More elements than this are elided, to so many at each end of a dim. */
const THRESHOLD = 1000;
const EDGE = 3;

const COLUMNS = 80;

/** "tensor([[1.5000, 2.0000]], shape=[1,2], dtype=float32)" */
export function toText(x: Tensor): string {
  if (x.isDisposed) return `tensor(disposed, shape=${showShape(x.shape)})`;
  const tail = `shape=${showShape(x.shape)}, dtype=${x.dtype}${x.requiresGrad ? ", requiresGrad=true" : ""})`;
  if (x.numel() === 0) return `tensor([], ${tail}`;
  const elide = x.numel() > THRESHOLD;
  const values = tidy(() => withGrad(false, () => toTypedArray(elide ? corners(x) : x)));
  const words = wordsFor(values, x.dtype);
  const width = words.reduce((n, word) => Math.max(n, word.length), 0);
  const perLine = Math.max(1, Math.floor((COLUMNS - 7 - x.ndim) / (width + 2)));
  let next = 0;
  const render = (dim: number): string => {
    if (dim === x.ndim) return words[next++]!.padStart(x.ndim === 0 ? 0 : width);
    const n = x.shape[dim]!;
    const cut = elide && n > 2 * EDGE;
    const parts: string[] = [];
    for (let i = 0; i < (cut ? 2 * EDGE : n); i++) {
      if (cut && i === EDGE) parts.push("...");
      parts.push(render(dim + 1));
    }
    const below = x.ndim - 1 - dim;
    const lines = below > 0 ? parts : [];
    while (below === 0 && parts.length > 0) lines.push(parts.splice(0, perLine).join(", "));
    return `[${lines.join(`,${"\n".repeat(below || 1)}${" ".repeat(8 + dim)}`)}]`;
  };
  return `tensor(${render(0)}, ${tail}`;
}

/** The first and last three of every long dim. */
function corners(x: Tensor): Tensor {
  let out = x;
  x.shape.forEach((n, dim) => {
    if (n > 2 * EDGE) {
      out = cat([narrow(out, dim, 0, EDGE), narrow(out, dim, n - EDGE, EDGE)], dim);
    }
  });
  return out;
}

function wordsFor(values: ArrayLike<number>, dtype: Tensor["dtype"]): string[] {
  const list = Array.from(values);
  if (bytesOf(dtype) === 1) return list.map((v) => String(v !== 0));
  if (dtype === "int32") return list.map(String);
  const finite = list.filter(Number.isFinite).map(Math.abs);
  const most = finite.reduce((a, b) => Math.max(a, b), 0);
  const least = finite.reduce((a, b) => (b > 0 ? Math.min(a, b) : a), Infinity);
  const whole = finite.every(Number.isInteger) && most < 1e8;
  const scientific = !whole && (most >= 1e8 || least < 1e-4 || most / least > 1e8);
  const show = (v: number): string => {
    if (!Number.isFinite(v)) return v > 0 ? "inf" : v < 0 ? "-inf" : "nan";
    if (whole) return `${Object.is(v, -0) ? "-0" : v}.`;
    return scientific ? v.toExponential(4) : v.toFixed(4);
  };
  return list.map(show);
}
