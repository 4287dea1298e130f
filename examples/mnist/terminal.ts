// What the example draws: a progress line, a confusion matrix, digits. All of it fits into 80 columns.

/** One line that is written over on a terminal; elsewhere only what is final is printed. */
export class ProgressLine {
  private readonly live = process.stdout.isTTY;

  /** Shows how far things are as a bar, as long as the line has room for, and as text. */
  show(share: number, text: string): void {
    if (!this.live) return;
    // A terminal that does not know its size says 0. Three columns stay free: a Ctrl-C writes ^C
    // there, and a line that wraps can't be written over.
    const columns = (process.stdout.columns || 80) - 3;
    process.stdout.write(`\r\x1b[2K${progress(share, text, columns)}`);
  }

  /** Writes a line that stays. */
  keep(text: string): void {
    process.stdout.write(this.live ? `\r\x1b[2K${text}\n` : `${text}\n`);
  }
}

/** "[######....] text" in at most `columns`; without the bar where there is no room for one. */
export function progress(share: number, text: string, columns: number): string {
  const width = Math.min(20, columns - text.length - 3);
  return (width < 4 ? text : `${bar(share, width)} ${text}`).slice(0, columns);
}

/** "1:05" */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** "[######....]" */
export function bar(share: number, width: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * width);
  return `[${"#".repeat(full)}${".".repeat(width - full)}]`;
}

/** Rows: the digit; columns: the prediction. */
export function confusionMatrix(labels: ArrayLike<number>, predictions: ArrayLike<number>): string {
  const counts = Array.from({ length: 10 }, () => new Array<number>(10).fill(0));
  for (let i = 0; i < labels.length; i++) counts[labels[i]!]![predictions[i]!]!++;
  const cell = (n: number): string => (n === 0 ? "." : String(n)).padStart(5);
  const digits = Array.from({ length: 10 }, (_, i) => cell(i).replace(".", "0")).join("");
  const rows = counts.map((row, digit) => {
    const total = row.reduce((a, b) => a + b, 0);
    const share = total === 0 ? "" : `   ${((100 * row[digit]!) / total).toFixed(1).padStart(5)}%`;
    return `  ${digit} |${row.map(cell).join("")}${share}`;
  });
  return [
    "Confusion matrix (rows: digit, columns: prediction)",
    `    |${digits}`,
    `    +${"-".repeat(50)}`,
    ...rows,
  ].join("\n");
}

const SHADES = " .:-=+*#%@";
const SIDE = 28;
/** Blank on every side of a digit of MNIST, but for a few strokes. */
const MARGIN = 2;

/** Images of 28 x 28 pixels side by side, two pixel rows to a line, with a caption under each. */
export function drawDigits(
  images: readonly ArrayLike<number>[],
  captions: readonly string[],
): string {
  const width = SIDE - 2 * MARGIN;
  const lines: string[] = [];
  for (let y = MARGIN; y < SIDE - MARGIN; y += 2) {
    const parts = images.map((image) =>
      Array.from({ length: width }, (_, x) => {
        const at = y * SIDE + MARGIN + x;
        const ink = (image[at]! + image[at + SIDE]!) / 2;
        return SHADES[Math.min(SHADES.length - 1, Math.floor(ink * SHADES.length))];
      }).join(""),
    );
    lines.push(parts.join("  ").trimEnd());
  }
  lines.push(
    captions
      .map((caption) => caption.padEnd(width))
      .join("  ")
      .trimEnd(),
  );
  return lines.join("\n");
}
