/** The audit trail's file: none that has something else in it, and a new one if it was renamed. */
import { chmod, link, readFile, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { describe, expect, it } from "vitest";
import { folderWith } from "../../support/folder.ts";
import { verifies } from "../../support/verifies.ts";
import { run, start } from "./support.ts";

const name = "glassine.config.json";
const servers = { files: { url: "https://files.example/mcp" } };
const listen = { port: 8080 };

const gateway = ["gateway", "--check"];
const extproc = ["extproc", "--listen", "127.0.0.1:9002", "--check"];
const record = '{"eventType":"gateway.hook_ran","actorUri":"system:gateway"}\n';

type Prepare = (folder: string) => Promise<unknown>;

/** Checks a configuration whose audit trail is that file. */
async function checked(file: string, prepare?: Prepare, argv = gateway) {
  const cwd = await folderWith({ [name]: { servers, listen, audit: { file } } });
  await prepare?.(cwd);
  const { code, document } = await run([...argv, "--json"], { cwd });
  return { code, cwd, problems: document().problems };
}

const refusedAt = (path: string) =>
  `audit.file: ${path} is not an audit trail, and records would spoil it: name another file`;

const written =
  (file: string, text: string): Prepare =>
  (folder) =>
    writeFile(join(folder, file), text);

describe("is refused if it does not begin as a record does", () => {
  it.each<[string, string, Prepare | undefined, (readonly string[])?]>([
    ["the configuration", name, undefined],
    ["the configuration, for extproc", name, undefined, extproc],
    [
      "a link to the configuration",
      "audit.jsonl",
      (folder) => symlink(name, join(folder, "audit.jsonl")),
    ],
    [
      "another name of the configuration",
      "audit.jsonl",
      (folder) => link(join(folder, name), join(folder, "audit.jsonl")),
    ],
    ["a lockfile", "plugins.lock", written("plugins.lock", "version = 1\n")],
    ["a journal", "a.journal", written("a.journal", "2026-11-30T00:00:00.000Z\ttrust\tid\n")],
    ["pins in one line", "pins.json", written("pins.json", '{"files":{}}')],
    ["a secret", "token", written("token", "t0ken")],
    ["a program", "server", written("server", "#!/bin/sh\n")],
    ["a file that begins with an empty line", ".env", written(".env", "\nTOKEN=t0ken\n")],
    ["other lines of JSON", "log.jsonl", written("log.jsonl", '{"event":"ready"}\n')],
  ])("%s", async (_what, file, prepare, argv) => {
    verifies("cli:gateway-audit-file");
    const { code, cwd, problems } = await checked(file, prepare, [...(argv ?? gateway)]);
    expect([code, problems]).toEqual([1, [refusedAt(join(cwd, file))]]);
  });
});

it("is refused at the start too, before anything is written", async () => {
  verifies("cli:gateway-audit-file");
  const text = JSON.stringify({ servers, audit: { file: name } });
  const cwd = await folderWith({ [name]: text });
  const { code, stderr } = await run(["gateway"], { cwd });
  expect([code, stderr]).toEqual([2, expect.stringContaining(refusedAt(join(cwd, name)))]);
  expect(await readFile(join(cwd, name), "utf8")).toBe(text);
});

it("is refused at a reload", async () => {
  verifies("cli:gateway-audit-file");
  const cwd = await folderWith({ [name]: { servers, listen } });
  const running = start(["gateway"], { cwd });
  await running.seen("ready");
  await writeFile(join(cwd, name), JSON.stringify({ servers, listen, audit: { file: name } }));
  running.signals.emit("SIGHUP");
  expect(await running.seen("reload_refused")).toMatchObject({
    code: "config_unreadable",
    message: refusedAt(join(cwd, name)),
  });
  running.signals.emit("SIGTERM");
  expect(await running.code).toBe(0);
});

it("is created again by a reload if it was renamed, and no record is lost", async () => {
  const plugins = [{ use: "allow-list" }];
  const cwd = await folderWith({
    [name]: { servers, listen, plugins, audit: { file: "audit.jsonl" } },
  });
  const running = start(["gateway"], { cwd });
  await running.seen("ready");
  const file = join(cwd, "audit.jsonl");
  await rename(file, `${file}.1`);
  running.signals.emit("SIGHUP");
  await running.seen("reloaded");
  const trails = await Promise.all([`${file}.1`, file].map((each) => readFile(each, "utf8")));
  const generations = trails.map((trail) =>
    trail.split("\n").flatMap((line) => (line === "" ? [] : JSON.parse(line).metadata.generation)),
  );
  expect(generations).toEqual([[1], [2]]);
  running.signals.emit("SIGTERM");
  expect(await running.code).toBe(0);
});

it.each<[string, string, Prepare?]>([
  ["that does not exist yet", "audit.jsonl"],
  ["that is empty", "audit.jsonl", written("audit.jsonl", "")],
  ["with records", "audit.jsonl", written("audit.jsonl", record)],
  ["whose first record was cut off", "audit.jsonl", written("audit.jsonl", record.slice(0, 9))],
  [
    "whose first record was cut off, with another behind it",
    "audit.jsonl",
    written("audit.jsonl", `${record.slice(0, 9)}\n${record}`),
  ],
  ["that `echo >` emptied", "audit.jsonl", written("audit.jsonl", "\n")],
  ["in a folder that does not exist here", "logs/audit.jsonl"],
  ["that is a device", "/dev/null"],
  [
    "that is a link to itself",
    "audit.jsonl",
    (folder) => symlink("audit.jsonl", join(folder, "audit.jsonl")),
  ],
])("is accepted: a file %s", async (_what, file, prepare) => {
  verifies("cli:gateway-audit-file");
  const { code, problems } = await checked(file, prepare);
  expect([code, problems]).toEqual([0, []]);
});

it.skipIf(process.getuid?.() === 0)("is accepted if it can only be written", async () => {
  verifies("cli:gateway-audit-file");
  const { code, problems } = await checked("audit.jsonl", async (folder) => {
    await writeFile(join(folder, "audit.jsonl"), "x");
    await chmod(join(folder, "audit.jsonl"), 0o200);
  });
  expect([code, problems]).toEqual([0, []]);
});
