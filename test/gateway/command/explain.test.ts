// Only in test:all: it runs whole command flows.
/** `explain`: what plugins did with one request, and the records that it is read from. */
import { execFileSync } from "node:child_process";
import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { addLabels, definePlugin, deny } from "glassine";
import { describe, expect, it } from "vitest";
import { folderWith } from "../../support/folder.ts";
import { verifies } from "../../support/verifies.ts";
import { codeOf, openGateway, run, start } from "./support.ts";

const planted = {
  token: "sk-planted-token-1",
  argument: "planted-argument-2",
  result: "planted-result-3",
};

Object.assign(globalThis, { testGlassine: { addLabels, definePlugin, deny } });

const plugin = `
const { addLabels, definePlugin, deny } = globalThis.testGlassine;
export default definePlugin({
  name: "watcher",
  version: "1.0.0",
  capabilities: ["append_labels"],
  hooks: {
    "cmf.tool_pre_invoke"({ content: [part] }, _context, extensions) {
      if (part.content.name === "environment")
        return deny({ code: "no_environment", reason: "Not with ${planted.token} in it" });
      return { modifiedExtensions: addLabels(extensions, ["SEEN"]) };
    },
    "cmf.tool_post_invoke": (_message, _context, extensions) =>
      ({ modifiedExtensions: { ...extensions, request: { request_id: "forged" } } }),
  },
});
`;

const small = fileURLToPath(new URL("../run/support/small-server.mjs", import.meta.url));
const server = { command: process.execPath, args: [small], env: { TOKEN: { env: "TOKEN" } } };

const configOf = (audit: object, settings: object = {}) => ({
  servers: { small: server },
  plugins: [{ path: "./p.mjs", ...settings }],
  identity: { local: { id: "ada" } },
  tenant: "acme",
  audit: { file: "audit.jsonl", ...audit },
});

/** A gateway over stdio that handled three calls, the last after a reload. */
async function recorded(audit: object, settings?: object, code = plugin) {
  const name = "glassine.config.json";
  const cwd = await folderWith({ [name]: configOf(audit, settings), "p.mjs": code });
  const env = { TOKEN: planted.token };
  const running = start(["gateway"], { cwd, env, openGateway });
  await running.seen("ready");
  const call = async (id: number, tool: string, times: number) => {
    const args = { text: planted.argument, more: planted.result };
    const params = { name: tool, arguments: args };
    running.stdin.write(
      `${JSON.stringify({ jsonrpc: "2.0", id, method: "tools/call", params })}\n`,
    );
    return (await running.seen("request", times))?.request as string;
  };
  const refused = await call(1, "environment", 1);
  const passed = await call(2, "repeat", 2);
  running.signals.emit("SIGHUP");
  await running.seen("reloaded");
  const later = await call(3, "repeat", 3);
  running.stdin.end();
  expect(await running.code).toBe(0);
  return { cwd, env, ids: { refused, passed, later }, log: running.texts.log };
}

interface Place {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

const explain = ({ cwd, env }: Place, ...argv: readonly string[]) =>
  run(["explain", ...argv], { cwd, env });

describe("with everything recorded", () => {
  const all = { access: "all", hooks: true };

  it("says who refused a request, and what each plugin saw", async () => {
    verifies("cli:explain");
    const made = await recorded(all);
    const { code, stdout, stderr } = await explain(made, made.ids.refused);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout.replace(/\d{4}-.*?Z/, "TIME")).toBe(`request ${made.ids.refused}
  asked for:  tools/call:environment of server small
  asked by:   ada, tenant acme
  ended:      denied: no_environment, by watcher
  when:       TIME, generation 1

cmf.tool_pre_invoke
  watcher (sequential): completed, refused it; could see the payload, request, security, security.labels, mcp, completion, provenance, llm, framework, meta, custom

What happened:
  watcher denied on cmf.tool_pre_invoke: no_environment: Not with [REDACTED] in it
`);
  });

  it("says of a plugin on trial what it would have done", async () => {
    verifies("cli:explain");
    const made = await recorded(all, { mode: "audit" });
    const of = async (id: string) => (await explain(made, id)).stdout;
    const refused = await of(made.ids.refused);
    expect(refused).toMatch(/\n {2}ended: {6}allowed\n/);
    expect(refused).toMatch(
      /\n {2}watcher \(audit\): completed; .*; was not allowed to refuse it because of its mode \(mode_denied\)\n/,
    );
    expect(await of(made.ids.passed)).toMatch(/; would have changed security\.labels\n/);
  });

  it("says why a plugin was not called", async () => {
    verifies("cli:explain");
    const made = await recorded(all, { conditions: { tools: ["environment"] } });
    const { stdout } = await explain(made, made.ids.passed);
    expect(stdout).toContain("\n  watcher (sequential): skipped: Its conditions do not match.\n");
    const { hook_runs } = (await explain(made, made.ids.refused, "--json")).document();
    expect(hook_runs[0].handlers).toMatchObject([{ status: "completed", reason: null }]);
  });

  it("explains a record that does not say why a plugin was not called", async () => {
    verifies("cli:explain");
    const made = await recorded(all, { conditions: { tools: ["environment"] } });
    const file = join(made.cwd, "audit.jsonl");
    const trail = await readFile(file, "utf8");
    await writeFile(file, trail.replaceAll(/"reason":"Its conditions do not match\.",/g, ""));
    const { stdout } = await explain(made, made.ids.passed);
    expect(stdout).toContain("\n  watcher (sequential): skipped\n");
  });

  it("says what a plugin that runs beside others may not change", async () => {
    verifies("cli:explain");
    const code = plugin.replace(/request: \{[^}]*\}/, "custom: { forged: true }");
    const made = await recorded(all, { mode: "concurrent" }, code);
    const { stdout } = await explain(made, made.ids.passed);
    expect(stdout).toMatch(
      /watcher \(concurrent\): .*; was not allowed to change custom \(mode_denied\)\n/,
    );
  });

  it("says who changed what, what was refused, and in which generation, as data", async () => {
    verifies("cli:explain");
    const made = await recorded(all);
    const passed = (await explain(made, made.ids.passed, "--json")).document();
    expect(passed).toMatchObject({
      request: made.ids.passed,
      file: join(made.cwd, "audit.jsonl"),
      warnings: [],
      end: {
        outcome: "allowed",
        code: null,
        plugin: null,
        generation: 1,
        target: "tools/call:repeat",
        server: "small",
        subject: "ada",
        tenant: "acme",
      },
      hook_runs: [
        {
          hook: "cmf.tool_pre_invoke",
          generation: 1,
          labels: ["SEEN"],
          handlers: [
            { plugin: "watcher", allowed: true, changed: ["security.labels"], refused: [] },
          ],
        },
        {
          hook: "cmf.tool_post_invoke",
          handlers: [{ changed: [], refused: [{ path: "request", code: "tier_immutable" }] }],
        },
      ],
      findings: [
        { what: "labels_added", plugin: "watcher", labels: ["SEEN"] },
        { what: "change_refused", path: "request", code: "tier_immutable" },
      ],
    });
    const later = (await explain(made, made.ids.later, "--json")).document();
    expect([later.end.generation, later.hook_runs[0].generation]).toEqual([2, 2]);
    const { stdout } = await explain(made, made.ids.passed);
    expect(stdout).toContain("watcher was not allowed to change request on cmf.tool_post_invoke");
    expect(stdout).toContain("\n  labels after it: SEEN\n");
    expect(stdout).toContain("watcher added labels on cmf.tool_pre_invoke: SEEN");
  });

  it("every record has its generation, and no record, line or answer a secret", async () => {
    const made = await recorded(all);
    const trail = await readFile(join(made.cwd, "audit.jsonl"), "utf8");
    const records = trail
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(records.filter(({ metadata }) => ![1, 2].includes(metadata.generation))).toEqual([]);
    expect(new Set(records.map(({ metadata }) => metadata.generation)).size).toBe(2);
    const answers = await Promise.all(
      Object.values(made.ids).flatMap((id) => [explain(made, id), explain(made, id, "--json")]),
    );
    const texts = [trail, made.log, ...answers.flatMap(({ stdout, stderr }) => [stdout, stderr])];
    for (const secret of Object.values(planted))
      expect(texts.filter((each) => each.includes(secret))).toEqual([]);
  });

  it("reads the file that is named, and passes over what is no record", async () => {
    verifies("cli:explain");
    const made = await recorded(all);
    const { refused } = made.ids;
    const copy = join(made.cwd, "copy.jsonl");
    await writeFile(copy, await readFile(join(made.cwd, "audit.jsonl")));
    const forged = { request: refused, result: "allowed" };
    await appendFile(copy, `{"cut off ${refused}\n${JSON.stringify({ metadata: forged })}\n[]\n`);
    const elsewhere = { cwd: await folderWith({}), env: {} };
    const { code, document } = await explain(elsewhere, refused, "--file", copy, "--json");
    expect([code, document().end.outcome]).toEqual([0, "denied"]);
  });
});

it("skips lines that are too long for a record, and says so", async () => {
  verifies("cli:explain-trail");
  const timestamp = "2027-01-01T00:00:00.000Z";
  const record = {
    eventType: "mcp.request_ended",
    targetUri: "tools/call echo",
    tenantId: "default",
    timestamp,
    metadata: { request: "r-1", result: "allowed" },
  };
  const line = JSON.stringify(record);
  const cwd = await folderWith({});
  const file = join(cwd, "audit.jsonl");
  await writeFile(file, `${line}\r\n`);
  for (let written = 0; written <= 64; written += 1)
    await appendFile(file, Buffer.alloc(2 ** 20, "x"));
  await appendFile(file, `\n${line.replace("allowed", "denied")}`);
  const explain = (id: string) => run(["explain", id, "--file", file, "--json"], { cwd });
  const { code, document } = await explain("r-1");
  expect([code, document().end.outcome]).toEqual([0, "denied"]);
  expect(document().warnings).toContainEqual(expect.stringContaining("longer than 64 MiB"));
  const unknown = await explain("r-2");
  expect([unknown.code, unknown.stderr]).toEqual([
    1,
    expect.stringContaining("longer than 64 MiB"),
  ]);
});

it("does not advise what is set, nor what another command could do", async () => {
  const audit = { file: "audit.jsonl", access: "all", hooks: true };
  const cwd = await folderWith({ "glassine.config.json": configOf(audit), "audit.jsonl": "" });
  const unknown = await explain({ cwd, env: {} }, "never");
  expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining("another gateway")]);
  expect(unknown.stderr).not.toContain("audit.access");
  const empty = await folderWith({});
  for (const argv of [
    ["explain", "x"],
    ["gateway", "reload"],
    ["gateway", "pin"],
  ]) {
    const { code, stderr } = await run(argv, { cwd: empty });
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining("name the gateway's configuration file"),
    ]);
  }
  expect((await run(["gateway"], { cwd: empty })).stderr).toContain("after --");
});

describe("with less", () => {
  it("says which key to set", async () => {
    verifies("cli:explain");
    const made = await recorded({});
    const refused = await explain(made, made.ids.refused);
    expect(refused.code).toBe(0);
    expect(refused.stdout).toContain("denied: no_environment, by watcher");
    expect(refused.stderr).toContain("set `audit.hooks` to true");
    const passed = await explain(made, made.ids.passed);
    expect(passed.stderr).toContain('`audit.access` is not "all"');
    const unknown = await explain(made, "never", "--json");
    expect([unknown.code, codeOf(unknown.document())]).toEqual([1, "request_unknown"]);
    expect(unknown.stderr).toContain('`audit.access: "all"`');
    expect(unknown.stderr).toContain("name an older file with --file");
  });

  it("takes no records from the reader of a trail that is a pipe", async () => {
    verifies("cli:explain-trail");
    const cwd = await folderWith({ "glassine.config.json": configOf({}) });
    const pipe = join(cwd, "audit.jsonl");
    execFileSync("mkfifo", [pipe]);
    const { code, stderr } = await explain({ cwd, env: { TOKEN: "" } }, "id");
    expect([code, stderr]).toEqual([2, expect.stringContaining(`${pipe} is a pipe or a device`)]);
  });

  it("refuses a configuration without a trail, and a file that is not there", async () => {
    verifies("cli:explain", "cli:explain-trail");
    const { audit: _, ...config } = configOf({});
    const cwd = await folderWith({ "glassine.config.json": config });
    const none = await explain({ cwd, env: { TOKEN: "" } }, "id");
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining("set `audit.file`")]);
    const missing = await explain({ cwd, env: { TOKEN: "" } }, "id", "--file", "no.jsonl");
    expect([missing.code, missing.stderr]).toEqual([
      2,
      expect.stringContaining(
        `no audit trail ${join(cwd, "no.jsonl")}: name another file with --file`,
      ),
    ]);
    expect(missing.stderr).not.toContain("ENOENT");
    const folder = await explain({ cwd, env: { TOKEN: "" } }, "id", "--file", ".");
    expect([folder.code, folder.stderr]).toEqual([2, expect.stringContaining("the audit trail: ")]);
    const other = await explain(
      { cwd, env: { TOKEN: "" } },
      "id",
      "--file",
      "glassine.config.json",
    );
    expect([other.code, other.stderr]).toEqual([
      2,
      expect.stringContaining("is not an audit trail"),
    ]);
    await writeFile(join(cwd, "empty.jsonl"), "");
    const empty = await explain({ cwd, env: { TOKEN: "" } }, "id", "--file", "empty.jsonl");
    expect([empty.code, empty.stderr]).toEqual([
      1,
      expect.stringContaining("has no record of request id"),
    ]);
  });
});
