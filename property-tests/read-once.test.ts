// A process of its own: it watches the intrinsics.
/**
 * Law of reading once: what was validated is what is stored. Tested by counting calls of functions
 * that read properties, and by objects that run code on every read and return something else
 * each time.
 */
import fc from "fast-check";
import { freezePayload } from "glassine/messages";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { readPlain } from "../src/core/schema/index.ts";
import { type Chameleon, chameleon, fixedKeys } from "./support/chameleons.ts";
import { isObject, plainCopy, reach } from "./support/data.ts";
import { documentsOf, grantsOf } from "./support/documents.ts";
import { hostiles, places, plant, Watch } from "./support/hostile.ts";
import { outcomeOf } from "./support/outcome.ts";
import { plansOf, propose } from "./support/proposals.ts";
import { expectSome } from "./support/runs.ts";
import { standard, worlds } from "./support/tables.ts";

/** Counts property reads of the functions that the sources capture on load. Installed before. */
const reads = vi.hoisted(() => {
  const { getOwnPropertyDescriptor: describeProperty } = Reflect;
  const counts = new Map<object, Map<PropertyKey, number>>();
  let counting = false;
  Reflect.getOwnPropertyDescriptor = (target, key) => {
    const known = counting ? counts.get(target) : undefined;
    const name = String(key);
    known?.set(name, (known.get(name) ?? 0) + 1);
    return describeProperty(target, key);
  };
  return {
    /** The properties of `objects` that `run` reads more than once. */
    during: (objects: Iterable<object>, run: () => void): readonly string[] => {
      counts.clear();
      for (const object of objects) counts.set(object, new Map());
      counting = true;
      try {
        run();
      } finally {
        counting = false;
      }
      return [...counts.values()].flatMap((of) =>
        [...of].flatMap(([key, count]) => (count > 1 ? [`${String(key)}: ${count}`] : [])),
      );
    },
    total: () => [...counts.values()].reduce((sum, of) => sum + of.size, 0),
  };
});

describe.each(worlds)("$name", ({ slots, host }) => {
  it("L23: each property of a plugin's result is read at most once", () => {
    let read = 0;
    fc.assert(
      fc.property(
        documentsOf(slots),
        grantsOf(slots),
        plansOf(slots, 1),
        fc.option(fc.tuple(hostiles, places), { freq: 3 }),
        (document, grant, plan, spoilt) => {
          const envelope = host.createExtensions(document);
          const view = host.filterExtensions(envelope, grant);
          let returned = plainCopy(propose(slots, view, plan));
          if (spoilt !== null) returned = plant(returned, spoilt[0].make(new Watch()), spoilt[1]);
          // A part at two paths is read at each.
          if (!isTree(returned)) return;
          const twice = reads.during(reach(returned), () => {
            outcomeOf(() => host.mergeExtensions(envelope, returned, grant, { view }));
          });
          expect(twice).toEqual([]);
          read += reads.total();
        },
      ),
    );
    expectSome(read);
  });

  it("L23: each property of a host's document is read at most once", () => {
    fc.assert(
      fc.property(documentsOf(slots), (document) => {
        const copy = structuredClone(document);
        expect(reads.during(reach(copy), () => host.createExtensions(copy))).toEqual([]);
        expect(reads.total()).toBeGreaterThanOrEqual(Object.keys(copy).length);
      }),
    );
  });
});

function isTree(value: unknown): boolean {
  const seen = new Set<object>();
  let nodes = 0;
  const visit = (here: unknown): boolean => {
    if (!isObject(here)) return true;
    nodes += 1;
    if (seen.has(here) || nodes > 5_000) return false;
    seen.add(here);
    return Reflect.ownKeys(here).every((key) => {
      return visit(Reflect.getOwnPropertyDescriptor(here, key)?.value);
    });
  };
  try {
    return visit(value);
  } catch {
    return false;
  }
}

describe("objects that look plain and change between reads", () => {
  const pool: readonly Chameleon[] = [chameleon(), chameleon(), chameleon()];
  /** The reads needed to list keys, symbols and names separately, and to read each once. */
  let looksAtOnce = 0;

  beforeEach(() => {
    const [one] = pool as readonly [Chameleon];
    one.wear({ a: () => 1 });
    Object.getOwnPropertySymbols(one.object);
    Object.getOwnPropertyNames(one.object);
    Reflect.getOwnPropertyDescriptor(one.object, "a");
    looksAtOnce = one.looks.get("a") ?? 0;
  });

  /** What a property returns: one value after the other, cyclically. */
  const values = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom<unknown>("one", "two", "three") },
    fc.constantFrom<unknown>("a\r\nb: c", "\ud800", 1, Number.NaN, null, {}, [], () => 0),
  );
  const sayings = fc.array(values, { minLength: 1, maxLength: 4 });
  const dresses = fc.array(
    fc.record({ says: fc.array(sayings, { maxLength: 4 }), holdsNext: fc.boolean() }),
    { maxLength: pool.length },
  );
  type Dress = typeof dresses extends fc.Arbitrary<infer T> ? T : never;

  /** Disguises the whole pool. Each may contain the next, at one key. */
  const dress = (plan: Dress) => {
    for (const [index, { wear }] of pool.entries()) {
      const { says = [], holdsNext = false } = plan[index] ?? {};
      const worn = ["x-a", ...fixedKeys].map((key, at) => {
        const said = says[at] ?? ["one"];
        let turn = 0;
        return [key, () => said[turn++ % said.length]] as const;
      });
      const next = () => pool[index + 1]?.object ?? "one";
      wear(Object.fromEntries(holdsNext ? [...worn, ["x-next", next]] : worn));
    }
  };
  const { object } = pool[0] as Chameleon;
  const { createExtensions, encodeExtensions, mergeExtensions } = standard;
  const empty = createExtensions({});
  const writer = ["write_headers", "append_labels"] as const;
  const doors: Readonly<Record<string, () => unknown>> = {
    custom: () => mergeExtensions(empty, { custom: object }, []).extensions,
    "custom, inside": () => mergeExtensions(empty, { custom: { in: [object] } }, []).extensions,
    headers: () => mergeExtensions(empty, { http: { headers: object } }, writer).extensions,
    "a slot": () => mergeExtensions(empty, { http: object }, writer).extensions,
    "all of it": () => mergeExtensions(empty, object, writer).extensions,
    "a document": () => createExtensions({ custom: object as never }),
    "a payload": () => freezePayload(object),
    metadata: () => readPlain(object),
  };

  it("L23: each property is read once, by its descriptor and nothing else, and what is stored was validated", () => {
    let accepted = 0;
    fc.assert(
      fc.property(dresses, fc.constantFrom(...Object.keys(doors)), (plan, door) => {
        dress(plan);
        const outcome = outcomeOf(doors[door] as () => object | undefined);
        if (outcome.ok && outcome.value !== undefined) {
          accepted += 1;
          const kept = JSON.parse(JSON.stringify(outcome.value)) as object;
          expect(freezePayload(kept)).toEqual(outcome.value);
          if (door !== "a payload" && door !== "metadata") {
            expect(encodeExtensions(createExtensions(kept))).toBe(JSON.stringify(kept));
          }
        }
        for (const { looks, others } of pool) {
          for (const [key, count] of looks) {
            expect([key, count <= looksAtOnce]).toEqual([key, true]);
          }
          // Readers may check whether there is a key beyond the limit, and nothing else.
          expect(others.filter((trap) => !/^(?:get|has) \d+$/.test(trap))).toEqual([]);
        }
      }),
    );
    expectSome(accepted);
  });
});
