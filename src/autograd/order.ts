// The order in which a walk through the graph sees its nodes.
import type { Node } from "./node.js";

let walks = 0;

/**
 * All nodes that can be reached from the roots, results before what they were made from. Leaves come
 * last: they lead nowhere, and among the others their numbers would be out of order.
 */
export function newestFirst(roots: readonly Node[]): Node[] {
  const walk = ++walks;
  const found: Node[] = [];
  const leaves: Node[] = [];
  const find = (node: Node): void => {
    if (node.walk === walk) return;
    node.walk = walk;
    (node.isLeaf ? leaves : found).push(node);
  };
  roots.forEach(find);
  for (let i = 0; i < found.length; i++) {
    const { inputs } = found[i]!;
    for (let k = 0; k < inputs.length; k++) {
      const input = inputs[k]!;
      if (input !== null) find(input);
    }
  }
  found.sort((a, b) => b.seq - a.seq);
  return found.concat(leaves);
}

/** Those of `order` from which a target can be reached. */
export function leadingTo(order: readonly Node[], targets: ReadonlyMap<Node, unknown>): Set<Node> {
  const needed = new Set<Node>(targets.keys());
  for (let i = order.length - 1; i >= 0; i--) {
    const node = order[i]!;
    if (node.inputs.some((input) => input !== null && needed.has(input))) needed.add(node);
  }
  return needed;
}
