/** Configuration: files with duplicate keys, and misspelled names. */

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readLockfile, readPublisherKeys, readTrustSettings } from "glassine/node";
import { expect, it } from "vitest";
import * as z from "zod";
import { attack } from "../attacks/attack.ts";
import { commandServices, runJson } from "../cli/support/run.ts";
import { verifies } from "../support/verifies.ts";
import { codeOf, manage } from "./hosts.ts";
import {
  codesOf,
  discover,
  install,
  newRoot,
  publisher,
  ran,
  source,
  unsigned,
} from "./support.ts";

/** What the command finds in a catalog. */
const searchIn = (catalog: string) =>
  runJson(["plugins", "search", "guard", "--catalog", catalog], { services: commandServices });

attack(
  "A-232",
  "Repeat a key, the second time with an escape, or use `__proto__`, in JSON of the operator or of a package",
  "refused as a whole: `setting_invalid`, `options_invalid`, `lockfile_invalid`, `invalid_metadata` or `signature_invalid`; no part of it counts",
  () => {
    /** Each one turns a valid JSON object into a faulty one. */
    const faults: Readonly<Record<string, (text: string, key: string, value: string) => string>> = {
      "a key twice": (text, key, value) => text.replace("{", `{${JSON.stringify(key)}:${value},`),
      "a key twice, by an escape": (text, key, value) =>
        text.replace("{", `{"\\u00${key.charCodeAt(0).toString(16)}${key.slice(1)}":${value},`),
      "`__proto__`": (text) => text.replace("{", '{"__proto__":{"revoked":false},'),
      "`__proto__`, by an escape": (text) => text.replace("{", '{"\\u005f_proto__":1,'),
    };

    it.each(Object.keys(faults))("%s", async (what) => {
      const spoil = faults[what] as (typeof faults)[string];
      const root = await newRoot();
      const marker = join(root, "ran");
      const { sign, env } = await publisher(root, "builder@example.com");
      const signed = await install(root, "guard", { sign, code: source("guard", {}, marker) });

      const keys = env.GLASSINE_PLUGIN_PUBLISHER_KEYS;
      const text = await readFile(keys, "utf8");
      await writeFile(keys, spoil(text, "schema", "1"));
      expect(await codeOf(readPublisherKeys(keys))).toBe("setting_invalid");
      expect(await codeOf(discover(root, { env }))).toBe("setting_invalid");
      const entry = text.indexOf("{", 1);
      await writeFile(
        keys,
        text.slice(0, entry) + spoil(text.slice(entry), "identity", '"eve@example.com"'),
      );
      expect(await codeOf(discover(root, { env }))).toBe("setting_invalid");
      await writeFile(keys, text);

      const evidence = join(signed, "glassine.sig.json");
      const signature = await readFile(evidence, "utf8");
      await writeFile(evidence, spoil(signature, "identity", '"builder@example.com"'));
      expect(codesOf(await discover(root, { env }))).toEqual(["guard: signature_invalid"]);
      await writeFile(evidence, signature);

      const manifest = join(signed, "package.json");
      const said = await readFile(manifest, "utf8");
      await writeFile(manifest, spoil(said, "name", '"guard"'));
      expect(codesOf(await discover(root, { env: unsigned }))).toEqual(["guard: invalid_metadata"]);
      const field = said.indexOf("{", said.indexOf('"glassine":'));
      await writeFile(
        manifest,
        said.slice(0, field) + spoil(said.slice(field), "plugin", '"./evil.js"'),
      );
      expect(codesOf(await discover(root, { env: unsigned }))).toEqual(["guard: invalid_metadata"]);

      const catalog = join(root, "catalog.json");
      const row = '{"slug":"guard","package":"guard","env_var":null,"summary":"A guard"}';
      await writeFile(catalog, `[${row}]`);
      expect((await searchIn(catalog)).document).toHaveLength(1);
      await writeFile(catalog, `[${spoil(row, "package", '"evil"')}]`);
      expect((await searchIn(catalog)).document.error.code).toBe("options_invalid");
      expect(ran(marker)).toBe(false);
    });

    it("in the lockfile", async () => {
      const path = join(await newRoot(), "plugins.lock");
      for (const text of [
        "version = 1\nversion = 1\n",
        'version = 1\n"version" = 1\n',
        'version = 1\n"\\u0076ersion" = 1\n',
        "version = 1\n__proto__ = 1\n",
        "version = 1\n[__proto__]\nplugins = []\n",
      ]) {
        await writeFile(path, text);
        expect(await codeOf(readLockfile(path))).toBe("lockfile_invalid");
      }
    });

    it("in the configuration of a plugin", async () => {
      const configSchema = z.looseObject({});
      const config = JSON.parse('{ "guard": { "__proto__": { "level": 9 } } }');
      await expect(manage({ config }, { configSchema })).rejects.toThrow(/__proto__/);
    });
  },
);

attack(
  "A-233",
  "Count on a misspelled setting, capability, limit or field being ignored, so that what it protects is open",
  "refused by name, with a suggestion; nothing unknown is ignored",
  () => {
    it.each([
      ["PLUGIN_SIGNING_REQUIERD", "PLUGIN_SIGNING_REQUIRED"],
      ["PLUGIN_TRUSTED_PUBLISHER", "PLUGIN_TRUSTED_PUBLISHERS"],
      ["PLUGIN_MOD", "PLUGIN_MODE"],
    ])("a setting: %s", async (name, meant) => {
      const env = { [`GLASSINE_${name}`]: "true" };
      const message = `'GLASSINE_${name}' is not a setting; did you mean GLASSINE_${meant}?`;
      expect(() => readTrustSettings(env)).toThrow(message);
      await expect(discover(await newRoot(), { env })).rejects.toThrow(message);
    });

    it("a setting that could be the configuration of an installed plugin", async () => {
      verifies("signing:settings-mistyped");
      const root = await newRoot();
      await install(root, "publisher");
      const env = { ...unsigned, GLASSINE_PLUGIN_PUBLISHER_KEY: "x" };
      const message = "did you mean GLASSINE_PLUGIN_PUBLISHER_KEYS?";
      await expect(discover(root, { env })).rejects.toThrow(message);
    });

    it.each<readonly [string, object]>([
      ["a capability", { capabilities: ["read_lables"] }],
      ["a hook", { hooks: { tool_pre_invok: () => undefined } }],
      ["a field", { capabilites: [] }],
      [
        "a field of a hook",
        { hooks: { tool_pre_invoke: { handler: () => undefined, timeoutMS: 5 } } },
      ],
    ])("of a manifest: %s", async (_, manifest) => {
      expect(await codeOf((async () => await manage({}, manifest))())).toBe("manifest_invalid");
    });

    it.each([{ capabilities: ["read_lables"] }, { capabilites: [] }, { hook: {} }])(
      "of a manifest accepted by another copy of this library: %j",
      async (more) => {
        const root = await newRoot();
        const manifest = JSON.stringify({ name: "guard", version: "1.0.0", hooks: {}, ...more });
        const code = `export default () => {
          const plugin = {};
          globalThis[Symbol.for("glassine.manifests")].set(plugin, ${manifest});
          return plugin;
        };`;
        await install(root, "guard", { code });
        expect(codesOf(await discover(root))).toEqual(["guard: manifest_invalid"]);
      },
    );

    it.each([
      { timeoutMS: 5 },
      { limits: { deph: 5 } },
      { payloadLimits: { node: 5 } },
      { health: { timeout: 5 } },
      { audit: { strikt: true } },
      { tamperings: "deny" },
      { services: { fact: {} } },
    ])("an option of the manager: %j", async (options) => {
      expect(await codeOf(manage(options))).toBe("options_invalid");
    });

    it.each([{ modes: "production" }, { locks: "x" }, { onReject: "fail" }, { timeoutMs: 5 }])(
      "an option of discovery: %j",
      async (options) => {
        expect(await codeOf(discover(await newRoot(), options as never))).toBe("options_invalid");
      },
    );

    it.each([
      { plugin: "./plugin.js", capabilites: [] },
      { plugins: { guard: "./plugin.js" }, hook: [] },
      { plugin: "./plugin.js", procedure: {} },
      { Plugin: "./plugin.js" },
      { plugin: "./plugin.js", capabilities: "read_labels" },
    ])("a field of package.json: %j", async (glassine) => {
      const root = await newRoot();
      const marker = join(root, "ran");
      await install(root, "guard", { glassine, code: source("guard", {}, marker) });
      expect(codesOf(await discover(root))).toEqual(["guard: invalid_metadata"]);
      expect(ran(marker)).toBe(false);
    });

    it("a field of the keys of publishers, of a catalogue, and of the lockfile", async () => {
      const root = await newRoot();
      const { env } = await publisher(root, "builder@example.com");
      const keys = env.GLASSINE_PLUGIN_PUBLISHER_KEYS;
      const text = await readFile(keys, "utf8");
      for (const [from, to] of [
        ['"schema"', '"revoke":[],"schema"'],
        ['"key_id"', '"revokd":true,"key_id"'],
      ] as const) {
        await writeFile(keys, text.replace(from, to));
        expect(await codeOf(discover(root, { env }))).toBe("setting_invalid");
      }
      const catalog = join(root, "catalog.json");
      const row = { slug: "guard", package: "guard", env_var: null, summary: "A guard", env: "X" };
      await writeFile(catalog, JSON.stringify([row]));
      expect((await searchIn(catalog)).document.error.code).toBe("options_invalid");
      await writeFile(join(root, "plugins.lock"), "version = 1\nplugin = []\n");
      await expect(discover(root)).rejects.toThrow("unknown key 'plugin'; did you mean 'plugins'?");
    });
  },
);
