// Its process is only for files that patch the realm.
/** Forged return values: holes, lengths, cycles, depth and invalid strings. */
import { createExtensions, mergeExtensions } from "glassine";
import { expect, it } from "vitest";
import { Watch } from "../../property-tests/support/hostile.ts";
import { codeOf } from "../data/support.ts";
import { hook, manage, plugin, type Run } from "../dispatch/support.ts";
import { attack } from "./attack.ts";
import { everything, everywhere, extensions, hop, refusedAt, resultRefused } from "./forged.ts";

attack(
  "A-032",
  "A sparse array whose holes an accessor on `Array.prototype` would fill",
  "refused with `snapshot_type`; the accessor never runs",
  () => {
    // biome-ignore lint/suspicious/noSparseArray: the hole is the attack.
    const sparse = (): unknown[] => ["PII", , "EU"];
    it("a hole", async () => {
      await refusedAt(["labels", "data"], sparse, "snapshot_type");
      await refusedAt(["labels", "data"], () => new Array(3), "snapshot_type");
      // biome-ignore lint/suspicious/noSparseArray: the hole is the attack.
      await refusedAt(["chain"], () => [hop, , hop], "snapshot_type");
    });

    it("a hole compensated by a named property", () =>
      refusedAt(["labels", "data"], () => Object.assign(new Array(1), { x: 1 }), "snapshot_type"));

    it.each(["a getter", "a value"])("a hole over which the prototype has %s", async (kind) => {
      const watch = new Watch();
      const patch =
        kind === "a value"
          ? { value: "forged", writable: true }
          : { get: watch.run, set: watch.run };
      const handler: Run = (_p, _c) => ({
        modifiedExtensions: { security: { labels: sparse() } },
      });
      const manager = await manage([plugin("forger", handler, { capabilities: everything })]);
      const returned = { custom: { a: sparse() } };
      let code: string;
      let running: ReturnType<typeof manager.invoke>;
      Object.defineProperty(Array.prototype, 1, { ...patch, configurable: true });
      try {
        code = codeOf(() => mergeExtensions(extensions, returned, everything));
        running = manager.invoke(hook, { name: "add" }, { extensions });
      } finally {
        Reflect.deleteProperty(Array.prototype, 1);
      }
      expect(code).toBe("snapshot_type");
      expect((await running).violation?.code).toBe("snapshot_type");
      expect(watch.ran).toBe(0);
    });
  },
);

attack(
  "A-033",
  "An empty array with a length of four billion",
  "refused with `snapshot_limit` before any element is read",
  () => {
    const endless = () => Object.assign([], { length: 2 ** 32 - 1 });
    it("in any place", async () => {
      await refusedAt(everywhere, endless, "snapshot_limit");
      const args = () => ({ modifiedPayload: { args: { list: endless() } } });
      await resultRefused(args, "snapshot_limit", "payload");
      const metadata = () => ({ metadata: { list: endless() } });
      await resultRefused(metadata, "snapshot_limit", "(result).metadata");
    });

    it("one longer than its own limit, for labels and hops", async () => {
      await refusedAt(["labels"], () => new Array(257).fill("l"), "snapshot_limit");
      await refusedAt(["chain"], () => new Array(17).fill(hop), "snapshot_limit");
    });
  },
);

attack(
  "A-034",
  "A cycle through objects, arrays, hops or slots",
  "refused with `snapshot_cycle`",
  () => {
    const cycles: readonly (readonly [string, () => object])[] = [
      ["an object in itself", () => looped({}, "self")],
      ["an array in itself", () => looped([], 0)],
      ["a frozen one", () => Object.freeze(looped({}, "self"))],
      [
        "by way of others",
        () => {
          const inner: Record<string, unknown> = {};
          inner.list = [{ inner }];
          return { inner };
        },
      ],
    ];
    it.each(cycles)("%s", async (_what, make) => {
      await refusedAt(["data", "header", "label", "hop"], make, "snapshot_cycle");
      const args = () => ({ modifiedPayload: { args: { value: make() } } });
      await resultRefused(args, "snapshot_cycle", "payload");
      const metadata = () => ({ metadata: { value: make() } });
      await resultRefused(metadata, "snapshot_cycle", "(result).metadata");
    });

    it("through the proposal itself, a slot and a hop", async () => {
      await refusedAt(["whole"], () => looped({}, "custom"), "snapshot_cycle", "custom");
      await refusedAt(["whole"], () => looped({}, "unknown"), "snapshot_cycle");
      await refusedAt(["slot"], () => looped({}, "subject"), "snapshot_cycle", "security.subject");
      await refusedAt(["labels"], () => looped(["PII"], 1), "snapshot_cycle");
      await refusedAt(["hop"], () => looped({ ...hop }, "strategy"), "snapshot_cycle");
      await refusedAt(["chain"], () => looped([hop], 1), "snapshot_cycle");
    });
  },
);

function looped(value: object, key: PropertyKey): object {
  return Object.defineProperty(value, key, { value, enumerable: true });
}

attack(
  "A-035",
  "A part shared so often that it expands to 2^25 values",
  "refused with `snapshot_limit` as soon as the limit is reached",
  () => {
    function shared(made: (part: unknown) => object): unknown {
      let part: unknown = { leaf: 1 };
      for (let i = 0; i < 25; i++) part = made(part);
      return part;
    }
    it.each([
      ["in objects", shared((part) => ({ a: part, b: part }))],
      ["in arrays", shared((part) => [part, part])],
      ["frozen", shared((part) => Object.freeze({ a: part, b: part }))],
    ])("%s", async (_how, value) => {
      await refusedAt(["custom", "data", "label", "hop"], () => ({ value }), "snapshot_limit");
      await refusedAt(["whole"], () => ({ unknown: value }), "snapshot_limit");
      await resultRefused(() => ({ metadata: { value } }), "snapshot_limit", "(result).metadata");
    });
  },
);

attack(
  "A-036",
  "Nesting a hundred thousand levels deep",
  "refused with `snapshot_limit` at the depth limit; the stack does not overflow",
  () => {
    function nested(made: (part: unknown) => object): unknown {
      let part: unknown = 1;
      for (let i = 0; i < 100_000; i++) part = made(part);
      return part;
    }
    it.each([
      ["objects", nested((part) => ({ a: part }))],
      ["arrays", nested((part) => [part])],
    ])("%s", async (_what, value) => {
      await refusedAt(["label", "header", "data", "hop"], () => value, "snapshot_limit");
      await refusedAt(["whole"], () => ({ unknown: value }), "snapshot_limit");
      const args = () => ({ modifiedPayload: { args: { value } } });
      await resultRefused(args, "snapshot_limit", "payload");
      await resultRefused(() => ({ metadata: { value } }), "snapshot_limit", "(result).metadata");
      expect(codeOf(() => createExtensions({ custom: { value } } as never))).toBe(
        "extensions_invalid",
      );
    });
  },
);

attack(
  "A-037",
  "A lone surrogate in a label, a header, a key or a string",
  "refused with `snapshot_string`, or `snapshot_key` for a key",
  () => {
    it.each(["\ud800", "\udc00", "a\ud83d", "\ude00\ud83d", "PII\udfff"])("%j", async (text) => {
      await refusedAt(["label", "header", "data"], () => text, "snapshot_string");
      await refusedAt(["hop"], () => ({ ...hop, audience: text }), "snapshot_string");
      await refusedAt(["headers", "custom"], () => ({ [text]: "1" }), "snapshot_key");
      await refusedAt(["whole", "slot"], () => ({ [text]: 1 }), "snapshot_key");
      const args = () => ({ modifiedPayload: { args: { [text]: 1 } } });
      await resultRefused(args, "snapshot_key", "payload");
      await resultRefused(
        () => ({ modifiedPayload: { name: text } }),
        "snapshot_string",
        "payload",
      );
      await resultRefused(() => ({ metadata: { text } }), "snapshot_string", "(result).metadata");
    });
  },
);
