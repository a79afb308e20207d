/** A configuration is visible only to its plugin: not to others, and not in reports about it. */
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { type AuditEvent, health } from "../../src/audit.ts";
import { defineHooks, defineHost } from "../../src/host.ts";
import { allow, deny, type PluginContext } from "../../src/index.ts";
import { verifies } from "../support/verifies.ts";

const facts = z.looseObject({});
const host = defineHost({
  hooks: defineHooks({
    config_validate: { semantic: "voting", description: "A plugin comes.", payload: facts },
    audit_emit: { semantic: "fire_and_forget", description: "An event.", payload: facts },
    vote: { semantic: "voting", description: "May it be?", payload: facts },
    value: { semantic: "filter_chain", description: "A value.", payload: z.string() },
    scores: { semantic: "score_delta", description: "Scores.", payload: z.array(facts) },
    happened: { semantic: "fire_and_forget", description: "It was.", payload: facts },
  }),
});

type Config = Readonly<Record<string, unknown>>;
const keyOf = ({ config }: PluginContext) => (config as Config).key;
/** Returns `key` in several forms in which a plugin may leak it. */
const quoted = (key: unknown) =>
  [key, String(key).toUpperCase(), JSON.stringify(key), encodeURIComponent(String(key))].join(
    " / ",
  );

/** Returns a plugin that leaks its configuration wherever it can. */
function talker() {
  const fail = (_: unknown, context: PluginContext): never => {
    throw new TypeError(`cannot use ${quoted(keyOf(context))}`);
  };
  return host.definePlugin({
    name: "talker",
    version: "1.0.0",
    hooks: {
      vote: (_: unknown, context: PluginContext) => deny(`not with ${quoted(keyOf(context))}`),
      value: fail,
      scores: (_: unknown, context: PluginContext) => ({ [quoted(keyOf(context))]: "x" }),
      happened: fail,
      evaluate: { handler: fail, onError: "ignore" },
    },
    healthCheck: (context: PluginContext) => health("degraded", `with ${quoted(keyOf(context))}`),
  } as never);
}

describe.each([
  ["a word", "hunter2-key"],
  ["a short word", "abc"],
  ["a number", 98_765_432],
  ["lines", "first-line s3cr3t\nsecond-line"],
  ["what JSON and URLs escape", 'a"b c/€'],
])("a configuration that is %s", (_, key) => {
  const leaks = (seen: unknown) => {
    const text = JSON.stringify(seen).toLowerCase();
    const forms = [
      ...quoted(key).split(" / "),
      ...String(key).split("\n"),
      JSON.stringify(quoted(key)).slice(1, -1),
    ];
    return forms.filter((form) =>
      new RegExp(
        `(?<![a-z0-9])${form.toLowerCase().replace(/[^a-z0-9]/g, "\\$&")}(?![a-z0-9])`,
      ).test(text),
    );
  };

  it("is seen by no other handler, and in no event, message or line of the log", async () => {
    verifies("plugins:config-own", "plugins:config-secrets", "audit:redacted-request");
    const seen: unknown[] = [];
    const records: AuditEvent[] = [];
    const see = (given: unknown, context: PluginContext) => {
      seen.push(given, context.config, context.operation);
      return allow();
    };
    const spy = (name: string) =>
      host.definePlugin({
        name,
        version: "1.0.0",
        hooks: { config_validate: see, audit_emit: see, happened: see },
      } as never);
    const log = (line: string) => seen.push(line);
    const manager = await host.createPluginManager({
      plugins: [spy("aaa-spy"), { plugin: talker(), config: { key } }, spy("zzz-spy")],
      audit: { sink: (event) => records.push(event) },
      logger: { info: log, warn: log, error: log },
      env: {},
    });
    const said: unknown[] = [];
    const take = async (pending: Promise<unknown>) =>
      said.push(await pending.catch((error: Error) => error.message));
    await manager.invoke("vote", {});
    await take(manager.invoke("value", "x"));
    await manager.invoke("scores", []).catch(() => undefined);
    await manager.invoke("happened", {});
    const { errors, violation, executions } = await manager.invoke("evaluate", { role: "user" });
    said.push(errors, violation, executions, await manager.checkHealth());
    await manager.close();
    expect(records.map(({ eventType }) => eventType)).toContain("plugin.handler_denied");
    expect(JSON.stringify(records)).toContain("[REDACTED]");
    expect(leaks([seen, records, said])).toEqual([]);
  });
});

it("a plugin that denies its own registration puts no value into the error", async () => {
  verifies("plugins:config-secrets");
  const plugin = host.definePlugin({
    name: "choosy",
    version: "1.0.0",
    hooks: {
      config_validate: (_: unknown, context: PluginContext) => deny(`no key: ${keyOf(context)}`),
    },
  } as never);
  const config = { key: "hunter2-key" };
  await expect(
    host.createPluginManager({ plugins: [{ plugin, config }], logger: {} }),
  ).rejects.toThrow("plugin 'choosy' failed config validation: no key: [REDACTED]");
});

it("PH-118: the record of an upgrade has the capabilities and hooks of the new version", async () => {
  const records: AuditEvent[] = [];
  const version = (number: string, more: object) =>
    host.definePlugin({ name: "grower", version: number, ...more } as never);
  const before = version("1.0.0", {
    capabilities: ["read_labels"],
    hooks: { happened: { handler: (_: unknown) => undefined, extensions: false } },
  });
  const after = version("1.1.0", {
    capabilities: ["read_labels", "append_labels"],
    hooks: {
      happened: { handler: (_: unknown) => undefined, extensions: false },
      vote: (_: unknown) => allow(),
    },
  });
  for (const plugin of [before, after]) {
    await host.createPluginManager({
      plugins: [plugin],
      audit: { sink: (event) => records.push(event) },
      logger: {},
    });
  }
  const [old, now] = records.map(({ metadata }) => metadata);
  expect(now).toEqual({
    ...old,
    version: "1.1.0",
    capabilities: ["append_labels", "read_labels"],
    hooks: ["happened", "vote"],
  });
  expect(old).toMatchObject({ capabilities: ["read_labels"], hooks: ["happened"] });
});
