// Its process is only for files that patch the realm.
import { createExtensions, type Extensions, filterExtensions, mergeExtensions } from "glassine";
import { defineHost, stringSet } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";

const subject = { id: "u", type: "user", roles: ["admin"], claims: { tenant: "t" } } as const;
const none = createExtensions({});

describe("what a grant opens", () => {
  it("is there for a plugin that may read labels, even if there are none", () => {
    for (const grant of ["read_labels", "append_labels"] as const) {
      expect(filterExtensions(none, [grant]).security.labels).toEqual([]);
    }
  });

  it("is absent where it is absent, for a set that everyone reads", () => {
    const host = defineHost({
      slots: {
        dossier: {
          tier: "immutable",
          read: "everyone",
          description: "Of a test.",
          schema: z.object({ tags: stringSet().optional(), note: z.string().optional() }),
          fields: {
            tags: { tier: "monotonic", write: "everyone" },
            note: { read: "read_note" },
          },
        },
      },
    });
    const noted = host.createExtensions({ dossier: { note: "hidden" } });
    expect(host.filterExtensions(noted, []).dossier).toBeUndefined();
  });

  it("opens id and type with any of the subject's fields, and no field with another", () => {
    const extensions = createExtensions({ security: { subject } });
    const view = filterExtensions(extensions, ["read_claims"]);
    expect(view.security?.subject).toEqual({ id: "u", type: "user", claims: { tenant: "t" } });
  });

  it("shares a slot that is wholly visible, and builds one with hidden parts", () => {
    const extensions = createExtensions({
      request: { request_id: "r" },
      security: { labels: ["a"], subject },
    });
    const one = filterExtensions(extensions, ["read_labels"]);
    const two = filterExtensions(extensions, ["read_labels"]);
    expect(one.request).toBe(extensions.request);
    expect(one.security).not.toBe(extensions.security);
    expect(one.security).not.toBe(two.security);
  });

  it("hides a part of a level that its slot must have", () => {
    const host = defineHost({
      slots: {
        cabinet: {
          tier: "immutable",
          read: "everyone",
          description: "Of a test.",
          schema: z.object({ drawer: z.object({ key: z.string(), lock: z.string().optional() }) }),
          fields: { drawer: { fields: { lock: { read: "read_lock" } } } },
        },
      },
    });
    const locked = host.createExtensions({ cabinet: { drawer: { key: "k", lock: "hidden" } } });
    expect(host.filterExtensions(locked, []).cabinet).toEqual({ drawer: { key: "k" } });
    expect(host.filterExtensions(locked, ["read_lock"]).cabinet).toEqual(locked.cabinet);
  });

  it("does not grow if a view is filtered again", () => {
    const extensions = createExtensions({ security: { labels: ["PII"] }, agent: { turn: 1 } });
    const narrow = filterExtensions(extensions, ["read_agent"]);
    const again = filterExtensions(narrow as Extensions, [
      "read_labels",
      "append_delegation",
      "read_agent",
    ]);
    expect(again).toEqual(narrow);
  });

  it("is nothing for a name that is unknown, in another case, or padded", () => {
    const extensions = createExtensions({ security: { labels: ["PII"] } });
    for (const name of [
      "Read_Labels",
      " read_labels",
      "read-labels",
      "read_*",
      "*",
      "",
      "__proto__",
    ]) {
      expect(filterExtensions(extensions, [name] as never)).toEqual(
        filterExtensions(extensions, []),
      );
    }
  });
});

describe("capabilities that are not an array", () => {
  const lists: readonly [string, unknown][] = [
    ["string", "read_labels"],
    ["undefined", undefined],
    ["null", null],
    ["object", { 0: "read_labels", length: 1 }],
    ["number", 5],
    ["function", () => ["read_labels"]],
    ["symbol", Symbol("read_labels")],
  ];
  it.each(lists)("are a mistake in the call: %s", (what, capabilities) => {
    for (const [call, run] of [
      ["filterExtensions", () => filterExtensions(none, capabilities as never)],
      ["mergeExtensions", () => mergeExtensions(none, undefined, capabilities as never)],
    ] as const) {
      const message = `${call} expects its capabilities in an array of names, got ${what}.`;
      expect(run).toThrow(
        expect.objectContaining({ code: "capability_unknown", message, data: { call } }),
      );
    }
  });
});

describe("reading falls through to nothing", () => {
  it("when a prototype was patched after the envelope was made", () => {
    Reflect.defineProperty(Object.prototype, "agent", { value: "forged", configurable: true });
    try {
      expect(filterExtensions(createExtensions({ agent: { turn: 1 } }), [])).toHaveProperty(
        "agent",
        undefined,
      );
    } finally {
      Reflect.deleteProperty(Object.prototype, "agent");
    }
  });
});
