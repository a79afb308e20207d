import {
  createPluginManager,
  definePlugin,
  isInPep440Range,
  memoryNodeProfile,
} from "glassine/memory-node";
import { expect, it } from "vitest";

it("the names and figures of the memory node", () => {
  expect(memoryNodeProfile).toEqual({
    hostName: "stigmem",
    envPrefix: "STIGMEM_",
    hostVersion: "0.9.0a10",
    isInRange: isInPep440Range,
    requiresField: "requires_stigmem",
    requiresDefault: ">=0.9.0a10",
    accessorSpelling: "snake",
    maxTimeoutMs: 30_000,
    metricPrefix: "stigmem_plugin_",
    evidenceName: "Sigstore verification",
  });
  expect(Object.isFrozen(memoryNodeProfile)).toBe(true);
});

const plugin = (more: object) =>
  definePlugin({ name: "aaa", version: "1.0.0", hooks: {}, ...more });

it("names versions in messages", async () => {
  await createPluginManager({ plugins: [plugin({ requiresHost: ">=0.9.0a1" })] });
  await expect(
    createPluginManager({ plugins: [plugin({ requiresHost: ">=0.9.0a11" })] }),
  ).rejects.toThrow("plugin 'aaa' requires stigmem '>=0.9.0a11', but current version is 0.9.0a10");
});

it("PH-040: no handler of this host has more than 30 seconds", () => {
  const withTimeout = (timeoutMs: number) =>
    plugin({ hooks: { recall_filter: { handler: (value: unknown) => value, timeoutMs } } });
  expect(withTimeout(30_000).name).toBe("aaa");
  expect(() => withTimeout(30_001)).toThrow("handler timeout cannot exceed 30 seconds");
});
