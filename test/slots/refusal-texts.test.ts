/** The exact messages for a refused table: the slot or field, and what to do. */
import { capabilities } from "glassine";
import { defineHost, defineSlots, jsonObject, type SlotSpec, stringSet } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { refusalOf } from "../data/support.ts";

const description = "Of a test.";
const texts = z.object({ a: z.string().optional(), b: z.string().optional() });
const lists = z.object({ list: z.array(z.string()).default([]), note: z.string().optional() });
const plain = { tier: "immutable", read: "everyone", description, schema: texts };

type Case = readonly [what: string, table: object, message: string, data: object];

const shelf = (more: object) => ({ shelf: { ...plain, ...more } });
const slotData = { slot: "shelf" };
const refusalBy = (run: () => unknown) => {
  const { code, message, data } = refusalOf(run);
  return { code, message, data };
};

const names: readonly Case[] = (
  ["Shelf", "a__b", "_a", "a_", "1a", "", "a".repeat(65)] as const
).map((name) => [
  `the name ${JSON.stringify(name).slice(0, 20)}`,
  { [name]: plain },
  expect.stringMatching(
    /^A slot name consists of lower-case letters, digits and single underscores, and is none of constructor, prototype, then, extensions; got ".*"\.$/,
  ),
  { name },
]);
const reserved: readonly Case[] = (["constructor", "prototype", "then", "extensions"] as const).map(
  (name) => [
    `the name ${name}`,
    { [name]: plain },
    `A slot name consists of lower-case letters, digits and single underscores, and is none of constructor, prototype, then, extensions; got "${name}".`,
    { name },
  ],
);

const incomplete: readonly Case[] = [
  [
    "no tier",
    { shelf: { description, schema: texts } },
    'Slot "shelf" needs a tier: immutable, monotonic, mutable.',
    slotData,
  ],
  [
    "no description",
    shelf({ description: undefined }),
    'Slot "shelf" needs a description.',
    slotData,
  ],
  [
    "no schema",
    shelf({ schema: undefined }),
    'Slot "shelf" needs a schema made with zod 4.',
    slotData,
  ],
  [
    "a schema of another make",
    shelf({ schema: {} }),
    'Slot "shelf" needs a schema made with zod 4.',
    slotData,
  ],
];

const settings: readonly Case[] = [
  [
    "a misspelt setting",
    shelf({ raed: "read_shelf" }),
    'shelf has the unknown setting "raed". Did you mean "read"?',
    { path: "shelf" },
  ],
  [
    "a setting like no other",
    shelf({ zzzzzzzz: 1 }),
    'shelf has the unknown setting "zzzzzzzz".',
    { path: "shelf" },
  ],
  [
    "an odd setting of a field",
    shelf({ fields: { a: { zzzzzzzz: 1 } } }),
    'shelf.a has the unknown setting "zzzzzzzz".',
    { path: "shelf.a" },
  ],
  [
    "a setting of slots in a field, where it would have no effect",
    shelf({ fields: { a: { closed: true } } }),
    'shelf.a has the unknown setting "closed".',
    { path: "shelf.a" },
  ],
  [
    "a read that is no name",
    shelf({ read: "Read Shelf" }),
    'shelf.read must be a capability name such as "read_shelf", or "everyone".',
    { path: "shelf" },
  ],
  [
    "a write that is no text",
    shelf({ fields: { a: { write: 5 } } }),
    'shelf.a.write must be a capability name such as "write_a", or "everyone".',
    { path: "shelf.a" },
  ],
  ["no settings", { shelf: null }, "shelf must be an object.", { path: "shelf" }],
  [
    "fields that are no object",
    shelf({ fields: null }),
    "shelf.fields must be an object.",
    { path: "shelf" },
  ],
  [
    "a field without settings",
    shelf({ fields: { a: null } }),
    "shelf.a must be an object.",
    { path: "shelf.a" },
  ],
  [
    "a slot that is neither closed nor open",
    shelf({ closed: "yes" }),
    "shelf.closed must be a boolean.",
    { path: "shelf" },
  ],
  [
    "a derive that cannot be called",
    shelf({ derive: {} }),
    "shelf.derive must be a function.",
    { path: "shelf" },
  ],
  [
    "a tier that there is not",
    shelf({ fields: { a: { tier: "frozen" } } }),
    "shelf.a.tier must be one of immutable, monotonic, mutable.",
    { path: "shelf.a" },
  ],
];

describe("defineSlots and defineHost refuse", () => {
  it.each([...names, ...reserved, ...incomplete, ...settings])("%s", (_, table, message, data) => {
    expect(refusalBy(() => defineSlots(table as never))).toEqual({
      code: "slot_invalid",
      message,
      data,
    });
  });

  it("two names that differ only in underscores", () => {
    const expected = {
      code: "slot_invalid",
      message: 'The slot "shelf_a" is too close to "shelfa". Choose a more distinct name.',
      data: { name: "shelf_a", other: "shelfa" },
    };
    expect(refusalBy(() => defineSlots({ shelfa: plain, shelf_a: plain } as never))).toEqual(
      expected,
    );
    expect(refusalBy(() => defineHost({ slots: { m_eta: plain } as never }))).toEqual({
      code: "slot_invalid",
      message: 'The slot "m_eta" is too close to "meta". Choose a more distinct name.',
      data: { name: "m_eta", other: "meta" },
    });
  });

  it.each([...names, ...reserved, ...settings])(
    "%s, joined with the standard slots",
    (_, table, message, data) => {
      const joined = refusalBy(() => defineHost({ slots: table as never }));
      expect(joined).toEqual({ code: "slot_invalid", message, data });
    },
  );

  it("nothing of a valid table", () => {
    const long = "a".repeat(64);
    const table = {
      [long]: plain,
      a1_b2: { ...plain, closed: true },
      b: { ...plain, derive: Object },
      c: { ...plain, closed: undefined, derive: undefined, fields: undefined },
    };
    expect(defineSlots(table as never)).toBe(table);
    expect(Object.isFrozen(table)).toBe(true);
  });
});

/** Default gates: everyone may read the slot, and write it unless it is immutable. */
const open = ({ tier }: { tier?: string }) =>
  tier === "immutable" ? { read: "everyone" } : { read: "everyone", write: "everyone" };
const host = (spec: object) => () =>
  defineHost({ slots: { shelf: { ...open(spec), description, ...spec } as unknown as SlotSpec } });

const compiled: readonly (readonly [string, object, string, object])[] = [
  [
    "a field that its schema does not have",
    { ...plain, fields: { c: {} } },
    'shelf has no field "c" in its schema.',
    { path: "shelf" },
  ],
  [
    "a slot that is no object",
    { ...plain, schema: z.string() },
    'Slot "shelf" must hold an object: z.object, z.record or jsonObject().',
    slotData,
  ],
  [
    "a list that there is not",
    { tier: "monotonic", grows: "lost", schema: lists },
    'Slot "shelf" grows "lost", which is not a field.',
    slotData,
  ],
  [
    "nothing that grows",
    { tier: "monotonic", schema: lists },
    'Slot "shelf" is monotonic, so it must name the list that grows: grows: "FIELD".',
    slotData,
  ],
  [
    "a text that should grow",
    { tier: "monotonic", grows: "note", schema: lists },
    'Slot "shelf" must grow a list or a set, neither nullable nor transformed as a whole.',
    slotData,
  ],
  [
    "a list with a transform",
    {
      tier: "monotonic",
      grows: "list",
      schema: z.object({ list: z.array(z.string()).transform((list) => list) }),
    },
    'Slot "shelf" must grow a list or a set, neither nullable nor transformed as a whole.',
    slotData,
  ],
  [
    "something that grows in a slot that is mutable",
    { tier: "mutable", grows: "list", schema: lists },
    'Slot "shelf" is mutable, so it cannot have grows or derive: only a monotonic slot grows.',
    slotData,
  ],
  [
    "something that follows from a list in a slot that is mutable",
    { tier: "mutable", derive: () => ({}), schema: lists },
    'Slot "shelf" is mutable, so it cannot have grows or derive: only a monotonic slot grows.',
    slotData,
  ],
  [
    "gates inside what grows",
    { tier: "monotonic", grows: "list", schema: lists, fields: { note: { read: "read_note" } } },
    'Slot "shelf" is monotonic, so its fields cannot have gates of their own.',
    slotData,
  ],
  [
    "a refinement over parts that are hidden",
    {
      tier: "mutable",
      schema: texts.refine(() => true),
      fields: { a: { read: "read_a", write: "write_a" } },
    },
    'Slot "shelf" has parts with their own gates in "shelf", so that level cannot have a refinement.',
    slotData,
  ],
  [
    "a required field beside parts that are hidden",
    {
      tier: "mutable",
      schema: z.object({ owner: z.string(), a: z.string().optional() }),
      fields: { a: { read: "read_a", write: "write_a" } },
    },
    'Slot "shelf" has parts with their own gates beside the required field "owner": make it optional, or give it a default.',
    slotData,
  ],
  [
    "a list that grows inside what does not",
    {
      tier: "immutable",
      schema: lists,
      fields: { list: { tier: "monotonic", write: "everyone" } },
    },
    'Slot "shelf" has the monotonic field "list", which must be a set: stringSet() or labelSet().',
    slotData,
  ],
  [
    "a write that writes nothing",
    { ...plain, fields: { a: { write: "write_a" } } },
    '"shelf.a" is immutable, so it cannot have a write capability.',
    { path: "shelf.a" },
  ],
  [
    "a read without its write",
    { tier: "mutable", read: "read_shelf", schema: jsonObject() },
    '"shelf" is read with "read_shelf" and can change, so name the capability that writes it, or make it immutable.',
    { path: "shelf" },
  ],
];

describe("defineHost refuses", () => {
  it.each(compiled)("%s", (_, spec, message, data) => {
    expect(refusalBy(host(spec))).toEqual({ code: "slot_invalid", message, data });
  });

  it.each([
    [
      { tier: "mutable", write: "write_shelf" },
      '"shelf" says who writes it or reads a part of it, but not who reads it: name a capability, or say read: "everyone".',
    ],
    [
      { tier: "mutable", write: "everyone" },
      '"shelf" says who writes it or reads a part of it, but not who reads it: name a capability, or say read: "everyone".',
    ],
    [
      { tier: "immutable", fields: { a: { read: "read_a" } } },
      '"shelf" says who writes it or reads a part of it, but not who reads it: name a capability, or say read: "everyone".',
    ],
    [
      { tier: "mutable" },
      '"shelf" is mutable, and nobody may change it: name the capability that writes it, say write: "everyone", or make it immutable.',
    ],
    [
      { tier: "mutable", read: "everyone" },
      '"shelf" is mutable, and nobody may change it: name the capability that writes it, say write: "everyone", or make it immutable.',
    ],
    [
      { tier: "immutable", read: "read_shelf", fields: { a: { read: "everyone" } } },
      '"shelf.a" cannot be read by everyone: it is read with "shelf". Leave read out.',
    ],
  ])("%j", (spec, message) => {
    const slots = { shelf: { ...spec, description, schema: texts } };
    const data = { path: /^"([^"]*)"/.exec(message)?.[1] };
    const refusal = { code: "slot_invalid", message, data };
    expect(refusalBy(() => defineHost({ slots: slots as never }))).toEqual(refusal);
    expect(refusalBy(() => defineSlots(slots as never))).toEqual(refusal);
  });

  it("more capabilities than a mask has bits for", () => {
    const tableOf = (count: number) =>
      Object.fromEntries(
        Array.from({ length: count }, (_, at) => [
          `slot${at}`,
          { ...plain, read: `read_slot${at}` },
        ]),
      );
    const most = 31 - Object.keys(capabilities).length;
    const { capabilities: all } = defineHost({ slots: tableOf(most) as never });
    expect(Object.keys(all)).toHaveLength(31);
    expect(refusalBy(() => defineHost({ slots: tableOf(most + 1) as never }))).toEqual({
      code: "slot_invalid",
      message: "A slot table names at most 31 capabilities; this one names 32.",
      data: { count: 32 },
    });
  });

  it("an unknown capability", () => {
    const { resolveCapabilities } = defineHost({});
    expect(refusalBy(() => resolveCapabilities(["read_label" as never]))).toEqual({
      code: "capability_unknown",
      message: '"read_label" is not a capability of this host. Did you mean "read_labels"?',
      data: { name: "read_label" },
    });
    expect(refusalBy(() => resolveCapabilities("read_labels" as never))).toEqual({
      code: "capability_unknown",
      message: "Capabilities must be a plain array of names; got another value.",
      data: {},
    });
    expect(refusalBy(() => resolveCapabilities([5 as never]))).toEqual({
      code: "capability_unknown",
      message: "A capability must be a string.",
      data: {},
    });
  });
});

it("a set or a list may grow, even with an ungated write", () => {
  expect(host({ tier: "monotonic", grows: "list", schema: lists })()).toBeDefined();
  const schema = z.object({ set: stringSet().default([]) });
  expect(host({ tier: "monotonic", grows: "set", schema })()).toBeDefined();
});

it.each([
  [{ tier: "mutable", read: "read_shelf" }],
  [{ tier: "immutable", read: "everyone", fields: { a: { tier: "mutable", read: "read_a" } } }],
  [{ tier: "immutable", read: "everyone", fields: { a: { tier: "mutable", write: "everyone" } } }],
])("a table takes %j, though a host may refuse it", (spec) => {
  const slots = { shelf: { ...spec, description, schema: texts } };
  expect(Object.keys(defineSlots(slots as never))).toEqual(["shelf"]);
});

it("a slot that does not say who reads it is hidden, whatever a plugin was granted", () => {
  const {
    filterExtensions,
    createExtensions,
    capabilities: all,
  } = defineHost({
    slots: { shelf: { tier: "immutable", description, schema: texts } },
  });
  const extensions = createExtensions({ shelf: { a: "1" } });
  expect(extensions.shelf).toEqual({ a: "1", b: undefined });
  const view = filterExtensions(extensions, Object.keys(all) as never) as { shelf?: unknown };
  expect(view.shelf).toBeUndefined();
});
