/**
 * Runs the story of docs/operate.md as the page has it. With `GLASSINE_WRITE_DOCS` set, the page is
 * updated with the current output.
 */
// Only in test:all: it runs whole commands in processes of their own.
import { execFile } from "node:child_process";
import { createPrivateKey } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { type Fixture, newWorkspace, type Workspace } from "./support.ts";

const page = fileURLToPath(new URL("../../../docs/operate.md", import.meta.url));
const authorPage = fileURLToPath(new URL("../../../docs/write-a-plugin.md", import.meta.url));
/** What the page shows in place of the tests' folders. */
const gateway = "/srv/gateway";
const builder = "/home/builder/egress-guard";
/** The key file, as the page shows it. */
const keysBlock = /(?<=^```json\n)\{\n {2}"schema": 1,[\s\S]*?(?=^```$)/m;
const block = /(?<=^```console\n)[\s\S]*?(?=^```$)/gm;

/** The package of the story, by version. */
const packages: Readonly<Record<string, Fixture>> = {
  "1.0.0": guard("1.0.0", ["read_labels"]),
  "1.1.0": guard("1.1.0", ["append_labels", "read_labels"]),
};

function guard(version: string, capabilities: readonly string[]): Fixture {
  const hooks = ["cmf.llm_input"];
  return {
    name: "egress-guard",
    version,
    glassine: { plugin: "./plugin.js", capabilities, hooks },
    files: {
      "plugin.js": `import { definePlugin, deny } from "glassine";

export default () =>
  definePlugin({
    name: "egress-guard",
    version: "${version}",
    capabilities: ${JSON.stringify(capabilities)},
    hooks: {
      "cmf.llm_input": (message, context, extensions) =>
        extensions.security.labels.includes("PII") ? deny("PII may not leave") : undefined,
    },
  });
`,
    },
  };
}

/** The key that `openssl` makes in the story: always the same, so that the page does not change. */
const pkcs8 = Buffer.from(`302e020100300506032b657004220420${"2a".repeat(32)}`, "hex");
const key = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
const pem = String(key.export({ format: "pem", type: "pkcs8" }));

/** Where the page's commands run, and under which settings. */
interface Story {
  readonly workspace: Workspace;
  /** The author's folder. */
  readonly author: string;
  cwd: string;
  readonly env: Record<string, string>;
}

it("docs/operate.md: each command prints what the page says", async () => {
  const text = await readFile(page, "utf8");
  const workspace = await newWorkspace();
  const author = join(workspace.above, "author");
  await mkdir(author);
  await writePackage(author, packages["1.0.0"] as Fixture);
  await workspace.write("publishers.json", keysBlock.exec(text)?.[0] ?? "");
  const story: Story = { workspace, author, cwd: workspace.root, env: {} };
  const replies: string[] = [];
  for (const [given] of text.matchAll(block)) replies.push(await replay(given, story));
  let at = 0;
  const now = text.replace(block, () => replies[at++] ?? "");
  if (process.env.GLASSINE_WRITE_DOCS !== undefined) await writeFile(page, now);
  else expect(now).toBe(text);
  expect(replies.length).toBeGreaterThan(5);
});

it("docs/write-a-plugin.md: its package can be packed, signed, installed and loaded", async () => {
  const text = await readFile(authorPage, "utf8");
  const [, manifest = "", source = ""] =
    /```json\n(\{\n {2}"name": "@acme[\s\S]*?)```\n\n```js\n([\s\S]*?)```/.exec(text) ?? [];
  const workspace = await newWorkspace();
  const cwd = join(workspace.above, "author");
  await mkdir(cwd);
  await writeFile(join(cwd, "package.json"), manifest);
  await writeFile(join(cwd, "plugin.js"), source);
  await writeFile(join(workspace.above, "signing.pem"), pem, { mode: 0o600 });
  const identity = "builder@example.com";
  await npm(["pack"], workspace, cwd);
  const tarball = join(cwd, "acme-egress-guard-1.0.0.tgz");
  const sign = ["plugins", "sign", tarball, "--key", "../signing.pem", "--identity", identity];
  const signed = await workspace.json(sign, { cwd });
  const { publisher, warnings } = signed.data as { publisher: object; warnings: unknown };
  expect([signed.code, warnings]).toEqual([0, []]);
  await npm(["install", "--legacy-peer-deps", tarball], workspace, workspace.root);
  await workspace.write("keys.json", JSON.stringify({ schema: 1, publishers: [publisher] }));
  const env = {
    GLASSINE_PLUGIN_PUBLISHER_KEYS: join(workspace.root, "keys.json"),
    GLASSINE_PLUGIN_TRUSTED_PUBLISHERS: identity,
  };
  const { stdout } = await workspace.run(["plugins", "list"], { env });
  expect(stdout).toContain(
    "\negress-guard 1.0.0 hooks=1 health=unknown signed_by=builder@example.com\n",
  );
});

/** Returns a block with the current output of its commands. */
async function replay(given: string, story: Story): Promise<string> {
  const commands = given.split("\n").filter((line) => line.startsWith("$ "));
  let out = "";
  for (const line of commands) out += `${line}\n${await outputOf(wordsOf(line.slice(2)), story)}`;
  return out.replaceAll(story.workspace.root, gateway).replaceAll(story.author, builder);
}

async function outputOf([program, ...args]: readonly string[], story: Story): Promise<string> {
  const { workspace, author, env } = story;
  const [first = ""] = args;
  switch (program) {
    case "cd":
      story.cwd = first === builder ? author : workspace.root;
      return "";
    case "openssl":
      await writeFile(join(story.cwd, args.at(-1) ?? ""), pem, { mode: 0o600 });
      return "";
    case "npm":
      if (first === "pack") await npm(args, workspace, story.cwd);
      else await install(/(\d+\.\d+\.\d+)\.tgz$/.exec(args.at(-1) ?? "")?.[1] ?? "", story);
      return "";
    case "export": {
      const [name = "", value = ""] = first.split("=");
      env[name] = value.replace(gateway, workspace.root);
      return "";
    }
    case "unset":
      delete env[first];
      return "";
    case "cat":
      return steady((await workspace.read(first)) ?? "");
    case "glassine": {
      const { stdout, stderr } = await workspace.run(args, {
        env,
        cwd: story.cwd,
        keepsWarnings: true,
      });
      return steady(stdout + stderr);
    }
  }
  throw new Error(`The page runs ${program}, which this test does not know.`);
}

const run = promisify(execFile);

async function npm(args: readonly string[], { above }: Workspace, cwd: string): Promise<void> {
  const env = { ...process.env, npm_config_cache: join(above, "cache") };
  const options = ["--offline", "--no-audit", "--no-fund", "--ignore-scripts"];
  await run("npm", [...args, ...options], { cwd, env });
}

/** Installs the author's tarball if that version has one, else a package signed with its key. */
async function install(version: string, { workspace, author, env }: Story): Promise<void> {
  const fixture = packages[version] as Fixture;
  const tarball = join(author, `${fixture.name}-${version}.tgz`);
  if (existsSync(tarball)) return await npm(["install", tarball], workspace, workspace.root);
  const keys = env.GLASSINE_PLUGIN_PUBLISHER_KEYS;
  if (keys === undefined) return await workspace.install(fixture);
  const { publishers } = JSON.parse(await readFile(keys, "utf8"));
  const { identity, key_id: keyId } = publishers[0];
  await workspace.install({
    ...fixture,
    signedBy: { identity, keyId, key: join(author, "../signing.pem") },
  });
}

async function writePackage(path: string, { name, version, glassine, files }: Fixture) {
  const keywords = ["glassine-plugin"];
  const manifest = { name, version, type: "module", keywords, glassine };
  await writeFile(join(path, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  await writeFile(join(path, "plugin.js"), files?.["plugin.js"] ?? "");
}

/** The words of a line; a string in double quotes is one word. */
function wordsOf(line: string): readonly string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? "");
}

/** Makes constant what differs between runs: times, who ran it, and digests of both. */
function steady(text: string): string {
  let second = 0;
  return text
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, () => {
      second += 1;
      return `2026-05-25T10:15:0${second}.000Z`;
    })
    .replace(/actor=\S+/g, "actor=ops@gateway")
    .replace(/prev=[0-9a-f]{64}/g, (digest) => `${digest.slice(0, 5)}${"0".repeat(64)}`);
}
