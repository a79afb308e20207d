import { allow, deny, ManifestError, RejectError } from "glassine";
import type { AuditEvent } from "glassine/audit";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { verifies } from "../support/verifies.ts";
import { type Reason, registrationFailures } from "./reasons.ts";
import { host, make, plugin } from "./support.ts";

describe("registration", () => {
  it("PH-099: writes one event per plugin, with sorted lists, and one log line", async () => {
    verifies("plugins:recorded");
    const guard = plugin(
      "guard",
      {
        vote: (_: unknown) => allow(),
        message_pre_invoke: (_m: unknown, _c: unknown, _x: unknown) => undefined,
      },
      { capabilities: ["read_roles", "append_labels"], dependsOn: ["base"] },
    );
    const { making, events, lines } = await make([guard, plugin("base")]);
    await making;
    expect(events.map(({ eventType, targetUri }) => [eventType, targetUri])).toEqual([
      ["plugin.registered", "plugin:base"],
      ["plugin.registered", "plugin:guard"],
    ]);
    expect(events[1]).toMatchObject({
      actorUri: "system:plugin-registry",
      tenantId: "system",
      outcome: "success",
      metadata: {
        plugin_name: "guard",
        version: "1.0.0",
        capabilities: ["append_labels", "read_labels", "read_roles", "read_subject"],
        hooks: ["message_pre_invoke", "vote"],
        async_safe: true,
        signed_by: "unsigned",
        requires_glassine: "*",
        discovery_source: { type: "manual" },
        signing: {},
        package: null,
        package_version: null,
        package_hash: null,
        depends_on: ["base"],
        host_version: "0.1.0",
        isolate: "host",
      },
    });
    expect(lines).toContain(
      "info registered plugin 'guard' version=1.0.0 hooks=[message_pre_invoke, vote] capabilities=[append_labels, read_roles]",
    );
  });

  it("PH-064: a manager accepts no further handlers, and copies its options", async () => {
    verifies("plugins:registration");
    const handlers: Record<string, unknown> = { vote: (_: unknown) => allow() };
    const plugins = [plugin("aaa", handlers)];
    const core = [
      host.defineCoreHandler({ hook: "vote", name: "core.001.yes", handler: (_) => allow() }),
    ];
    const options = { plugins, core, logger: {} };
    const manager = await host.createPluginManager(options);
    plugins.push(plugin("bbb", { vote: (_: unknown) => deny("no") }));
    core.pop();
    handlers.vote = () => deny("no");
    expect(manager.handlersFor("vote").map(({ handler }) => handler)).toEqual([
      "core.001.yes",
      "aaa.vote",
    ]);
    for (let at: object | null = manager; at !== null; at = Object.getPrototypeOf(at)) {
      for (const key of Reflect.ownKeys(at))
        expect(String(key)).not.toMatch(/regist|add|use|freeze/i);
    }
    expect(() => Object.assign(manager, { register: 1 })).toThrow(TypeError);
    expect(await manager.invoke("vote", {})).toBe(allow());
  });

  it("PH-065: two plugins of one name", async () => {
    verifies("plugins:duplicate");
    const { failed, events } = await make([plugin("aaa"), plugin("aaa")]);
    const { error, failures } = await failed();
    expect(error).toBeInstanceOf(ManifestError);
    expect(error.message).toBe("plugin 'aaa' is already registered");
    // They look the same, but their handlers may differ.
    expect((error as ManifestError).data).toMatchObject({ plugin: "aaa", isSame: false });
    const one = plugin("aaa");
    const twice = await (await make([one, one])).failed();
    expect((twice.error as ManifestError).data).toMatchObject({ plugin: "aaa", isSame: true });
    expect(failures.map(({ metadata }) => metadata.reason)).toEqual(["duplicate"]);
    expect(events).toHaveLength(1);
  });

  it("PH-067: a plugin whose event the trail loses is not registered", async () => {
    verifies("plugins:recorded", "plugins:registration");
    const { making } = await make([plugin("aaa")], {
      audit: {
        sink: () => {
          throw new Error("disk full");
        },
      },
    });
    const why = "The audit sink did not accept plugin.registered. Error: disk full";
    await expect(making).rejects.toMatchObject({
      code: "audit_failed",
      message: `plugin 'aaa' is not registered: ${why}`,
      cause: { code: "audit_failed", message: why, cause: { message: "disk full" } },
    });
    const strictHandler = plugin("bbb", {
      audit_emit: (_: unknown) => {
        throw new Error("no");
      },
    });
    await expect((await make([strictHandler])).making).rejects.toMatchObject({
      code: "audit_failed",
    });
  });

  it.each([
    ["a core handler", (_: unknown) => undefined, "bad config"],
    ["its own", (_: unknown) => deny("mine is wrong"), "mine is wrong"],
    [
      "its own, by a throw",
      (_: unknown) => {
        throw new RejectError("thrown");
      },
      "thrown",
    ],
  ])("PH-068: a denial of config_validate by %s", async (who, own, reason) => {
    verifies("plugins:config-votes", "plugins:config-refusal");
    const core =
      who === "a core handler"
        ? [
            host.defineCoreHandler({
              hook: "config_validate",
              name: "core.001.config",
              handler: (_) => deny("bad config"),
            }),
          ]
        : [];
    const { failed } = await make([plugin("aaa", { config_validate: own })], { core });
    const { error, failures } = await failed();
    expect(error).toBeInstanceOf(ManifestError);
    expect(error.message).toBe(`plugin 'aaa' failed config validation: ${reason}`);
    expect(failures.map(({ metadata }) => metadata.reason)).toEqual(["config_validate"]);
  });

  it.each([
    [() => undefined, "config_result", "returned nothing; expected Allow or Deny"],
    [() => true, "config_result", "returned boolean; expected Allow or Deny"],
    [
      () => {
        throw new Error("broken");
      },
      "config_exception",
      "failed: broken",
    ],
  ])("PH-068: a validator of its own that does not vote (%#)", async (own, reason, text) => {
    verifies("plugins:config-refusal");
    const handler = (_: unknown) => own();
    const { failed } = await make([plugin("aaa", { config_validate: handler })]);
    const { error, failures } = await failed();
    expect(error.message).toBe(`plugin 'aaa' config validator ${text}`);
    expect(failures.map(({ metadata }) => metadata.reason)).toEqual([reason]);
  });

  it("PH-069: an earlier plugin votes on a later one, and is named", async () => {
    verifies("plugins:config-votes", "plugins:config-refusal");
    const jealous = plugin("aaa", {
      config_validate: ({ plugin: { name } }: { plugin: { name: string } }) =>
        name === "aaa" ? allow() : deny("only me"),
    });
    const { failed } = await make([plugin("bbb"), jealous]);
    const { error, failures } = await failed();
    expect(error.message).toBe("plugin 'bbb' failed config validation: only me");
    expect(failures[0]?.metadata).toMatchObject({
      plugin_name: "bbb",
      reason: "config_validate",
      vetoed_by: "aaa",
    });
  });

  it("another plugin's validator that throws is named", async () => {
    verifies("plugins:config-refusal");
    const broken = plugin("aaa", {
      config_validate: ({ plugin: { name } }: { plugin: { name: string } }) => {
        if (name === "aaa") return allow();
        throw new Error("oops");
      },
    });
    const { failed } = await make([plugin("bbb"), broken]);
    const { error, failures } = await failed();
    expect(error.message).toBe("plugin 'bbb' config validator aaa.config_validate failed: oops");
    expect(failures[0]?.metadata).toMatchObject({ reason: "config_exception", vetoed_by: "aaa" });
  });

  it("votes and audit events are not among the runs that callers started", async () => {
    const handlers = { config_validate: (_: unknown) => allow(), audit_emit: (_: unknown) => {} };
    const { making, events } = await make([plugin("aaa", handlers)]);
    const manager = await making;
    expect(events).toHaveLength(1);
    expect(manager.counts()).toMatchObject({ started: 0, allowed: 0, inFlight: 0 });
    await manager.invoke("vote", {});
    expect(manager.counts()).toMatchObject({ started: 1, allowed: 1, inFlight: 0 });
  });

  it("PH-070: voters see names and flags, no functions and no values", async () => {
    verifies("plugins:public-view");
    const seen: unknown[] = [];
    const spy = plugin("aaa", {
      config_validate: (payload: unknown) => {
        seen.push(payload);
        return allow();
      },
    });
    const later = plugin(
      "bbb",
      { vote: (_: unknown) => allow() },
      { configSchema: z.object({ secret: z.string() }), routes: [() => undefined] },
    );
    const { making } = await make([spy, later], { config: { bbb: { secret: "s3cr3t-value" } } });
    await making;
    const shown = seen[1] as { plugin: object };
    expect(shown.plugin).toEqual({
      name: "bbb",
      version: "1.0.0",
      requiresHost: "*",
      capabilities: [],
      hooks: ["vote"],
      dependsOn: [],
      asyncSafe: true,
    });
    expect(JSON.stringify(shown)).not.toContain("s3cr3t");
    expect(Object.isFrozen(shown.plugin)).toBe(true);
  });

  it("PH-071: a secret that does not fit appears nowhere", async () => {
    verifies("plugins:config-secrets");
    const strict = plugin(
      "aaa",
      {},
      {
        configSchema: z.object({ token: z.string().max(3), port: z.coerce.number() }),
      },
    );
    const { failed, lines, events } = await make([strict], {
      config: { aaa: { token: "hunter2-hunter2" } },
      env: { GLASSINE_PLUGIN_AAA_PORT: "not-a-port" },
    });
    const { error, failures } = await failed();
    expect(failures[0]?.metadata.reason).toBe("config_validate");
    const reported = JSON.stringify([error.message, error, events, lines]);
    expect(reported).not.toContain("hunter2");
    expect(reported).not.toContain("not-a-port");
    expect(error.message).toContain("token");
    expect(error.message).toContain("port");
  });

  it("a plugin's configuration is frozen, and private to it", async () => {
    verifies("plugins:config-own", "plugins:config-environment");
    const seen: Record<string, unknown> = {};
    const reader = (name: string) =>
      plugin(
        name,
        {
          vote: (_: unknown, context: { config: unknown }) => {
            seen[name] = context.config;
            return allow();
          },
        },
        { configSchema: z.object({ key: z.string(), level: z.coerce.number().default(1) }) },
      );
    const { making } = await make([reader("foo"), reader("foo-bar")], {
      config: { foo: { key: "a" }, "foo-bar": { key: "b" } },
      env: { GLASSINE_PLUGIN_FOO_BAR_LEVEL: "7", GLASSINE_PLUGIN_FOO_KEY: "c" },
    });
    await (await making).invoke("vote", {});
    expect(seen).toEqual({ foo: { key: "c", level: 1 }, "foo-bar": { key: "b", level: 7 } });
    expect(Object.isFrozen(seen.foo)).toBe(true);
  });

  it("a section for an unknown plugin is refused, with a suggestion", async () => {
    await expect(
      (await make([plugin("tagger")], { config: { taggr: {} } })).making,
    ).rejects.toThrow(
      "config has a section 'taggr', which is not among the plugins. Did you mean 'tagger'?",
    );
  });

  it("an operator's setting without effect is refused", async () => {
    const voter = plugin("aaa", { vote: (_: unknown) => deny("no") });
    for (const word of [{ mode: "audit" }, { priority: 1 }, { onError: "ignore" }]) {
      await expect((await make([{ plugin: voter, ...word }])).making).rejects.toThrow(
        `plugin 'aaa': ${Object.keys(word)[0]} applies to message hooks only, and the plugin handles none.`,
      );
    }
    const off = await (await make([{ plugin: voter, mode: "disabled" }])).making;
    expect(await off.invoke("vote", {})).toBe(allow());
  });

  it("PH-073: if one plugin fails, none is registered, and its error is thrown", async () => {
    verifies("plugins:registration");
    let calls = 0;
    const voter = (name: string) =>
      plugin(name, {
        vote: (_: unknown) => {
          calls += 1;
          return allow();
        },
      });
    const second = plugin("bbb", { config_validate: (_: unknown) => deny("not so") });
    const { failed } = await make([voter("aaa"), second, voter("ccc")]);
    const { error, failures } = await failed();
    expect(error.message).toBe("plugin 'bbb' failed config validation: not so");
    expect(failures).toHaveLength(1);
    expect(calls).toBe(0);
  });

  it("PH-012, PH-014: a plugin of another host's version is refused", async () => {
    verifies("plugins:requires-host");
    const { failed } = await make([plugin("aaa", {}, { requiresHost: ">=999.0.0" })]);
    const { error, failures } = await failed();
    expect(error.message).toBe(
      "plugin 'aaa' requires glassine '>=999.0.0', but current version is 0.1.0",
    );
    expect(failures.map(({ metadata }) => metadata.reason)).toEqual(["manifest_invalid"]);
    const { making, events } = await make([plugin("aaa", {}, { requiresHost: ">=0.1.0" })]);
    await making;
    expect(events[0]?.metadata).toMatchObject({ requires_glassine: ">=0.1.0" });
  });

  it("several broken plugins are reported together, each with its own event", async () => {
    verifies("plugins:registration-together");
    const { failed } = await make([
      plugin("aaa", {}, { requiresHost: ">=999.0.0" }),
      plugin("bbb", {}, { requiresHost: "not-a-specifier" }),
      plugin("ccc"),
      plugin("ccc"),
    ]);
    const { error, failures } = await failed();
    expect((error as ManifestError).problems.map(({ field }) => field)).toEqual([
      "ccc",
      "aaa",
      "bbb",
    ]);
    expect(failures).toHaveLength(3);
  });
});

describe("dependencies", () => {
  it("PH-081: register before their dependents, then by name, in any order given", async () => {
    verifies("plugins:registration-order");
    const zeta = plugin("zeta", {}, { dependsOn: ["base"] });
    const alpha = plugin("alpha", {}, { dependsOn: ["base"] });
    const base = plugin("base");
    for (const given of [
      [zeta, alpha, base],
      [base, alpha, zeta],
      [alpha, zeta, base],
      [alpha, base, zeta],
      [base, zeta, alpha],
      [zeta, base, alpha],
    ]) {
      const manager = await (await make(given)).making;
      expect(manager.plugins.map(({ name }) => name)).toEqual(["base", "alpha", "zeta"]);
    }
  });

  it("move up to right before the plugin that needs them, by name", async () => {
    verifies("plugins:registration-order");
    const given = [
      plugin("aaa", {}, { dependsOn: ["zzz", "yyy"] }),
      plugin("bbb"),
      plugin("zzz"),
      plugin("yyy"),
    ];
    const manager = await (await make(given)).making;
    expect(manager.plugins.map(({ name }) => name)).toEqual(["yyy", "zzz", "aaa", "bbb"]);
  });
});

describe("audit_emit", () => {
  it("PH-102: a handler's failure is reported only to the sink, once", async () => {
    verifies("audit:sink-only");
    const events: AuditEvent[] = [];
    // More than once, but not without end, so that the test also ends if it fails.
    let failing = 0;
    const noisy = plugin("aaa", {
      audit_emit: (_: unknown) => {
        failing -= 1;
        if (failing >= 0) throw new Error("cannot");
      },
      vote: (_: unknown) => deny("no"),
    });
    const manager = await host.createPluginManager({
      plugins: [noisy],
      audit: { sink: (event) => events.push(event) },
      logger: {},
    });
    failing = 3;
    expect(await manager.invoke("vote", {})).toMatchObject({ reason: "no" });
    await manager.close();
    expect(events.slice(1).map(({ eventType }) => eventType)).toEqual([
      "plugin.handler_denied",
      "plugin.handler_error",
    ]);
    expect(manager.auditFailures().total).toBe(1);
  });

  it("receives events after the sink", async () => {
    const order: string[] = [];
    const observer = plugin("aaa", {
      audit_emit: ({ event }: { event: AuditEvent }) => {
        order.push(`handler ${event.eventType}`);
      },
      vote: (_: unknown) => deny("no"),
    });
    const manager = await host.createPluginManager({
      plugins: [observer],
      audit: { sink: ({ eventType }) => order.push(`sink ${eventType}`) },
      logger: {},
    });
    await manager.invoke("vote", {});
    await manager.close();
    expect(order).toEqual([
      "sink plugin.registered",
      "handler plugin.registered",
      "sink plugin.handler_denied",
      "handler plugin.handler_denied",
    ]);
  });
});

describe("the trail of runs", () => {
  it("PH-101: a denial and a failure, in order", async () => {
    const events: AuditEvent[] = [];
    const manager = await host.createPluginManager({
      plugins: [
        plugin("aaa", { message_pre_invoke: (_: unknown) => deny("not this") }),
        plugin("bbb", {
          message_post_invoke: {
            handler: (_: unknown) => {
              throw new TypeError("odd");
            },
            onError: "ignore",
          },
        }),
      ],
      audit: { sink: (event) => events.push(event) },
      logger: {},
    });
    await manager.invoke("cmf.llm_input", { role: "user" });
    await manager.invoke("cmf.llm_output", { role: "assistant" });
    await manager.close();
    expect(events.slice(2).map(({ eventType, metadata }) => [eventType, metadata])).toEqual([
      [
        "plugin.handler_denied",
        {
          plugin_name: "aaa",
          hook: "message_pre_invoke",
          handler_name: "aaa.message_pre_invoke",
          reason: "not this",
          code: "denied",
          tool: null,
          subject_id: null,
          request: expect.any(String),
        },
      ],
      [
        "plugin.handler_error",
        {
          plugin_name: "bbb",
          hook: "message_post_invoke",
          handler_name: "bbb.handler",
          error_type: "TypeError",
          error: "odd",
          request: expect.any(String),
        },
      ],
    ]);
  });

  it("added labels and refused changes are recorded, with the request's id", async () => {
    verifies("audit:request-id");
    const events: AuditEvent[] = [];
    const tagger = plugin(
      "tagger",
      {
        message_pre_invoke: (_m: unknown, _c: unknown, _x: unknown) => ({
          modifiedExtensions: { security: { labels: ["PII"] }, request: { request_id: "forged" } },
        }),
      },
      { capabilities: ["append_labels"] },
    );
    const other = await host.createPluginManager({
      plugins: [tagger],
      audit: { sink: (event) => events.push(event) },
      logger: {},
    });
    const input = { role: "user" } as const;
    const extensions = { request: { request_id: "req-1" } };
    const result = await other.invoke("cmf.llm_input", input, { request: "run-1" });
    await other.invoke("cmf.llm_input", input, { request: "run-2", extensions } as never);
    await other.close();
    expect(result.extensions.security?.labels).toEqual(["PII"]);
    const recorded = events
      .filter(({ eventType }) => eventType.startsWith("extensions."))
      .map(({ eventType, metadata }) => [
        eventType,
        metadata.labels ?? metadata.path,
        metadata.request_id,
      ]);
    expect(recorded).toEqual([
      ["extensions.change_refused", "request", null],
      ["extensions.labels_added", ["PII"], null],
      ["extensions.change_refused", "request", "req-1"],
      ["extensions.labels_added", ["PII"], "req-1"],
    ]);
  });

  it("PH-106: a denial stands even if the sink is down, and lost events are counted", async () => {
    let isUp = true;
    const sink = () => {
      if (!isUp) throw new Error("down");
    };
    for (const strict of [false, true]) {
      isUp = true;
      const manager = await host.createPluginManager({
        plugins: [plugin("aaa", { vote: (_: unknown) => deny("no") })],
        audit: { sink, strict },
        logger: {},
      });
      isUp = false;
      expect(await manager.invoke("vote", {})).toMatchObject({ allow: false, reason: "no" });
      expect(manager.auditFailures().total).toBe(1);
    }
  });

  it("a strict trail denies what it could not record; any other lets it pass", async () => {
    for (const strict of [false, true]) {
      let isUp = true;
      const tagger = plugin(
        "tagger",
        {
          message_pre_invoke: (_m: unknown, _c: unknown, _x: unknown) => ({
            modifiedExtensions: { security: { labels: ["PII"] } },
          }),
        },
        { capabilities: ["append_labels"] },
      );
      const manager = await host.createPluginManager({
        plugins: [tagger],
        audit: {
          sink: async () => {
            if (!isUp) throw new Error("down");
          },
          strict,
        },
        logger: {},
      });
      isUp = false;
      const result = await manager.invoke("cmf.llm_input", { role: "user" });
      expect(result.continueProcessing).toBe(!strict);
      expect(result.violation?.code).toBe(strict ? "audit_failed" : undefined);
      expect(result.extensions.security?.labels).toEqual(["PII"]);
      await manager.close();
      expect(manager.auditFailures().total).toBe(1);
    }
  });
});

describe("why a plugin is refused", () => {
  const invalid = plugin("aaa", {}, { requiresHost: ">=999.0.0" });
  const validator = (own: (_: unknown) => unknown) => plugin("aaa", { config_validate: own });
  const scenarios: { readonly [reason in Reason]?: readonly unknown[] } = {
    duplicate: [plugin("aaa"), plugin("aaa")],
    manifest_invalid: [invalid],
    dependency: [plugin("aaa", {}, { dependsOn: ["bbb"] })],
    config_validate: [validator((_) => deny("no"))],
    config_result: [validator((_) => undefined)],
    config_exception: [
      validator((_) => {
        throw new Error("no");
      }),
    ],
  };
  // Reasons found before a plugin is loaded are tested with the code that finds them.
  const beforeLoading: readonly Reason[] = [
    ...([
      "discovery",
      "dependency_rejected",
      "unsigned",
      "signature_invalid",
      "signature_unchecked",
    ] as const),
    ...(["untrusted_identity", "ack_missing", "lock_missing_entry", "lock_drift"] as const),
  ];

  it.each(Object.entries(scenarios))("PH-100: %s, once", async (reason, plugins) => {
    const { failed } = await make(plugins);
    const { failures } = await failed();
    expect(failures.map(({ metadata }) => metadata.reason)).toEqual([reason]);
  });

  it("PH-100: every reason has a scenario", () => {
    const known = [...Object.keys(scenarios), ...beforeLoading, "frozen"];
    expect([...registrationFailures].sort()).toEqual(known.sort());
  });
});

it("PH-119: two starts with the same plugins have the same handlers in the same order", async () => {
  const names = ["zeta", "alpha", "foo-bar", "foo"];
  const start = async (order: readonly string[]) => {
    const handlers = { vote: (_: unknown) => allow(), message_pre_invoke: (_: unknown) => allow() };
    const manager = await (await make(order.map((name) => plugin(name, handlers)))).making;
    return (["vote", "cmf.llm_input"] as const).map((hook) => manager.handlersFor(hook));
  };
  expect(await start(names)).toEqual(await start(names));
  const [votes] = await start(names);
  const [others] = await start([...names].reverse());
  expect(others).toEqual(votes);
});
