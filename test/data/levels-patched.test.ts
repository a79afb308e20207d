// Its process is only for files that patch the realm.
/** How levels, sets and lists are read in a realm that a plugin has patched. */
import { jsonValue, labelSet, stringSet } from "glassine/host";
import { createMessage } from "glassine/messages";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { payloadPartAfter, slotOf } from "./one-slot.ts";
import { changesAfter, patch } from "./realm-patches.ts";

const text = z.string().optional();
const few = z.object({ a: text, b: text });
/** More fields than any other level read here, so that no list has an element at that index. */
const fields = Array.from({ length: 60 }, (_, i) => `f${i}`);
const many = z.object(Object.fromEntries(fields.map((key) => [key, text])));
const last = fields.at(-1) as string;

interface Met<Read> {
  readonly met: number;
  readonly read: Read | undefined;
  readonly thrown: unknown;
}

/** Runs with accessors at `keys` of every array, and counts how often they are called. */
function among<Read>(keys: readonly PropertyKey[], run: () => Read): Met<Read> {
  let met = 0;
  let read: Read | undefined;
  let thrown: unknown;
  const meet = () => {
    met += 1;
    return true;
  };
  changesAfter(() => {
    for (const key of keys) patch(Array.prototype, key, { get: meet, set: meet });
    try {
      read = run();
    } catch (error) {
      thrown = error;
    }
  });
  return { met, read, thrown };
}

const unsafe = (key: string) =>
  Object.defineProperty({}, key, { get: () => 0, enumerable: true }) as object;

describe("what a plugin put on Array.prototype", () => {
  it("is not read past the last field, whatever the order of fields", () => {
    const slot = slotOf(few);
    const { met, read } = among([2], () => slot.create({ b: "b", a: "a" }));
    expect(read).toEqual({ a: "a", b: "b" });
    expect(met).toBe(0);
  });

  it("is not read past the last field of what was shown", () => {
    const slot = slotOf(few);
    const envelope = slot.envelopeOf({ a: "a" });
    for (const change of [slot.replace, slot.merge]) {
      const { met, read } = among([2], () => change(envelope, { a: "a" }));
      expect(read).toBe(envelope.shelf);
      expect(met).toBe(0);
    }
  });

  it("is not read in a deep value", () => {
    let deep: unknown = "end";
    for (let depth = 0; depth < 20; depth++) deep = { in: deep };
    const beyond = Array.from({ length: 24 }, (_, depth) => depth);
    const slot = slotOf(z.object({ f: jsonValue() }));
    const { met, read } = among(beyond, () => slot.create({ f: deep }));
    expect(read).toEqual({ f: deep });
    expect(met).toBe(0);
  });

  it("does not learn which fields are present", () => {
    const slot = slotOf(many);
    const before = slot.envelopeOf({});
    const good = among([59], () => slot.merge(before, { [last]: "a" }));
    expect(good.read?.[last]).toBe("a");
    expect(good.met).toBe(0);
    const { met, thrown } = among([59], () => slot.merge(before, unsafe(last)));
    expect(thrown).toMatchObject({ code: "snapshot_accessor", data: { slot: `shelf.${last}` } });
    expect(met).toBe(0);
  });

  it("does not learn of an unknown field", () => {
    const slot = slotOf(few);
    const { met, thrown } = among(["undefined"], () => slot.create(unsafe("x")));
    expect(thrown).toMatchObject({ data: { problems: [{ code: "snapshot_accessor" }] } });
    expect(met).toBe(0);
  });

  it.each([
    ["a set", stringSet()],
    ["labels", labelSet()],
  ])("does not affect sorting: %s", (_, set) => {
    const slot = slotOf(z.object({ set }));
    let read: unknown;
    changesAfter(() => {
      patch(Array.prototype, "-1", { value: "a" });
      read = slot.create({ set: ["b", "a"] });
    });
    expect(read).toEqual({ set: ["a", "b"] });
  });

  it("is not read past the last byte", () => {
    const resource = {
      ...{ resource_request_id: "r", uri: "file:///a", resource_type: "file" },
      blob: [0xff],
    };
    const content = [{ content_type: "resource", content: resource }];
    const { met, read } = among([1, 2], () => createMessage({ role: "user", content } as never));
    expect(read).toMatchObject({ content: [{ content: { blob: "/w==" } }] });
    expect(met).toBe(0);
  });

  it("adds no field to a payload", async () => {
    const handler = () => {
      patch(Array.prototype, "2", { get: () => true });
      return { a: "A" };
    };
    let part: unknown;
    try {
      ({ part } = await payloadPartAfter(few, { a: "a" }, handler));
    } finally {
      changesAfter(() => {});
    }
    expect(Object.entries(part as object)).toEqual([["a", "A"]]);
  });
});

it("what a plugin put on Object.prototype does not catch a field that a payload lacked", async () => {
  let met = 0;
  const set = () => {
    met += 1;
  };
  const handler = () => {
    patch(Object.prototype, "b", { set });
    return { a: "a", b: "B" };
  };
  let part: unknown;
  try {
    ({ part } = await payloadPartAfter(few, { a: "a" }, handler));
  } finally {
    changesAfter(() => {});
  }
  expect(Object.entries(part as object)).toEqual([
    ["a", "a"],
    ["b", "B"],
  ]);
  expect(met).toBe(0);
});

it("what a plugin put on Object.prototype does not turn a value into an accessor", () => {
  const slot = slotOf(few);
  let read: unknown;
  changesAfter(() => {
    patch(Object.prototype, "get", { value: () => "forged", writable: true });
    read = slot.create({ a: "a" });
  });
  expect(read).toEqual({ a: "a", b: undefined });
});
