// How kernels tell of a bad index: through one u32, all ones while all is well.
export class Status {
  /** Keeps the smallest position told of, so that the split of the work makes no difference. */
  @inline
  static report(status: usize, position: u32): void {
    if (position < load<u32>(status)) store<u32>(status, position);
  }
}
