/** `plugins describe`, as text for people and as JSON for programs. */
import { memoryNode } from "glassine/memory-node";
import { describePermissions, standardTables } from "glassine/node";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { drift, facts, hash, lockAt, rejected, report, trusted } from "./support/facts.ts";
import { linesOf, run, runJson } from "./support/run.ts";

const serving = (given: Parameters<typeof report>[0]) => ({
  discover: () => Promise.resolve(report(given)),
});
const describing = (name: string, given: Parameters<typeof report>[0], env = {}) =>
  run(["plugins", "describe", name], { services: serving(given), env });
const describingJson = (name: string, given: Parameters<typeof report>[0], env = {}) =>
  runJson(["plugins", "describe", name], { services: serving(given), env });
/** What `describe` says about every plugin of a host with the standard hooks. */
const { always } = describePermissions(standardTables, { capabilities: [], hooks: [] });

const plugin = facts({
  id: "example-plugin",
  capabilities: ["network.outbound", "audit.emit"],
  hooks: ["pre_assert_authorize", "post_assert_audit"],
  depends_on: ["base"],
  discovery_source: { type: "npm_package", path: "/app/node_modules/example-plugin" },
  requires: ">=0.1.0",
  trusted: trusted(),
  config: [
    { key: "endpoint", type: "string", required: true, secret: false },
    { key: "retries", type: "integer", required: false, default: 3, secret: false },
    { key: "api_token", type: "string", required: false, default: "hunter2", secret: true },
  ],
});

describe("plugins describe", () => {
  it("CLI-065: prints its lines in order", async () => {
    verifies("cli:describe-lines", "cli:describe-config", "cli:lock-shown");
    const { code, stdout, stderr } = await describing("example-plugin", {
      lock: lockAt,
      loaded: [plugin],
    });
    expect([code, stderr]).toEqual([0, ""]);
    expect(linesOf(stdout)).toEqual([
      "name: example-plugin",
      "version: 1.0.0",
      "signed_by: builder@example.com",
      "capabilities: audit.emit, network.outbound",
      "hooks (2): post_assert_audit, pre_assert_authorize",
      "depends_on: base",
      'discovery_source: {"path":"/app/node_modules/example-plugin","type":"npm_package"}',
      "health: healthy",
      "health_message: ready",
      "health_checked_at: 2026-01-01T00:00:00.000Z",
      "status: loaded",
      "package: example-plugin",
      "entry_point: dist/plugin.js:default",
      `distribution_hash: ${hash("a")}`,
      "trust_decision: trusted_publisher",
      "requires: >=0.1.0",
      "lock: match",
      "config:",
      "  endpoint: string, required",
      "  retries: integer, default 3",
      "  api_token: string, secret",
      "high_impact: network.outbound",
      "kind: hooks",
      "what the capabilities permit:",
      '  audit.emit: Asks for "audit.emit", which is not a capability of this host.',
      '  network.outbound: Asks for "network.outbound", which is not a capability of this host.',
      "what its hooks see and change:",
      '  Asks for "post_assert_audit", which is not a hook of this host.',
      '  Asks for "pre_assert_authorize", which is not a hook of this host.',
      "what every plugin sees and changes:",
      ...always.map((sentence) => `  ${sentence}`),
      "lock_path: /home/lab/app/plugins.lock",
    ]);
  });

  it("describes what a plugin without capabilities sees and changes", async () => {
    verifies("cli:describe-permissions");
    const loaded = [facts({ id: "a", capabilities: [], hooks: ["cmf.llm_input"] })];
    const { stdout } = await describing("a", { loaded });
    const sentence = expect.stringMatching(
      /^ {2}Runs on cmf\.llm_input: .* It sees the payload, may deny, and may change its /,
    );
    expect(linesOf(stdout)).toContainEqual(sentence);
    const { document } = await describingJson("a", { loaded });
    expect([document.plain_words, document.hook_words, document.always]).toEqual([
      {},
      { "cmf.llm_input": expect.stringContaining("It sees the payload, may deny") },
      always,
    ]);
    expect(always[0]).toMatch(/^Sees .*, as every plugin does/);
  });

  it("says in plain words what capabilities of the standard slots permit", async () => {
    verifies("cli:describe-permissions");
    const capabilities = ["read_labels", "append_labels", "write_headers", "constructor"];
    const { document } = await describingJson("a", { loaded: [facts({ id: "a", capabilities })] });
    expect(document.plain_words).toEqual({
      read_labels: "Sees security.labels.",
      append_labels: "Sees security.labels. Adds to security.labels.",
      write_headers: expect.stringContaining("Changes http, but not its method"),
      constructor: 'Asks for "constructor", which is not a capability of this host.',
    });
  });

  it("says what the host's services permit, and marks what reviewers look at first", async () => {
    verifies("cli:describe-permissions");
    const capabilities = Object.keys(memoryNode.capabilities).filter((name) => name.includes("."));
    const loaded = [facts({ id: "a", capabilities: [...capabilities, "read_labels"] })];
    const { document } = await runJson(["plugins", "describe", "a"], {
      services: serving({ loaded }),
      host: { host: memoryNode },
    });
    expect(document.plain_words).toMatchObject({
      "network.outbound":
        "Uses network.outbound: Talks to other machines. Before it is granted: High. Data can leave through it.",
      read_labels: "Sees security.labels.",
    });
    expect(document.high_impact).toEqual([
      "audit.read",
      "facts.write",
      "federation.write",
      "identity.read",
      "network.outbound",
      "recall.write",
      "tenant.write",
    ]);
  });

  it("does not say what to do twice, nor otherwise, where the reason says it", async () => {
    const responseTo = async (reason: string) => {
      const refused = rejected({ id: "a", code: "hash_mismatch", reason });
      const { stdout } = await describing("a", { rejected: [refused] });
      return linesOf(stdout).find((line) => line.startsWith("response: "));
    };
    const renamed =
      "it does not name it: reinstall what was trusted, or run `plugins untrust a --reason TEXT`";
    expect(await responseTo(renamed)).toBeUndefined();
    expect(await responseTo("its files differ")).toMatch(/trust it again/);
  });

  it("does not say with --no-load that a plugin is loaded", async () => {
    verifies("cli:no-load-said");
    const services = serving({ loaded: [facts({ id: "a" })] });
    const argv = ["plugins", "describe", "a", "--no-load"];
    const { stdout } = await run(argv, { services });
    expect(linesOf(stdout)).toContain("status: not loaded: nothing was run (--no-load)");
    expect((await runJson(argv, { services })).document.status).toBe("not_loaded");
    expect((await describingJson("a", { loaded: [facts({ id: "a" })] })).document.status).toBe(
      "loaded",
    );
  });

  it("says when text of a streamed answer is forwarded", async () => {
    verifies("cli:describe-permissions");
    const streams = {
      "cmf.llm_output": { window: 64 },
      message_post_invoke: "sentence",
    } as const;
    const loaded = [facts({ id: "a", hooks: Object.keys(streams), streams })];
    const { stdout } = await describing("a", { loaded });
    expect(linesOf(stdout)).toContain(
      "  On cmf.llm_output, text of a streamed message is forwarded once the plugin has judged it, all but its last 64 UTF-16 units.",
    );
    expect(linesOf(stdout)).toContain(
      "  On message_post_invoke, text of a streamed message is forwarded sentence by sentence, once the plugin has judged it.",
    );
    const { document } = await describingJson("a", { loaded });
    expect(document.streams).toEqual(streams);
  });

  it("does not claim that a plugin has no hooks when they are unknown", async () => {
    verifies("cli:describe-permissions");
    const loaded = [facts({ id: "a", hooks: null })];
    const { stdout } = await describing("a", { loaded });
    expect(stdout).toContain("\nwhat its hooks see and change:\n  not known before it is loaded\n");
    expect((await describingJson("a", { loaded })).document.hook_words).toBeNull();
  });

  it("CLI-065: the document extends the row of list", async () => {
    verifies("cli:json-document");
    const { code, document } = await describingJson("example-plugin", {
      lock: lockAt,
      loaded: [plugin],
    });
    expect(code).toBe(0);
    expect(Object.keys(document)).toEqual([
      "id",
      "name",
      "kind",
      "version",
      "package",
      "entry_point",
      "distribution_hash",
      "builtin",
      "capabilities",
      "hooks",
      "hook_count",
      "depends_on",
      "discovery_source",
      "lock_only_dependencies",
      "isolation",
      "signed_by",
      "trust_decision",
      "health",
      "status",
      "rejection",
      "requires",
      "lock",
      "lock_status",
      "drift",
      "trusted_until",
      "config",
      "undeclared_capabilities",
      "undeclared_hooks",
      "high_impact",
      "granted_capabilities",
      "permission_change",
      "granted_hooks",
      "hook_change",
      "signer_change",
      "dependencies",
      "provided_by_host",
      "plain_words",
      "hook_words",
      "streams",
      "always",
      "warnings",
    ]);
    expect(document).toMatchObject({
      id: "example-plugin",
      status: "loaded",
      rejection: null,
      requires: ">=0.1.0",
      lock: lockAt,
      lock_status: "match",
      high_impact: ["network.outbound"],
      depends_on: ["base"],
    });
  });

  it("lists dependencies, and those that no signature covers", async () => {
    verifies("cli:dependencies-shown");
    const hash = `sha256:${"1".repeat(64)}`;
    const dependencies = [
      { name: "is-number", version: "6.0.0", hash },
      { name: "is-odd", version: "3.0.1", hash },
    ];
    const needing = facts({
      id: "example-plugin",
      dependencies,
      lock_only_dependencies: ["is-number"],
      provided_by_host: ["glassine", "zod"],
    });
    const { stdout } = await describing("example-plugin", { lock: lockAt, loaded: [needing] });
    expect(stdout).toContain(
      `dependencies (2):\n  is-number 6.0.0 ${hash}\n  is-odd 3.0.1 ${hash}\ndependencies trusted by the lock only: is-number\nprovided by the host: glassine, zod\n`,
    );
    const { document } = await describingJson("example-plugin", { loaded: [needing] });
    expect(document).toMatchObject({
      dependencies,
      lock_only_dependencies: ["is-number"],
      provided_by_host: ["glassine", "zod"],
    });
  });

  it("reports added and removed hooks and a changed signer", async () => {
    const changed = facts({
      id: "example-plugin",
      hooks: ["cmf.llm_input"],
      signer: "unsigned",
      trusted: trusted({ hooks: ["evaluate"], signer: "builder@example.com" }),
    });
    const { stdout } = await describing("example-plugin", { lock: lockAt, loaded: [changed] });
    expect(stdout).toContain(
      "since it was trusted:\n  runs on cmf.llm_input\n  no longer runs on evaluate\n  signed by nobody, previously by builder@example.com\n",
    );
  });

  it("paints red what is new since it was trusted, and nothing that is gone", async () => {
    const changed = facts({
      id: "example-plugin",
      capabilities: ["read_labels"],
      hooks: ["cmf.llm_input"],
      trusted: trusted({ capabilities: ["read_roles"], hooks: ["evaluate"] }),
    });
    const { stdout } = await run(["plugins", "describe", "example-plugin"], {
      services: serving({ lock: lockAt, loaded: [changed] }),
      isTTY: { stdout: true },
    });
    const red = (text: string) => `\u001b[31m${text}\u001b[39m`;
    expect(linesOf(stdout)).toEqual(
      expect.arrayContaining([
        "since it was trusted:",
        `  ${red("asks for read_labels")}`,
        "  no longer asks for read_roles",
        `  ${red("runs on cmf.llm_input")}`,
        "  no longer runs on evaluate",
      ]),
    );
  });

  it("CLI-065: an unknown name ends with 1 and the text on stderr", async () => {
    verifies("cli:describe-found", "cli:exit-codes");
    const ended = await describing("nope", { loaded: [plugin] });
    expect(ended).toEqual({ code: 1, stdout: "", stderr: "error: plugin not found: nope\n" });
    const { code, document, stderr } = await describingJson("nope", {});
    expect([code, stderr]).toEqual([1, "error: plugin not found: nope\n"]);
    expect(document).toEqual({
      error: { code: "plugin_not_found", message: "plugin not found: nope" },
    });
    expect((await describing("nope", { discovery_off: "SWITCH=false" })).stderr).toBe(
      "error: plugin not found: nope\nSWITCH=false: no installed plugin was looked at\n",
    );
  });

  it("CLI-065: an unhealthy plugin has the lines of its health", async () => {
    verifies("cli:describe-lines");
    const health = {
      status: "unhealthy",
      message: "",
      checked_at: null,
      error_summary: "timeout after 5 s",
    };
    const { stdout } = await describing("a", { loaded: [facts({ id: "a", health })] });
    const lines = linesOf(stdout).filter((line) => line.startsWith("health"));
    expect(lines).toEqual(["health: unhealthy", "health_error: timeout after 5 s"]);
  });

  it("CLI-066: shows keys and types of the configuration, and no value", async () => {
    verifies("cli:describe-config");
    const leaky = plugin.config?.map((key) => ({ ...key, value: "s3cr3t-value" })) ?? [];
    const given = { loaded: [{ ...plugin, config: leaky }] };
    const env = { GLASSINE_EXAMPLE_PLUGIN_API_TOKEN: "s3cr3t-value" };
    for (const { stdout, stderr } of [
      await describing("example-plugin", given, env),
      await describingJson("example-plugin", given, env),
    ]) {
      expect(stdout).toContain("api_token");
      expect(stdout + stderr).not.toMatch(/s3cr3t-value|hunter2/);
    }
    const { document } = await describingJson("example-plugin", given, env);
    expect(document.config).toEqual([
      { key: "endpoint", type: "string", required: true, secret: false },
      { key: "retries", type: "integer", required: false, default: 3, secret: false },
      { key: "api_token", type: "string", required: false, secret: true },
    ]);
  });

  it("CLI-067: an upgrade that asks for more shows in the document", async () => {
    verifies("cli:describe-permissions");
    const before = facts({ id: "a", capabilities: ["audit.emit"] });
    const granted = trusted({ capabilities: ["audit.emit", "facts.read"] });
    const capabilities = ["audit.emit", "network.outbound"];
    const after = facts({ ...before, capabilities, trusted: granted });
    const one = await describingJson("a", { loaded: [before] });
    const two = await describingJson("a", { loaded: [after] });
    expect(one.document.high_impact).toEqual([]);
    expect(two.document.high_impact).toEqual(["network.outbound"]);
    expect(two.document.capabilities).toEqual(capabilities);
    expect(two.document.permission_change).toEqual({
      added: ["network.outbound"],
      removed: ["facts.read"],
    });
    const lines = linesOf((await describing("a", { loaded: [after] })).stdout);
    expect(lines.slice(lines.indexOf("since it was trusted:"))).toEqual([
      "since it was trusted:",
      "  asks for network.outbound",
      "  no longer asks for facts.read",
    ]);
  });

  it("describes a rejected plugin as far as it is known", async () => {
    verifies("cli:describe-rejected");
    const refused = rejected({ id: "a", code: "unsigned", reason: "it has no signature" });
    const { code, stdout } = await describing("a", { rejected: [refused] });
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^status: rejected\nreason: unsigned: it has no signature\nresponse: Use a signed package /m,
    );
    expect(linesOf(stdout)).toEqual(expect.arrayContaining(["health: unknown", "version: 1.0.0"]));
    const { document } = await describingJson("a", { rejected: [refused] });
    expect(document).toMatchObject({
      status: "rejected",
      rejection: { code: "unsigned", reason: "it has no signature" },
    });
  });

  it("describes an unreadable package as far as possible", async () => {
    verifies("cli:describe-rejected");
    const refused = rejected({
      id: null,
      package: "p",
      entry_point: null,
      code: "invalid_metadata",
    });
    const { code, stdout } = await describing("p", { rejected: [refused] });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^name: -\nstatus: rejected\nreason: invalid_metadata\n/);
    const { document } = await describingJson("p", { rejected: [refused] });
    expect(document).toMatchObject({ id: null, package: "p", status: "rejected", config: null });
  });

  it("finds a plugin by its package, and names the others in it", async () => {
    verifies("cli:describe-found");
    const inside = ["one", "two"].map((id) => facts({ id, package: "@acme/both" }));
    const { stdout, stderr } = await describing("@acme/both", { loaded: inside });
    expect(stdout).toMatch(/^name: one\n/);
    expect(stderr).toBe("warning: @acme/both has other plugins too: two\n");
    // An id takes precedence over a package of the same name.
    const named = facts({ id: "@acme/both", package: "other" });
    const { stdout: byId } = await describing("@acme/both", { loaded: [...inside, named] });
    expect(byId).toMatch(/^name: @acme\/both\n/);
  });

  it("says that other packages claim the id", async () => {
    const claims = ["p", "q"].map((name) =>
      rejected({ id: "a", package: name, code: "duplicate_id" }),
    );
    const { stderr } = await describing("a", { rejected: claims });
    expect(stderr).toBe("warning: a is claimed by other packages too: q\n");
  });

  it.each([
    [[], true, "match"],
    [[], false, "not locked"],
    [[drift({ id: "a", kind: "missing_from_lock", expected: null })], false, "not locked"],
    [
      [drift({ id: "a" }), drift({ id: "a", kind: "hash_mismatch", expected: "x", actual: "y" })],
      true,
      "drift: version (expected='0.9.0', actual='1.0.0'); hash (expected='x', actual='y')",
    ],
  ])("reports the lock status: %#", async (rows, isLocked, text) => {
    const plugin = facts({ id: "a", trusted: isLocked ? trusted() : null });
    const given = { lock: lockAt, loaded: [plugin], drift: rows };
    expect(linesOf((await describing("a", given)).stdout)).toContain(`lock: ${text}`);
    expect((await describingJson("a", given)).document).toMatchObject({
      lock: lockAt,
      lock_status: text.split(":")[0]?.replace(" ", "_"),
      drift: rows,
    });
  });

  it("describes a procedure by its own fields", async () => {
    verifies("cli:describe-lines");
    const procedure = facts({ id: "acme.sum", kind: "procedure", hooks: null, health: null });
    const { stdout } = await describing("acme.sum", { loaded: [procedure] });
    expect(stdout).toContain("\nkind: procedure\n");
    expect(stdout).not.toMatch(/^(hooks|health|signed_by|depends_on|trust_decision)/m);
    const { document } = await describingJson("acme.sum", { loaded: [procedure] });
    expect(document).not.toHaveProperty("health");
  });
});
