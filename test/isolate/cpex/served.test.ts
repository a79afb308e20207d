// A process of its own: it starts processes.
// Only in test:all: it starts processes many times.
/** A plugin of this library in a CPEX host: a simulated one, and a real one if Python is there. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { installFixturePackage } from "glassine/testing";
import { describe, expect, it } from "vitest";
import { trust, unsigned } from "../../discovery/support.ts";
import { afterTest } from "../../support/cleanup.ts";
import { folderWith } from "../../support/folder.ts";
import { verifies } from "../../support/verifies.ts";
import { hasCpex, python } from "./support/real-venv.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const main = here("../../../dist/gateway/command/main.js");
const plugin = here("../fixtures/served.mjs");

type Said = Readonly<Record<string, unknown>>;

/** Starts the command, as a host would. */
function play(words: readonly string[] = ["--path", plugin], cwd = process.cwd(), more = {}) {
  const env = { ...process.env, ...more };
  const child = spawn(process.execPath, [main, "serve-plugin", ...words], { cwd, env });
  afterTest(() => child.kill("SIGKILL"));
  const ended = once(child, "close");
  let errors = "";
  child.stderr.on("data", (piece) => {
    errors += piece;
  });
  const said: Said[] = [];
  const waiting = new Map<unknown, (answer: Said) => void>();
  createInterface({ input: child.stdout }).on("line", (line) => {
    const answer = JSON.parse(line) as Said;
    said.push(answer);
    waiting.get(answer.request_id)?.(answer);
  });
  // Requests that still wait fail, instead of hanging.
  child.on("close", () => {
    for (const answer of waiting.values()) answer({ ended: errors });
  });
  let last = 0;
  const write = (line: string) => child.stdin.write(`${line}\n`);
  const ask = (task: object) => {
    last += 1;
    const request_id = `t${last}`;
    write(JSON.stringify({ ...task, request_id }));
    return new Promise<Said>((resolve) => waiting.set(request_id, resolve));
  };
  const call = (name: string, more: object = {}, settings: object = { capabilities: [] }) =>
    ask({
      task_type: "load_and_run_hook",
      hook_type: "tool_pre_invoke",
      plugin_dirs: [],
      class_name: "",
      config: JSON.stringify({ name: "served", ...settings }),
      payload: { name, args: {}, headers: null },
      context: { state: {}, metadata: {}, global_context: { request_id: "r", tenant_id: null } },
      extensions: null,
      ...more,
    });
  return { child, said, ask, call, write, ended, errors: () => errors };
}

const extensions = {
  request: null,
  security: { labels: ["PII"], subject: { id: "ada", type: "user" }, objects: {}, data: {} },
  http: { headers: { Authorization: "Bearer demo", "X-A": "1" } },
};

describe("a host of CPEX", { timeout: 60_000 }, () => {
  it("gets from a served plugin what the worker of CPEX says", async () => {
    verifies("cpex:served");
    const { ask, call, child, ended, errors, said } = play();
    expect(await ask({ task_type: "capabilities" })).toEqual({
      status: "success",
      protocol_version: 1,
      request_id: "t1",
      cpex_version: null,
      features: ["extensions", "modified_extensions"],
    });
    const config = JSON.stringify({ capabilities: [], config: { by: "host" } });
    const { hooks } = await ask({ task_type: "capabilities", config });
    expect(hooks).toContain("tool_pre_invoke");
    expect(hooks).toContain("cmf.tool_post_invoke");
    expect(hooks).not.toContain("cmf.tool_pre_invoke");
    expect(await call("deny")).toMatchObject({
      continue_processing: false,
      violation: { code: "not_here", reason: "No.", details: { a: 1 } },
    });
    const granted = { capabilities: ["append_labels", "write_headers", "read_agent"] };
    expect(await call("label", { extensions }, granted)).toMatchObject({
      continue_processing: true,
      modified_extensions: { security: { labels: ["PII", "SEEN"] } },
    });
    const { modified_extensions } = await call("header", { extensions }, granted);
    expect(modified_extensions).toMatchObject({ http: { headers: { "X-A": "1", "X-Seen": "1" } } });
    expect(JSON.stringify(modified_extensions)).not.toContain("ada");
    const message = {
      payload: { message: { role: "assistant", content: [] }, hook: "llm_output" },
      hook_type: "cmf.llm_output",
    };
    expect(await call("", message)).toMatchObject({ violation: { code: "no_messages" } });
    const shutdown = await ask({ task_type: "shutdown" });
    expect(shutdown).toMatchObject({ status: "success" });
    await ended;
    expect(child.exitCode).toBe(0);
    expect(errors()).toContain("printed");
    expect(said.every(({ request_id }) => typeof request_id === "string")).toBe(true);
  });

  it("shows it what both name, and has its configuration read", async () => {
    const { call } = play();
    const settings = {
      capabilities: ["read_subject", "read_headers", "read_labels", "read_everything"],
      config: { by: "host" },
    };
    expect(await call("show", { extensions }, settings)).toMatchObject({
      modified_payload: { args: { by: "host", subject: "ada", headers: ["X-A"] } },
    });
    expect(await call("show", { extensions })).toMatchObject({
      modified_payload: { args: { by: "nobody", subject: null, headers: [] } },
    });
    const wrong = await call("show", {}, { capabilities: [], config: { by: 1 } });
    expect(wrong).toMatchObject({ status: "error", request_id: "t3" });
    expect(wrong.message).toContain("by must be text");
  });

  it("keeps the state of a request while its configuration is the same", async () => {
    const { call } = play();
    const counts = [];
    const other = { context: { global_context: { request_id: "other" } } };
    for (const more of [{}, {}, other]) counts.push((await call("count", more)).modified_payload);
    expect(counts).toMatchObject([
      { args: { count: 1 } },
      { args: { count: 2 } },
      { args: { count: 1 } },
    ]);
  });

  it("gets an error for each failure, and for a line that is no task", async () => {
    const { call, ask, said, write, errors, child, ended } = play();
    for (const line of ["garbage", "[]", "null", "7", '{"task_type":1}', "", "{}"]) write(line);
    expect(await call("throw")).toMatchObject({ status: "error" });
    const forged = await call(
      "forge",
      { extensions },
      { capabilities: ["append_labels", "read_subject"] },
    );
    expect(forged.modified_extensions).toBeUndefined();
    expect(errors()).toContain("security.");
    const failures = [
      await ask({ task_type: "info" }),
      await ask({ task_type: "load_and_run_hook" }),
      await call("a", { hook_type: "identity_resolve" }),
      await call("a", { hook_type: "toString" }),
      await call("a", { payload: null }),
      await call("a", { payload: { args: {} } }),
      await call("a", { config: "{" }),
      await call("a", { context: {} }),
      await call("a", { extensions: { security: 7 } }),
    ];
    for (const each of failures) expect(each).toMatchObject({ status: "error" });
    expect(said.filter(({ request_id }) => request_id === "unknown")).toHaveLength(6);
    const slow = call("slow");
    child.stdin.end();
    expect(await slow).toMatchObject({ continue_processing: true });
    await ended;
    expect(child.exitCode).toBe(0);
  });

  it("gets the end of the process for a line that is too long, after what it asked before", async () => {
    const { call, ask, errors, child, ended } = play();
    // The process ends before it has read all of the line.
    child.stdin.on("error", () => {});
    const slow = call("slow");
    const long = ask({ task_type: "capabilities", more: "x".repeat(2 ** 26) });
    expect(await slow).toMatchObject({ continue_processing: true });
    expect(await long).toHaveProperty("ended");
    await ended;
    expect(child.exitCode).toBe(2);
    expect(errors()).toContain("a line of more than 33,554,432 characters");
  });

  it("gets no plugin that nobody trusts, and none by its path in production", async () => {
    verifies("audit:production");
    const modes = ["--plugin-mode", "production"];
    const byPath = play(["--path", plugin, ...modes]);
    await byPath.ended;
    expect([byPath.child.exitCode, byPath.said]).toEqual([2, []]);
    expect(byPath.errors()).toContain("production does not load plugins by path");
    const fixture = await installFixturePackage({
      name: "guard",
      version: "1.0.0",
      glassine: { plugin: "./plugin.js" },
      files: {
        "plugin.js":
          'import { definePlugin } from "glassine"; export default () => definePlugin({ name: "guard", version: "1.0.0", hooks: { evaluate: () => undefined } });',
      },
    });
    afterTest(() => fixture.remove());
    const unlocked = play(["guard", "--root", fixture.root, ...modes]);
    await unlocked.ended;
    expect([unlocked.child.exitCode, unlocked.said]).toEqual([2, []]);
    expect(unlocked.errors()).toContain("plugins.lock");
    const noSignature = play(["guard", "--root", fixture.root]);
    await noSignature.ended;
    expect(noSignature.child.exitCode).toBe(2);
    expect(noSignature.errors()).toContain("unsigned");
    await trust(fixture.root, join(fixture.root, "node_modules/guard"), "guard");
    const trusted = play(["guard", "--root", fixture.root, ...modes], process.cwd(), unsigned);
    await trusted.call("a", {}, { name: "guard", capabilities: [] });
    trusted.child.stdin.end();
    await trusted.ended;
    expect(trusted.errors()).toContain('"eventType":"plugin.registered"');
    for (const words of [[], ["guard", "--path", plugin]]) {
      const neither = play(words);
      await neither.ended;
      expect(neither.child.exitCode).toBe(2);
    }
  });

  it("gets an isolated plugin anew with each configuration", async () => {
    const fixture = await installFixturePackage({
      name: "guard",
      version: "1.0.0",
      glassine: { plugin: "./plugin.js" },
      files: {
        "plugin.js": `import { definePlugin, deny } from "glassine";
          const safeParse = (value) => typeof value.word !== "string"
            ? { success: false, error: { issues: [{ path: ["word"], message: "must be text" }] } }
            : { success: true, data: value };
          export default () => definePlugin({ name: "guard", version: "1.0.0",
            configSchema: { safeParse },
            hooks: { tool_pre_invoke: (_, { config }) =>
              console.log("asked for", config.word) ??
              deny({ code: "far", reason: String(config.word) }) } });`,
      },
    });
    afterTest(() => fixture.remove());
    const accept = ["memory", "network", "signals"];
    await trust(fixture.root, join(fixture.root, "node_modules", "guard"), "guard", {
      isolate: "process",
      accept,
    });
    const { call, ask, ended, child, errors } = play(
      ["guard", "--root", fixture.root],
      fixture.root,
      unsigned,
    );
    const reason = async (config?: object) => {
      const answer = await call("a", {}, { capabilities: [], config });
      return (answer.violation as { reason?: string } | undefined)?.reason ?? answer.message;
    };
    expect(await reason({ word: "one" })).toBe("one");
    expect(await reason({ word: "two" })).toBe("two");
    expect(await reason({ word: "two" })).toBe("two");
    expect(await reason({ word: 3 })).toContain("word: must be text");
    expect(await reason()).toContain("word: must be text");
    const file = join(fixture.root, "options.json");
    await writeFile(file, '{"word":"one"}');
    const checking = ["guard", "--root", fixture.root, "--check"];
    const checked = (more: readonly string[]) =>
      promisify(execFile)(process.execPath, [main, "serve-plugin", ...checking, ...more], {
        env: { ...process.env, ...unsigned },
      });
    await expect(checked([])).rejects.toMatchObject({ code: 2 });
    expect((await checked(["--options", file])).stdout).toContain("hooks: [tool_pre_invoke]");
    await ask({ task_type: "shutdown" });
    await ended;
    expect(child.exitCode).toBe(0);
    expect(errors()).toContain("asked for one\n");
  });

  it("can say what to configure", async () => {
    const run = promisify(execFile);
    const words = [main, "serve-plugin", "--path", plugin, "--check", "--json"];
    const { stdout } = await run(process.execPath, words);
    expect(JSON.parse(stdout)).toMatchObject({
      name: "served",
      version: "1.0.0",
      mode: "dev",
      without: ["read_client"],
      capabilities: ["append_labels", "read_subject", "write_headers"],
    });
  });
});

describe.skipIf(!hasCpex)("the real manager of CPEX", { timeout: 60_000 }, () => {
  interface Entry {
    readonly capabilities?: readonly string[];
    readonly hooks?: readonly string[];
    readonly command?: readonly string[];
    readonly own?: object;
    readonly onError?: string;
  }

  /** Runs calls in a host of its own. */
  async function host(entry: Entry, calls: readonly object[], policies: object = {}) {
    const { capabilities = [], hooks = ["tool_pre_invoke"], own = {}, onError = "fail" } = entry;
    const folder = await folderWith();
    const command = entry.command ?? [process.execPath, main, "serve-plugin", "--path", plugin];
    const config = join(folder, "config.yaml");
    const kind = "glassine_plugin.GlassinePlugin";
    const listed = { name: "served", kind, hooks, capabilities, on_error: onError };
    await writeFile(
      config,
      // JSON is also YAML.
      JSON.stringify({
        plugins: [{ ...listed, config: { command, config: own } }],
        plugin_dirs: [],
      }),
    );
    const given = JSON.stringify({
      config,
      policies,
      calls: calls.map((call) => ({ hook: "tool_pre_invoke", ...call })),
    });
    const { stdout } = await promisify(execFile)(python, [here("support/host.py"), given], {
      cwd: folder,
      env: {
        ...process.env,
        PYTHONPATH: here("../../../examples/cpex-host"),
        PLUGINS_FAIL_ON_PLUGIN_ERROR: "true",
      },
    });
    return JSON.parse(stdout) as { readonly refused?: string; readonly results: readonly Said[] };
  }

  const named = (name: string, more: object = {}) => ({
    payload: { name, args: { a: null } },
    ...more,
  });

  it("runs a plugin that denies, changes and labels", async () => {
    verifies("cpex:served");
    const capabilities = ["append_labels", "write_headers", "read_subject"];
    const { results } = await host({ capabilities, own: { by: "cpex" } }, [
      named("deny"),
      named("show", { extensions }),
      named("label", { extensions }),
      named("header", { extensions }),
      named("count"),
      named("count"),
      named("slow"),
    ]);
    const [denied, shown, labelled, header, , counted, slow] = results;
    expect(denied).toMatchObject({
      continue_processing: false,
      violation: { code: "not_here", reason: "No.", details: { a: 1 } },
    });
    expect(shown).toMatchObject({
      continue_processing: true,
      modified_payload: { args: { by: "cpex", subject: "ada", headers: ["X-A"] } },
    });
    // A Python set has no order.
    expect(labelled).toMatchObject({
      modified_extensions: { security: { labels: expect.arrayContaining(["PII", "SEEN"]) } },
    });
    expect(header?.modified_extensions).toMatchObject({
      http: { headers: { Authorization: "Bearer demo", "X-A": "1", "X-Seen": "1" } },
    });
    expect(counted).toMatchObject({ modified_payload: { args: { count: 2 } } });
    expect(slow).toMatchObject({ continue_processing: true });
  });

  it("runs it on messages, too", async () => {
    const hook = "cmf.llm_output";
    const payload = { message: { role: "assistant", content: [] }, hook: "llm_output" };
    const { results } = await host({ hooks: [hook] }, [{ hook, payload }]);
    expect(results).toMatchObject([{ violation: { code: "no_messages" } }]);
  });

  it("refuses what it does not allow", async () => {
    const policies = { tool_pre_invoke: ["name"] };
    const { results } = await host({}, [named("show"), named("forge", { extensions })], policies);
    const [payload, forged] = results;
    expect(payload).toMatchObject({
      executions: [{ requested_allow: true, payload_modified: false }],
    });
    expect(JSON.stringify(payload)).not.toContain("nobody");
    expect(forged).toMatchObject({ continue_processing: true });
    expect(forged?.modified_extensions).toBeUndefined();
    // A plugin whose own side does not restrict it.
    const command = [process.execPath, here("../fixtures/forger.mjs")];
    const forging = await host({ command }, [named("label", { extensions })]);
    expect(forging.results[0]?.modified_extensions).toBeUndefined();
    const shrinking = await host({ command, capabilities: ["append_labels"] }, [
      named("label", { extensions }),
    ]);
    expect(shrinking.results[0]?.failed).toContain("monotonic");
    const writing = await host({ command, capabilities: ["write_headers"] }, [
      named("header", { extensions }),
    ]);
    expect(writing.results[0]?.modified_extensions).toMatchObject({
      http: { headers: { Authorization: "Bearer demo" } },
    });
    expect(JSON.stringify(writing)).not.toMatch(/forged|root/);
  });

  it("treats its failures by its own policy, and gets it back when it dies", async () => {
    const calls = [named("throw"), named("exit"), named("deny")];
    const { results } = await host({}, calls);
    expect(results[0]?.failed).toContain("handler_error");
    expect(results[1]?.failed).toContain("has ended");
    expect(results[2]).toMatchObject({ violation: { code: "not_here" } });
    const ignoring = await host({ onError: "ignore" }, calls);
    expect(ignoring.results.map(({ continue_processing: goes }) => goes)).toEqual([
      true,
      true,
      false,
    ]);
  });

  it("does not start with a plugin that cannot be what it is to be", async () => {
    const wrong = await host({ own: { by: 1 } }, []);
    expect(wrong.refused).toContain("by must be text");
    const hooks = ["tool_pre_invoke", "agent_pre_invoke"];
    expect((await host({ hooks }, [])).refused).toContain("no handler for agent_pre_invoke");
    const command = [process.execPath, main, "serve-plugin", "nobody-has-this"];
    expect((await host({ command }, [])).refused).toContain("has ended");
  });
});
