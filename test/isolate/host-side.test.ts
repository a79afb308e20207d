/** What the host does with an isolated plugin's configuration and output. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { createPluginManager } from "glassine";
import { type IsolateOptions, isolatePlugin } from "glassine/isolate";
import { expect, it } from "vitest";
import { afterTest } from "../support/cleanup.ts";
import { folderWith } from "../support/folder.ts";
import { verifies } from "../support/verifies.ts";
import { inside, pluginText, saying } from "./quickjs-support.ts";

const prints = pluginText("console.log(said); return deny(context.plugin.name)");

async function fileOf(text: string): Promise<string> {
  return `${await folderWith({ "plugin.mjs": text })}/plugin.mjs`;
}

it("no log or record contains its configuration", async () => {
  verifies("audit:redacted-secrets");
  const file = await fileOf(
    pluginText(
      "if (said === 'throw') throw new Error(context.config.apiKey); return deny(context.config.apiKey)",
    ),
  );
  const isolated = await isolatePlugin(file, {
    isolate: "quickjs",
    config: { apiKey: "hunter2hunter2" },
  });
  const said: string[] = [];
  const log = (text: string) => void said.push(text);
  const manager = await createPluginManager({
    plugins: [isolated.plugin],
    audit: { sink: (event) => void said.push(JSON.stringify(event)) },
    logger: { warn: log, error: log },
  });
  afterTest(() => manager.close());
  await manager.invoke("cmf.llm_input", saying("throw"));
  await manager.invoke("cmf.llm_input", saying("deny"));
  expect(said.join("\n")).not.toContain("hunter2");
  expect(said.filter((each) => each.includes("[REDACTED]")).length).toBeGreaterThan(2);
});

it("goes on if what it tells of a thread's output throws or rejects", async () => {
  const file = await fileOf(prints);
  let calls = 0;
  const onOutput = () => {
    calls += 1;
    throw new Error("of the host");
  };
  const onEnd = async () => onOutput();
  const { says } = await inside(file, { isolate: "worker", onOutput, onEnd });
  expect(await says("x")).toBe("hostile-plugin");
  await expect.poll(() => calls).toBeGreaterThan(0);
});

it.each<[string, object, string]>([
  ["onOutput", { onOutput: 1 }, "onOutput must be a function, and is a number."],
  ["onEnd", { onEnd: "x" }, "onEnd must be a function, and is a string."],
  ["accept", { accept: "network" }, "accept must be an array, and is a string."],
  [
    "accept",
    { accept: ["net"] },
    'accept has "net", which is not one of network, signals, memory, files.',
  ],
  [
    "accept",
    { accept: ["network"] },
    "accept needs the kind process: no other depends on what this machine can prevent.",
  ],
  ["readable", { readable: "/srv/models" }, "readable must be an array of paths."],
  ["readable", { readable: [new URL("file:///srv")] }, "readable must be an array of paths."],
  ...["/srv/guard", null, { folder: "/srv/guard" }, { folder: 7, hash: null }].map(
    (given): [string, object, string] => [
      "package",
      { package: given },
      "package must have a folder, and the hash of the package or null for any.",
    ],
  ),
])("refuses a wrong %s", async (_, options, message) => {
  const file = await fileOf(prints);
  const given = { isolate: "worker", ...options } as IsolateOptions;
  const refused: unknown = await isolatePlugin(file, given).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: "options_invalid", message });
});

it("refuses a folder in place of the plugin's file", async () => {
  const path = await folderWith();
  await expect(isolatePlugin(path, { isolate: "worker" })).rejects.toMatchObject({
    code: "options_invalid",
    message: `isolatePlugin expects the path of a file, and ${path} is a folder.`,
  });
});

it.skipIf(process.platform === "win32")(
  "refuses a named pipe, which nobody may write",
  async () => {
    const path = join(await folderWith(), "pipe.mjs");
    execFileSync("mkfifo", [path]);
    await expect(isolatePlugin(path, { isolate: "worker" })).rejects.toMatchObject({
      code: "options_invalid",
      message: `isolatePlugin expects the path of a file, and ${path} is not a regular file.`,
    });
  },
);
