// Only in test:all: it starts processes.
// A process of its own: it starts processes.
/** A plugin in a project's folder, whose node_modules has the library. */
import { cp, mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import process from "node:process";
import { expect, it } from "vitest";
import { run } from "../docs/support/compile.ts";
import { root } from "../docs/support/pages.ts";
import { folderWith } from "../support/folder.ts";
import { verifies } from "../support/verifies.ts";
import { noSandbox } from "./support.ts";

const plugin = `import { addLabels, definePlugin } from "glassine";
export default definePlugin({ name: "tagger", version: "1.0.0", capabilities: ["append_labels"],
  hooks: { message_pre_invoke: (_, __, view) => ({ modifiedExtensions: addLabels(view, "SEEN") }) } });`;

const program = `import { createExtensions, createPluginManager } from "glassine";
import { isolatePlugin } from "glassine/isolate";
import { createMessage } from "glassine/messages";
const { plugin } = await isolatePlugin("p.mjs", { isolate: process.argv[2] });
const manager = await createPluginManager({ plugins: [plugin] });
const extensions = createExtensions({});
const result = await manager.invoke("cmf.llm_input", createMessage({ role: "user" }), { extensions });
console.log(result.extensions.security?.labels);
await manager.close();`;

const slow = `import { definePlugin } from "glassine";
import { setTimeout as sleep } from "node:timers/promises";
const handler = async () => ({ metadata: { slept: await sleep(500, true) } });
export default definePlugin({ name: "slow", version: "1.0.0",
  hooks: { message_pre_invoke: { timeoutMs: null, handler } } });`;

const waiting = `import { createPluginManager } from "glassine";
import { isolatePlugin } from "glassine/isolate";
const { plugin } = await isolatePlugin("slow.mjs", { isolate: process.argv[2] });
const manager = await createPluginManager({ plugins: [plugin] });
const { metadata } = await manager.invoke("cmf.llm_input", { role: "user" });
console.log(metadata.slow.slept);
await manager.close();`;

const forgetful = `import { isolatePlugin } from "glassine/isolate";
const { isolate } = await isolatePlugin("p.mjs", { isolate: process.argv[2] });
console.log(isolate);`;

/** Installed as npm does it: the library is a real folder, not a link. */
async function project(): Promise<string> {
  const path = await folderWith();
  const library = join(path, "node_modules", "glassine");
  await mkdir(library, { recursive: true });
  await cp(`${root}dist`, join(library, "dist"), { recursive: true });
  await cp(`${root}package.json`, join(library, "package.json"));
  for (const name of await readdir(`${root}node_modules`)) {
    const link = join(path, "node_modules", name);
    if (!name.startsWith(".") && dirname(link) !== library)
      await symlink(`${root}node_modules/${name}`, link);
  }
  await writeFile(join(path, "p.mjs"), plugin);
  await writeFile(join(path, "main.mjs"), program);
  await writeFile(join(path, "forgetful.mjs"), forgetful);
  await writeFile(join(path, "slow.mjs"), slow);
  await writeFile(join(path, "waiting.mjs"), waiting);
  return path;
}

it.skipIf(noSandbox !== undefined)("runs in each kind, with one library", async () => {
  verifies("isolation:start");
  const path = await project();
  for (const kind of ["worker", "process", "quickjs"]) {
    const ran = await started(path, "main.mjs", kind);
    expect({ kind, ...ran }).toEqual({ kind, code: 0, output: "[ 'SEEN' ]\n", complaints: "" });
  }
});

it.skipIf(noSandbox !== undefined)("keeps a host alive while a turn is open", async () => {
  verifies("isolation:close");
  const path = await project();
  for (const kind of ["worker", "process"]) {
    const ran = await started(path, "waiting.mjs", kind);
    expect({ kind, ...ran }).toEqual({ kind, code: 0, output: "true\n", complaints: "" });
  }
});

it.skipIf(noSandbox !== undefined)("lets a host end that does not close it", async () => {
  verifies("isolation:close");
  const path = await project();
  for (const kind of ["worker", "process", "quickjs"]) {
    const ran = await started(path, "forgetful.mjs", kind);
    expect({ kind, ...ran }).toEqual({ kind, code: 0, output: `${kind}\n`, complaints: "" });
  }
});

function started(path: string, file: string, kind: string) {
  const script = 'cd "$0" && exec timeout 20 "$@"';
  return run("sh", ["-c", script, path, process.execPath, file, kind]);
}
