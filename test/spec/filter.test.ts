import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import {
  codeOf,
  envelope,
  everything,
  host,
  capabilities as names,
  plain,
  slotNames,
  subject,
  view,
} from "./support.ts";

const full = envelope(everything);
const grant = fc.subarray([...names]);

describe("capabilities", () => {
  it("are those of the page", () => {
    verifies("capability:names");
    const page = readFileSync(new URL("../../spec/filter.md", import.meta.url), "utf8");
    const rows = [...page.matchAll(/^\| `([a-z_]+)` +\|(.*)\|$/gm)];
    expect(rows.map(([, name]) => name).sort()).toEqual([...names]);
    const brings = rows.map(([, name = "", rest = ""]) => [
      name,
      [
        name,
        ...(rest
          .split("|")
          .at(-1)
          ?.match(/[a-z_]+/g) ?? []),
      ].sort(),
    ]);
    const resolved = names.map((name) => [name, host.resolveCapabilities([name] as never)]);
    expect(Object.fromEntries(brings)).toEqual(Object.fromEntries(resolved));
  });

  it("are compared exactly, and open nothing when unknown", () => {
    verifies("capability:exact", "capability:unknown-opens-nothing");
    for (const name of [
      "Read_Agent",
      " read_agent",
      "read-agent",
      "read_*",
      "*",
      "",
      "__proto__",
    ]) {
      expect(view(full, name)).toEqual(view(full));
      const returned = { http: { headers: { b: "2" } } };
      const { rejections } = host.mergeExtensions(full, returned, [name] as never);
      expect(rejections.map(({ code }) => code)).toEqual(["capability_missing"]);
    }
  });

  it("are refused when unknown and declared", () => {
    verifies("capability:unknown-refused");
    expect(codeOf(() => host.resolveCapabilities(["read_agents"] as never))).toBe(
      "capability_unknown",
    );
  });

  it("imply reading by writing", () => {
    verifies("capability:write-implies-read");
    expect(host.resolveCapabilities(["write_headers"])).toEqual(["read_headers", "write_headers"]);
    expect(view(full, "append_labels")).toEqual(view(full, "read_labels"));
    expect(view(full, "write_headers")).toEqual(view(full, "read_headers"));
    expect(view(full, "append_delegation")).toEqual(view(full, "read_delegation"));
  });

  it("imply the outer field by the inner one", () => {
    verifies("capability:field-implies-parent");
    expect(host.resolveCapabilities(["read_claims"])).toEqual(["read_claims", "read_subject"]);
  });

  it("imply nothing else", () => {
    verifies("capability:nothing-else");
    fc.assert(
      fc.property(grant, (some) => {
        const resolved = host.resolveCapabilities(some as never);
        expect(host.resolveCapabilities(resolved)).toEqual(resolved);
        expect(resolved).toEqual(
          [...new Set(some.flatMap((name) => host.resolveCapabilities([name] as never)))].sort(),
        );
      }),
    );
    const others = names.filter(
      (name) => !/^(append|write)_|roles|teams|claims|permissions/.test(name),
    );
    for (const name of others) expect(host.resolveCapabilities([name] as never)).toEqual([name]);
  });
});

describe("a view", () => {
  const ungated = [
    "request",
    "mcp",
    "completion",
    "provenance",
    "llm",
    "framework",
    "meta",
    "custom",
  ];
  const gates = {
    agent: ["read_agent"],
    http: ["read_headers", "write_headers"],
    delegation: ["read_delegation", "append_delegation"],
  } as const;

  it("is of slots with a gate, without one, and of security, which has parts of both", () => {
    expect([...ungated, ...Object.keys(gates), "security"].sort()).toEqual([...slotNames].sort());
  });

  it("starts empty", () => {
    verifies("filter:from-nothing", "filter:null");
    const wider = envelope({ ...everything });
    const keys = Object.keys(view(wider, ...names));
    expect(keys).toEqual(slotNames);
    expect(plain(view(envelope({}), ...names.filter((name) => !name.endsWith("_labels"))))).toEqual(
      {},
    );
    expect(host.filterExtensions(null, ["read_agent"])).toBeNull();
  });

  it("has ungated parts", () => {
    verifies("filter:ungated");
    const { security, ...rest } = plain(view(full)) as Record<string, unknown>;
    expect(Object.keys(rest).sort()).toEqual([...ungated].sort());
    expect(security).toEqual({
      classification: "internal",
      objects: plain(full.security?.objects),
      data: plain(full.security?.data),
      auth_method: "oidc",
    });
  });

  it("has a gated slot wholly or not at all", () => {
    verifies("filter:gated-slot");
    for (const [slot, openers] of Object.entries(gates)) {
      const key = slot as keyof typeof gates;
      for (const name of names) {
        const shown = (openers as readonly string[]).includes(name) ? full[key] : undefined;
        expect(view(full, name)[key], `${slot} by ${name}`).toBe(shown);
      }
    }
  });

  it("has a gated field or not", () => {
    verifies("filter:gated-field");
    const gates = {
      labels: ["read_labels", "append_labels"],
      client: ["read_client"],
      caller_workload: ["read_workload"],
      this_workload: ["read_workload"],
    } as const;
    for (const [field, openers] of Object.entries(gates)) {
      const key = field as keyof typeof gates;
      for (const name of names) {
        const shown = (openers as readonly string[]).includes(name)
          ? full.security?.[key]
          : undefined;
        expect(view(full, name).security?.[key], `${field} by ${name}`).toEqual(shown);
      }
    }
  });

  it("reduces the subject to what is granted", () => {
    verifies("filter:subject-cut");
    const cut = (...capabilities: readonly string[]) =>
      plain(view(full, ...capabilities).security?.subject);
    const { id, type, roles, claims } = subject;
    expect(cut("read_subject")).toEqual({ id, type });
    expect(cut("read_roles")).toEqual({ id, type, roles });
    expect(cut("read_claims", "read_roles")).toEqual({ id, type, roles, claims });
    expect(view(full, "read_labels", "read_client").security?.subject).toBeUndefined();
    expect(cut("read_roles", "read_teams", "read_claims", "read_permissions")).toEqual(subject);
  });

  it("reveals nothing about what is hidden", () => {
    verifies("filter:hidden-is-absent");
    const open = Object.entries(everything).filter(([slot]) => !Object.hasOwn(gates, slot));
    const security = { ...everything.security, subject: null, client: null, labels: [] };
    const without = envelope({
      ...Object.fromEntries(open),
      security: { ...security, caller_workload: null, this_workload: null },
    });
    const a = view(full);
    const b = view(without);
    expect(a).toEqual(b);
    expect(JSON.stringify(a)).toBe(JSON.stringify(b));
    expect(Reflect.ownKeys(a)).toEqual(Reflect.ownKeys(b));
    expect(Reflect.ownKeys(a.security ?? {})).toEqual(Reflect.ownKeys(b.security ?? {}));
  });

  it("omits a level without visible parts", () => {
    verifies("filter:empty-is-absent");
    const hidden = envelope({ security: { subject, labels: ["PII"], objects: {}, data: {} } });
    expect(view(hidden).security).toBeUndefined();
    expect(view(hidden, "read_client").security).toBeUndefined();
    expect(view(hidden, "read_subject").security?.subject?.id).toBe("ada");
  });

  it("always has labels for plugins that may read them", () => {
    verifies("filter:labels-always");
    expect(view(envelope({}), "read_labels").security?.labels).toEqual([]);
    expect(view(envelope({}), "append_labels").security?.labels).toEqual([]);
    expect(view(envelope({})).security).toBeUndefined();
  });
});

describe("filtering", () => {
  it("twice is filtering once", () => {
    verifies("filter:idempotent");
    fc.assert(
      fc.property(grant, (some) => {
        const once = view(full, ...some);
        expect(view(once, ...some)).toEqual(once);
      }),
    );
  });

  it("shows no less to a larger grant", () => {
    verifies("filter:monotone");
    fc.assert(
      fc.property(grant, grant, (some, more) => {
        const less = plain(view(full, ...some)) as object;
        expect(plain(view(full, ...some, ...more))).toMatchObject(less);
      }),
    );
  });

  it("changes nothing, and is not affected by changes", () => {
    verifies("filter:untouched", "filter:frozen");
    const before = host.encodeExtensions(full);
    const shown = view(full, ...names);
    const text = JSON.stringify(shown);
    const visit = (value: unknown): void => {
      if (typeof value !== "object" || value === null) return;
      expect(Object.isFrozen(value)).toBe(true);
      expect(Reflect.set(value, "added", 1)).toBe(false);
      expect(Reflect.setPrototypeOf(value, {})).toBe(false);
      for (const key of Object.keys(value)) {
        expect(Reflect.deleteProperty(value, key)).toBe(false);
        visit((value as Record<string, unknown>)[key]);
      }
    };
    visit(shown);
    host.addLabels(full, "later");
    expect([host.encodeExtensions(full), JSON.stringify(shown)]).toEqual([before, text]);
  });

  it("shares what is wholly visible and rebuilds the rest", () => {
    verifies("filter:shared", "filter:rebuilt");
    const a = view(full, "read_agent");
    const b = view(full, "read_agent");
    for (const slot of ["request", "agent", "mcp", "custom", "meta"] as const) {
      expect(a[slot]).toBe(full[slot]);
    }
    expect(a.security).toEqual(b.security);
    expect(a.security).not.toBe(b.security);
    expect(a.security).not.toBe(full.security);
  });
});
