/** Forged return values: prototypes and accessors. */
import { decodeExtensions, encodeExtensions, filterExtensions, mergeExtensions } from "glassine";
import { expect, it } from "vitest";
import { plugin, runOnce } from "../dispatch/support.ts";
import { attack } from "./attack.ts";
import {
  accessor,
  everything,
  everywhere,
  extensions,
  hop,
  places,
  refusedAt,
  resultRefused,
  takenAsCustom,
} from "./forged.ts";

const parsed = (text: string) => JSON.parse(text) as Record<string, unknown>;
const nothingLeaked = () => expect(({} as Record<string, unknown>).admin).toBeUndefined();

attack(
  "A-001",
  "Own `__proto__` keys in a returned value, as `JSON.parse` creates them",
  "refused with `snapshot_key` at any depth; `Object.prototype` is unchanged",
  () => {
    const own = () => parsed('{"__proto__":{"admin":true}}');
    it.each(["whole", "slot", "subject", "hop", "headers", "custom", "data"] as const)(
      "in the %s",
      async (place) => {
        await refusedAt([place], own, "snapshot_key");
        nothingLeaked();
      },
    );

    it.each([
      ["with a scalar", '{"__proto__":1}'],
      ["with null", '{"__proto__":null}'],
      ["beside good keys", '{"b":1,"__proto__":{"admin":true},"c":2}'],
    ])("%s", (_how, text) => refusedAt(["custom", "data"], () => parsed(text), "snapshot_key"));

    it("on an object without a prototype, and in an unknown field", async () => {
      const made = () => Object.assign(Object.create(null), own(), { a: 1 }) as object;
      const defined = () =>
        Object.defineProperty(made(), "__proto__", { value: {}, enumerable: true });
      await refusedAt(["custom", "data"], defined, "snapshot_key");
      await refusedAt(["whole", "slot"], () => ({ unknown: own() }), "snapshot_key");
    });

    it("in the payload and in metadata", async () => {
      await resultRefused(() => ({ modifiedPayload: own() }), "snapshot_key", "payload");
      await resultRefused(() => ({ modifiedPayload: { args: own() } }), "snapshot_key", "payload");
      await resultRefused(() => ({ metadata: { a: own() } }), "snapshot_key", "(result).metadata");
      nothingLeaked();
    });
  },
);

attack(
  "A-002",
  "Keys named like prototype members, such as `constructor`, in free-form data",
  "accepted as data of a record without a prototype; no object gains a property",
  () => {
    const custom = () => ({
      constructor: { prototype: { admin: 1 } },
      prototype: { admin: 1 },
      valueOf: "v",
      hasOwnProperty: false,
      __defineGetter__: 0,
    });

    it("in `custom`", async () => {
      const taken = await takenAsCustom(custom);
      expect(JSON.stringify(taken)).toBe(JSON.stringify(custom()));
      expect(Object.getPrototypeOf(taken)).toBeNull();
      expect(Object.getPrototypeOf(taken.constructor)).toBeNull();
      const { extensions: merged } = mergeExtensions(extensions, { custom: custom() }, []);
      expect(decodeExtensions(encodeExtensions(merged)).extensions).toEqual(merged);
      nothingLeaked();
    });

    it("in arguments and metadata", async () => {
      const forger = plugin("forger", (_p, _c) => ({
        modifiedPayload: { args: custom() },
        metadata: custom(),
      }));
      const { payload, metadata } = await runOnce([forger]);
      expect(JSON.stringify(payload)).toBe(JSON.stringify({ name: "add", args: custom() }));
      expect(JSON.stringify(metadata)).toBe(JSON.stringify({ forger: custom() }));
      nothingLeaked();
    });
  },
);

attack(
  "A-003",
  "Slots and fields that are inherited instead of own properties",
  "refused with `snapshot_prototype`",
  () => {
    const view = filterExtensions(extensions, everything);
    it.each([
      ["a literal", { security: { labels: ["PII", "forged"] } }],
      ["a genuine view", view],
      ["a genuine slot", view.security],
      ["an object without prototype", Object.create(null)],
      ["an array", []],
    ])("from %s", (_what, parent) =>
      refusedAt(everywhere, () => Object.create(parent) as object, "snapshot_prototype"),
    );

    it("in the result, its payload and its metadata", async () => {
      const heir = () => Object.create({ name: "forged", metadata: {} }) as object;
      await resultRefused(heir, "snapshot_prototype", "(result)");
      await resultRefused(() => ({ modifiedPayload: heir() }), "snapshot_prototype", "payload");
      await resultRefused(() => ({ metadata: heir() }), "snapshot_prototype", "(result).metadata");
    });
  },
);

const answering = (key: string, get: () => unknown) => accessor({}, key, { get });

attack(
  "A-004",
  "A getter that returns a valid value",
  "refused with `snapshot_accessor`; the getter never runs",
  () => {
    it.each([
      ["the whole", "whole", "security", "security"],
      ["a slot", "slot", "labels", "security.labels"],
      ["a subject", "subject", "roles", "security.subject.roles"],
      ["a hop", "hop", "subject_id", "delegation.chain"],
      ["headers", "headers", "x-b", "http.headers"],
      ["custom data", "custom", "note", "custom"],
      ["an unknown field", "whole", "unknown", "(extensions)"],
    ] as const)("in %s", async (_where, place, key, path) => {
      await refusedAt([place], (watch) => answering(key, watch.run), "snapshot_accessor", path);
      const setter = () => accessor({}, key, { set() {} });
      await refusedAt([place], setter, "snapshot_accessor", path);
    });

    it("in the payload and in metadata", async () => {
      await resultRefused(
        (watch) => ({ modifiedPayload: answering("name", watch.run) }),
        "snapshot_accessor",
        "payload",
      );
      await resultRefused(
        (watch) => ({ metadata: answering("note", watch.run) }),
        "snapshot_accessor",
        "(result).metadata",
      );
    });

    it("on an object without a prototype, and non-enumerable", async () => {
      const hidden = (watch: { run: () => never }) =>
        accessor(Object.create(null), "labels", { get: watch.run, enumerable: false });
      await refusedAt(["slot"], hidden, "snapshot_accessor", "security.labels");
      await refusedAt(["custom"], hidden, "snapshot_accessor");
    });
  },
);

attack(
  "A-005",
  "A getter that returns valid labels when checked and none when used",
  "refused with `snapshot_accessor`; the getter never runs",
  () => {
    it.each([
      ["labels", "security", () => ({ labels: ["PII"] }), () => ({ labels: [] })],
      ["one header", "http", () => ({ headers: { "x-a": "1" } }), () => ({ headers: {} })],
    ])("for %s", async (_what, slot, first, later) => {
      let reads = 0;
      const flips = () => accessor({}, slot, { get: () => (reads++ === 0 ? first() : later()) });
      await refusedAt(["whole"], flips, "snapshot_accessor", slot);
      await refusedAt(["custom"], flips, "snapshot_accessor");
      expect(reads).toBe(0);
    });
  },
);

attack(
  "A-006",
  "A getter deep in free-form data, or at an array index",
  "refused with `snapshot_accessor`; the getter never runs",
  () => {
    const at = (target: object, key: PropertyKey) => (watch: { run: () => never }) =>
      accessor(target, key, { get: watch.run });
    it.each(["labels", "chain", "custom", "data", "header", "label", "hop"] as const)(
      "at an index, in the %s",
      (place) => refusedAt([place], (watch) => at(["PII", hop], 0)(watch), "snapshot_accessor"),
    );

    it("ten levels deep", async () => {
      const buried = (watch: { run: () => never }) => {
        let value: object = at({ b: 1 }, "a")(watch);
        for (let i = 0; i < 5; i++) value = { list: [value] };
        return value;
      };
      await refusedAt(["custom", "data"], buried, "snapshot_accessor");
      const args = (watch: { run: () => never }) => ({ modifiedPayload: { args: buried(watch) } });
      await resultRefused(args, "snapshot_accessor", "payload");
    });

    it("next to a part reused from the view", async () => {
      const { put } = places.custom;
      const kept = (watch: { run: () => never }) =>
        at({ ...filterExtensions(extensions, everything).custom }, "late")(watch);
      await refusedAt(["custom"], kept, "snapshot_accessor");
      expect(mergeExtensions(extensions, put({ ...extensions.custom }), []).extensions).toBe(
        extensions,
      );
    });
  },
);
