import {
  createExtensions,
  createPluginManager,
  definePlugin,
  isGlassineError,
  type Plugin,
} from "glassine";
import { createMessage, toolCall } from "glassine/messages";
import {
  allowList,
  auditLog,
  cedarPolicy,
  celPolicy,
  egressGuard,
  headerWriter,
  piiLabels,
  rateLimit,
  roleGuard,
  type StockPluginName,
  secretScanner,
  stockPlugins,
} from "glassine/plugins";
import { describe, expect, it } from "vitest";

/** Valid options for each plugin, as in a configuration. */
const options: Record<StockPluginName, unknown> = {
  "allow-list": { tools: { read: {} } },
  audit: {},
  cedar: { policies: "permit(principal, action, resource);" },
  cel: { policy: "true" },
  "egress-guard": { labels: ["PII"] },
  "header-writer": { headers: { a: "b" } },
  pii: { kinds: ["email"] },
  "rate-limit": { limit: 1 },
  "role-guard": { tools: { read: ["staff"] } },
  "secret-scanner": { action: "redact" },
};
const redacts: Partial<Record<StockPluginName, object>> = { pii: { action: "redact" } };
const names = Object.keys(stockPlugins) as StockPluginName[];
const services = { write: () => {}, now: () => 0 };

async function refusal(make: () => Plugin | Promise<Plugin>): Promise<string> {
  try {
    await make();
  } catch (error) {
    if (isGlassineError(error) && error.code === "options_invalid") return error.message;
    throw error;
  }
  return "";
}

describe("stockPlugins", () => {
  it("makes each plugin, and all of them run in one manager", async () => {
    const plugins = await Promise.all(
      names.map((name) => stockPlugins[name].make(options[name], services)),
    );
    const manager = await createPluginManager({ plugins });
    expect(manager.plugins.map(({ name }) => name)).toEqual(names);
  });

  it("runs those that redact before others, and those that judge after", async () => {
    const usual = definePlugin({
      name: "usual",
      version: "1.0.0",
      hooks: { "cmf.tool_pre_invoke"() {} },
    });
    const guards: StockPluginName[] = ["allow-list", "cedar", "cel", "egress-guard", "role-guard"];
    const made = await Promise.all(
      [...guards, "pii" as const, "secret-scanner" as const].map((name) =>
        stockPlugins[name].make({ ...(options[name] as object), ...redacts[name] }, services),
      ),
    );
    const manager = await createPluginManager({ plugins: [...made, usual] });
    const call = toolCall({ tool_call_id: "1", name: "read" });
    const message = createMessage({ role: "assistant", content: [call] });
    const subject = { id: "ada", type: "user", roles: ["staff"] } as const;
    const extensions = createExtensions({ security: { subject } });
    const { executions } = await manager.invoke("cmf.tool_pre_invoke", message, { extensions });
    const order = executions.map(({ plugin }) => plugin);
    expect(order).toEqual(["pii", "secret-scanner", "usual", ...guards]);
  });

  it.each(names)("%s: names itself, and says what it does", async (name) => {
    const plugin = await stockPlugins[name].make(options[name], services);
    expect(plugin).toMatchObject({ name, version: expect.stringMatching(/^\d+\.\d+\.\d+$/) });
    expect(plugin.description).toMatch(/^[A-Z].*\.$/);
  });

  it.each(names)(
    "%s: refuses options that it does not know, and values of other types",
    async (name) => {
      const { make } = stockPlugins[name];
      const given = options[name] as object;
      expect(await refusal(() => make({ ...given, hunter2: "hunter3" }, services))).toMatch(
        /^[a-zA-Z]+: the options must not have "hunter2"\.( Its options are .*)?$/,
      );
      const ofClass = [new Map([["action", "hunter3"]]), Promise.resolve(given), new Date()];
      for (const wrong of ["hunter3", [], 1, true, ...ofClass])
        expect(await refusal(() => make(wrong, services))).toContain("must be an object");
      for (const key of Object.keys(given)) {
        const message = await refusal(() => make({ ...given, [key]: () => "hunter3" }, services));
        expect(message).toContain(`"${key}"`);
        expect(message).not.toContain("hunter3");
      }
    },
  );

  it.each<[StockPluginName, object]>([
    ["allow-list", { tools: { read: new Map([["arguments", { to: ["hunter2"] }]]) } }],
    ["egress-guard", { labels: ["PII"], refuse: new Map([["tools", ["hunter2"]]]) }],
  ])("%s: refuses an instance of a class in its options", async (name, given) => {
    expect(await refusal(() => stockPlugins[name].make(given))).toContain(
      "hold no instance of a class.",
    );
  });

  it.each<[string, keyof typeof stockPlugins, object, string]>([
    ["an empty list", "egress-guard", { labels: [] }, '"labels" must not be empty.'],
    [
      "a misspelled name of what is required",
      "role-guard",
      { tool: {} },
      'the options must not have "tool". Its options are tools, otherwise.',
    ],
    [
      "a misspelled key inside an option",
      "egress-guard",
      { labels: ["PII"], allow: { tool: ["search_notes"] } },
      '"allow" must not have "tool". It may have tools, prompts, resources, methods, models, servers.',
    ],
    [
      "a source that no header has",
      "header-writer",
      { headers: { "x-user": { from: "subject.mood" } } },
      '"headers" "x-user" "from" does not have an accepted form.',
    ],
    [
      "a source that is not a string",
      "header-writer",
      { headers: { "x-user": { from: 1 } } },
      '"headers" "x-user" "from" must be a string.',
    ],
  ])("says what is wrong with %s", async (_, name, given, text) => {
    expect(await refusal(() => stockPlugins[name].make(given, services))).toContain(text);
  });

  it.each(names)("%s: reads what its schema reads", async (name) => {
    const { options: schema } = stockPlugins[name];
    expect(schema.safeParse(options[name]).success).toBe(true);
    expect(schema.safeParse({ unknown: 1 }).success).toBe(false);
  });

  it("takes undefined for an option that is not given, in types and at run time", async () => {
    const none = undefined;
    const targets = { tools: none, prompts: none, resources: none, methods: none, models: none };
    const policy = { hooks: none, capabilities: none };
    const scanner = { action: none, kinds: none, label: none };
    const rule = { arguments: none, schema: none };
    const made = [
      allowList({ tools: { read: rule }, prompts: none, resources: none }),
      auditLog({ required: none, subject: none }, services),
      await cedarPolicy({ policies: "permit(principal, action, resource);", entities: none }),
      await cedarPolicy({ policies: "permit(principal, action, resource);", ...policy }),
      await celPolicy({ policy: "true", ...policy }),
      egressGuard({ labels: ["PII"], allow: { ...targets, servers: none }, refuse: none }),
      egressGuard({ labels: ["PII"], allow: none, refuse: targets }),
      headerWriter({ headers: {}, missing: none }),
      piiLabels({ ...scanner, kindLabels: none }),
      rateLimit({ limit: 1, perMs: none, by: none, count: none, maxKeys: none }, { now: none }),
      roleGuard({ tools: {}, otherwise: none }),
      secretScanner({ ...scanner, patterns: none }),
    ];
    expect(new Set(made.map(({ name }) => name))).toEqual(new Set(names));
  });
});
