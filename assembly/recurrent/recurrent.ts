// Recurrent layers: a whole sequence of one layer in one direction, forward and backward through time. The
// input's part of the gates comes ready (one matrix product for all steps); what is left is sequential.
//
// T steps, B rows, H hidden units, G gates (1; LSTM 4: i f g o; GRU 3: r z n). A work unit is a row.
import { Mode, RecurrentArgs } from "./args";
import { Rows } from "./rows";
import { Step } from "./step";

/** The most steps that a row of the group has. */
function longest(a: RecurrentArgs, row: u32, group: u32): u32 {
  let most: u32 = 0;
  for (let r: u32 = 0; r < group; r++) most = max(most, a.steps(row + r));
  return most;
}

/** Fills out, before, inner and gates. */
export function recurrentF32(args: usize, start: u32, end: u32): void {
  const a = changetype<RecurrentArgs>(args);
  Rows.begin(a, a.H, Mode.gates(a.mode) * a.H);
  for (let row = start; row < end;) {
    const group = Rows.group(row, end);
    forwardRows(a, row, group);
    row += group;
  }
}

function forwardRows(a: RecurrentArgs, first: u32, group: u32): void {
  const H = a.H;
  const bytes = H << 2;
  const isLSTM = a.mode == Mode.LSTM;
  for (let r: u32 = 0; r < group; r++) {
    memory.copy(Rows.h(r), a.h0 + (first + r) * bytes, bytes);
    if (isLSTM) memory.copy(Rows.c(r), a.c0 + (first + r) * bytes, bytes);
    Rows.setOperand(r, Rows.h(r));
  }
  const most = longest(a, first, group);
  for (let s: u32 = 0; s < most; s++) {
    Rows.multiply(group, a.bias);
    for (let r: u32 = 0; r < group; r++) {
      const row = first + r;
      const steps = a.steps(row);
      if (s >= steps) continue;
      Step.forward(a, row, a.time(s, steps), Rows.h(r), Rows.c(r), Rows.product(r));
    }
  }
  const last = a.out + a.T * a.B * bytes;
  for (let r: u32 = 0; r < group; r++) {
    const row = first + r;
    memory.copy(last + row * bytes, Rows.h(r), bytes);
    if (isLSTM) memory.copy(last + (a.B + row) * bytes, Rows.c(r), bytes);
    Step.clear(a.out, a, row, H);
    Step.clear(a.before, a, row, H);
  }
}

/** Fills dx, dhidden, dh0 and dc0 from dy, laid out as out is. */
export function recurrentGradF32(args: usize, start: u32, end: u32): void {
  const a = changetype<RecurrentArgs>(args);
  Rows.begin(a, Mode.gates(a.mode) * a.H, a.H);
  for (let row = start; row < end;) {
    const group = Rows.group(row, end);
    backwardRows(a, row, group);
    row += group;
  }
}

function backwardRows(a: RecurrentArgs, first: u32, group: u32): void {
  const bytes = a.H << 2;
  const isLSTM = a.mode == Mode.LSTM;
  const last = a.dy + a.T * a.B * bytes;
  for (let r: u32 = 0; r < group; r++) {
    memory.copy(Rows.h(r), last + (first + r) * bytes, bytes);
    if (isLSTM) memory.copy(Rows.c(r), last + (a.B + first + r) * bytes, bytes);
    // A row that has fewer steps multiplies something until its turn comes.
    Rows.setOperand(r, a.w);
  }
  for (let s = longest(a, first, group); s > 0; s--) backwardStep(a, first, group, s);
  const G = Mode.gates(a.mode);
  for (let r: u32 = 0; r < group; r++) {
    const row = first + r;
    memory.copy(a.dh0 + row * bytes, Rows.h(r), bytes);
    if (isLSTM) memory.copy(a.dc0 + row * bytes, Rows.c(r), bytes);
    Step.clear(a.dx, a, row, G * a.H);
    if (a.dhidden != a.dx) Step.clear(a.dhidden, a, row, G * a.H);
  }
}

function backwardStep(a: RecurrentArgs, first: u32, group: u32, s: u32): void {
  const H = a.H;
  const bytes = H << 2;
  const wide = Mode.gates(a.mode) * H;
  for (let r: u32 = 0; r < group; r++) {
    const row = first + r;
    const steps = a.steps(row);
    if (s > steps) continue;
    const t = a.time(s - 1, steps);
    const c = s == 1 ? a.c0 + row * bytes : a.inner + (a.time(s - 2, steps) * a.B + row) * bytes;
    Step.backward(a, row, t, c, Rows.h(r), Rows.c(r), Rows.product(r));
    Rows.setOperand(r, a.dhidden + (((t * a.B + row) * wide) << 2));
  }
  Rows.multiply(group, 0);
  for (let r: u32 = 0; r < group; r++) {
    if (s > a.steps(first + r)) continue;
    const dh = Rows.h(r);
    const back = Rows.product(r);
    for (let j: u32 = 0; j < bytes; j += 16) {
      v128.store(dh + j, f32x4.add(v128.load(dh + j), v128.load(back + j)));
    }
  }
}
