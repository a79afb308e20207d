/** What is not of the right type, or not there: each message says what was expected. */
import { join } from "node:path";
import {
  discoverPlugins,
  hashPackage,
  readLockfile,
  readPluginMode,
  readPublisherKeys,
  readTrustJournal,
  readTrustSettings,
} from "glassine/node";
import { describe, expect, it } from "vitest";
import { newRoot } from "./support.ts";

const url = new URL("file:///srv/app/plugins.lock");

describe("discovery refuses", () => {
  it.each<[object, string]>([
    [{ root: 5 }, "discoverPlugins: root expects a path, a string, got number."],
    [{ root: null }, "discoverPlugins: root expects a path, a string, got null."],
    [{ root: url }, "a string, got object. Pass fileURLToPath(url)."],
    [{ root: "/nowhere" }, 'discoverPlugins: root: there is no folder "/nowhere".'],
    [{ root: String(url) }, 'plugins.lock". Pass fileURLToPath(url).'],
    [{ builtins: ["/nowhere"] }, 'discoverPlugins: builtins: there is no folder "/nowhere".'],
    [{ lock: 5 }, "discoverPlugins: lock expects a path, a string, got number."],
    [{ lock: url }, "discoverPlugins: lock expects a path, a string, got object. Pass file"],
    [{ env: null }, "env must be an object of variables, got null."],
    [{ verifiers: null }, 'verifiers must be an array of objects with a method "verify".'],
    [{ verifiers: { verify: () => {} } }, "verifiers must be an array of objects"],
    [{ verifiers: [null] }, "verifiers must be an array of objects"],
    [{ verifiers: [{ name: "mine" }] }, "verifiers must be an array of objects"],
    [{ kinds: null }, 'kinds must be an array of objects with a method "check".'],
    [{ kinds: [null] }, "kinds must be an array of objects"],
    [{ isolate: null }, "isolate must be an object of settings by id, got null."],
    [{ onOutput: "log" }, "onOutput must be a function, got string."],
    [{ onEnd: null }, "onEnd must be a function, got null."],
  ])("the options %o", async (options, message) => {
    const found = discoverPlugins({ root: await newRoot(), mode: "dev", ...options } as never);
    await expect(found).rejects.toMatchObject({
      code: "options_invalid",
      message: expect.stringContaining(message),
    });
  });

  it("no verifier or kind that is a function or a class with the method", async () => {
    const verifier = Object.assign(() => {}, { file: "glassine.sig.json", verify() {} });
    class Kind {
      readonly name = "rule";
      static readonly field = "rules";
      static check() {}
    }
    const given = { root: await newRoot(), mode: "dev", verifiers: [verifier], kinds: [Kind] };
    await expect(discoverPlugins(given as never)).resolves.toMatchObject({ rejected: [] });
  });

  it.each([
    [null, "null"],
    [true, "boolean"],
    [["dev"], "array"],
  ])("the mode %j", async (mode, type) => {
    const refusal = {
      code: "setting_invalid",
      message: `invalid plugin mode: expected dev or production, got ${type}`,
    };
    const found = discoverPlugins({ root: await newRoot(), mode } as never);
    await expect(found).rejects.toMatchObject(refusal);
    expect(() => readPluginMode(mode as never)).toThrow(expect.objectContaining(refusal));
  });
});

it("discovery warns of the options lock and local if nothing is there", async () => {
  const root = await newRoot();
  const [lock, local] = [join(root, "plugin.lock"), join(root, "nowhere")];
  const { warnings } = await discoverPlugins({ root, env: {}, lock, local: [local, root] });
  expect(warnings).toEqual([
    `plugins.lock not found: ${lock}; nothing is compared with it, or isolated because of it`,
    `there is no folder ${local} of local plugins`,
  ]);
});

describe.each<[string, (path: never) => Promise<unknown>]>([
  ["readLockfile", readLockfile],
  ["readTrustJournal", readTrustJournal],
  ["readPublisherKeys", readPublisherKeys],
])("%s refuses", (name, read) => {
  it.each([
    [undefined, "undefined."],
    [null, "null."],
    [url, "object. Pass fileURLToPath(url)."],
    [new Uint8Array(1), "object."],
  ])("%o as its path", async (path, type) => {
    const refusal = {
      code: "options_invalid",
      message: `${name} expects a path, a string, got ${type}`,
    };
    await expect(read(path as never)).rejects.toMatchObject(refusal);
  });
});

it.each([undefined, null, "GLASSINE_PLUGIN_MODE=dev", []])(
  "readTrustSettings refuses %j in place of variables",
  (env) => {
    const refusal = expect.objectContaining({
      code: "setting_invalid",
      message: expect.stringContaining("expects variables in an object, such as process.env, got "),
    });
    expect(() => readTrustSettings(env as never)).toThrow(refusal);
  },
);

it("hashPackage takes null in place of bundled packages as nothing", async () => {
  const root = await newRoot();
  const { hash } = await hashPackage(root, { bundled: null } as never);
  expect(hash).toBe((await hashPackage(root)).hash);
});

it.each(["left-pad", [null], { "left-pad": true }])(
  "hashPackage refuses %j as bundled packages",
  async (bundled) => {
    await expect(hashPackage(await newRoot(), { bundled } as never)).rejects.toMatchObject({
      code: "options_invalid",
      message: "hashPackage: bundled must be an array of names of packages.",
    });
  },
);
