// Only in test:all: it starts processes.
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createExtensions, createPluginManager, type Plugin } from "glassine";
import { isolatePlugin } from "glassine/isolate";
import { encodeInvokeResult } from "glassine/remote";
import { describe, expect, it } from "vitest";
import { folderWith } from "../support/folder.ts";
import { verifies } from "../support/verifies.ts";
import { fixture, inside, insideText, pluginText, saying } from "./quickjs-support.ts";

const config = { limit: 3 };
const file = fixture("quickjs-plugin.mjs");
const loaded: {
  readonly default: Plugin;
  readonly names: readonly string[];
  readonly refused: readonly string[];
} = await import(file);

/** Everything that an invocation results in, except times and random ids. */
async function outcomes(item: unknown, names: readonly string[], hook = "cmf.llm_input") {
  const manager = await createPluginManager({ plugins: [item as Plugin], onHandlerError() {} });
  const extensions = createExtensions({
    http: { headers: { "X-Trace": "t-1", Other: "2" } },
    security: { labels: ["known"] },
    custom: { before: true },
  });
  const all: Record<string, string> = {};
  for (const name of names) {
    const result = await manager.invoke(hook as "cmf.llm_input", saying(name), { extensions });
    const encoded = encodeInvokeResult(result, { hook });
    const { payload, metadata, rejections, errors, violation } = result;
    const rest = {
      payload,
      extensions: result.extensions,
      metadata,
      rejections,
      errors,
      violation,
    };
    all[name] = `${encoded}\n${JSON.stringify(rest)}`.replaceAll(/"duration_ms":[\d.e-]+/g, "");
  }
  await manager.close();
  return all;
}

describe("a plugin inside QuickJS", () => {
  it("comes to the same results to the byte as in process", async () => {
    const isolated = await isolatePlugin(file, { isolate: "quickjs", config });
    const here = await outcomes({ plugin: loaded.default, config }, loaded.names);
    const there = await outcomes({ plugin: isolated.plugin, config }, loaded.names);
    expect(there).toEqual(here);
  });

  it("has results refused by the same codes as in process", async () => {
    const isolated = await isolatePlugin(file, { isolate: "quickjs", config });
    const codes = async (plugin: Plugin) => {
      const manager = await createPluginManager({
        plugins: [{ plugin, config }],
        onHandlerError() {},
      });
      const all: unknown[] = [];
      for (const name of loaded.refused)
        all.push((await manager.invoke("cmf.llm_input", saying(name))).violation?.code);
      await manager.close();
      return all;
    };
    expect(await codes(isolated.plugin)).toEqual(await codes(loaded.default));
  });

  it("waits for promises, and for nothing else", async () => {
    const names = ["async", "async throw"];
    const isolated = await isolatePlugin(file, { isolate: "quickjs", config });
    const here = await outcomes({ plugin: loaded.default, config }, names, "cmf.llm_output");
    const there = await outcomes({ plugin: isolated.plugin, config }, names, "cmf.llm_output");
    expect(there).toEqual(here);
    const { says } = await insideText(pluginText("return new Promise(() => {})"));
    expect(await says("x")).toMatch(/a promise that nothing settles/);
  });

  it("answers no turn with what it promised an earlier one", async () => {
    const { says } = await insideText(
      pluginText(`
        if (said === "first") return new Promise((resolve) => { globalThis.late = resolve; });
        const release = async () => {
          for (let i = 0; i < 20; i++) await null;
          late(deny("for the first"));
        };
        release();
        return deny("for the second");`),
    );
    expect(await says("first")).toMatch(/a promise that nothing settles/);
    expect(await says("second")).toBe("for the second");
  });

  it("takes turns after one that is too large for it", async () => {
    const { says } = await insideText(pluginText("return deny(context.plugin.name)"), {
      memoryMb: 2,
    });
    expect(await says("x".repeat(600_000))).toMatch(/allows at most 524288/);
    expect(await says("x")).toBe("hostile-plugin");
  });

  it("takes turns after one that came while it started again", async () => {
    verifies("isolation:failure");
    const { says } = await insideText(
      pluginText('if (said === "spin") for (;;); return deny(context.plugin.name);'),
    );
    await Promise.all(["spin", "spin", "x"].map(says));
    expect(await says("x")).toBe("hostile-plugin");
  });

  it("runs no turn that was aborted while it started again", async () => {
    verifies("isolation:deadline");
    const { says } = await insideText(
      pluginText(
        'if (said === "spin") for (;;); return deny(context.plugin.name);',
        "timeoutMs: 500,",
      ),
    );
    await Promise.all(Array.from({ length: 20 }, () => says("spin")));
    // Each of them would have run for 500 ms.
    expect(await says("x")).toBe("hostile-plugin");
  });

  it("is refused capabilities that its handlers cannot use, as in process", async () => {
    verifies("isolation:alike");
    const text = (parameters: string, settings = "") => `import { definePlugin } from "glassine";
      export default definePlugin({ name: "idle", version: "1.0.0", capabilities: ["read_labels"],
        hooks: { "cmf.llm_input": { ${settings} handler: (${parameters}) => {} } } });`;
    await expect(insideText(text("message, context"))).rejects.toThrow(
      /no handler receives extensions/,
    );
    await insideText(text("message, context, extensions"));
    await insideText(text("message, context", "extensions: true,"));
  });

  it("says what it is, and how it is", async () => {
    const { plugin, manager } = await inside(file, { config });
    expect(plugin).toMatchObject({ name: "parity-plugin", version: "1.2.3" });
    const own = await createPluginManager({ plugins: [{ plugin: loaded.default, config }] });
    const [there] = manager.handlersFor("cmf.llm_input");
    const [here] = own.handlersFor("cmf.llm_input");
    expect({ ...there, isolate: null, name: "" }).toEqual({ ...here, name: "" });
    expect(there?.isolate).toBe("quickjs");
    expect(await manager.checkHealth()).toMatchObject([
      { status: "degraded", message: "parity-plugin is cold" },
    ]);
  });

  it("refuses a configuration that its schema refuses", async () => {
    await expect(inside(file, { config: { limit: "3" } })).rejects.toThrow(
      /failed config validation/,
    );
  });

  it("has numbers, unicode and large texts as they are", async () => {
    const { manager } = await insideText(
      pluginText("return { modifiedPayload: { ...message, content: [...message.content] } }"),
    );
    for (const text of ["\u0000", "é😀\u2028", "x".repeat(1_000_000)]) {
      const message = saying(text);
      const { payload } = await manager.invoke("cmf.llm_input", message);
      expect(payload.content[0]).toEqual(message.content[0]);
    }
  });
});

describe("what a plugin inside QuickJS may import", () => {
  const importing = (specifier: string) =>
    `import * as it from ${JSON.stringify(specifier)};${pluginText("return deny(String(it.x))")}`;
  const failure = async (text: string) =>
    await insideText(text).then(
      () => "loaded",
      (error: Error) => error.message,
    );

  it("is this library's pure part, by name", async () => {
    expect(await failure(`import { amend } from "glassine";${pluginText("")}`)).toMatch(
      /imports amend of glassine, which is not offered with isolate: quickjs. Offered are addLabels, allow/,
    );
    expect(await failure(importing("glassine/openai"))).toMatch(
      /imports "glassine\/openai". It can import only glassine, glassine\/audit, glassine\/messages, and files/,
    );
  });

  it("is no package and no module of Node", async () => {
    for (const name of ["node:fs", "fs", "zod", "file:///etc/hosts.mjs", "/etc/hosts.mjs"])
      expect(await failure(importing(name))).toContain(`imports "${name}"`);
  });

  it("is files of its package", async () => {
    const path = await folderWith({
      "plugin.mjs": importing("./lib/a.js"),
      "b.mjs": "export const b = 'from b';",
    });
    await mkdir(join(path, "lib"));
    await writeFile(join(path, "lib", "a.js"), "export { b as x } from '../b.mjs';");
    expect(await (await inside(join(path, "plugin.mjs"))).says("x")).toBe("from b");
  });

  it("is nothing outside of it, not by a link either", async () => {
    const outside = await folderWith({ "secret.mjs": "export const x = 1;" });
    const path = await folderWith({ "plugin.mjs": importing("./link.mjs"), "data.json": "{}" });
    await symlink(join(outside, "secret.mjs"), join(path, "link.mjs"));
    const failed = (name: string) => expect(inside(join(path, name))).rejects;
    await failed("plugin.mjs").toThrow(/imports .\/link.mjs, which leads out of its package/);
    await writeFile(join(path, "up.mjs"), importing("../secret.mjs"));
    await failed("up.mjs").toThrow(/imports ..\/secret.mjs, which leads out of its package/);
    await writeFile(join(path, "json.mjs"), importing("./data.json"));
    await failed("json.mjs").toThrow(/A file is .js or .mjs here/);
    await writeFile(join(path, "gone.mjs"), importing("./gone-too.mjs"));
    await failed("gone.mjs").toThrow(/imports .\/gone-too.mjs, which cannot be read: ENOENT/);
  });

  it("says why a plugin cannot be loaded", async () => {
    expect(await failure("throw new Error('top')")).toMatch(/top/);
    expect(await failure("throw 'a string'")).toMatch(/a string/);
    expect(await failure("export default 1")).toMatch(/the export "default" is not a plugin/);
    expect(await failure("const x = ;")).toMatch(/unexpected token/);
    expect(await failure("await new Promise(() => {})")).toMatch(/waits at its top/);
    expect(await failure(pluginText("").replace("1.0.0", "one"))).toMatch(/semantic version/);
  });
});
