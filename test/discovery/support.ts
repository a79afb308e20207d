/** Packages for tests of discovery: written as npm would, in a root of their own. */
import { generateKeyPairSync } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { definePlugin } from "glassine";
import {
  type DiscoverOptions,
  discoverPlugins,
  hashPackage,
  signPackage,
  trustPlugins,
} from "glassine/node";
import { type FixturePackage, installFixturePackage } from "glassine/testing";
import { closureHasher, memberText } from "../../src/operate/packages/index.ts";
import { folderWith } from "../support/folder.ts";

// A package has no glassine next to it, so its module uses what the test provides.
(globalThis as { testDefinePlugin?: unknown }).testDefinePlugin = definePlugin;

/** Settings under which unsigned packages are loaded. */
export const unsigned = {
  GLASSINE_PLUGIN_SIGNING_REQUIRED: "false",
  GLASSINE_PLUGIN_UNSIGNED_ACK: "i-understand-plugins-are-unsigned",
};

export async function newRoot(): Promise<string> {
  return folderWith();
}

/** The source of a plugin. `marker` is a file that its module writes when it runs. */
export function source(name: string, manifest: object = {}, marker?: string): string {
  const mark =
    marker === undefined
      ? ""
      : `import { writeFileSync } from "node:fs"; writeFileSync(${JSON.stringify(marker)}, "ran");\n`;
  const text = JSON.stringify({ name, version: "1.0.0", ...manifest });
  return `${mark}export default () => globalThis.testDefinePlugin(${text});\n`;
}

/** Installs a package with one plugin of the same name, which by default lists what it asks for. */
export async function install(
  root: string,
  name: string,
  more: Partial<FixturePackage> & { readonly manifest?: object; readonly code?: string } = {},
): Promise<string> {
  const { manifest, code, ...fixture } = more;
  const id = name.replace(/^@[^/]*\//, "");
  const { capabilities = [] } = (manifest ?? {}) as { readonly capabilities?: readonly string[] };
  const asks = code === undefined ? { capabilities, hooks: [] } : {};
  const { path } = await installFixturePackage({
    name,
    version: "1.0.0",
    files: { "plugin.js": code ?? source(id, manifest) },
    glassine: { plugin: "./plugin.js", ...asks },
    root,
    ...fixture,
  });
  return path;
}

export function discover(root: string, options: DiscoverOptions = {}) {
  return discoverPlugins({ root, env: unsigned, onRejected: "skip", ...options });
}

/** Each rejection as `ID: CODE`, sorted. */
export function codesOf({ rejected }: Awaited<ReturnType<typeof discover>>): readonly string[] {
  return rejected.map(({ id, package: name, code }) => `${id ?? name}: ${code}`).sort();
}

/** Trusts the package at a path as it is now. */
export async function trust(
  root: string,
  path: string,
  id: string,
  more: object = {},
  plugins: readonly string[] = [],
): Promise<void> {
  const hashed = await hashPackage(path);
  const hashClosure = closureHasher({ root, names: ["glassine"], plugins });
  const { members } = await hashClosure({ path, hash: hashed, isLinked: false });
  const dependencies = members.map(memberText);
  const { hash } = hashed;
  const { version } = JSON.parse(await readFile(join(path, "package.json"), "utf8"));
  const entry = {
    id,
    package: id,
    version,
    entryPoint: "plugin.js:default",
    hash,
    dependencies,
    ...more,
  };
  await trustPlugins(join(root, "plugins.lock"), [entry], "reviewed");
}

/** Whether the module with that marker ran. */
export const ran = (marker: string): boolean => existsSync(marker);

/** A publisher with a key, and the settings that trust it. */
export async function publisher(root: string, identity: string) {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const pem = String(privateKey.export({ format: "pem", type: "pkcs8" }));
  const keys = join(root, "publishers.json");
  const key = {
    identity,
    key_id: "k1",
    public_key: String(publicKey.export({ format: "pem", type: "spki" })),
  };
  await writeFile(keys, JSON.stringify({ schema: 1, publishers: [key] }));
  return {
    sign: (path: string) => signPackage({ path, key: pem, identity, keyId: "k1" }),
    env: {
      GLASSINE_PLUGIN_PUBLISHER_KEYS: keys,
      GLASSINE_PLUGIN_TRUSTED_PUBLISHERS: identity,
    },
  };
}
