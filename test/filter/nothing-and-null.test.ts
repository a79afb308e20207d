// Its process is only for files that patch the realm.
/** Content of a partly withheld level: null counts as content, a level without fields does not. */
import { defineHost, jsonValue, stringSet } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { verifies } from "../support/verifies.ts";

const hostOf = (open: z.ZodType) =>
  defineHost({
    slots: {
      desk: {
        tier: "immutable",
        read: "everyone",
        description: "Of a test.",
        schema: z.object({ open, secret: z.string().optional() }),
        fields: { secret: { read: "read_secret" } },
      },
    },
  });

it("a null that the schema accepts is a value", () => {
  const host = hostOf(jsonValue());
  const view = host.filterExtensions(host.createExtensions({ desk: { open: null } }), []);
  expect(view.desk).toEqual({ open: null });
});

it("an object that may be null instead is a value, even without any of its fields", () => {
  verifies("filter:empty-is-absent");
  const host = hostOf(z.object({ a: z.string().optional() }).nullable());
  for (const open of [null, {}]) {
    const view = host.filterExtensions(host.createExtensions({ desk: { open } }), []);
    expect(JSON.parse(JSON.stringify(view.desk))).toEqual({ open });
  }
});

describe("a level without fields is empty", () => {
  const host = hostOf(z.object({}).optional());
  const hidden = host.createExtensions({ desk: { open: {}, secret: "s" } });

  it("and so is its parent", () => {
    expect(host.filterExtensions(hidden, []).desk).toBeUndefined();
  });

  it("even if a prototype was patched", () => {
    const forged = { value: 1, configurable: true, enumerable: true, writable: true };
    Object.defineProperty(Object.prototype, "forged", forged);
    let view: { readonly desk?: unknown };
    try {
      view = host.filterExtensions(hidden, []);
    } finally {
      Reflect.deleteProperty(Object.prototype, "forged");
    }
    expect(view.desk).toBeUndefined();
  });
});

describe("a level with gated parts in which everything visible is empty", () => {
  const texts = z.array(z.string()).optional();
  const secret = { secret: { read: "read_secret" } } as const;
  const inner = z.object({ secret: texts }).optional();
  const host = defineHost({
    slots: {
      flat: {
        tier: "immutable",
        read: "everyone",
        description: "Of a test.",
        schema: z.object({ open: texts, secret: texts }),
        fields: secret,
      },
      deep: {
        tier: "immutable",
        read: "everyone",
        description: "Of a test.",
        schema: z.object({ open: texts, inner }),
        fields: { inner: { fields: secret } },
      },
      grown: {
        tier: "mutable",
        read: "everyone",
        write: "everyone",
        description: "Of a test.",
        schema: z.object({ open: texts, marks: stringSet().optional() }),
        fields: { marks: { tier: "monotonic", read: "read_marks", write: "add_marks" } },
      },
    },
  });
  const empty = { open: [] };
  const envelope = host.createExtensions({ flat: empty, deep: empty, grown: empty });

  it("looks absent, unless all of its parts are shown as they are", () => {
    verifies("filter:empty-is-absent");
    const none = host.filterExtensions(envelope, []);
    expect([none.flat, none.deep, none.grown]).toEqual([undefined, undefined, undefined]);
    const all = host.filterExtensions(envelope, ["read_secret", "read_marks"]);
    expect(all.flat).toBe(envelope.flat);
    expect(all.deep).toBeUndefined();
    expect(all.grown).toEqual({ marks: [] });
  });

  it("has its growing set in every view that opens it, as if the slot were absent", () => {
    verifies("filter:labels-always");
    for (const document of [{}, { grown: empty }, { grown: {} }])
      for (const grant of [["read_marks"], ["add_marks"]] as const) {
        const view = host.filterExtensions(host.createExtensions(document), grant);
        expect(view.grown).toEqual({ marks: [] });
      }
  });
});
