/** Tables are refused if they would let a plugin write or learn what it cannot see. */
import { defineHost, jsonObject, labelSet, type SlotSpec, stringSet } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { codeOf, refusalOf } from "../data/support.ts";

const description = "Of a test.";
const texts = { a: z.string().optional(), b: z.string().optional() };
const host = (spec: object) =>
  defineHost({ slots: { shelf: { ...open(spec), description, ...spec } as SlotSpec } });
/** Default gates: everyone may read the slot, and write it unless it is immutable. */
const open = ({ tier }: { tier?: string }) =>
  tier === "immutable" ? { read: "everyone" } : { read: "everyone", write: "everyone" };
const refused = (spec: object) => expect(codeOf(() => host(spec))).toBe("slot_invalid");

describe("a part that its writer can change but not see", () => {
  it("has a read but no write", () => {
    refused({ tier: "mutable", read: "read_shelf", schema: jsonObject() });
    refused({
      tier: "monotonic",
      read: "read_shelf",
      grows: "a",
      schema: z.object({ a: stringSet().default([]) }),
    });
    const fields = { a: { tier: "mutable", read: "read_a" } };
    refused({ tier: "immutable", schema: z.object(texts), fields });
  });

  it("has an inherited write that does not imply its own read", () => {
    const gates = {
      tier: "mutable",
      read: "read_shelf",
      write: "write_shelf",
      schema: z.object(texts),
    };
    refused({ ...gates, fields: { a: { read: "read_a" } } });
    expect(host({ ...gates, fields: { a: { read: "read_a", write: "write_a" } } })).toBeDefined();
    expect(host({ ...gates, fields: { a: { read: "read_a", tier: "immutable" } } })).toBeDefined();
  });

  it("is open inside a slot that is not", () => {
    const fields = { a: { tier: "mutable" } };
    refused({ tier: "immutable", read: "read_shelf", schema: z.object(texts), fields });
  });
});

describe("a write that writes nothing", () => {
  it("is refused at a slot and at a field", () => {
    refused({ tier: "immutable", write: "write_shelf", schema: z.object(texts) });
    const fields = { a: { write: "write_a" } };
    refused({ tier: "immutable", schema: z.object(texts), fields });
  });
});

describe("a level with a hidden part", () => {
  const tags = { tier: "monotonic", read: "read_tags", write: "append_tags" } as const;

  it("must not have a required field beside one that changes: a merge would reveal its presence", () => {
    const schema = z.object({ owner: z.string(), tags: stringSet().default([]) });
    const spec = { tier: "immutable", schema, fields: { tags, owner: { read: "read_owner" } } };
    expect(refusalOf(() => host(spec)).message).toContain('"owner"');
    refused({ ...spec, fields: { tags } });
    expect(host({ ...spec, fields: { owner: { read: "read_owner" } } })).toBeDefined();
  });

  it("must not have a refinement as a whole, for the same reason", () => {
    const schema = z
      .object({ a: z.string().optional(), tags: labelSet().default([]) })
      .refine(() => true);
    refused({ tier: "immutable", schema, fields: { tags } });
  });

  it("must not grow as a whole", () => {
    const schema = z.object({ list: z.array(z.string()).default([]), note: z.string().optional() });
    const gates = { read: "read_shelf", write: "append_shelf" };
    const fields = { note: { read: "read_note" } };
    refused({ tier: "monotonic", grows: "list", ...gates, schema, fields });
  });
});

describe("the gate of an immutable field inside a writable slot", () => {
  it("stays closed to the slot's writer", () => {
    const shelf = host({
      tier: "mutable",
      read: "read_shelf",
      write: "write_shelf",
      schema: z.object(texts),
      fields: { a: { tier: "immutable", read: "read_a" } },
    });
    const extensions = shelf.createExtensions({ shelf: { a: "hidden", b: "shown" } });
    const view = shelf.filterExtensions(extensions, ["write_shelf" as never]);
    expect(JSON.stringify(view)).toBe('{"shelf":{"b":"shown"}}');
  });
});

it("a misspelt setting of a slot is refused, however the slot was added", () => {
  const shelf = {
    tier: "immutable",
    read: "everyone",
    description,
    schema: z.object(texts),
    raed: "read_shelf",
  };
  expect(refusalOf(() => defineHost({ slots: { shelf } as never })).message).toContain('"read"');
});

it("a capability that is not a string is refused with a code", () => {
  const { resolveCapabilities } = defineHost({});
  for (const name of [5, null, {}, ["read_labels"], Symbol("read_labels")]) {
    expect(codeOf(() => resolveCapabilities([name as never]))).toBe("capability_unknown");
  }
});
