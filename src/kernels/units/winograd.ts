// Work units and workspaces of the kernels in assembly/winograd/.

// `points` is 6 for kernels of 3 x 3, 8 for those of 5 x 5.

/** Tiles of 4 x 4 outputs. */
export function winogradTiles(N: number, OH: number, OW: number): number {
  return N * Math.ceil(OH / 4) * Math.ceil(OW / 4);
}

/** Blocks of at most 32 tiles (24 of 8 points) that winogradConv2dF32 divides them into. */
export function winogradBlocks(N: number, OH: number, OW: number, points: number): number {
  return Math.ceil(winogradTiles(N, OH, OW) / (points === 6 ? 32 : 24));
}

/** winogradConv2dF32: 64 output channels of a block of tiles a unit. */
export function winogradConv2dUnits(blocks: number, O: number): number {
  return blocks * Math.ceil(O / 64);
}

/**
 * Parts of the tiles that winogradWeightGradF32 sums up on their own, each in a workspace (of winogradWorkspace
 * elements): several where these are small, since parts share nothing that both would have to compute;
 * none where the tiles are so few that no sums need be kept.
 */
export function winogradParts(C: number, O: number, tiles: number): number {
  if (tiles <= 32) return 0;
  return C * O > 8192 ? 1 : Math.min(4, Math.ceil(tiles / 32));
}

/** winogradWeightGradF32: a part a unit; of one part 16 channels of x, which share what is made of dy. */
export function winogradWeightGradUnits(C: number, parts: number): number {
  return parts > 1 ? parts : Math.ceil(C / 16);
}

/**
 * Elements of a workspace of points^2 matrices of rows x cols: each in blocks of up to 64 columns, an odd
 * number of cache lines from the next.
 */
export function winogradWorkspace(rows: number, cols: number, points: number): number {
  const elements = Math.ceil(cols / 64) * rows * Math.min(64, Math.ceil(cols / 8) * 8);
  const lines = Math.ceil(elements / 16);
  return points * points * 16 * (lines | 1);
}
