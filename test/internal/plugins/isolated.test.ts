/** Isolated plugins: which manager has them, and ending their code. */
import { createPluginManager, definePlugin } from "glassine";
import { afterEach, describe, expect, it, vi } from "vitest";
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
      config: undefined,
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
      config: undefined,
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

describe("the configuration of an isolated plugin", () => {
  const config = { word: "ahoy", list: [1] };
  const started = (given?: unknown) =>
    markIsolated(definePlugin({ name: "far", version: "1.0.0", hooks: {} }), {
      kind: "worker",
      open: [],
      close: async () => {},
      config: given,
    });
  type Options = Parameters<typeof createPluginManager>[0];
  const create = (item: object, more: object = {}, given: unknown = config) => {
    const plugins = [{ plugin: started(given), ...item }];
    return createPluginManager({ plugins, logger: {}, env: {}, ...more } as Options);
  };
  const refused = {
    code: "manifest_invalid",
    message: expect.stringMatching(/^plugin 'far' failed config validation: .*isolatePlugin/),
  };

  afterEach(() => vi.unstubAllEnvs());

  it("can be repeated for the manager", async () => {
    verifies("isolation:config");
    const warned: string[] = [];
    const logger = { warn: (text: string) => void warned.push(text) };
    await create({ config });
    await create({}, { logger });
    await create({}, { config: { far: config }, logger });
    await create({ config: { list: [1] } }, { config: { far: { word: "ahoy" } }, logger });
    await create({ config: { list: [1], word: "ahoy" } }, { logger });
    await create({ config: { word: "ahoy" } }, { config: { far: { list: [1] } }, logger });
    await create({ config: {} }, { config: { far: {} }, logger });
    await create({ config: {} }, {}, undefined);
    expect(warned).toEqual([]);
  });

  it.each<[string, object, object, unknown]>([
    ["another value", { config: { ...config, word: "other" } }, {}, config],
    ["another key", { config: { ...config, typo: 1 } }, {}, config],
    ["a key less", { config: { word: "ahoy" } }, {}, config],
    ["a section", {}, { config: { far: { typo: 1 } } }, config],
    ["a variable", {}, { env: { GLASSINE_PLUGIN_FAR_WORD: "other" } }, config],
    ["a variable on top", { config }, { env: { GLASSINE_PLUGIN_FAR_WORD: "other" } }, config],
    ["any, if it was started with none", { config: { a: 1 } }, {}, undefined],
    ["any, if it was started with no JSON data", { config: { a: 1 } }, {}, () => {}],
  ])("cannot be replaced by the manager's: %s", async (_, item, more, given) => {
    verifies("isolation:config");
    await expect(create(item, more, given)).rejects.toMatchObject(refused);
  });

  it("cannot be replaced by a variable of the process", async () => {
    verifies("isolation:config");
    vi.stubEnv("GLASSINE_PLUGIN_FAR_WORD", "other");
    await expect(create({}, { env: undefined })).rejects.toMatchObject(refused);
  });
});
