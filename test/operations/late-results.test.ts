/** Late results other than rejections. */
import { describe, expect, it } from "vitest";
import { createPluginManager, definePlugin, type PluginContext } from "../../src/index.ts";
import { kept } from "./support.ts";

const late = (_: unknown, { signal }: PluginContext) =>
  new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => setTimeout(resolve, 5));
  });

describe("a handler that returns after its deadline", () => {
  it.each(["sequential", "concurrent", "fire_and_forget"] as const)(
    "is not logged as a rejection, in mode %s",
    async (mode) => {
      const { lines, logger } = kept();
      const slow = definePlugin({
        name: "aaa",
        version: "1.0.0",
        hooks: { evaluate: { handler: late, mode, timeoutMs: 5 } },
      });
      const manager = await createPluginManager({ plugins: [slow], logger });
      await manager.invoke("evaluate", { role: "user" });
      await new Promise((resolve) => setTimeout(resolve, 30));
      expect(lines.filter((line) => line.includes("rejected"))).toEqual([]);
      await manager.close();
    },
  );
});
