/** The gateway in a program of your own: what it accepts, what it refuses, and its defaults. */
import process from "node:process";
import { createPluginManager, definePlugin, isGlassineError } from "glassine";
import { createGateway, createMetrics, type GatewayOptions } from "glassine/gateway";
import { expect, it, vi } from "vitest";
import { afterTest } from "../support/cleanup.ts";
import { sessionOf } from "./run/support/caller.ts";
import { fakeServer } from "./run/support/fake-server.ts";

const quiet = { info() {}, warn() {}, error() {} };
const watcher = definePlugin({
  name: "watcher",
  version: "1.0.0",
  hooks: { "cmf.tool_pre_invoke": () => undefined },
});
const nowhere = { none: { url: "http://127.0.0.1:1/mcp" } };

async function gatewayOf(options: Partial<GatewayOptions> & Pick<GatewayOptions, "config">) {
  const manager = await createPluginManager({ plugins: [] });
  afterTest(() => manager.close());
  const gateway = await createGateway({ manager, log: quiet, ...options });
  afterTest(() => gateway.close());
  return { gateway, url: new URL(`http://127.0.0.1:${gateway.address?.port}/mcp`) };
}

/** The code and the paths for which a start is refused. */
async function refusal(config: unknown): Promise<[code: string, places: readonly string[]]> {
  const failure: unknown = await gatewayOf({ config } as never).catch((error: unknown) => error);
  if (!isGlassineError(failure)) throw failure;
  const { configProblems = [] } = failure.data as {
    readonly configProblems?: readonly { readonly path: string }[];
  };
  return [failure.code, configProblems.map(({ path }) => path)];
}

it("serves with a configuration that says nothing but a server, and fills in the rest", async () => {
  const server = await fakeServer((came) => came.answer("fine"));
  afterTest(server.close);
  const config = { listen: { port: 0 }, servers: { fake: { url: server.url } } };
  const { gateway, url } = await gatewayOf({ config });
  const { messages } = await (await sessionOf(url)).call(1);
  expect(messages).toMatchObject([{ id: 1, result: {} }]);
  expect(gateway.counts()).toMatchObject({ allowed: expect.any(Number), denied: 0, open: 0 });
});

it("says that a number is not finite", async () => {
  const config = { servers: { none: { ...nowhere.none, timeoutMs: Number.POSITIVE_INFINITY } } };
  await expect(gatewayOf({ config })).rejects.toThrow(
    "servers.none.timeoutMs: expected a number, got a number that is not finite.",
  );
});

it("counts in the metrics that it gets, with an admin port or without", async () => {
  for (const more of [{}, { admin: { port: 0 } }]) {
    const metrics = createMetrics();
    const config = { listen: { port: 0 }, servers: nowhere, ...more };
    const { url } = await gatewayOf({ config, metrics });
    await fetch(url, { method: "POST", headers: { origin: "http://evil.test" } });
    expect(metrics.text({} as never)).toContain('refusals_total{code="origin_refused"} 1\n');
  }
});

it("closes once, and every call of close waits until it is done", async () => {
  const said: string[] = [];
  const log = { ...quiet, info: (event: string) => void said.push(event) };
  const { gateway } = await gatewayOf({ config: { listen: { port: 0 }, servers: nowhere }, log });
  void gateway.close();
  await gateway.close();
  expect(said.filter((event) => event === "stopped")).toHaveLength(1);
});

it("reads secrets from the environment unless the program does", async () => {
  const server = await fakeServer((came) => came.answer("fine"));
  afterTest(server.close);
  vi.stubEnv("GLASSINE_TEST_TOKEN", "of the environment");
  afterTest(() => vi.unstubAllEnvs());
  const headers = { "x-token": { env: "GLASSINE_TEST_TOKEN" }, "x-plain": "of the configuration" };
  const config = { listen: { port: 0 }, servers: { fake: { url: server.url, headers } } };
  for (const [options, expected] of [
    [{}, "of the environment"],
    [{ secrets: () => "of the program" }, "of the program"],
  ] as const) {
    const { url } = await gatewayOf({ config, ...options });
    await (await sessionOf(url)).call(1);
    expect(server.came.at(-1)?.request.headers).toMatchObject({
      "x-token": expected,
      "x-plain": "of the configuration",
    });
  }
});

it("refuses secrets that are not text", async () => {
  const store = { redis: { env: "TOKEN" } };
  const config = { listen: { port: 0 }, servers: nowhere, labels: { store } };
  const late = async () => "late";
  await expect(gatewayOf({ config, secrets: late as never })).rejects.toMatchObject({
    code: "secret_missing",
    message:
      'labels.store.redis: secrets, an option of createGateway, must return a string: it returned a promise for {"env":"TOKEN"}',
  });
  await expect(gatewayOf({ config, secrets: "a secret" as never })).rejects.toThrow(
    "createGateway expects secrets to be a function, got a string.",
  );
});

it("writes a line of JSON for each event on standard error unless the program has a log", async () => {
  const lines: string[] = [];
  const write = vi.spyOn(process.stderr, "write").mockImplementation((line) => {
    lines.push(String(line));
    return true;
  });
  afterTest(() => write.mockRestore());
  await gatewayOf({ config: { listen: { port: 0 }, servers: nowhere }, log: undefined } as never);
  expect(lines.map((line) => JSON.parse(line))).toContainEqual(
    expect.objectContaining({ level: "info", event: "ready", generation: 1 }),
  );
});

it("does not end the program if nobody reads standard error any more", async () => {
  const write = vi.spyOn(process.stderr, "write").mockImplementation(() => true);
  afterTest(() => write.mockRestore());
  const config = { listen: { port: 0 }, servers: nowhere };
  for (let i = 0; i < 12; i++) await gatewayOf({ config, log: undefined } as never);
  expect(() => process.stderr.emit("error", new Error("write EPIPE"))).not.toThrow();
  expect(process.stderr.listenerCount("error")).toBeLessThan(10);
});

it("counts the lines that standard error lost on over a reload", async () => {
  const lines: string[] = [];
  const fails = (line: unknown, done: (error: Error) => void) => {
    lines.push(String(line));
    done(new Error("The disk is full."));
    return true;
  };
  const write = vi.spyOn(process.stderr, "write").mockImplementation(fails as never);
  afterTest(() => write.mockRestore());
  const config = { listen: { port: 0 }, admin: { port: 0 }, servers: nowhere };
  const { gateway } = await gatewayOf({ config, log: undefined } as never);
  const { admin } = JSON.parse(lines.at(-1) ?? "");
  const manager = await createPluginManager({ plugins: [] });
  afterTest(() => manager.close());
  await gateway.reload({ manager, config });
  expect(lines.at(-1)).toContain("reloaded");
  const text = await (await fetch(`http://127.0.0.1:${admin.port}/metrics`)).text();
  expect(text).toContain(`log_lines_lost_total ${lines.length}\n`);
});

it("refuses what only the command reads in the configuration: plugins would not run", async () => {
  const listen = { port: 0 };
  const config = { listen, servers: nowhere, plugins: [{ use: "secret-scanner" }] };
  expect(await refusal(config)).toEqual(["config_invalid", ["plugins"]]);
  const others = { mode: "production", audit: { file: "audit.jsonl" } };
  expect(await refusal({ ...config, ...others })).toEqual([
    "config_invalid",
    ["plugins", "mode", "audit"],
  ]);
  const { gateway } = await gatewayOf({ config: { listen, servers: nowhere } });
  const manager = await createPluginManager({ plugins: [] });
  afterTest(() => manager.close());
  await expect(gateway.reload({ manager, config } as never)).rejects.toMatchObject({
    code: "config_invalid",
  });
  expect(gateway.generation).toBe(1);
});

it("checks the configuration as that of a file", async () => {
  const listen = { port: 0 };
  for (const [config, places] of [
    [undefined, ["(root)"]],
    [{ listen }, ["servers"]],
    [{ listen, servers: { fake: { uri: "http://127.0.0.1:1/mcp" } } }, ["servers.fake"]],
    [{ listen, server: nowhere }, ["server"]],
    [{ listen: { port: 0, host: "0.0.0.0" }, servers: nowhere }, ["identity"]],
  ] as const) {
    const [code, paths] = await refusal(config);
    expect(code).toBe("config_invalid");
    expect(paths).toEqual(expect.arrayContaining([...places]));
  }
  const identity = { trustedHeaders: { from: ["10.0.0.0/33"], subject: "x-user" } };
  await expect(gatewayOf({ config: { listen, servers: nowhere, identity } })).rejects.toMatchObject(
    {
      message: expect.stringMatching(/^`config` is not a valid configuration\. identity\.trusted/),
    },
  );
});

it("refuses an option that it does not have, and says which it may be", async () => {
  const config = { listen: { port: 0 }, servers: nowhere };
  await expect(gatewayOf({ config, onUnsed: () => {} } as never)).rejects.toMatchObject({
    code: "options_invalid",
    message: expect.stringContaining("onUnused"),
  });
});

it.each<[object, string]>([
  [{ log: null }, "log to be an object with info, warn, error, got null."],
  [{ log: "stderr" }, "log to be an object with info, warn, error, got string."],
  [{ log: { info: () => {} } }, "log to be an object with info, warn, error, got object."],
  [
    { metrics: createMetrics().plugins },
    "metrics to be an object with requestEnded, text, got object.",
  ],
  [{ stdio: true }, "stdio.stdin to be an object with on, got undefined."],
  [
    { stdio: { stdin: process.stdin } },
    "stdio.stdout to be an object with on, write, got undefined",
  ],
])("refuses %o", async (parts, text) => {
  const config = { listen: { port: 0 }, servers: nowhere };
  await expect(gatewayOf({ config, ...parts } as never)).rejects.toMatchObject({
    code: "options_invalid",
    message: expect.stringContaining(`createGateway expects ${text}`),
  });
});

it("refuses a manager without strictDelegation if a plugin may append to chains", async () => {
  const appender = definePlugin({
    name: "appender",
    version: "1.0.0",
    capabilities: ["append_delegation"],
    hooks: { "cmf.tool_pre_invoke": (_message, _context, _extensions) => undefined },
  });
  const config = { listen: { port: 0 }, servers: nowhere };
  const { gateway } = await gatewayOf({ config });
  for (const [options, isRefused] of [
    [{ plugins: [appender] }, true],
    [{ plugins: [appender], strictDelegation: true }, false],
    [{ plugins: [{ plugin: appender, grant: [] }] }, false],
  ] as const) {
    const manager = await createPluginManager(options);
    afterTest(() => manager.close());
    for (const use of [
      () => gatewayOf({ config, manager }),
      () => gateway.reload({ config, manager }),
    ]) {
      if (!isRefused) await use();
      else
        await expect(use()).rejects.toMatchObject({
          code: "options_invalid",
          message: expect.stringContaining("strictDelegation: true, because plugin appender may"),
        });
    }
  }
});

it("logs which plugin is always skipped, at the start and with a reload", async () => {
  const lines: [event: string, fields: object | undefined][] = [];
  const log = { ...quiet, warn: (...line: (typeof lines)[number]) => void lines.push(line) };
  const manager = await createPluginManager({
    plugins: [{ plugin: watcher, conditions: { servers: ["other"] } }],
  });
  afterTest(() => manager.close());
  const config = { listen: { port: 0 }, servers: nowhere };
  const { gateway } = await gatewayOf({ config, manager, log });
  await gateway.reload({ config, manager, log });
  const skipped = (generation: number) => [
    "plugin_skipped",
    {
      plugin: "watcher",
      text: expect.stringContaining('only "none" is configured: it is always skipped'),
      generation,
    },
  ];
  expect(lines).toEqual([skipped(1), skipped(2)]);
});

it("logs which server it trusts at first sight, at the start and with a reload", async () => {
  const texts: unknown[] = [];
  const warn = (event: string, fields?: object) => void texts.push({ event, ...fields });
  const log = { ...quiet, warn };
  const none = { ...nowhere.none, definitions: "refuse" } as const;
  const config = { listen: { port: 0 }, servers: { none }, definitionsFile: "no-such-file.json" };
  const { gateway } = await gatewayOf({ config, log });
  const manager = await createPluginManager({ plugins: [] });
  afterTest(() => manager.close());
  await gateway.reload({ config, manager, log });
  const text = expect.stringContaining('servers.none.definitions is "refuse"');
  expect(texts).toEqual([1, 2].map((generation) => ({ event: "pins", text, generation })));
});

it("takes a log that is itself a function", async () => {
  const said: unknown[] = [];
  const say = (...words: unknown[]) => said.push(...words);
  const log = Object.assign(() => {}, { info: say, warn: say, error: say });
  await gatewayOf({ config: { listen: { port: 0 }, servers: nowhere }, log });
  expect(said).toContain("ready");
});

it("records in the audit trail of the manager what it is asked to, and nothing else", async () => {
  const server = await fakeServer((came) => came.answer("fine"));
  afterTest(server.close);
  const config = { listen: { port: 0 }, servers: { fake: { url: server.url } } };
  for (const [audit, expected] of [
    [undefined, []],
    [{ hooks: true }, ["gateway.hook_ran"]],
    [{ access: "all" }, ["mcp.request_ended"]],
  ] as const) {
    const types = new Set<string>();
    const manager = await createPluginManager({
      plugins: [watcher],
      audit: { sink: ({ eventType }) => void types.add(eventType) },
    });
    afterTest(() => manager.close());
    const { url } = await gatewayOf({ config, manager, ...(audit && { audit }) });
    await (await sessionOf(url)).call(1);
    types.delete("plugin.registered");
    await expect.poll(() => [...types]).toEqual(expected);
  }
});

it.each([
  [{ strickt: true }, 'audit, an option of createGateway, has no option "strickt".'],
  [{ strict: "true" }, 'The option "strict" expects a boolean, got string.'],
  [{ hooks: 1 }, 'The option "hooks" expects a boolean, got number.'],
  [true, "audit, an option of createGateway, expects its options in an object, got boolean."],
])("refuses %o as what it writes to the audit trail", async (audit, text) => {
  const config = { listen: { port: 0 }, servers: nowhere };
  const manager = await createPluginManager({ plugins: [], audit: { sink() {} } });
  afterTest(() => manager.close());
  await expect(gatewayOf({ config, manager, audit: audit as never })).rejects.toThrow(text);
});

it("refuses to record requests with a manager that keeps no records", async () => {
  const config = { listen: { port: 0 }, servers: nowhere };
  const { gateway } = await gatewayOf({ config });
  const manager = await createPluginManager({ plugins: [] });
  afterTest(() => manager.close());
  for (const audit of [{}, { strict: true }, { access: "all" }] as const)
    for (const use of [
      () => gatewayOf({ config, manager, audit }),
      () => gateway.reload({ config, manager, audit }),
    ])
      await expect(use()).rejects.toMatchObject({
        code: "options_invalid",
        message: expect.stringContaining("nothing that keeps records"),
      });
});

it("refuses a reload once it is closed, or while it is being closed", async () => {
  const manager = await createPluginManager({ plugins: [] });
  afterTest(() => manager.close());
  const options = { manager, config: { listen: { port: 0 }, servers: nowhere }, log: quiet };
  const gateway = await createGateway(options);
  const reloading = gateway.reload(options);
  reloading.catch(() => {});
  const closing = gateway.close();
  await expect(reloading).rejects.toMatchObject({ code: "manager_closed" });
  await closing;
  await expect(gateway.reload(options)).rejects.toMatchObject({ code: "manager_closed" });
  expect(gateway.generation).toBe(1);
});

it("goes on if the program's log or what it calls after a reload fails", async () => {
  const server = await fakeServer((came) => came.answer("fine"));
  afterTest(server.close);
  let calls = 0;
  const fails = () => {
    calls += 1;
    throw new Error("of the program");
  };
  const log = { info: fails, warn: fails, error: async () => fails() };
  const config = { listen: { port: 0 }, servers: { fake: { url: server.url } } };
  const { gateway, url } = await gatewayOf({ config, log, onUnused: async () => fails() });
  const manager = await createPluginManager({ plugins: [] });
  afterTest(() => manager.close());
  await gateway.reload({ manager, config, log, onUnused: fails });
  await gateway.reload({ manager, config, log });
  const { messages } = await (await sessionOf(url)).call(1);
  expect(messages).toMatchObject([{ id: 1, result: {} }]);
  await gateway.close();
  // Two ends of use, and at least the lines of a start, two reloads and an end.
  expect(calls).toBeGreaterThan(5);
});
