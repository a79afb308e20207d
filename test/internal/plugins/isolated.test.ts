/** Isolated plugins: which manager has them, and ending their code. */
import { createPluginManager, definePlugin } from "glassine";
import { describe, expect, it } from "vitest";
import { endIsolated, markIsolated } from "../../../src/core/plugins/index.ts";
import { verifies } from "../../support/verifies.ts";

it("ends all of them at once, and waits for each", async () => {
  verifies("isolation:close");
  const ended: string[] = [];
  let endFirst = () => {};
  const untilSecond = new Promise<void>((resolve) => {
    endFirst = resolve;
  });
  const marked = (name: string, close: () => Promise<void>) =>
    markIsolated(definePlugin({ name, version: "1.0.0", hooks: {} }), {
      kind: "worker",
      open: [],
      close: async () => {
        await close();
        ended.push(name);
      },
    });
  await endIsolated([
    marked("first", () => untilSecond),
    definePlugin({ name: "in-process", version: "1.0.0", hooks: {} }),
    marked("second", async () => endFirst()),
  ]);
  expect(ended.sort()).toEqual(["first", "second"]);
});

describe("an isolated plugin", () => {
  const isolated = (name = "far", close = async () => {}) =>
    markIsolated(definePlugin({ name, version: "1.0.0", hooks: {} }), {
      kind: "worker",
      open: [],
      close,
    });
  const managerOf = (...plugins: Parameters<typeof createPluginManager>[0]["plugins"][number][]) =>
    createPluginManager({ plugins, logger: {} });
  const refusal = (why: string) => ({
    code: "options_invalid",
    message: expect.stringMatching(`^plugin 'far' is isolated and ${why}\\. .*isolatePlugin`),
  });
  const taken = refusal("belongs to another manager");

  it("belongs to one manager", async () => {
    verifies("isolation:one-manager");
    let closed = 0;
    const plugin = isolated("far", async () => {
      closed += 1;
    });
    const first = await managerOf(plugin);
    await expect(managerOf(plugin)).rejects.toMatchObject(taken);
    await expect(managerOf({ plugin, mode: "disabled" })).rejects.toMatchObject(taken);
    expect(closed).toBe(0);
    await first.close();
    expect(closed).toBe(1);
    await expect(managerOf(plugin)).rejects.toMatchObject(refusal("was closed"));
  });

  it("belongs to one of two managers that are created at the same time", async () => {
    verifies("isolation:one-manager");
    const plugin = isolated();
    const made = await Promise.allSettled([managerOf(plugin), managerOf(plugin)]);
    expect(made).toMatchObject([{ status: "fulfilled" }, { status: "rejected", reason: taken }]);
  });

  it("is refused once it was ended", async () => {
    verifies("isolation:one-manager");
    const plugin = isolated();
    await endIsolated([plugin]);
    await expect(managerOf(plugin)).rejects.toMatchObject(refusal("was closed"));
  });

  it("stays free if a manager with it cannot be created", async () => {
    verifies("isolation:close");
    const plugin = isolated();
    const other = await managerOf(isolated("other"));
    await expect(managerOf(plugin, ...other.plugins)).rejects.toThrow("'other' is isolated");
    await expect(managerOf(plugin, plugin)).rejects.toThrow("far");
    await expect(managerOf(plugin)).resolves.toBeDefined();
  });
});
