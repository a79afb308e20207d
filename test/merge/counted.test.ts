/** An envelope that was counted says how much it holds at most, also after merges. */
import {
  addLabels,
  appendHop,
  createExtensions,
  type Extensions,
  filterExtensions,
  mergeExtensions,
  removeHeader,
  setCustom,
  setHeader,
} from "glassine";
import { defineHost, defineSlots } from "glassine/host";
import { expect, it } from "vitest";
import * as z from "zod";
import { addSize, extensionsLimits, type Size } from "../../src/core/data/index.ts";
import {
  brandOf,
  type EnvelopeBrand,
  hostKind,
  type Slots,
  seal,
} from "../../src/core/envelope/index.ts";

const grant = ["append_labels", "append_delegation", "write_headers"] as const;
const sizeOf = (envelope: object) => {
  // The envelope itself is one value.
  const size = { nodes: 1, units: 0 };
  for (const part of Object.values(envelope as Slots)) addSize(size, part);
  return size;
};

const envelope = createExtensions({
  security: { labels: ["a"], subject: { id: "u", type: "user", claims: { plan: "secret" } } },
  custom: { gone: "text" },
});
const withHeaders = createExtensions({ http: { headers: { "x-a": "long", "x-b": "2" } } });
const nothing = { nodes: 0, units: 0 };

it.each<readonly [string, (view: object) => object, Size, Extensions]>([
  ["a label", (view) => addLabels(view, "bb"), nothing, envelope],
  ["labels", (view) => addLabels(view, ["bb", "ccc"]), nothing, envelope],
  ["the only label", (view) => addLabels(view, "bb"), nothing, createExtensions({})],
  // What is there already is counted with what comes.
  [
    "labels one of which is there",
    (view) => addLabels(view, ["a", "b"]),
    { nodes: 0, units: 1 },
    envelope,
  ],
  ["a header", (view) => setHeader(view, "x-c", "3"), nothing, withHeaders],
  ["the only header", (view) => setHeader(view, "x-c", "3"), nothing, envelope],
  ["a value", (view) => setHeader(view, "x-a", "1"), { nodes: 1, units: 7 }, withHeaders],
  ["a header less", (view) => removeHeader(view, "x-a"), { nodes: 1, units: 7 }, withHeaders],
  ["data", (view) => setCustom(view, "key", ["text"]), nothing, envelope],
  ["the only data", (view) => setCustom(view, "key", ["text"]), nothing, withHeaders],
  ["other data", (view) => setCustom(view, "gone", 1), { nodes: 1, units: 8 }, envelope],
  ["no data", (view) => setCustom(view, "gone", undefined), { nodes: 1, units: 8 }, envelope],
])("where a helper puts %s, the merge is told how much has come", (_, change, over, before) => {
  const view = filterExtensions(before, grant);
  const { extensions } = mergeExtensions(before, change(view), grant, { view });
  expect(extensions).not.toBe(before);
  const { nodes, units } = sizeOf(extensions);
  const most = { nodes: nodes + over.nodes, units: units + over.units };
  expect(brandOf(extensions)).toMatchObject(most);
});

it.each([
  ["labels are added", (view: object) => addLabels(view, ["bb", "ccc"]), { nodes: 0, units: 0 }],
  [
    "a slot comes that was not there",
    (view: object) => appendHop(view, { subject_id: "s", subject_type: "user" }),
    { nodes: 0, units: 0 },
  ],
  ["custom data goes", () => ({ custom: {} }), { nodes: 2, units: 8 }],
  ["a header comes", () => ({ http: { headers: { "x-a": "1" } } }), { nodes: 0, units: 0 }],
])("where %s, what went is counted still", (_, change, went) => {
  const returned = change(filterExtensions(envelope, grant));
  const { extensions } = mergeExtensions(envelope, returned, grant);
  expect(extensions).not.toBe(envelope);
  const { nodes, units } = sizeOf(extensions);
  const most = { nodes: nodes + went.nodes, units: units + went.units };
  expect(brandOf(extensions)).toMatchObject(most);
});

it.each(["nodes", "units"] as const)("is counted anew where it may be over a limit: %s", (unit) => {
  const { slots } = (brandOf(envelope) as EnvelopeBrand).kind;
  const most = sizeOf(envelope);
  expect(brandOf(envelope)).toMatchObject(most);
  addSize(most, createExtensions({ custom: { more: "1" } }).custom);
  // A part that is not there may be shown as an empty one, before the merge and after it.
  const limit = { nodes: most.nodes + 1 + 2 * slots.parts, units: most.units }[unit];
  const merged = (less: number) => {
    const limits = { ...extensionsLimits, [unit]: limit - less };
    return mergeExtensions(envelope, { custom: { more: "1" } }, [], { limits }).extensions;
  };
  expect(brandOf(merged(0))).toMatchObject(most);
  expect(brandOf(merged(1))).toMatchObject(sizeOf(merged(1)));
  expect(sizeOf(merged(1)).units).toBeLessThan(most.units);
});

it("of a level of forty fields what changed is counted, and nothing else", () => {
  const names = Array.from({ length: 40 }, (_, i) => `field_${i}`);
  const schema = z.object(Object.fromEntries(names.map((name) => [name, z.string().optional()])));
  const fields = { field_1: { tier: "immutable" } } as const;
  const slot = {
    tier: "mutable",
    read: "everyone",
    write: "everyone",
    description: "Of a test.",
    schema,
    fields,
  } as const;
  const host = defineHost({ slots: defineSlots({ wide: slot }) });
  const wide = Object.fromEntries(names.map((name) => [name, "old"]));
  const before = host.createExtensions({ wide });
  const returned = { wide: { ...wide, field_39: "new one" } };
  const after = host.mergeExtensions(before, returned, []).extensions as Extensions;
  expect(after).not.toBe(before);
  const { nodes, units } = sizeOf(after);
  expect(brandOf(after)).toMatchObject({ nodes: nodes + 1, units: units + "old".length });
});

it("of a growing level of forty fields what is new is counted, and nothing else", () => {
  const names = Array.from({ length: 40 }, (_, i) => `field_${i}`);
  const others = Object.fromEntries(names.map((name) => [name, z.string().optional()]));
  const schema = z.object({ list: z.array(z.string()), ...others });
  const slot = {
    tier: "monotonic",
    read: "everyone",
    write: "everyone",
    grows: "list",
    description: "Of a test.",
    schema,
  } as const;
  const host = defineHost({ slots: defineSlots({ wide: slot }) });
  const before = host.createExtensions({ wide: { list: ["one", "two"] } });
  const returned = { wide: { list: ["one", "two", "three"] } };
  const after = host.mergeExtensions(before, returned, []).extensions as Extensions;
  expect(after).not.toBe(before);
  expect(brandOf(after)).toMatchObject(sizeOf(after));
});

it("where a list grows, only the actor and the depth before are counted still", () => {
  let now = envelope;
  const over: (readonly number[])[] = [];
  for (const subject_id of ["s", "tt", "uuu"]) {
    const hop = { subject_id, subject_type: "user", scopes_granted: ["a", "b"] };
    const returned = appendHop(filterExtensions(now, grant), hop);
    now = mergeExtensions(now, returned, grant).extensions;
    const [most, exact] = [brandOf(now) as EnvelopeBrand, sizeOf(now)];
    over.push([most.nodes - exact.nodes, most.units - exact.units]);
  }
  expect(over).toEqual([
    [0, 0],
    [2, 1],
    [4, 3],
  ]);
});

it("near a limit it is counted anew, so that what went long ago refuses nothing", () => {
  const { units } = extensionsLimits;
  let now = envelope;
  let least = 0;
  for (let i = 0; i < 20; i++) {
    const { extensions } = mergeExtensions(now, { custom: { part: `${i}`.repeat(units / 4) } }, []);
    expect(extensions).not.toBe(now);
    now = extensions;
    const exact = sizeOf(now);
    const most = brandOf(now) as EnvelopeBrand;
    expect(most.nodes).toBeGreaterThanOrEqual(exact.nodes);
    expect(most.units).toBeGreaterThanOrEqual(exact.units);
    expect(most.units).toBeLessThan(2 * units);
    if (most.units === exact.units) least += 1;
  }
  expect(least).toBeGreaterThan(3);
});

it("one that was not counted has the mark that all such have, also after a merge", () => {
  const { slots } = (brandOf(envelope) as EnvelopeBrand).kind;
  const uncounted = seal(
    slots.layout.copy(envelope as Slots),
    hostKind(slots).uncounted,
  ) as Extensions;
  const { extensions } = mergeExtensions(uncounted, { custom: { more: 1 } }, []);
  expect(extensions).not.toBe(uncounted);
  expect(brandOf(extensions)).toBe(hostKind(slots).uncounted);
});

it("nor is it counted where it may be over a limit", () => {
  const { slots } = (brandOf(envelope) as EnvelopeBrand).kind;
  const uncounted = seal(
    slots.layout.copy(envelope as Slots),
    hostKind(slots).uncounted,
  ) as Extensions;
  const shown = sizeOf(filterExtensions(uncounted, []));
  const limits = { ...extensionsLimits, units: shown.units + "more".length - 1 };
  const { extensions } = mergeExtensions(uncounted, { custom: { more: 1 } }, [], { limits });
  expect(extensions).not.toBe(uncounted);
  expect(brandOf(extensions)).toBe(hostKind(slots).uncounted);
});
