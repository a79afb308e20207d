import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { LoadFailures } from "./load-failures.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: /^glassine$/, replacement: here("../src/index.ts") },
      { find: /^glassine\/mcp$/, replacement: here("../src/adapters/mcp/index.ts") },
    ],
  },
  test: {
    include: ["mutation/entry.test.ts", "mutation/apart/*.test.ts"],
    setupFiles: ["./test/support/property-runs.ts", "./mutation/setup.ts"],
    reporters: [new LoadFailures()],
    testTimeout: 15_000,
  },
});
