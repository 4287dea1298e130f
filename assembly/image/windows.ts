// Sliding windows of images as columns (im2col), and columns added up where they came from (col2im).
// Each is the other's gradient.

@unmanaged
class WindowArgs {
  x: usize;
  out: usize;
  H: i32;
  W: i32;
  OH: i32;
  OW: i32;
  kh: i32;
  kw: i32;
  strideH: i32;
  strideW: i32;
  padH: i32;
  padW: i32;
  dilationH: i32;
  dilationW: i32;
}

/** The walk over the windows of one plane that both kernels share. */
class Windows {
  /**
   * Runs over the element (i, j) of each window of a plane. `gather`: columns <- plane, zeros in the
   * padding; else plane += columns.
   */
  static tap(a: WindowArgs, plane: usize, columns: usize, i: i32, j: i32, gather: bool): void {
    let at = columns;
    for (let oh = 0; oh < a.OH; oh++) {
      const h = oh * a.strideH - a.padH + i * a.dilationH;
      const row = plane + ((h * a.W) << 2);
      for (let ow = 0; ow < a.OW; ow++, at += 4) {
        const w = ow * a.strideW - a.padW + j * a.dilationW;
        const inside = <u32>h < <u32>a.H && <u32>w < <u32>a.W;
        if (gather) {
          store<f32>(at, inside ? load<f32>(row + (w << 2)) : <f32>0);
        } else if (inside) {
          const to = row + (w << 2);
          store<f32>(to, load<f32>(to) + load<f32>(at));
        }
      }
    }
  }
}

/** Planes [H, W] to columns [kh, kw, OH, OW]. Units: planes x kh x kw. */
export function unfoldF32(args: usize, start: u32, end: u32): void {
  const a = changetype<WindowArgs>(args);
  const taps = <u32>(a.kh * a.kw);
  const bytes = (a.OH * a.OW) << 2;
  for (let unit = start; unit < end; unit++) {
    const plane = a.x + (((unit / taps) * <u32>(a.H * a.W)) << 2);
    const tap = <i32>(unit % taps);
    Windows.tap(a, plane, a.out + unit * bytes, tap / a.kw, tap % a.kw, true);
  }
}

/** Columns [kh, kw, OH, OW] to planes [H, W]: sums in the order of the taps. Units: planes. */
export function foldF32(args: usize, start: u32, end: u32): void {
  const a = changetype<WindowArgs>(args);
  const taps = a.kh * a.kw;
  const bytes = (a.OH * a.OW) << 2;
  const planeBytes = (a.H * a.W) << 2;
  for (let unit = start; unit < end; unit++) {
    const plane = a.out + unit * planeBytes;
    memory.fill(plane, 0, planeBytes);
    for (let tap = 0; tap < taps; tap++) {
      const columns = a.x + (unit * taps + tap) * bytes;
      Windows.tap(a, plane, columns, tap / a.kw, tap % a.kw, false);
    }
  }
}
