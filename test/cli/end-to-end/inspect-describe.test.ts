/** `plugins describe`: what a plugin is, what it may see and change, and its health. */
// Only in test:all: it runs whole commands in processes of their own.
import { beforeAll, describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { documentOf, linesOf } from "./documents.ts";
import { exampleOfMemoryNode, installTime, made, memoryNode, procedure } from "./fixtures.ts";
import { newPublisher, type Publisher } from "./publisher.ts";
import { type Fixture, newWorkspace, unsigned, type Workspace } from "./support.ts";

const dev = { env: unsigned };

/** A plugin can import what its package.json asks for: here the host's zod. */
const zodOfHost = {
  peerDependencies: { zod: "*" },
  peerDependenciesMeta: { zod: { optional: true } },
};
const configured = made(
  "configured-one",
  `definePlugin({
    name: "configured-one",
    version: "1.0.0",
    requiresHost: ">=0.1.0",
    hooks: {
      "cmf.llm_output": { stream: { window: 64 }, handler() {} },
      message_post_invoke: { mode: "audit", handler() {} },
      "cmf.llm_input"() {},
    },
    configSchema: z.object({
      endpoint: z.string().default("https://example.com"),
      retries: z.coerce.number().int().optional(),
      api_key: z.string().default("k-default"),
    }),
  })`,
  { imports: 'import * as z from "zod";', fields: zodOfHost },
);
const secret = "k-5f1d0c7e-secret";

describe("describe with installed packages", () => {
  let workspace: Workspace;
  let ofNode: { readonly env: Readonly<Record<string, string>> };
  beforeAll(async () => {
    workspace = await newWorkspace();
    const signedBy = await newPublisher(workspace, "builder@example.com", "STIGMEM_");
    ofNode = { env: signedBy.env };
    await workspace.install({ ...exampleOfMemoryNode, signedBy }, configured, {
      fields: zodOfHost,
      ...procedure({
        package: "acme-procedures",
        id: "acme.clean_up",
        version: "2.1.0",
        members: {
          name: 'static name = "Clean up";',
          requiredCapabilities: 'static requiredCapabilities = ["facts.write", "facts.read"];',
          configModel:
            "static configModel = z.object({ days: z.number().default(30), api_key: z.string() });",
        },
        imports: 'import * as z from "zod";',
      }),
    });
  }, installTime);

  it("CLI-065: the lines come in the documented order", async () => {
    verifies("cli:describe-lines", "cli:describe-found");
    const args = ["plugins", "describe", "example-stigmem-plugin", "--host", memoryNode];
    const { code, stdout, stderr } = await workspace.run(args, ofNode);
    expect([code, stderr]).toEqual([0, ""]);
    const lines = linesOf(stdout).map((line) =>
      line.replace(/sha256:[0-9a-f]{64}/, "HASH").replace(/\d{4}-\S+Z$/, "TIME"),
    );
    const end = lines.findIndex((line) => line.startsWith("high_impact:"));
    expect(lines.slice(0, end + 2)).toEqual([
      "name: example-stigmem-plugin",
      "version: 1.0.0",
      "signed_by: builder@example.com",
      "capabilities: audit.emit",
      "hooks (2): post_assert_audit, pre_assert_authorize",
      "depends_on: -",
      'discovery_source: {"distribution":"example-stigmem-plugin","entry_point_name":"example-stigmem-plugin","entry_point_value":"plugin.js:default","package_version":"1.0.0","type":"npm_package"}',
      "health: healthy",
      "health_message: ready",
      "health_checked_at: TIME",
      "status: loaded",
      "package: example-stigmem-plugin",
      "entry_point: plugin.js:default",
      "distribution_hash: HASH",
      "trust_decision: trusted_publisher",
      "requires: -",
      "lock: not locked",
      "config: -",
      "high_impact: -",
      "kind: hooks",
    ]);
  });

  it("CLI-065: the document is the row of list, and what more is known", async () => {
    const host = ["--host", memoryNode];
    const args = ["plugins", "describe", "example-stigmem-plugin", ...host];
    const { code, data } = await documentOf(workspace, args, ofNode);
    const list = (await documentOf(workspace, ["plugins", "list", ...host], ofNode)).data;
    const [row] = list.loaded;
    const health = expect.objectContaining({ status: "healthy", message: "ready" });
    expect([code, data]).toEqual([
      0,
      {
        ...row,
        health,
        status: "loaded",
        rejection: null,
        requires: null,
        lock: null,
        lock_status: "not_locked",
        drift: [],
        trusted_until: null,
        config: null,
        high_impact: [],
        granted_capabilities: null,
        permission_change: { added: [], removed: [] },
        granted_hooks: null,
        hook_change: { added: [], removed: [] },
        signer_change: null,
        dependencies: [],
        provided_by_host: [],
        plain_words: { "audit.emit": expect.stringContaining("audit.emit") },
        hook_words: {
          post_assert_audit: expect.stringMatching(
            /^Runs on post_assert_audit: .* changes nothing\.$/,
          ),
          pre_assert_authorize: expect.stringContaining("It sees the facts and may deny."),
        },
        streams: {},
        undeclared_capabilities: [],
        undeclared_hooks: [],
        always: expect.arrayContaining([expect.stringContaining("as every plugin does")]),
        warnings: [],
      },
    ]);
  });

  it("CLI-065: an unknown name exits with 1 and an error on stderr", async () => {
    const ended = await workspace.run(["plugins", "describe", "nope"], dev);
    expect(ended).toMatchObject({ code: 1, stdout: "", stderr: "error: plugin not found: nope\n" });
    const { data } = await documentOf(workspace, ["plugins", "describe", "nope"], dev);
    expect(data).toEqual({
      error: { code: "plugin_not_found", message: "plugin not found: nope" },
    });
  });

  it("CLI-066: keys and types of the configuration are shown, and no value of it", async () => {
    verifies("cli:describe-config");
    const env = {
      ...unsigned,
      GLASSINE_PLUGIN_CONFIGURED_ONE_API_KEY: secret,
      GLASSINE_PLUGIN_CONFIGURED_ONE_RETRIES: "17171",
    };
    const args = ["plugins", "describe", "configured-one"];
    const { stdout, stderr } = await workspace.run(args, { env });
    expect(stdout).toContain(
      `\nconfig:\n  endpoint: string, default "https://example.com"\n  retries: integer\n  api_key: string, secret\n`,
    );
    expect(stdout).toContain("\nrequires: >=0.1.0\n");
    const { data, stdout: text } = await documentOf(workspace, args, { env });
    expect(data.config).toEqual([
      {
        key: "endpoint",
        type: "string",
        required: false,
        secret: false,
        default: "https://example.com",
      },
      { key: "retries", type: "integer", required: false, secret: false },
      { key: "api_key", type: "string", required: false, secret: true },
    ]);
    for (const value of [secret, "17171", "k-default"])
      expect([stdout, stderr, text].join("")).not.toContain(value);
  });

  it("CLI-065: what it needs to see of a streamed answer is shown", async () => {
    verifies("cli:describe-permissions");
    const args = ["plugins", "describe", "configured-one"];
    const { data } = await documentOf(workspace, args, dev);
    const streams = { "cmf.llm_output": { window: 64 }, message_post_invoke: "pass" };
    expect(data.streams).toEqual(streams);
    const { stdout } = await workspace.run(args, dev);
    const end = stdout.slice(stdout.indexOf("what its hooks see and change:"));
    expect(linesOf(end).slice(4, 6)).toEqual([
      "  On cmf.llm_output, text of a streamed message is forwarded once the plugin has judged it, all but its last 64 UTF-16 units.",
      "  On message_post_invoke, text of a streamed message is forwarded before the plugin judges it, which it does at the end.",
    ]);
    const unloaded = await documentOf(workspace, [...args, "--no-load"], dev);
    expect(unloaded.data.streams).toBeNull();
  });

  it("CLI-065: a procedure is described by its own fields", async () => {
    const { code, stdout } = await workspace.run(["plugins", "describe", "acme.clean_up"], dev);
    expect(code).toBe(0);
    expect(linesOf(stdout).slice(0, 5)).toEqual([
      "name: Clean up",
      "id: acme.clean_up",
      "version: 2.1.0",
      "capabilities: facts.read, facts.write",
      expect.stringMatching(/^discovery_source: \{.*"type":"npm_package"\}$/),
    ]);
    expect(stdout).toContain(
      "\nconfig:\n  days: number, default 30\n  api_key: string, required, secret\n",
    );
    expect(stdout).toContain("\nhigh_impact: facts.write\nkind: procedure\n");
    expect(stdout).not.toMatch(/^(hooks|health|signed_by|depends_on|trust_decision|requires)/m);
    const { data } = await documentOf(workspace, ["plugins", "describe", "acme-procedures"], dev);
    expect(data).toMatchObject({
      id: "acme.clean_up",
      name: "Clean up",
      kind: "procedure",
      version: "2.1.0",
      capabilities: ["facts.read", "facts.write"],
      high_impact: ["facts.write"],
    });
    expect(data).not.toHaveProperty("health");
  });
});

describe("before and after an upgrade", () => {
  const name = "example-stigmem-plugin";
  const version = (
    number: string,
    capabilities: readonly string[],
    signedBy: Publisher,
  ): Fixture => ({
    ...exampleOfMemoryNode,
    version: number,
    signedBy,
    files: {
      "plugin.js": (exampleOfMemoryNode.files?.["plugin.js"] ?? "")
        .replace('version: "1.0.0"', `version: "${number}"`)
        .replace('["audit.emit"]', JSON.stringify(capabilities)),
    },
  });

  it("PH-118, CLI-067: the documents differ in what the upgrade asks for, and so do the records", async () => {
    verifies("cli:describe-permissions");
    const workspace = await newWorkspace();
    const publisher = await newPublisher(workspace, "builder@example.com", "STIGMEM_");
    const options = { env: publisher.env };
    await workspace.write(
      "host.mjs",
      `import { createPluginManager, memoryNode } from "glassine/memory-node";
import { discoverPlugins } from "glassine/node";

const registered = [];
const sink = (event) => {
  if (event.eventType === "plugin.registered") registered.push(event.metadata);
};
const discovered = await discoverPlugins({ host: memoryNode });
const manager = await createPluginManager({ plugins: [], discovered, audit: { sink }, logger: {} });
await manager.close();
console.log(JSON.stringify(registered));
`,
    );
    const look = async () => {
      const args = ["plugins", "describe", name, "--host", memoryNode];
      const { data } = await documentOf(workspace, args, options);
      const { stdout } = await workspace.node(["host.mjs"], options);
      return { data, registered: JSON.parse(stdout) };
    };
    await workspace.install(version("1.0.0", ["audit.emit"], publisher));
    const args = ["plugins", "trust", name, "--check", "--reason", "r", "--host", memoryNode];
    await workspace.run(args, options);
    const before = await look();
    await workspace.install(version("1.1.0", ["audit.emit", "network.outbound"], publisher));
    const after = await look();

    const changed = Object.keys(after.data).filter(
      (key) => JSON.stringify(after.data[key]) !== JSON.stringify(before.data[key]),
    );
    expect(changed.filter((key) => key !== "health").sort()).toEqual([
      "capabilities",
      "discovery_source",
      "distribution_hash",
      "drift",
      "high_impact",
      "lock_status",
      "permission_change",
      "plain_words",
      "version",
      "warnings",
    ]);
    expect(before.data).toMatchObject({ capabilities: ["audit.emit"], high_impact: [] });
    expect(after.data).toMatchObject({
      capabilities: ["audit.emit", "network.outbound"],
      high_impact: ["network.outbound"],
      granted_capabilities: ["audit.emit"],
      permission_change: { added: ["network.outbound"], removed: [] },
    });
    expect(before.registered).toMatchObject([{ capabilities: ["audit.emit"] }]);
    expect(after.registered).toMatchObject([{ capabilities: ["audit.emit", "network.outbound"] }]);
  });
});
