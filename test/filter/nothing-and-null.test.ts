// Its process is only for files that patch the realm.
/** Content of a partly withheld level: null counts as content, a level without fields does not. */
import { defineHost, jsonValue } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";

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
