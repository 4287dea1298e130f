import { defineConfig } from "vitest/config";

// The tarball, browser and soak tests pack, install, start Chromium or run for a minute.
const patience = { testTimeout: 240_000, hookTimeout: 300_000 };

export default defineConfig({
  test: {
    projects: [
      { test: { name: "all", include: ["test/**/*.test.ts"], ...patience } },
      {
        // Where a buffer lies never changes a result: what uses tensors runs again while every
        // allocation spills all that the call in progress does not need.
        test: {
          name: "evicting",
          include: [
            "test/{ops,autograd,nn,optim,reference,models,data,io,format}/**/*.test.ts",
            "test/capture/{steps,everyOp}.test.ts",
          ],
          setupFiles: ["test/setup/evict.ts"],
          ...patience,
        },
      },
      {
        // Which thread does what never changes a result: every call of more than one unit is shared.
        test: {
          name: "threaded",
          include: ["test/{reference,autograd,nn,optim,models,capture}/**/*.test.ts"],
          setupFiles: ["test/setup/thread.ts"],
          ...patience,
        },
      },
      {
        // The build with fused multiply-adds: the kernels in which they are.
        test: {
          name: "relaxed",
          include: [
            "test/kernels/{matmul,conv,winograd,attention,recurrent,contract}.test.ts",
            "test/fast/**/*.test.ts",
          ],
          setupFiles: ["test/setup/relaxed.ts"],
          env: { KERNELS: "relaxed" },
          ...patience,
        },
      },
    ],
  },
});
