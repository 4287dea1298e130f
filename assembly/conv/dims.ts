// The sizes of a convolution as they come from TypeScript, and how the scratch is divided.
// Letters: N images, C -> O channels in `groups` groups, planes H x W -> OH x OW, kernel kh x kw.
import { Scratch } from "../abi";

/** What follows the pointers in the parameter block of all three convolutions. */
@unmanaged
export class Conv2dDims {
  N: i32;
  C: i32;
  H: i32;
  W: i32;
  O: i32;
  kh: i32;
  kw: i32;
  OH: i32;
  OW: i32;
  strideH: i32;
  strideW: i32;
  padH: i32;
  padW: i32;
  dilationH: i32;
  dilationW: i32;
  groups: i32;
}

/** The scratch, front to back; the micro-kernel has its end. */
export class Room {
  /** Rows of A in a block, so that A (ROWS x DEPTH) fits the L2 cache. */
  static readonly ROWS: i32 = 128;
  /**
   * Products summed up in one go (3x3 over 64 channels is 576): a panel of B (DEPTH x 8) and 4
   * rows of A fit the L1 cache.
   */
  static readonly DEPTH: i32 = 640;
  /** The deepest panel there is room for: one channel of a huge kernel. */
  static readonly MAX_DEPTH: i32 = 2048;
  static readonly A_FLOATS: i32 = 84480;
  static readonly SLAB_FLOATS: i32 = 157696;

  @inline
  static sampling(): usize {
    return Scratch.base();
  }

  @inline
  static product(): usize {
    return Scratch.base() + 128;
  }

  @inline
  static phase(): usize {
    return Scratch.base() + 256;
  }

  /** A panel's eight byte offsets. */
  @inline
  static lanes(): usize {
    return Scratch.base() + 320;
  }

  /** 16 lanes of a mask. */
  @inline
  static mask(): usize {
    return Scratch.base() + 384;
  }

  /** ROWS x 8 floats. */
  @inline
  static bias(): usize {
    return Scratch.base() + 1024;
  }

  /** ROWS x 8 floats. */
  @inline
  static tile(): usize {
    return Scratch.base() + 5120;
  }

  /** (MAX_DEPTH + 8) x 8 floats. */
  @inline
  static panel(): usize {
    return Scratch.base() + 9216;
  }

  @inline
  static a(): usize {
    return Scratch.base() + 75776;
  }

  /** SLAB_FLOATS, and 64 more that may be written and read but mean nothing. */
  @inline
  static slab(): usize {
    return Scratch.base() + 413696;
  }
}
