/** Forged return values: proxies, symbols, hidden properties. */
import { types } from "node:util";
import { filterExtensions, mergeExtensions } from "glassine";
import { expect, it } from "vitest";
import { reach } from "../../property-tests/support/data.ts";
import type { Watch } from "../../property-tests/support/hostile.ts";
import { outcomeOf } from "../../property-tests/support/outcome.ts";
import { plugin, type Run, runOnce } from "../dispatch/support.ts";
import { attack } from "./attack.ts";
import { contextified, throwing } from "./contextified.ts";
import {
  everything,
  everywhere,
  extensions,
  hop,
  type PlaceName,
  refusedAt,
  resultRefused,
  traps,
} from "./forged.ts";

const view = filterExtensions(extensions, everything);

attack(
  "A-007",
  "A proxy as the extensions, a slot, the labels, a hop, the headers or free-form data",
  "refused with `snapshot_proxy`; none of its traps run",
  () => {
    const targets: Readonly<Record<PlaceName, object>> = {
      whole: {},
      slot: { labels: ["PII"] },
      subject: { id: "u" },
      labels: ["PII"],
      label: {},
      chain: [hop],
      hop: { ...hop },
      headers: { "x-a": "1" },
      header: [],
      custom: { a: 1 },
      data: Object.create(null),
    };
    it.each(everywhere)("%s", async (place) => {
      const proxy = (watch: Watch) => new Proxy(targets[place], traps(watch));
      await refusedAt([place], proxy, "snapshot_proxy");
      await refusedAt([place], (watch) => new Proxy(proxy(watch), {}), "snapshot_proxy");
    });

    it("of a function, which is not data either way", () =>
      refusedAt(everywhere, (watch) => new Proxy(() => 0, traps(watch)), "snapshot_type"));

    it("in an unknown field", () =>
      refusedAt(
        ["whole", "slot"],
        (w) => ({ unknown: new Proxy({}, traps(w)) }),
        "snapshot_proxy",
      ));

    it("as payload, arguments or metadata", async () => {
      const proxy = (watch: Watch) => new Proxy({}, traps(watch));
      const code = "snapshot_proxy";
      await resultRefused((watch) => ({ modifiedPayload: proxy(watch) }), code, "payload");
      const args = (watch: Watch) => ({ modifiedPayload: { args: proxy(watch) } });
      await resultRefused(args, code, "payload");
      await resultRefused((watch) => ({ metadata: proxy(watch) }), code, "(result).metadata");
    });
  },
);

attack(
  "A-008",
  "A proxy around a genuine frozen view, or part of one, that passes for frozen",
  "refused with `snapshot_proxy`",
  () => {
    it.each([
      ["the view", "whole", view],
      ["a slot", "slot", view.security],
      ["the labels", "labels", view.security.labels],
      ["the chain", "chain", view.delegation?.chain],
      ["a hop", "hop", view.delegation?.chain[0]],
      ["custom data", "custom", view.custom],
    ] as const)("over %s", async (_part, place, target) => {
      const proxy = new Proxy(target as object, {});
      expect(Object.isFrozen(proxy)).toBe(true);
      await refusedAt([place], () => proxy, "snapshot_proxy");
    });

    it("around the very view that a handler received", async () => {
      const wraps: Run = (_p, _c, given) => ({ modifiedExtensions: new Proxy(given, {}) });
      const result = await runOnce([plugin("wraps", wraps)], { extensions });
      expect(result.violation?.code).toBe("snapshot_proxy");
      expect(result.extensions).toBe(extensions);
    });
  },
);

attack(
  "A-009",
  "A revoked proxy, which throws on every access",
  "refused with `snapshot_proxy`, never an internal error",
  () => {
    const revoked = (target: object) => {
      const { proxy, revoke } = Proxy.revocable(target, {});
      revoke();
      return proxy;
    };
    it.each([
      ["an object", {}],
      ["an array", []],
      ["a view", view],
      ["another revoked proxy", revoked({})],
    ])("of %s", async (_what, target) => {
      await refusedAt(everywhere, () => revoked(target), "snapshot_proxy");
      await resultRefused(() => revoked(target), "snapshot_proxy", "(result)");
      await resultRefused(
        () => ({ metadata: revoked(target) }),
        "snapshot_proxy",
        "(result).metadata",
      );
    });
  },
);

attack(
  "A-010",
  "A proxy in the prototype chain",
  "refused with `snapshot_prototype`; none of its traps run",
  () => {
    const heirs: readonly (readonly [string, (proxy: object) => object])[] = [
      ["the parent", (proxy) => Object.create(proxy) as object],
      ["the grandparent", (proxy) => Object.create(Object.create(proxy) as object) as object],
      ["the parent of an array", (proxy) => Object.setPrototypeOf(["PII"], proxy) as object],
    ];
    it.each(heirs)("as %s", async (_which, heir) => {
      const made = (watch: Watch) => heir(new Proxy({}, traps(watch)));
      await refusedAt(everywhere, made, "snapshot_prototype");
      const payload = (watch: Watch) => ({ modifiedPayload: made(watch) });
      await resultRefused(payload, "snapshot_prototype", "payload");
    });

    it("of the result itself", () =>
      resultRefused(
        (watch) => Object.create(new Proxy({}, traps(watch))) as object,
        "snapshot_prototype",
        "(result)",
      ));
  },
);

attack(
  "A-011",
  "A `vm` context's global object over a proxy: it looks plain, and no check can detect it",
  "read once and copied, or refused; what is merged is exactly what was validated",
  () => {
    it("merges a detached copy of a single read", () => {
      let later = false;
      const { value, keys } = contextified(() => (later ? "later" : "now"), ["mine"]);
      expect(types.isProxy(value)).toBe(false);
      const { custom } = mergeExtensions(extensions, { custom: value }, []).extensions;
      later = true;
      expect(custom).toEqual(Object.fromEntries(keys.map((key) => [key, "now"])));
      expect([...reach(custom)].every(Object.isFrozen)).toBe(true);
    });

    it("merges no header that it did not validate, whenever the value changes", () => {
      const merged = Array.from({ length: 9 }, (_, good) => {
        let readings = 0;
        const read = (key: string) => {
          if (key !== "x-flips") return "1";
          return readings++ < good ? "fine" : "bad\r\nforged: 1";
        };
        const { value } = contextified(read, ["x-a", "x-flips"]);
        const returned = { http: { headers: value } };
        const outcome = outcomeOf(() => mergeExtensions(extensions, returned, everything));
        return outcome.ok ? outcome.value.extensions.http?.headers?.["x-flips"] : outcome.code;
      });
      expect(merged[0]).toBe("header_invalid");
      expect(merged[8]).toBe("fine");
      expect(new Set(merged)).toEqual(new Set(["header_invalid", "fine"]));
    });

    it("is refused with `snapshot_proxy` if reading it throws, also as the result", async () => {
      await refusedAt(everywhere, throwing, "snapshot_proxy");
      await resultRefused(throwing, "snapshot_proxy", "(result)");
      await resultRefused(() => ({ modifiedPayload: throwing() }), "snapshot_proxy", "payload");
    });
  },
);

attack("A-012", "Data under a symbol key", "refused with `snapshot_key`", () => {
  const symbols = [
    Symbol("labels"),
    Symbol.for("security"),
    Symbol.iterator,
    Symbol.asyncIterator,
    Symbol.toStringTag,
    Symbol.isConcatSpreadable,
  ];
  it.each(symbols.map((symbol) => [symbol.toString(), symbol] as const))("%s", async (_, key) => {
    const record = () => ({ [key]: ["forged"] });
    await refusedAt(everywhere, record, "snapshot_key");
    await resultRefused(record, "snapshot_key", "(result)");
    await resultRefused(() => ({ metadata: record() }), "snapshot_key", "(result).metadata");
  });

  it("next to valid data, in a record and in an array, enumerable or not", async () => {
    const beside = (target: object, enumerable: boolean) => () =>
      Object.defineProperty(target, Symbol("more"), { value: 1, enumerable });
    for (const enumerable of [true, false]) {
      await refusedAt(["labels"], beside(["PII"], enumerable), "snapshot_key");
      await refusedAt(["chain"], beside([hop], enumerable), "snapshot_key");
      await refusedAt(["headers", "custom"], beside({ "x-a": "1" }, enumerable), "snapshot_key");
    }
  });

  it("that would convert an object to a string", async () => {
    const convertible = (watch: Watch) => ({ [Symbol.toPrimitive]: watch.run });
    await refusedAt(everywhere, convertible, "snapshot_key");
  });
});

attack(
  "A-013",
  "A non-enumerable property, hidden when keys are listed",
  "refused with `snapshot_key`",
  () => {
    const hiding = (target: object, key: PropertyKey, value: unknown) => () =>
      Object.defineProperty(target, key, { value, enumerable: false });
    it.each([
      ["a slot", "whole", hiding({}, "security", { labels: [] }), "security"],
      ["the labels", "slot", hiding({}, "labels", []), "security.labels"],
      ["roles", "subject", hiding({ id: "u" }, "roles", []), "security.subject.roles"],
      ["an element", "labels", hiding(["PII", "EU"], 0, "PII"), "security.labels"],
      ["a field of a hop", "hop", hiding({ ...hop }, "subject_id", "x"), "delegation.chain"],
      ["a header", "headers", hiding({ "x-a": "1" }, "x-b", "2"), "http.headers"],
      ["custom data", "custom", hiding({ n: 0 }, "a", 1), "custom"],
      ["`then`", "custom", hiding({}, "then", 1), "custom"],
      ["an unknown slot", "whole", hiding({}, "unknown", 1), "(extensions)"],
    ] as const)("%s", (_what, place, make, path) => refusedAt([place], make, "snapshot_key", path));

    it("in the result, its payload and its metadata", async () => {
      const hidden = () => hiding({}, "name", "forged")() as object;
      await resultRefused(hidden, "snapshot_key", "(result)");
      await resultRefused(() => ({ modifiedPayload: hidden() }), "snapshot_key", "payload");
      await resultRefused(() => ({ metadata: hidden() }), "snapshot_key", "(result).metadata");
    });
  },
);
