/** Forged return values: what is not JSON, and what has no effect. */
import {
  createExtensions,
  decodeExtensions,
  encodeExtensions,
  filterExtensions,
  mergeExtensions,
} from "glassine";
import { expect, it } from "vitest";
import { Watch } from "../../property-tests/support/hostile.ts";
import { codeOf } from "../data/support.ts";
import { plugin, type Run, runOnce } from "../dispatch/support.ts";
import { verifies } from "../support/verifies.ts";
import { attack } from "./attack.ts";
import {
  accessor,
  bare,
  everything,
  everywhere,
  extensions,
  hop,
  refusedAt,
  resultRefused,
  takenAsCustom,
} from "./forged.ts";
import { expectRefused } from "./proposal.ts";

const merge = (returned: unknown) => mergeExtensions(extensions, returned, everything);
// Keys with these names are the subject of the tests.
const promised: string = "then";

attack(
  "A-023",
  "A thenable as extensions, as a slot or in free-form data",
  "refused with `snapshot_type`; its `then` is never called",
  () => {
    it("as an own property", async () => {
      await refusedAt(everywhere, ({ run }) => ({ [promised]: run }), "snapshot_type");
      const thenable = ({ run }: Watch) => ({ metadata: { [promised]: run } });
      await resultRefused(thenable, "snapshot_type", "(result).metadata");
    });

    it("of its class, or on a promise", async () => {
      const ofClass = ({ run }: Watch) =>
        new (class {
          [promised] = run;
        })();
      await refusedAt(everywhere, ofClass, "snapshot_prototype");
      await refusedAt(everywhere, () => Promise.resolve({}), "snapshot_prototype");
    });

    it("with a getter for it", () =>
      refusedAt(
        everywhere,
        ({ run }) => accessor({}, promised, { get: run }),
        "snapshot_accessor",
      ));

    it("when an asynchronous handler returns it", async () => {
      const watch = new Watch();
      const returns: Run = async (_p, _c) => ({ modifiedExtensions: { [promised]: watch.run } });
      const result = await runOnce([plugin("returns", returns)], { extensions });
      expect([result.violation?.code, watch.ran]).toEqual(["snapshot_type", 0]);
    });

    it("that is plain data stays data", async () => {
      const taken = await takenAsCustom(() => ({ [promised]: { [promised]: 1 } }));
      expect(taken).toEqual({ [promised]: { [promised]: 1 } });
    });
  },
);

attack(
  "A-024",
  "A `toJSON` method on a slot or in free-form data",
  "refused with `snapshot_type`; it is never called, not even while encoding",
  () => {
    it("as an own property", async () => {
      await refusedAt(everywhere, ({ run }) => ({ toJSON: run }), "snapshot_type");
      await refusedAt(["slot"], ({ run }) => ({ labels: ["PII"], toJSON: run }), "snapshot_type");
    });

    it("on its class", async () => {
      const ofClass = ({ run }: Watch) =>
        new (class {
          toJSON = run;
        })();
      await refusedAt(everywhere, ofClass, "snapshot_prototype");
    });

    it("that is plain data is encoded as data", async () => {
      const custom = () => ({ toJSON: "text", nested: { toJSON: { a: 1 } } });
      expect(await takenAsCustom(custom)).toEqual(custom());
      const text = encodeExtensions(createExtensions({ custom: custom() }));
      expect(decodeExtensions(text).extensions.custom).toEqual(custom());
    });
  },
);

attack(
  "A-025",
  "An object with a string conversion in place of a string",
  "refused with `snapshot_type`, or `snapshot_key` for a symbol method; the conversion never runs",
  () => {
    const scalars = ["label", "header", "data"] as const;
    it.each(["toString", "valueOf", "toLocaleString", "inspect"])("by %s", async (name) => {
      await refusedAt(scalars, ({ run }) => ({ [name]: run }), "snapshot_type");
      await refusedAt(
        ["hop"],
        ({ run }) => ({ ...hop, subject_id: { [name]: run } }),
        "snapshot_type",
      );
    });

    it("by a symbol", () =>
      refusedAt(scalars, ({ run }) => ({ [Symbol.toPrimitive]: run }), "snapshot_key"));

    it("by an array with one string", async () => {
      await refusedAt(["label"], () => ["PII"], "extensions_shape");
      await refusedAt(["header"], () => ["1"], "header_invalid");
    });
  },
);

attack(
  "A-026",
  "Boxed primitives, including ones with a record's prototype",
  "refused with `snapshot_prototype`, or `snapshot_key` for a string that hides its prototype",
  () => {
    const boxed = ["PII", "", 1, true, 1n, Symbol("s")].map((value) => [value, Object(value)]);
    it.each(boxed)("%o", async (_value, box: object) => {
      await refusedAt(everywhere, () => box, "snapshot_prototype");
      await resultRefused(() => box, "snapshot_prototype", "(result)");
    });

    it("a string with a record's prototype", async () => {
      for (const text of ["PII", ""]) {
        await refusedAt(everywhere, () => bare(Object(text)), "snapshot_key");
        await resultRefused(() => bare(Object(text)), "snapshot_key", "(result)");
      }
    });

    it("a number with a record's prototype is an empty record", async () => {
      await refusedAt(["labels", "label", "chain"], () => bare(Object(1)), "extensions_shape");
      expect(await takenAsCustom(() => ({ box: bare(Object(1)) }))).toEqual({ box: {} });
    });
  },
);

attack(
  "A-027",
  "A bigint, symbol or function anywhere, or `undefined` in an array",
  "refused with `snapshot_type`",
  () => {
    it.each([
      ["a bigint", 1n],
      ["a symbol", Symbol("PII")],
      ["a registered symbol", Symbol.for("PII")],
      ["a function", () => "PII"],
      ["an asynchronous function", async () => "PII"],
      ["a class", class PII {}],
      ["a method of the language", Array.prototype.push],
    ])("%s", async (_what, value) => {
      await refusedAt(everywhere, () => value, "snapshot_type");
      const part = () => ({ modifiedPayload: { args: { value } } });
      await resultRefused(part, "snapshot_type", "payload");
      await resultRefused(() => ({ metadata: { value } }), "snapshot_type", "(result).metadata");
    });

    it("undefined", () => refusedAt(["label", "hop", "data"], () => undefined, "snapshot_type"));
  },
);

attack("A-028", "Non-finite numbers", "refused with `snapshot_type`", () => {
  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 10 ** 309])(
    "%d",
    async (value) => {
      await refusedAt(everywhere, () => value, "snapshot_type");
      await refusedAt(["whole"], () => ({ agent: { turn: value } }), "snapshot_type", "agent.turn");
      await refusedAt(["hop"], () => ({ ...hop, ttl_seconds: value }), "snapshot_type");
      const args = () => ({ modifiedPayload: { args: { value } } });
      await resultRefused(args, "snapshot_type", "payload");
      await resultRefused(() => ({ metadata: { value } }), "snapshot_type", "(result).metadata");
    },
  );
});

attack(
  "A-029",
  "Negative zero, which equals 0 but can serialize differently",
  "stored as 0, so that equality and round trips agree",
  () => {
    it("equals a zero that was shown", () => {
      expect(merge({ custom: { ...extensions.custom, n: -0 } }).extensions).toBe(extensions);
    });

    it("is stored as 0 if it is new", async () => {
      const { z, list } = await takenAsCustom(() => ({ z: -0, list: [-0, { z: -0 }] }));
      expect(z).toBe(0);
      expect(list).toEqual([0, { z: 0 }]);
      const merged = merge({ custom: { z: -0 } }).extensions;
      expect(decodeExtensions(encodeExtensions(merged)).extensions).toEqual(merged);
      expect(merge({ agent: { turn: -0 } }).rejections).toMatchObject([{ path: "agent" }]);
    });
  },
);

attack(
  "A-030",
  "`undefined` as a slot or a field, to remove its value",
  "treated as omitted: the current value stays",
  () => {
    it("as a slot or a known field", () => {
      const returned = {
        custom: undefined,
        security: { labels: undefined, subject: undefined },
        delegation: { chain: undefined },
        http: { headers: undefined },
        agent: undefined,
      };
      expect(merge(returned)).toEqual({ extensions, rejections: [] });
      expect(merge(returned).extensions).toBe(extensions);
    });

    it("as a part of a result", async () => {
      const returned = { modifiedPayload: undefined, modifiedExtensions: undefined };
      const result = await runOnce([plugin("clears", (_p, _c) => returned)], { extensions });
      expect(result.extensions).toBe(extensions);
      expect(result.executions).toMatchObject([{ applied: false, changed: [] }]);
    });

    it("at a key of free-form data equals leaving the key out", () => {
      const { n: _n, ...rest } = filterExtensions(extensions, []).custom ?? {};
      const given = merge({ custom: { ...rest, n: undefined } }).extensions;
      expect(given).toEqual(merge({ custom: rest }).extensions);
      expect(Object.hasOwn(given.custom ?? {}, "n")).toBe(false);
    });
  },
);

attack(
  "A-031",
  "`null` for a slot, the labels, the chain or the headers, to clear them",
  "a slot or optional field is treated as omitted; labels, chain and headers are refused with `extensions_shape`",
  () => {
    it("as a slot or an optional field is not a change", () => {
      const slots = { custom: null, security: null, delegation: null, http: null, agent: null };
      expect(merge(slots).extensions).toBe(extensions);
      expect(merge({ agent: { turn: null }, http: { method: null } }).extensions).toBe(extensions);
      expect(merge({ security: { subject: null } }).extensions).toBe(extensions);
    });

    it.each([
      ["the labels", { security: { labels: null } }, "security.labels"],
      ["the chain", { delegation: { chain: null } }, "delegation.chain"],
      ["the headers", { http: { headers: null } }, "http.headers"],
      ["request headers", { http: { request_headers: null } }, "http.request_headers"],
      ["response headers", { http: { response_headers: null } }, "http.response_headers"],
    ])("for %s is refused", async (_what, returned, path) => {
      verifies("merge:null-part");
      await expectRefused(
        { extensions, returned, capabilities: everything },
        "extensions_shape",
        path,
      );
    });

    it("for them is refused even if they were hidden", () => {
      const blind = (returned: object) => codeOf(() => mergeExtensions(extensions, returned, []));
      expect(blind({ security: { labels: null } })).toBe("extensions_shape");
      expect(blind({ http: { headers: null } })).toBe("extensions_shape");
    });
  },
);
