/** Forged results: unknown slots and fields, odd results, decisions. */
import { allow, deny, mergeExtensions } from "glassine";
import { expect, it } from "vitest";
import { refusalOf } from "../data/support.ts";
import { plugin, runOnce } from "../dispatch/support.ts";
import { verifies } from "../support/verifies.ts";
import { attack } from "./attack.ts";
import {
  accessor,
  everything,
  extensions,
  hop,
  refusedAt,
  resultRefused,
  traps,
} from "./forged.ts";
import { expectIgnored } from "./proposal.ts";

const merge = (returned: unknown) => mergeExtensions(extensions, returned, everything);

attack(
  "A-041",
  "A slot that is not in the table, under a look-alike name",
  "refused with `slot_unknown`; the name is not repeated anywhere",
  () => {
    it.each([
      "Security",
      "SECURITY",
      "secur\u0131ty",
      "security ",
      "security\u200b",
      "root",
      "raw_credentials",
      "candidate_constraint",
      "constructor",
      "toString",
      "hasOwnProperty",
    ])("%j", async (name) => {
      const returned = { custom: { a: 1 }, [name]: {} };
      await refusedAt(["whole"], () => returned, "slot_unknown");
      const error = refusalOf(() => merge(returned));
      expect(error.data).toEqual({ slot: "(extensions)" });
      expect(error.message).not.toContain(name);
      const forger = plugin("forger", (_p, _c) => ({ modifiedExtensions: returned }));
      const { payload: _payload, ...rest } = await runOnce([forger], { extensions });
      expect(rest.violation?.code).toBe("slot_unknown");
      expect(JSON.stringify(rest)).not.toContain(name === "root" ? '"root"' : JSON.stringify(name));
    });
  },
);

attack(
  "A-042",
  "An unknown field in `security`, `delegation` or a hop",
  "refused with `slot_unknown`; in a slot that no plugin may write the field is dropped",
  () => {
    it("in `security`, in the subject, next to the chain, in a hop", async () => {
      await refusedAt(["slot"], () => ({ removed_labels: ["PII"] }), "slot_unknown");
      await refusedAt(["slot"], () => ({ labels: ["PII"], Labels: [] }), "slot_unknown");
      await refusedAt(["subject"], () => ({ admin: true }), "slot_unknown");
      await refusedAt(["hop"], () => ({ ...hop, revoked: true }), "slot_unknown");
      const beside = { delegation: { chain: [hop], revoked: true } };
      await refusedAt(["whole"], () => beside, "slot_unknown", "delegation");
    });

    it("in another slot is read, for hostile values, and dropped", async () => {
      const returned = { agent: { admin: true }, http: { body: "x" } };
      await expectIgnored({ extensions, returned, capabilities: everything }, []);
      const bad = { agent: { admin: () => 0 } };
      await refusedAt(["whole"], () => bad, "snapshot_type", "agent");
    });
  },
);

attack(
  "A-043",
  "A value that is not an object as the extensions",
  "refused with `extensions_shape`",
  () => {
    it.each([[[]], [["security"]], [""], ["security"], [0], [5], [true], [false]])("%j", (value) =>
      refusedAt(["whole"], () => value, "extensions_shape"),
    );
  },
);

const getter = (key: string) => (watch: { run: () => never }) =>
  accessor({}, key, { get: watch.run });
class Result {
  metadata = { forged: true };
}

attack(
  "A-044",
  "A result that is a proxy, an array or a class instance, or has accessors",
  "refused with `result_shape` or the code for its kind; no getter or trap runs",
  () => {
    it.each([
      ["an array", "result_shape", () => [{ metadata: {} }]],
      ["an empty array", "result_shape", () => []],
      ["an instance of a class", "snapshot_prototype", () => new Result()],
      ["inherited parts", "snapshot_prototype", () => Object.create({ metadata: {} }) as object],
      ["a map", "snapshot_prototype", () => new Map([["metadata", {}]])],
      ["an error", "snapshot_prototype", () => new Error("no")],
      ["a symbol as key", "snapshot_key", () => ({ [Symbol("metadata")]: {} })],
      [
        "a hidden part",
        "snapshot_key",
        () =>
          Object.defineProperty({}, "modifiedPayload", { value: {}, enumerable: false }) as object,
      ],
    ])("%s", async (_what, code, make) => {
      verifies("dispatch:result-keys", "dispatch:result-read-once");
      await resultRefused(make, code, "(result)");
      await resultRefused(() => Promise.resolve(make()), code, "(result)");
    });

    it.each(["modifiedPayload", "modifiedExtensions", "metadata", "violation", "then"])(
      "a getter for %s",
      (key) => resultRefused(getter(key), "snapshot_accessor", "(result)"),
    );

    it.each([
      ["nothing", () => ({})],
      ["a result", () => ({ metadata: {} })],
      ["a denial", () => deny("no")],
      ["the allowance", () => allow()],
      ["a promise", () => Promise.resolve({})],
      ["a function", null],
    ] as const)("a proxy of %s", async (_what, target) => {
      if (target === null) {
        const made = (watch: never) => new Proxy(() => 0, traps(watch));
        await resultRefused(made as never, "result_shape", "(result)");
        return;
      }
      const made = (watch: never) => new Proxy(target(), traps(watch));
      await resultRefused(made as never, "snapshot_proxy", "(result)");
    });
  },
);

attack(
  "A-045",
  'A decision forged by type or shape, such as `continue: "false"` or a copied denial',
  "refused with `result_shape`; never read as allow or deny",
  () => {
    const forged: readonly (readonly [string, object])[] = [
      ["a string for false", { continueProcessing: "false" }],
      ["false itself", { continueProcessing: false }],
      ["true", { continueProcessing: true }],
      ["snake case", { continue_processing: false }],
      ["the short name", { continue: "false" }],
      ["allowed", { allowed: {} }],
      ["the word of the allowance", { allow: true }],
      ["a violation that is a number", { violation: 1 }],
      ["a violation", { violation: { code: "x", reason: "x" } }],
      ["a spread denial", { ...deny("no") }],
      ["a cloned denial", structuredClone(deny("no"))],
      ["an heir of a denial in a literal", { denial: Object.create(deny("no")) as object }],
      ["a spread allowance", { ...allow() }],
      ["a decision beside a change", { metadata: {}, continueProcessing: true }],
    ];
    it.each(forged)("%s", async (_what, value) => {
      verifies("dispatch:deny-brand");
      await resultRefused(() => value, "result_shape", "(result)");
      await resultRefused(() => Promise.resolve(value), "result_shape", "(result)");
    });

    it.each([[1], [0], ["allow"], [""], [true], [false], [1n], [Symbol("allow")]])(
      "the value %o",
      async (value) => {
        const result = await runOnce([plugin("forger", (_p, _c) => value)], { extensions });
        expect(result.violation).toMatchObject({ plugin: "forger", code: "result_shape" });
      },
    );
  },
);
