/** Forged return values: classes, sets and arrays. */
import { expect, it } from "vitest";
import type { Watch } from "../../property-tests/support/hostile.ts";
import { attack } from "./attack.ts";
import { bare, everywhere, hop, refusedAt, resultRefused, takenAsCustom } from "./forged.ts";

class Fields {
  labels = ["PII", "forged"];
  metadata = {};
}
class FrozenShell {
  #labels = ["PII"];
  constructor() {
    Object.freeze(this);
  }
  get labels() {
    return this.#labels;
  }
  forge(label: string) {
    this.#labels.push(label);
  }
}
class Heir extends Fields {}
class LyingSet extends Set<string> {
  override has() {
    return true;
  }
}

attack(
  "A-014",
  "A class instance with the right fields, or with private state behind a frozen shell",
  "refused with `snapshot_prototype`",
  () => {
    const instances: readonly (readonly [string, () => object])[] = [
      ["with the right fields", () => new Fields()],
      ["of a subclass", () => new Heir()],
      ["frozen, with private state", () => new FrozenShell()],
      ["of a function that constructs", () => Reflect.construct(function Old() {}, []) as object],
      ["of Object under another name", () => new (class extends Object {})()],
    ];
    it.each(instances)("%s", async (_what, make) => {
      await refusedAt(everywhere, make, "snapshot_prototype");
      await resultRefused(make, "snapshot_prototype", "(result)");
      await resultRefused(() => ({ modifiedPayload: make() }), "snapshot_prototype", "payload");
    });
  },
);

attack(
  "A-015",
  "A `Set` subclass that claims to have every label",
  "refused with `snapshot_prototype`; its methods never run",
  () => {
    it("empty, filled or frozen", async () => {
      const made = [() => new LyingSet(), () => new LyingSet(["PII"])];
      for (const make of [...made, () => Object.freeze(new LyingSet(["PII"]))]) {
        await refusedAt(["labels", "label", "slot", "custom"], make, "snapshot_prototype");
      }
    });

    it("with its own methods", () =>
      refusedAt(
        ["labels", "custom"],
        ({ run }) => Object.assign(new Set(["PII"]), { has: run, values: run, forEach: run }),
        "snapshot_prototype",
      ));
  },
);

const lying = ({ run }: Watch) =>
  class extends Array<string> {
    override includes = run;
    override indexOf = run;
    override [Symbol.iterator] = run;
  };

attack(
  "A-016",
  "An `Array` subclass whose iterator, `includes` or `length` lies",
  "refused with `snapshot_prototype`; its methods never run",
  () => {
    const list = ["labels", "chain", "custom", "data"] as const;
    it("made by its constructor", () =>
      refusedAt(list, (watch) => new (lying(watch))("PII", "EU"), "snapshot_prototype"));

    it("made by setting the prototype of an array", async () => {
      const over = (prototype: object | null) => () =>
        Object.setPrototypeOf(["PII"], prototype) as object;
      for (const prototype of [null, Object.prototype, Object.create(Array.prototype)]) {
        await refusedAt(list, over(prototype), "snapshot_prototype");
      }
    });

    it("with a getter for its length on the prototype", () =>
      refusedAt(
        list,
        ({ run }) => {
          const prototype = Object.create(Array.prototype, { length: { get: run } }) as object;
          return Object.setPrototypeOf(["PII"], prototype) as object;
        },
        "snapshot_prototype",
      ));
  },
);

attack(
  "A-017",
  "A genuine array with its own iterator, `includes` or similar",
  "refused with `snapshot_key`; none of them run",
  () => {
    it.each([Symbol.iterator, "includes", "indexOf", "map", "every", "toJSON", "concat"])(
      "%s",
      async (key) => {
        const hiding = ({ run }: Watch, enumerable: boolean) =>
          Object.defineProperty(["PII", "EU"], key, { value: run, enumerable });
        for (const enumerable of [true, false]) {
          await refusedAt(["labels", "custom"], (w) => hiding(w, enumerable), "snapshot_key");
        }
        await refusedAt(
          ["chain"],
          ({ run }) => Object.assign([hop], { [key]: run }),
          "snapshot_key",
        );
      },
    );
  },
);

attack(
  "A-018",
  "An array with named properties besides its elements",
  "refused with `snapshot_key`",
  () => {
    it.each(["extra", "-1", "1.5", "01", "4294967295", "__proto__", "constructor"])(
      "%s",
      async (key) => {
        const named = (list: unknown[]) =>
          Object.defineProperty(list, key, { value: "forged", enumerable: true });
        await refusedAt(["labels", "data"], () => named(["PII"]), "snapshot_key");
        await refusedAt(["chain"], () => named([hop]), "snapshot_key");
        const args = () => ({ modifiedPayload: { args: { list: named([1]) } } });
        await resultRefused(args, "snapshot_key", "payload");
      },
    );
  },
);

attack(
  "A-019",
  "An array-like object in place of an array",
  "refused with `extensions_shape`",
  () => {
    it.each([
      ["with a length", { 0: "PII", length: 1 }],
      ["without one", { 0: "PII" }],
      ["frozen", Object.freeze({ 0: "PII", length: 1 })],
      ["empty", {}],
      ["without prototype", Object.assign(Object.create(null), { 0: "PII", length: 1 })],
      ["with a length that is not a number", { 0: "PII", length: "1" }],
    ])("%s", (_how, value) => refusedAt(["labels", "chain"], () => value, "extensions_shape"));
  },
);

attack(
  "A-020",
  "A genuine `Set` or `Map` as labels, as a slot or in free-form data",
  "refused with `snapshot_prototype`; one that hides its prototype is an empty record",
  () => {
    it.each([
      ["a set", () => new Set(["PII"])],
      ["a map", () => new Map([["labels", ["PII"]]])],
      ["a frozen set", () => Object.freeze(new Set(["PII"]))],
      ["a weak set", () => new WeakSet()],
      ["the keys of a map", () => new Map([["PII", 1]]).keys()],
      [
        "a set with the prototype of arrays",
        () => Object.setPrototypeOf(new Set(), Array.prototype),
      ],
    ])("%s", (_what, make) => refusedAt(everywhere, make, "snapshot_prototype"));

    it("with a record's prototype holds no readable data", async () => {
      const hidden = () => bare(new Set(["PII"]));
      await refusedAt(["labels", "chain"], hidden, "extensions_shape");
      expect(await takenAsCustom(() => ({ set: hidden() }))).toEqual({ set: {} });
    });
  },
);
