// What the example draws: a progress line, a confusion matrix, digits.

/** One line that is written over on a terminal; elsewhere only what is final is printed. */
export class ProgressLine {
  private readonly live = process.stdout.isTTY;

  show(text: string): void {
    if (this.live) process.stdout.write(`\r\x1b[2K${text.slice(0, process.stdout.columns - 1)}`);
  }

  /** Writes a line that stays. */
  keep(text: string): void {
    process.stdout.write(this.live ? `\r\x1b[2K${text}\n` : `${text}\n`);
  }
}

/** "1:05" */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** "[######....]" */
export function bar(share: number, width = 20): string {
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
    const share = row[digit]! / row.reduce((a, b) => a + b, 0);
    return `  ${digit} |${row.map(cell).join("")}   ${(100 * share).toFixed(1)}%`;
  });
  return [
    "Confusion matrix (rows: digit, columns: prediction)",
    `    |${digits}`,
    `    +${"-".repeat(50)}`,
    ...rows,
  ].join("\n");
}

const SHADES = " .:-=+*#%@";

/** Images of 28 x 28 pixels side by side, two pixel rows to a line, with a caption under each. */
export function drawDigits(
  images: readonly ArrayLike<number>[],
  captions: readonly string[],
): string {
  const lines: string[] = [];
  for (let y = 0; y < 28; y += 2) {
    const parts = images.map((image) =>
      Array.from({ length: 28 }, (_, x) => {
        const ink = (image[y * 28 + x]! + image[(y + 1) * 28 + x]!) / 2;
        return SHADES[Math.min(SHADES.length - 1, Math.floor(ink * SHADES.length))];
      }).join(""),
    );
    lines.push(parts.join(" "));
  }
  lines.push(captions.map((c) => c.padEnd(28)).join(" "));
  return lines.join("\n");
}
