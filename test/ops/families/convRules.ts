// Edges and refusals of convolutions and pooling.
import * as sg from "../../../src/index.js";
import { E, type Edges, ids } from "../edge.js";
import { dtype, f, index, late, type Refusals, shape, value } from "../refusal.js";

const sound = sg.ones([1, 2, 5]);
const volume = sg.ones([1, 2, 3, 3, 3]);
const noLength = sg.zeros([2, 0]);
const noKernel = sg.zeros([2, 1, 0]);
const noTaps = sg.zeros([1, 2, 0]);
const kernel1 = sg.ones([2, 2, 3]);
const kernel2 = sg.ones([2, 2, 2, 2]);
const kernel3 = sg.ones([2, 2, 2, 2, 2]);
const odd1 = sg.ones([3, 1, 3]);
const short1 = sg.ones([2, 2, 2]);
const line = sg.zeros([1, 2, 5], { dtype: "int32" });
const dot = sg.ones([1, 1, 1]);
const corner = sg.zeros([1, 1, 1], { dtype: "int32" });
const block = sg.zeros([1, 2, 3, 3, 3], { dtype: "int32" });
const plane = sg.ones([1, 2, 3]);
const places = f.int23.reshape([1, 2, 3]);
const outside = sg.full([1, 2, 4, 4], 99, { dtype: "int32" });

export const convEdges: Edges = {
  conv1d: [
    [() => sg.conv1d(E(0, 2, 5), E(3, 2, 2), E(3)), [0, 3, 4]],
    [() => sg.conv1d(E(1, 1, 1), E(1, 1, 1)), [1, 1, 1]],
    [() => sg.conv1d(E(1, 2, 5), E(0, 2, 2), E(0)), [1, 0, 4]],
  ],
  conv3d: [
    [() => sg.conv3d(E(0, 2, 3, 3, 3), E(1, 2, 2, 2, 2), E(1)), [0, 1, 2, 2, 2]],
    [() => sg.conv3d(E(1, 1, 1, 1), E(2, 1, 1, 1, 1)), [2, 1, 1, 1]],
    // Windows that hold nothing but padding.
    [() => sg.conv3d(E(1, 1, 1, 1), E(1, 1, 1, 1, 1), null, { padding: [2, 0, 0] }), [1, 5, 1, 1]],
  ],
  convTranspose1d: [
    [() => sg.convTranspose1d(E(0, 2, 5), E(2, 3, 2), E(3)), [0, 3, 6]],
    [() => sg.convTranspose1d(E(1, 1), E(1, 1, 1)), [1, 1]],
  ],
  convTranspose2d: [
    [() => sg.convTranspose2d(E(0, 2, 3, 3), E(2, 1, 2, 2)), [0, 1, 4, 4]],
    [() => sg.convTranspose2d(E(1, 2, 3, 3), E(2, 0, 2, 2), E(0)), [1, 0, 4, 4]],
  ],
  convTranspose3d: [
    [() => sg.convTranspose3d(E(0, 2, 1, 2, 3), E(2, 1, 2, 2, 2), E(1)), [0, 1, 2, 3, 4]],
  ],
  maxPool1d: [
    [() => sg.maxPool1d(E(0, 2, 5), 2), [0, 2, 2]],
    [() => sg.maxPool1d(E(1, 1), 1, { returnIndices: true }), [1, 1], [1, 1]],
  ],
  maxPool3d: [[() => sg.maxPool3d(E(0, 2, 3, 3, 2), 2), [0, 2, 1, 1, 1]]],
  avgPool1d: [[() => sg.avgPool1d(E(0, 2, 5), 2), [0, 2, 2]]],
  avgPool3d: [[() => sg.avgPool3d(E(0, 2, 3, 3, 2), 2), [0, 2, 1, 1, 1]]],
  lpPool1d: [[() => sg.lpPool1d(E(0, 2, 5), 2, 2), [0, 2, 2]]],
  lpPool2d: [[() => sg.lpPool2d(E(0, 2, 5, 3), 2, 2), [0, 2, 2, 1]]],
  adaptiveAvgPool1d: [
    [() => sg.adaptiveAvgPool1d(E(0, 2, 5), 3), [0, 2, 3]],
    [() => sg.adaptiveAvgPool1d(E(2, 2, 5), 0), [2, 2, 0]],
  ],
  adaptiveAvgPool2d: [
    [() => sg.adaptiveAvgPool2d(E(0, 2, 5, 4), 1), [0, 2, 1, 1]],
    [() => sg.adaptiveAvgPool2d(E(2, 5, 4), [0, null]), [2, 0, 4]],
  ],
  adaptiveAvgPool3d: [[() => sg.adaptiveAvgPool3d(E(0, 2, 5, 4, 3), 2), [0, 2, 2, 2, 2]]],
  adaptiveMaxPool1d: [
    [() => sg.adaptiveMaxPool1d(E(0, 2, 5), 3), [0, 2, 3]],
    [() => sg.adaptiveMaxPool1d(E(2, 2, 5), 0), [2, 2, 0]],
  ],
  adaptiveMaxPool2d: [
    [
      () => sg.adaptiveMaxPool2d(E(0, 5, 4, 3), 2, { returnIndices: true }),
      [0, 5, 2, 2],
      [0, 5, 2, 2],
    ],
    [() => sg.adaptiveMaxPool2d(E(2, 5, 4), [3, 0]), [2, 3, 0]],
  ],
  adaptiveMaxPool3d: [
    [() => sg.adaptiveMaxPool3d(E(0, 2, 5, 4, 3), 2), [0, 2, 2, 2, 2]],
    [() => sg.adaptiveMaxPool3d(E(2, 5, 4, 3), [0, 1, 2]), [2, 0, 1, 2]],
  ],
  maxUnpool1d: [[() => sg.maxUnpool1d(E(0, 2, 3), ids(0, 2, 3), 2), [0, 2, 6]]],
  maxUnpool2d: [[() => sg.maxUnpool2d(E(0, 2, 3, 2), ids(0, 2, 3, 2), 2), [0, 2, 6, 4]]],
  maxUnpool3d: [[() => sg.maxUnpool3d(E(0, 1, 1, 1, 1), ids(0, 1, 1, 1, 1), 2), [0, 1, 2, 2, 2]]],
};

export const convRefusals: Refusals = {
  conv1d: [
    dtype(/x must be float32: got int32/, () => sg.conv1d(f.int23, kernel1)),
    dtype(/weight must be float32: got int32/, () => sg.conv1d(sound, f.int3)),
    shape(/x must be \[N, C, L\], only N may be 0: got \[3\]/, () => sg.conv1d(f.v3, kernel1)),
    shape(/only N may be 0: got \[1,2,0\]/, () => sg.conv1d(noLength, kernel1)),
    shape(/weight must be \[O, C \/ groups, k\].* got \[1,2,5\] and \[2,3\]/, () =>
      sg.conv1d(sound, f.m23),
    ),
    shape(/weight must be .* groups \(2\) dividing/, () =>
      sg.conv1d(sound, kernel1, null, { groups: 2 }),
    ),
    shape(/groups \(2\) dividing O and C: got .* and \[3,1,3\]/, () =>
      sg.conv1d(sound, odd1, null, { groups: 2 }),
    ),
    shape(/bias must be \[2\]: got \[3\]/, () => sg.conv1d(sound, kernel1, f.v3)),
    dtype(/bias must be float32: got int32/, () => sg.conv1d(sound, kernel1, f.int2)),
    value(/stride must be one integer >= 1: got 1,2/, () =>
      sg.conv1d(sound, kernel1, null, { stride: [1, 2] as never }),
    ),
    value(/padding must be one integer >= 0: got full/, () =>
      sg.conv1d(sound, kernel1, null, { padding: "full" as never }),
    ),
    value(/padding must be one integer >= 0: got 0.5/, () =>
      sg.conv1d(sound, kernel1, null, { padding: 0.5 }),
    ),
    value(/dilation must be one integer >= 1: got Infinity/, () =>
      sg.conv1d(sound, kernel1, null, { dilation: Infinity }),
    ),
    value(/padding "same" needs a stride of 1: got \[2/, () =>
      sg.conv1d(sound, kernel1, null, { padding: "same", stride: 2 }),
    ),
    shape(/a kernel of 0 .* does not fit/, () =>
      sg.conv1d(sound, noTaps, null, { padding: "same" }),
    ),
    shape(/a kernel of 3 \(dilation 3\) does not fit into 5/, () =>
      sg.conv1d(sound, kernel1, null, { dilation: 3 }),
    ),
  ],
  conv3d: [
    dtype(/x must be float32: got int32/, () => sg.conv3d(block, kernel3)),
    shape(/x must be \[N, C, D, H, W\].*: got \[2,3\]/, () => sg.conv3d(f.m23, kernel3)),
    shape(/weight must be \[O, C \/ groups, kd, kh, kw\]/, () => sg.conv3d(volume, kernel2)),
    value(/stride must be one or three integers >= 1: got 1,2/, () =>
      sg.conv3d(volume, kernel3, null, { stride: [1, 2] as never }),
    ),
    shape(/a kernel of 2 \(dilation 3\) does not fit into 3/, () =>
      sg.conv3d(volume, kernel3, null, { dilation: [3, 1, 1] }),
    ),
  ],
  convTranspose1d: [
    dtype(/x must be float32: got int32/, () => sg.convTranspose1d(line, kernel1)),
    shape(/x must be \[N, C, L\].*: got \[3\]/, () => sg.convTranspose1d(f.v3, kernel1)),
    shape(/weight must be \[C, O \/ groups, k\], groups \(1\) dividing C: got \[1,2,5\]/, () =>
      sg.convTranspose1d(sound, f.cube342),
    ),
    shape(/weight must be .* and \[2,1,0\]/, () => sg.convTranspose1d(sound, noKernel)),
    shape(/groups \(3\) dividing C: got /, () =>
      sg.convTranspose1d(sound, kernel1, null, { groups: 3 }),
    ),
    shape(/bias must be \[4\]: got \[3\]/, () =>
      sg.convTranspose1d(sound, kernel1, f.v3, { groups: 2 }),
    ),
    value(/groups must be an integer >= 1: got 0/, () =>
      sg.convTranspose1d(sound, kernel1, null, { groups: 0 }),
    ),
    value(/outputPadding must be less than stride or dilation: got \[2/, () =>
      sg.convTranspose1d(sound, kernel1, null, { stride: 2, outputPadding: 2 }),
    ),
    value(/outputPadding must be one integer >= 0: got -1/, () =>
      sg.convTranspose1d(sound, kernel1, null, { outputPadding: -1 }),
    ),
    shape(/padding leaves nothing of the output: got \[-1\]/, () =>
      sg.convTranspose1d(sound, kernel1, null, { padding: 4 }),
    ),
    shape(/padding leaves nothing of the output: got \[0\]/, () =>
      sg.convTranspose1d(sound, short1, null, { padding: 3 }),
    ),
  ],
  convTranspose2d: [
    shape(/x must be \[N, C, H, W\].*: got \[2,3\]/, () => sg.convTranspose2d(f.m23, kernel2)),
    shape(/weight must be \[C, O \/ groups, kh, kw\]/, () => sg.convTranspose2d(f.images, kernel1)),
    value(/stride must be one or two integers >= 1: got NaN/, () =>
      sg.convTranspose2d(f.images, kernel2, null, { stride: NaN }),
    ),
  ],
  convTranspose3d: [
    shape(/x must be \[N, C, D, H, W\].*: got \[2,3\]/, () => sg.convTranspose3d(f.m23, kernel3)),
    shape(/weight must be \[C, O \/ groups, kd, kh, kw\]/, () =>
      sg.convTranspose3d(volume, kernel2),
    ),
  ],
  ...poolRefusals(),
};

function poolRefusals(): Refusals {
  return {
    maxPool1d: [
      dtype(/x must be float32: got int32/, () => sg.maxPool1d(line, 2)),
      shape(/x must be \[N, C, L\].*: got \[3\]/, () => sg.maxPool1d(f.v3, 2)),
      shape(/only N may be 0: got \[0,3\]/, () => sg.maxPool1d(f.empty, 2)),
      value(/kernel must be one integer >= 1: got 0/, () => sg.maxPool1d(sound, 0)),
      value(/padding must be at most half of the kernel: got \[2/, () =>
        sg.maxPool1d(sound, 3, { padding: 2 }),
      ),
    ],
    maxPool3d: [
      shape(/x must be \[N, C, D, H, W\].*: got \[2,3\]/, () => sg.maxPool3d(f.m23, 2)),
      value(/stride must be one or three integers >= 1: got 0/, () =>
        sg.maxPool3d(volume, 2, { stride: 0 }),
      ),
      shape(/a kernel of 4 .* does not fit into 3/, () => sg.maxPool3d(volume, [2, 2, 4])),
    ],
    avgPool1d: [
      shape(/a kernel of 6 .* does not fit into 5/, () => sg.avgPool1d(sound, 6)),
      // A window wider than the input by a stride or more.
      shape(/a kernel of 7 .* does not fit into 5/, () =>
        sg.avgPool1d(sound, 7, { stride: 2, ceilMode: true }),
      ),
    ],
    avgPool2d: [
      value(/divisorOverride must be an integer other than 0: got 0/, () =>
        sg.avgPool2d(f.images, 2, { divisorOverride: 0 }),
      ),
    ],
    avgPool3d: [
      dtype(/x must be float32: got int32/, () => sg.avgPool3d(block, 2)),
      value(/divisorOverride must be an integer other than 0: got 1.5/, () =>
        sg.avgPool3d(volume, 2, { divisorOverride: 1.5 }),
      ),
    ],
    lpPool1d: [
      value(/normType must be a finite number other than 0: got 0/, () => sg.lpPool1d(sound, 0, 2)),
      shape(/a kernel of 6 .* does not fit into 5/, () => sg.lpPool1d(sound, 2, 6)),
    ],
    lpPool2d: [
      value(/normType must be .*: got Infinity/, () => sg.lpPool2d(f.images, Infinity, 2)),
      dtype(/x must be float32: got int32/, () => sg.lpPool2d(f.intImages, 2, 2)),
    ],
    ...adaptiveRefusals(),
    maxUnpool1d: [
      dtype(/x must be float32: got int32/, () => sg.maxUnpool1d(line, line, 2)),
      dtype(/indices must be int32: got float32/, () => sg.maxUnpool1d(sound, sound, 2)),
      shape(/indices must be \[1,2,5\]: got \[2,3\]/, () => sg.maxUnpool1d(sound, f.int23, 2)),
      value(/outputSize must be less than a stride away from \[10\]: got \[12\]/, () =>
        sg.maxUnpool1d(sound, line, 2, { outputSize: [12] }),
      ),
      value(/outputSize must be .* \[10\]: got \[\]/, () =>
        sg.maxUnpool1d(sound, line, 2, { outputSize: [] }),
      ),
      value(/outputSize must be .* \[10\]: got \[9.5\]/, () =>
        sg.maxUnpool1d(sound, line, 2, { outputSize: [9.5] }),
      ),
      value(/outputSize must be .* \[1\]: got \[0\]/, () =>
        sg.maxUnpool1d(dot, corner, 1, { stride: 2, outputSize: [0] }),
      ),
    ],
    maxUnpool2d: [
      late(
        index(/indices must lie in \[0, 63\]: got 99 at position 0/, () =>
          sg.maxUnpool2d(f.images, outside, 2),
        ),
      ),
      late(
        index(/indices must lie in \[0, 5\]: got -7 at position 4/, () =>
          sg.maxUnpool2d(plane, places, 1),
        ),
      ),
      value(/kernel must be one or two integers >= 1: got 0/, () =>
        sg.maxUnpool2d(f.images, outside, 0),
      ),
    ],
    maxUnpool3d: [
      value(/outputSize must be .*\[6,6,6\]: got \[4,6,6\]/, () =>
        sg.maxUnpool3d(volume, block, 2, { outputSize: [4, 6, 6] }),
      ),
    ],
  };
}

function adaptiveRefusals(): Refusals {
  const bad = (op: (x: sg.Tensor, size: never) => unknown, x: sg.Tensor, counts: string) => [
    shape(/x must be .*: got \[3\]/, () => op(f.v3, 2 as never)),
    value(new RegExp(`outputSize must be ${counts} integers? >= 0: got -1`), () =>
      op(x, -1 as never),
    ),
    value(new RegExp(`outputSize must be ${counts} integers? >= 0: got 1,2,3,4`), () =>
      op(x, [1, 2, 3, 4] as never),
    ),
  ];
  return {
    adaptiveAvgPool1d: bad(sg.adaptiveAvgPool1d, sound, "one"),
    adaptiveAvgPool2d: bad(sg.adaptiveAvgPool2d, f.images, "one or two"),
    adaptiveAvgPool3d: bad(sg.adaptiveAvgPool3d, volume, "one or three"),
    adaptiveMaxPool1d: bad(sg.adaptiveMaxPool1d, sound, "one"),
    adaptiveMaxPool2d: bad(sg.adaptiveMaxPool2d, f.images, "one or two"),
    adaptiveMaxPool3d: [
      dtype(/x must be float32: got int32/, () => sg.adaptiveMaxPool3d(block, 2)),
      ...bad(sg.adaptiveMaxPool3d, volume, "one or three"),
    ],
  };
}
