/** An envelope knows its exact size, however it was created. */
import {
  addLabels,
  amend,
  createExtensions,
  declassify,
  decodeExtensions,
  type Extensions,
  encodeExtensions,
  filterExtensions,
  mergeExtensions,
  setCustom,
  setHeader,
  withSlots,
} from "glassine";
import { expect, it } from "vitest";
import { addSize } from "../../../src/core/data/index.ts";
import {
  brandOf,
  type EnvelopeBrand,
  joinSets,
  type Slots,
} from "../../../src/core/envelope/index.ts";

const sizeOf = (envelope: object) => {
  // The envelope itself is one value.
  const size = { nodes: 1, units: 0 };
  for (const part of Object.values(envelope as Slots)) addSize(size, part);
  return size;
};

const envelope = createExtensions({
  security: { labels: ["a"], subject: { id: "u", type: "user", claims: { plan: "secret" } } },
  http: { headers: { "x-a": "long", "x-b": "2" } },
  custom: { gone: "text", list: [1, "two", { three: 3 }] },
});
const merged = (returned: object, envelopeNow: Extensions = envelope) =>
  mergeExtensions(envelopeNow, returned as never, []).extensions;
const { slots } = (brandOf(envelope) as EnvelopeBrand).kind;
const labelled = createExtensions({ security: { labels: ["b", "c"] } });
const none = createExtensions({});

it.each<readonly [string, () => object]>([
  ["by the host", () => envelope],
  ["of nothing", () => none],
  ["from the wire", () => decodeExtensions(encodeExtensions(envelope)).extensions],
  ["with other slots", () => withSlots(envelope, { custom: { more: "text" }, http: {} })],
  ["with no other slots", () => withSlots(envelope, {})],
  [
    "without a label",
    () => {
      const why = { labels: ["a"], reason: "r", authority: "a" };
      return declassify(envelope, why).extensions;
    },
  ],
  ["with a label of the host", () => addLabels(envelope, "bb")],
  ["with the only label", () => addLabels(none, "bb")],
  ["with another header value", () => setHeader(envelope, "X-A", "1")],
  ["with less data", () => setCustom(envelope, "list", undefined)],
  ["by a recipe of the host", () => amend(envelope, (draft) => void draft.custom?.list)],
  ["by a merge of other data", () => merged({ custom: { gone: 1, list: ["two", 1, 2] } })],
  ["by a merge of a slot that was not there", () => merged({ custom: { new: ["a"] } }, none)],
  [
    "by a join",
    () =>
      (
        joinSets(slots, envelope as never, labelled as never, none as never, -1) as {
          extensions: object;
        }
      ).extensions,
  ],
])("made %s", (_, make) => {
  const made = make();
  expect(brandOf(made)).toMatchObject(sizeOf(made));
});

it("counts additions and removals over a hundred merges", () => {
  let now = envelope;
  for (let i = 0; i < 100; i++) {
    now = merged({ custom: { part: "x".repeat((i * 37) % 50), [`key${i % 3}`]: [i] } }, now);
    expect(brandOf(now)).toMatchObject(sizeOf(now));
  }
});

it("counts the whole envelope in a view", () => {
  expect(brandOf(filterExtensions(envelope, []))).toMatchObject(sizeOf(envelope));
});
