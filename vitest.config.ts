import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // The tarball and browser tests pack, install and start Chromium.
    testTimeout: 120_000,
    hookTimeout: 300_000,
  },
});
