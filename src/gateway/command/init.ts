/** What `init` does: writes the package of a plugin into a new or empty folder. */
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import type { ManifestError } from "../../core/errors/index.ts";
import { definePlugin } from "../../core/host/index.ts";
import { packageVersion } from "../../core/plugins/index.ts";
import { type CommandContext, printable, refusal, say } from "../../operate/cli/index.ts";
import { systemCode } from "../../operate/packages/index.ts";

/** The beginning of a plugin package's name. */
const prefix = "glassine-plugin-";
/** The plugin's version, and its package's. */
const version = "0.1.0";

const next = [
  "npm install",
  "npm test",
  "npx glassine gateway --plugin ./plugin.js -- npx @modelcontextprotocol/server-everything stdio",
];

export async function init({ cwd, operands, paint }: CommandContext<Record<never, never>>) {
  const folder = resolve(cwd, operands[0] ?? "");
  const id = idFor(folder);
  await makeEmpty(folder);
  const texts = {
    "package.json": packageOf(id),
    "plugin.js": pluginOf(id),
    "plugin.test.js": test,
  };
  for (const [name, text] of Object.entries(texts)) await write(join(folder, name), text);
  const files = Object.keys(texts);
  return {
    exitCode: 0 as const,
    document: { action: "init" as const, folder, id, package: prefix + id, files, next },
    lines: [
      `${paint.good("written:")} ${printable(folder)} (${files.join(", ")})`,
      "",
      paint.title("What to do next, in that folder:"),
      ...next.map((line) => `  ${line}`),
    ],
    hasChanged: true,
  };
}

/** Returns the plugin's name, if a plugin can have it. */
function idFor(folder: string): string {
  const name = basename(folder);
  const id = name.startsWith(prefix) ? name.slice(prefix.length) : name;
  try {
    return definePlugin({ name: id, version }).name;
  } catch (error) {
    const { code, message } = error as ManifestError;
    throw refusal(
      code,
      say`init: the folder's name would make '${id}' the plugin's name: ${message}. Choose another folder name`,
    );
  }
}

async function makeEmpty(folder: string): Promise<void> {
  const found = await readdir(folder).catch(async (error: unknown) => {
    if (systemCode(error) !== "ENOENT") throw error;
    // Not recursive, which never ends where the system creates no folders, as in /proc.
    await mkdir(folder).catch((fault: unknown) => {
      if (systemCode(fault) !== "ENOENT") throw fault;
      throw refusal(
        "io_failed",
        say`init: ${folder} cannot be created (ENOENT): create the folder above it first`,
      );
    });
    return [];
  });
  // A repository may be new, too.
  const [first] = found.filter((name) => name !== ".git").sort();
  if (first !== undefined)
    throw refusal(
      "io_failed",
      say`init: ${folder} is not empty: it has ${first}. Nothing was written: choose a new or an empty folder`,
    );
}

async function write(path: string, text: string): Promise<void> {
  await writeFile(path, text, { flag: "wx" }).catch((error: unknown) => {
    throw refusal(
      "io_failed",
      say`init: ${path} cannot be written: ${systemCode(error)}. Files before it may be there: empty the folder, and try again`,
    );
  });
}

const packageOf = (id: string) => `{
  "name": "${prefix}${id}",
  "version": "${version}",
  "type": "module",
  "files": ["plugin.js"],
  "keywords": ["glassine-plugin"],
  "scripts": { "test": "node --test" },
  "peerDependencies": { "glassine": "^${packageVersion}" },
  "devDependencies": { "glassine": "^${packageVersion}" },
  "publishConfig": { "provenance": true },
  "glassine": {
    "plugin": "./plugin.js",
    "id": "${id}",
    "capabilities": ["append_labels", "read_roles"],
    "hooks": ["cmf.tool_pre_invoke"]
  }
}
`;

const pluginOf = (id: string) => `// @ts-check
// An example: write what your plugin decides in its place, and test that.
import { addLabels, definePlugin, deny } from "glassine";

export default () =>
  definePlugin({
    name: "${id}",
    version: "${version}", // as in package.json, like the capabilities and hooks
    description: "Keeps get-env for admins, and labels calls that contain an @.",
    capabilities: ["append_labels", "read_roles"],
    hooks: {
      "cmf.tool_pre_invoke"(message, context, extensions) {
        const calls = message.content.filter((part) => part.content_type === "tool_call");
        const roles = extensions.security?.subject?.roles ?? [];
        if (calls.some(({ content }) => content.name === "get-env") && !roles.includes("admin"))
          return deny({ code: "admin_only", reason: "Only an admin may call get-env" });
        if (JSON.stringify(calls).includes("@"))
          return { modifiedExtensions: addLabels(extensions, "EMAIL") };
      },
    },
  });
`;

const test = `import assert from "node:assert/strict";
import { test } from "node:test";
import { createExtensions, createPluginManager } from "glassine";
import { createMessage, toolCall } from "glassine/messages";
import plugin from "./plugin.js";

const manager = await createPluginManager({ plugins: [plugin()], strict: true });

function call(name, given, roles = []) {
  const content = [toolCall({ tool_call_id: "1", name, arguments: given })];
  const subject = { id: "ada", type: "user", roles };
  return manager.invoke("cmf.tool_pre_invoke", createMessage({ role: "assistant", content }), {
    extensions: createExtensions({ security: { subject } }),
  });
}

test("labels a call that contains an @", async () => {
  const { continueProcessing, extensions } = await call("echo", { message: "ann@example.org" });
  assert.equal(continueProcessing, true);
  assert.deepEqual(extensions.security?.labels, ["EMAIL"]);
});

test("keeps get-env for admins", async () => {
  const { violation } = await call("get-env", {});
  assert.equal(violation?.code, "admin_only");
  const { continueProcessing } = await call("get-env", {}, ["admin"]);
  assert.equal(continueProcessing, true);
});
`;
