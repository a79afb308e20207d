import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { defineHost, defineServices, handleOf } from "../../src/host.ts";
import {
  allow,
  CapabilityError,
  createPluginManager,
  definePlugin,
  PluginExecutionError,
} from "../../src/index.ts";
import { verifies } from "../support/verifies.ts";

const services = defineServices({
  "vault.read": {
    accessor: "getVault",
    handle: "vault",
    description: "Reads secrets.",
    type: handleOf<{ secret: string }>(),
  },
  "vault.write": { accessor: "getVaultWriter", handle: "vaultWriter", description: "Writes them." },
});
const facts = z.looseObject({});
const host = defineHost({
  services,
  hooks: {
    vote: { semantic: "voting", description: "May it be?", payload: facts },
    happened: { semantic: "fire_and_forget", description: "It happened.", payload: facts },
    happened_strictly: {
      semantic: "fire_and_forget",
      description: "It happened.",
      payload: facts,
      strict: true,
    },
  },
});

interface AnyContext {
  getVault(): unknown;
  getVaultWriter(): unknown;
  readonly capabilities: readonly string[];
}

/** Runs a handler with the context of a plugin that declares `capabilities`. */
async function withContext(
  capabilities: readonly string[],
  supplied: object,
  use: (context: AnyContext) => void,
  others: readonly unknown[] = [],
): Promise<void> {
  let turns = 0;
  let failure: unknown;
  const plugin = host.definePlugin({
    name: "reader",
    version: "1.0.0",
    capabilities: capabilities as never,
    hooks: {
      vote(_facts, context) {
        turns += 1;
        try {
          use(context as unknown as AnyContext);
        } catch (error) {
          failure = error;
        }
        return allow();
      },
    },
  });
  const plugins = [plugin, ...(others as (typeof plugin)[])];
  const manager = await host.createPluginManager({ plugins, services: supplied, logger: {} });
  await manager.invoke("vote", {});
  if (failure !== undefined) throw failure;
  expect(turns).toBe(1);
}

describe("the services of a host", () => {
  it("a declared one returns the host's handle, or null if the host supplies none", async () => {
    verifies("plugins:services", "plugins:service-handle");
    const vault = { secret: "s" };
    await withContext(["vault.read"], { vault }, (context) => {
      expect(context.getVault()).toBe(vault);
    });
    await withContext(["vault.read"], {}, (context) => {
      expect(context.getVault()).toBe(null);
    });
  });

  it("one that is not declared is refused, whether or not the host supplies it", async () => {
    verifies("plugins:service-undeclared");
    for (const supplied of [{}, { vault: { secret: "s" } }]) {
      await withContext(["vault.write"], supplied, (context) => {
        let error: unknown;
        try {
          context.getVault();
        } catch (thrown) {
          error = thrown;
        }
        expect(error).toBeInstanceOf(CapabilityError);
        expect(error).toMatchObject({
          message: "plugin 'reader' cannot call getVault: capability 'vault.read' not declared",
          plugin: "reader",
          capability: "vault.read",
          accessor: "getVault",
          code: "capability_denied",
        });
      });
    }
  });

  it("PH-016: one capability implies no other, and there are no wildcards", async () => {
    verifies("plugins:service-exact");
    await withContext(["vault.read"], {}, (context) => {
      expect(() => context.getVaultWriter()).toThrow(CapabilityError);
    });
    for (const name of ["vault.*", "vault", "*"]) {
      expect(() =>
        host.definePlugin({
          name: "wild",
          version: "1.0.0",
          capabilities: [name as never],
          hooks: {},
        }),
      ).toThrow(`unknown plugin capabilities`);
    }
  });

  it("PH-017: the capability is checked before the host's handle is read", async () => {
    verifies("plugins:service-undeclared");
    let reads = 0;
    const supplied = {
      get vault() {
        reads += 1;
        return { secret: "s" };
      },
    };
    await withContext(["vault.write"], supplied, (context) => {
      expect(() => context.getVault()).toThrow(CapabilityError);
    });
    expect(reads).toBe(0);
    await withContext(["vault.read"], supplied, (context) => {
      expect(context.getVault()).toEqual({ secret: "s" });
    });
    expect(reads).toBe(1);
  });

  it("PH-064: the host's services are read when the manager is created", async () => {
    verifies("plugins:registration", "plugins:service-handle");
    const vault = { secret: "the first" };
    const supplied: { vault?: object; vaultWriter?: object } = { vault };
    const seen: unknown[] = [];
    const plugin = host.definePlugin({
      name: "reader",
      version: "1.0.0",
      capabilities: ["vault.read", "vault.write"],
      hooks: {
        vote(_facts, context) {
          seen.push(context.getVault(), context.getVaultWriter());
          return allow();
        },
      },
    });
    const manager = await host.createPluginManager({
      plugins: [plugin],
      services: supplied as never,
    });
    supplied.vault = { secret: "the second" };
    supplied.vaultWriter = {};
    await manager.invoke("vote", {});
    expect(seen).toEqual([vault, null]);
    expect(manager.capabilityReport()["vault.write"]).toMatchObject({ supplied: false });
  });

  it("PH-018: a context does not lead to a handle, or to another plugin", async () => {
    verifies("plugins:service-unreachable");
    const vault = { secret: "never to be seen" };
    const other = host.definePlugin({
      name: "no-other-plugin",
      version: "7.7.7",
      capabilities: ["vault.read"],
      hooks: {
        vote(_facts, { state, getVault }) {
          state.set("other", getVault);
          return allow();
        },
        happened: (_facts) => undefined,
      },
    });
    const look = (context: AnyContext) => {
      const all = { showHidden: true, depth: 9 };
      const seen: unknown[] = [JSON.stringify(context), inspect(context, all)];
      for (let at: object | null = context; at !== null; at = Object.getPrototypeOf(at)) {
        for (const key of Reflect.ownKeys(at)) {
          const found = Object.getOwnPropertyDescriptor(at, key);
          seen.push(String(key), inspect(found, all));
          if (found?.get !== undefined)
            seen.push(inspect(Reflect.apply(found.get, context, []), all));
        }
      }
      for (const key in context) seen.push(key);
      try {
        seen.push(inspect(structuredClone(context), { showHidden: true }));
      } catch {
        // It cannot be cloned, so this reveals nothing.
      }
      const text = seen.join("\n");
      for (const secret of [vault.secret, "no-other-plugin", "7.7.7", "other"])
        expect(text).not.toContain(secret);
      expect(text).toContain("reader");
    };
    const configured = { plugin: other, config: { key: "of-the-other-one" } };
    await withContext(["vault.write"], { vault }, look, [configured]);
  });

  it("PH-019: nothing that a handler does to its context opens a service", async () => {
    verifies("plugins:service-unreachable");
    const vault = { secret: "s" };
    await withContext(["vault.write"], { vault }, (context) => {
      const names = context.capabilities as string[];
      expect(() => names.push("vault.read")).toThrow(TypeError);
      expect(() => Object.defineProperty(names, 0, { value: "vault.read" })).toThrow(TypeError);
      expect(() => {
        Set.prototype.add.call(names, "vault.read");
      }).toThrow(TypeError);
      const own = Object.getPrototypeOf(context);
      expect(() => Object.defineProperty(own, "getVault", { value: () => vault })).toThrow(
        TypeError,
      );
      expect(() => context.getVault()).toThrow(CapabilityError);
    });
  });

  it("PH-020: an accessor does not work on another context", async () => {
    verifies("plugins:service-own-context");
    const vault = { secret: "s" };
    let borrowed: (() => unknown) | undefined;
    await withContext(["vault.read"], { vault }, (context) => {
      borrowed = context.getVault;
    });
    await withContext(["vault.write"], { vault }, (context) => {
      expect(() => borrowed?.call(context)).toThrow(CapabilityError);
      expect(() => borrowed?.call({})).toThrow("works on the context of a handler only");
      for (const nothing of [undefined, null, "context"]) {
        expect(() => borrowed?.call(nothing)).toThrow(CapabilityError);
      }
      expect(() => borrowed?.call({})).toThrow(expect.objectContaining({ plugin: "unknown" }));
    });
  });

  it("an accessor stops working when its run ends", async () => {
    verifies("plugins:service-own-context");
    let kept: AnyContext | undefined;
    await withContext(["vault.read"], { vault: { secret: "s" } }, (context) => {
      kept = context;
    });
    expect(() => kept?.getVault()).toThrow("a run that has ended");
  });

  it("PH-021: a core handler is limited to its capabilities, too", async () => {
    verifies("plugins:core");
    const core = host.defineCoreHandler({
      hook: "vote",
      name: "core.001.reader",
      handler: (_facts, context) => {
        (context as unknown as AnyContext).getVault();
        return allow();
      },
    });
    const manager = await host.createPluginManager({ plugins: [], core: [core] });
    await expect(manager.invoke("vote", {})).rejects.toThrow(
      "plugin 'core' cannot call getVault: capability 'vault.read' not declared",
    );
    const granted = host.defineCoreHandler({
      hook: "vote",
      name: "core.001.reader",
      capabilities: ["vault.read"],
      handler: (_facts, context) => {
        expect(context.getVault()).toBe(null);
        return allow();
      },
    });
    const other = await host.createPluginManager({ plugins: [], core: [granted] });
    expect(await other.invoke("vote", {})).toBe(allow());
  });

  const careless = host.definePlugin({
    name: "careless",
    version: "1.0.0",
    hooks: {
      vote: (_facts, context) => {
        (context as unknown as AnyContext).getVault();
        return allow();
      },
      happened: (_facts, context) => void (context as unknown as AnyContext).getVault(),
      happened_strictly: (_facts, context) => void (context as unknown as AnyContext).getVault(),
    },
  });

  it("PH-022: declaring too little fails when the handler runs, and is audited", async () => {
    verifies("plugins:service-late");
    const events: { eventType: string; metadata: object }[] = [];
    const manager = await host.createPluginManager({
      plugins: [careless],
      audit: { sink: (event) => events.push(event) },
    });
    const failure = manager.invoke("vote", {});
    await expect(failure).rejects.toBeInstanceOf(PluginExecutionError);
    await expect(failure).rejects.toMatchObject({ cause: { name: "CapabilityError" } });
    expect(manager.plugins.map(({ name }) => name)).toEqual(["careless"]);
    const errors = events.filter(({ eventType }) => eventType === "plugin.handler_error");
    expect(errors).toHaveLength(1);
    expect(errors[0]?.metadata).toMatchObject({ error_type: "CapabilityError", hook: "vote" });
  });

  it("PH-023: in fire and forget it is logged and audited; on a strict hook it surfaces", async () => {
    verifies("plugins:service-late");
    const events: string[] = [];
    const lines: string[] = [];
    const manager = await host.createPluginManager({
      plugins: [careless],
      audit: { sink: ({ eventType }) => events.push(eventType) },
      logger: { warn: (text) => lines.push(text) },
    });
    await manager.invoke("happened", {});
    expect(lines).toHaveLength(1);
    expect(events).toEqual(["plugin.registered", "plugin.handler_error"]);
    await expect(manager.invoke("happened_strictly", {})).rejects.toThrow(
      "failed for audit hook 'happened_strictly': plugin 'careless' cannot call getVault",
    );
  });

  it("an operator's grant narrows services as it does slots", async () => {
    verifies("plugins:service-grant", "plugins:service-report");
    const plugin = host.definePlugin({
      name: "reader",
      version: "1.0.0",
      capabilities: ["vault.read", "vault.write", "read_labels"],
      hooks: {
        vote: (_facts, context, _extensions) => {
          expect(context.capabilities).toEqual(["vault.write"]);
          context.getVault();
          return allow();
        },
      },
    });
    const manager = await host.createPluginManager({
      plugins: [{ plugin, grant: ["vault.write"] }],
      services: { vault: { secret: "s" } },
    });
    await expect(manager.invoke("vote", {})).rejects.toThrow("'vault.read' not declared");
    expect(manager.capabilityReport()).toEqual({
      "vault.read": { supplied: true, plugins: [] },
      "vault.write": { supplied: false, plugins: ["reader"] },
    });
  });

  it("reports what is wrong with a table of services", () => {
    verifies("plugins:services");
    const table = (more: object) => () =>
      defineServices({
        "a.read": { accessor: "getA", handle: "a", description: "A.", ...more },
      } as never);
    expect(table({ accessor: "signal" })).toThrow('may not have the accessor "signal"');
    expect(table({ accessor: "get a" })).toThrow("needs an accessor");
    expect(table({ handle: 3 })).toThrow("needs a handle");
    expect(table({ description: "" })).toThrow("needs a description");
    expect(table({ acessor: "x" })).toThrow('Did you mean "accessor"?');
    expect(() => defineServices({ nodot: {} } as never)).toThrow(
      "a capability of lower-case words",
    );
    expect(() =>
      defineServices({
        "a.read": { accessor: "getA", handle: "a", description: "A." },
        "b.read": { accessor: "getA", handle: "b", description: "B." },
      }),
    ).toThrow('has "getA" in common with "a.read"');
  });

  it("refuses an accessor with the name of any property of a context", async () => {
    let names: readonly string[] = [];
    const plugin = definePlugin({
      name: "looks",
      version: "1.0.0",
      hooks: {
        evaluate(_message, context) {
          names = Object.getOwnPropertyNames(Object.getPrototypeOf(context));
        },
      },
    });
    const manager = await createPluginManager({ plugins: [plugin] });
    await manager.invoke("evaluate", { role: "user" });
    expect(names).toContain("stream");
    for (const accessor of [...names, "constructor", "valueOf", "then", "toJSON"]) {
      const service = { accessor, handle: "a", description: "A." };
      expect(() => defineServices({ "a.read": service })).toThrow(
        `may not have the accessor "${accessor}"`,
      );
    }
  });

  it("a handle for an unknown service is refused", async () => {
    await expect(
      host.createPluginManager({ plugins: [], services: { valut: {} } as never }),
    ).rejects.toThrow(
      "services has 'valut', which is not a handle of this host. Did you mean 'vault'?",
    );
  });

  it.each([
    [
      "an instance of a class",
      new (class {
        get vault() {
          return {};
        }
      })(),
    ],
    ["a promise", Promise.resolve({ vault: {} })],
  ])("%s, which has no handles of its own, is refused", async (what, services) => {
    await expect(
      host.createPluginManager({ plugins: [], services: services as never }),
    ).rejects.toMatchObject({
      code: "options_invalid",
      message: `The option services expects its options in an object, got ${what}.`,
    });
  });
});
