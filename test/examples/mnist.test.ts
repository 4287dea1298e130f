// The parts of the MNIST example that need no training: its options, what it draws, its networks.
import { zeros } from "simdgrad";
import { describe, expect, it } from "vitest";
import { createModel } from "../../examples/mnist/model.js";
import { help, parseOptions } from "../../examples/mnist/options.js";
import {
  bar,
  clock,
  confusionMatrix,
  drawDigits,
  progress,
} from "../../examples/mnist/terminal.js";

describe("options", () => {
  const defaults = {
    model: "cnn",
    epochs: 8,
    batchSize: 32,
    lr: 0.003,
    seed: 1,
    out: "mnist-cnn.safetensors",
  };

  it("have the defaults that the help names", () => {
    expect(parseOptions([])).toEqual(defaults);
    const named = [...help.matchAll(/^ {2}--.*\(([^()]+)\)$/gm)].map(([, value]) => value);
    expect(named).toEqual(["cnn", "8", "32", "0.003", "1", "mnist-<model>.safetensors"]);
  });

  it("can all be given", () => {
    const line = "--model mlp --epochs 2 --batch-size=64 --lr 1e-2 --seed 7 --out w.safetensors";
    expect(parseOptions(line.split(" "))).toEqual({
      model: "mlp",
      epochs: 2,
      batchSize: 64,
      lr: 0.01,
      seed: 7,
      out: "w.safetensors",
    });
    expect(parseOptions(["--model", "mlp"])?.out).toBe("mnist-mlp.safetensors");
  });

  it("give way to --help", () => {
    expect(parseOptions(["--help"])).toBeNull();
    expect(parseOptions(["--epochs=-1", "--help"])).toBeNull();
    for (const line of help.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });

  it.each([
    ["--model rnn", "--model must be cnn or mlp: got rnn"],
    ["--epochs 0", "--epochs must be an integer >= 1: got 0"],
    ["--epochs 1.5", "--epochs must be an integer >= 1: got 1.5"],
    ["--batch-size many", "--batch-size must be an integer >= 1: got many"],
    ["--lr=-1", "--lr must be a number >= 0: got -1"],
    ["--lr=Infinity", "--lr must be a number >= 0: got Infinity"],
    ["--seed=", "--seed must be an integer >= 0: got "],
    ["--rate 1", "--rate"],
    ["mlp", "mlp"],
  ])("refuse %s", (line, message) => {
    expect(() => parseOptions(line.split(" "))).toThrow(message);
  });
});

describe("what is drawn", () => {
  it("a bar, a clock", () => {
    expect([0, 0.5, 1, 2].map((share) => bar(share, 4))).toEqual([
      ...["[....]", "[##..]", "[####]", "[####]"],
    ]);
    expect([0, 59.6, 65, 3600].map(clock)).toEqual(["0:00", "1:00", "1:05", "60:00"]);
  });

  it("a progress line that fits, with a bar where there is room for one", () => {
    expect(progress(0.5, "half", 80)).toBe("[##########..........] half");
    expect(progress(0.5, "half", 15)).toBe("[####....] half");
    expect(progress(0.5, "half", 10)).toBe("half");
    expect(progress(0.5, "half", 2)).toBe("ha");
  });

  it("a confusion matrix, rows of digits and columns of predictions", () => {
    const lines = confusionMatrix([0, 0, 0, 9, 9], [0, 0, 3, 9, 9]).split("\n");
    expect(lines[1]).toBe(`    |${[0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((d) => `    ${d}`).join("")}`);
    expect(lines[3]).toBe(`  0 |    2    .    .    1${"    .".repeat(6)}    66.7%`);
    expect(lines[4]).toBe(`  1 |${"    .".repeat(10)}`);
    expect(lines[12]).toBe(`  9 |${"    .".repeat(9)}    2   100.0%`);
    for (const line of lines) expect(line.length).toBeLessThan(80);
  });

  it("three digits side by side in 80 columns, with captions", () => {
    const ink = new Float32Array(28 * 28).fill(1);
    const dot = new Float32Array(28 * 28);
    dot[14 * 28 + 14] = 1;
    const lines = drawDigits([ink, dot, ink], ["full", "a dot", "predicted 8 (it is a 9)"]).split(
      "\n",
    );
    expect(lines.length).toBe(13);
    expect(lines[0]).toBe(`${"@".repeat(24)}${" ".repeat(28)}${"@".repeat(24)}`);
    expect(lines[6]!.slice(26, 50).trimEnd()).toBe(`${" ".repeat(12)}+`);
    expect(lines[12]).toBe(`${"full".padEnd(26)}${"a dot".padEnd(26)}predicted 8 (it is a 9)`);
    for (const line of lines) expect(line.length).toBeLessThan(80);
  });
});

describe("networks", () => {
  it.each(["cnn", "mlp"] as const)("%s reads images and gives ten scores", (name) => {
    expect(
      createModel(name)
        .eval()
        .forward(zeros([2, 1, 28, 28])).shape,
    ).toEqual([2, 10]);
  });
});
