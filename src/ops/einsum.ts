// Products over named dims: einsum and tensordot. Operands are contracted two at a time, from left to
// right, each pair as one batched matrix product; their derivatives are those of the ops they are made of.
import { ValueError } from "../core/errors.js";
import { sizeOf, checkList, checkDim, checkInt, misfit } from "../core/shape.js";
import type { Tensor } from "../autograd/tensor.js";
import { tidy } from "../memory/scope.js";
import { mul } from "./arithmetic.js";
import { matmul } from "./matmul.js";
import { checkFactors } from "./matrix.js";
import { sum } from "./reduce.js";
import { diagonal } from "./strided.js";
import { permute, reshape } from "./views.js";

/** A tensor with a name for each of its dims. */
interface Named {
  x: Tensor;
  labels: readonly string[];
}

/** Names that come twice become one: the diagonal. */
function diagonals({ x, labels }: Named): Named {
  const second = labels.findIndex((label, i) => labels.indexOf(label) < i);
  if (second < 0) return { x, labels };
  const label = labels[second]!;
  const first = labels.indexOf(label);
  const rest = labels.filter((_, i) => i !== first && i !== second);
  return diagonals({ x: diagonal(x, { dim1: first, dim2: second }), labels: [...rest, label] });
}

/** Sums over the dims that `gone` names. */
function sumOver({ x, labels }: Named, gone: (label: string) => boolean): Named {
  const dims = labels.flatMap((label, i) => (gone(label) ? [i] : []));
  if (dims.length === 0) return { x, labels };
  return { x: sum(x, dims), labels: labels.filter((label) => !gone(label)) };
}

/** x's dims in the order of `labels`, with a dim of size 1 for each name that it hasn't. */
function arrange({ x, labels }: Named, order: readonly string[]): Tensor {
  const present = order.filter((label) => labels.includes(label));
  const moved = permute(x, present.map((label) => labels.indexOf(label))); // prettier-ignore
  return reshape(moved, order.map((label) => sizeIn({ x, labels }, label))); // prettier-ignore
}

function sizeIn({ x, labels }: Named, label: string): number {
  return x.shape[labels.indexOf(label)] ?? 1;
}

/** The product of two operands, summed over the names that `kept` doesn't keep. */
function contract(a: Named, b: Named, kept: (label: string) => boolean): Named {
  // A dim of size 1 beside a larger one is broadcast: the name is the other operand's alone.
  const gone = (mine: Named, other: Named) => (label: string) =>
    other.labels.includes(label)
      ? sizeIn(mine, label) === 1 && sizeIn(other, label) !== 1
      : !kept(label);
  const [p, q] = [sumOver(a, gone(a, b)), sumOver(b, gone(b, a))];
  const shared = p.labels.filter((label) => q.labels.includes(label));
  const batch = shared.filter(kept);
  const inner = shared.filter((label) => !kept(label));
  const left = p.labels.filter((label) => !shared.includes(label));
  const right = q.labels.filter((label) => !shared.includes(label));
  const labels = [...batch, ...left, ...right];
  if (inner.length === 0) return { x: mul(arrange(p, labels), arrange(q, labels)), labels };
  const size = (label: string): number => sizeIn(p.labels.includes(label) ? p : q, label);
  const [B, M, K, N] = [batch, left, inner, right].map((list) => sizeOf(list.map(size))) as [
    ...[number, number, number, number],
  ];
  const rows = reshape(arrange(p, [...batch, ...left, ...inner]), [B, M, K]);
  const columns = reshape(arrange(q, [...batch, ...inner, ...right]), [B, K, N]);
  return { x: reshape(matmul(rows, columns), labels.map(size)), labels };
}

/**
 * Einstein's summation. Letters name the dims of each operand; those that `->` doesn't name on the right
 * are multiplied and summed over. A letter twice in one operand is its diagonal, "..." any dims that
 * broadcast; sizes of 1 broadcast, too. Without "->" the result has "..." and then, in alphabetical order
 * (capitals first), the letters that occur once.
 *
 * @param equation for example "bij,bjk->bik"
 * @param operands float32 or int32 tensors, all of one dtype, or one list of them
 * @throws ValueError for an equation that can't be read; ShapeError for shapes that don't fit it
 * @example
 * const x = tensor([[1, 2], [3, 4]]);
 * console.log(einsum("ii", x).item(), einsum("ij->j", x).toArray()); // 5 [ 4, 6 ]
 */
export function einsum(equation: string, ...operands: (Tensor | readonly Tensor[])[]): Tensor {
  const tensors: Tensor[] = operands.flat();
  const [terms, output] = parse(equation, tensors);
  return tidy(() => {
    const named = tensors.map((x, i) => diagonals({ x, labels: terms[i]! }));
    const result = named.reduce((a, b, i) => {
      const later = named.slice(i + 1);
      return contract(
        a,
        b,
        (label) => output.includes(label) || later.some(({ labels }) => labels.includes(label)),
      );
    });
    const rest = sumOver(result, (label) => !output.includes(label));
    return permute(rest.x, output.map((label) => rest.labels.indexOf(label))); // prettier-ignore
  });
}

/** Names of the dims that "..." stands for: "0" is the last of them. */
function dots(count: number): string[] {
  return Array.from({ length: count }, (_, i) => String(count - 1 - i));
}

/** A term's names, "..." standing for `count` dims. */
function labelsOf(term: string, count: number): string[] {
  const [head, tail] = term.split("...") as [string, string?];
  return [...head.split(""), ...(tail === undefined ? [] : [...dots(count), ...tail.split("")])];
}

/** The names of each operand's dims, and of the result's. */
function parse(
  equation: string,
  operands: readonly Tensor[],
): [terms: string[][], output: string[]] {
  const refuse = (rule: string): never => {
    throw new ValueError("einsum", `${rule}: got "${equation}" for ${operands.length} operands`);
  };
  const text = typeof (equation as unknown) === "string" ? equation.replaceAll(" ", "") : "?";
  const term = "[A-Za-z]*(\\.{3}[A-Za-z]*)?";
  if (!new RegExp(`^${term}(,${term})*(->${term})?$`).test(text)) {
    refuse('the equation must be like "ij,jk->ik"');
  }
  const [inputs, given] = text.split("->") as [string, string?];
  const parts = inputs.split(",");
  if (parts.length !== operands.length) refuse("each operand needs its letters");
  checkFactors("einsum", ...operands);
  const counts = parts.map((part, i) => {
    const x = operands[i]!;
    const count = x.ndim - part.replace("...", "").length;
    if (count < 0 || (count > 0 && !part.includes("."))) {
      misfit("einsum", `"${part}" must name each dim`, x);
    }
    return count;
  });
  const terms = parts.map((part, i) => labelsOf(part, counts[i]!));
  checkSizes(terms, operands);
  const most = Math.max(...counts);
  const all = terms.flat();
  const once = all.filter((l) => l > "9" && all.indexOf(l) === all.lastIndexOf(l));
  const output = given === undefined ? [...dots(most), ...once.sort()] : labelsOf(given, most);
  const wrong = output.find((l, i) => output.indexOf(l) < i || !all.includes(l));
  if (wrong !== undefined) refuse(`"${wrong}" must occur in an operand, and once in the result`);
  return [terms, output];
}

/** Dims of one name have one size, or 1; within an operand they have the same. */
function checkSizes(terms: readonly string[][], operands: readonly Tensor[]): void {
  const sizes = new Map<string, number>();
  terms.forEach((labels, i) => {
    const { shape } = operands[i]!;
    labels.forEach((label, d) => {
      const n = shape[d]!;
      const known = sizes.get(label) ?? 1;
      if ((n !== known && n !== 1 && known !== 1) || n !== shape[labels.indexOf(label)]) {
        misfit("einsum", `dims named "${label}" must have one size`, ...operands);
      }
      if (n !== 1) sizes.set(label, n);
    });
  });
}

/**
 * Sums the products of a and b over pairs of dims; the result has a's other dims, then b's.
 * @param dims a number: so many of a's last dims with b's first; or the dims of each. Default: 2
 */
export function tensordot(
  a: Tensor,
  b: Tensor,
  dims: number | readonly [readonly number[], readonly number[]] = 2,
): Tensor {
  checkFactors("tensordot", a, b);
  if (typeof dims === "number") checkInt("tensordot", "dims", dims, 0);
  const [da, db] = [a, b].map((x, k) => {
    const list =
      typeof dims === "number"
        ? Array.from({ length: dims }, (_, i) => (k ? i : i - dims))
        : checkList("tensordot", dims)[k]!;
    return checkList("tensordot", list).map((d) => checkDim("tensordot", d, x));
  });
  const differ = da!.some((d, i) => a.shape[d] !== b.shape[db![i]!]);
  const twice = [da!, db!].some((dims) => new Set(dims).size < dims.length);
  if (differ || twice || da!.length !== db!.length) {
    misfit("tensordot", "paired dims must have one size, each named once", a, b);
  }
  const name = (list: readonly number[], mine: string) => (_: number, d: number) =>
    list.includes(d) ? `=${list.indexOf(d)}` : `${mine}${d}`;
  return tidy(() => {
    const left = { x: a, labels: a.shape.map(name(da!, "a")) };
    const right = { x: b, labels: b.shape.map(name(db!, "b")) };
    return contract(left, right, (label) => label[0] !== "=").x;
  });
}
