/** Sets of strings: sorted, compared in one pass, and joined by everyone who may add to them. */
import fc from "fast-check";
import { createExtensions, declassify } from "glassine";
import { defineHost } from "glassine/host";
import { describe, expect, it } from "vitest";
import { excessOf } from "../support/growth.ts";
import { grown, marked } from "./grown-slots.ts";

const host = defineHost({ slots: { grown, marked } });
const wide = { limits: { nodes: 1_000_000, units: 100_000_000, labels: 1_000_000 } };
const envelopeOf = (...seen: readonly string[]) =>
  host.createExtensions({ grown: { seen }, marked: { seen } }, wide);
const slots = ["grown", "marked"] as const;

/** The order of code points, as iterating a string tells them. */
const byCodePoint = (one: string, other: string) => {
  const [a, b] = [[...one], [...other]];
  const at = a.findIndex((char, i) => char !== b[i]);
  if (at === -1) return a.length - b.length;
  return at >= b.length ? 1 : Number(a[at]?.codePointAt(0)) - Number(b[at]?.codePointAt(0));
};

describe("sets of any strings", () => {
  const text = fc.oneof(
    fc.constantFrom("", "a", "b", "ab", "\uff61", "\u{1d4b3}"),
    fc.string({ unit: "grapheme", maxLength: 3 }),
    fc.nat(400).map((n) => `tag-${n}`),
  );
  const texts = fc.array(text, { maxLength: 40 });
  const plain = (items: readonly string[]) => [...new Set(items)].sort(byCodePoint);

  it.each(slots)("are sorted without duplicates, and stay what they were if equal: %s", (slot) => {
    fc.assert(
      fc.property(texts, fc.integer(), (items, seed) => {
        const made = envelopeOf(...items);
        expect(made[slot]?.seen).toEqual(plain(items));
        expect(Object.isFrozen(made[slot]?.seen)).toBe(true);
        const shuffled = [...items, ...items.slice(0, 3)].sort(
          (a, b) => ((a.length * 7 + seed) % 5) - ((b.length * 7 + seed) % 5),
        );
        const again = { [slot]: { seen: shuffled } };
        expect(host.mergeExtensions(made, again, []).extensions).toBe(made);
        expect(host.withSlots(made, again)[slot]).toBe(made[slot]);
      }),
    );
  });

  it.each(slots)(
    "are joined into their union, which is the first if nothing is new: %s",
    (slot) => {
      fc.assert(
        fc.property(texts, texts, (one, other) => {
          const before = envelopeOf(...one);
          const seen = [...other, ...one];
          const { extensions } = host.mergeExtensions(before, { [slot]: { seen } }, []);
          const union = plain(seen);
          expect(extensions[slot]?.seen).toEqual(union);
          expect(Object.isFrozen(extensions[slot]?.seen)).toBe(true);
          if (union.length === plain(one).length) expect(extensions).toBe(before);
        }),
      );
    },
  );

  it.each(slots)("are joined with what was added since the view was given: %s", (slot) => {
    fc.assert(
      fc.property(texts, texts, texts, (shown, added, own) => {
        const view = host.filterExtensions(envelopeOf(...shown), []);
        const current = envelopeOf(...shown, ...added);
        const proposed = { [slot]: { seen: [...shown, ...own] } };
        const { extensions } = host.mergeExtensions(current, proposed, [], { view });
        expect(extensions[slot]?.seen).toEqual(plain([...shown, ...added, ...own]));
      }),
    );
  });

  it.each(slots)("may be replaced by the host with one that contains them: %s", (slot) => {
    fc.assert(
      fc.property(texts, texts, fc.boolean(), (one, other, isGrown) => {
        const before = envelopeOf(...one);
        const seen = isGrown ? [...one, ...other] : other;
        const replace = () => host.withSlots(before, { [slot]: { seen } });
        if (one.every((each) => seen.includes(each)))
          expect(replace()[slot]?.seen).toEqual(plain(seen));
        else expect(replace).toThrow(expect.objectContaining({ code: "tier_monotonic" }));
      }),
    );
  });

  it.each([
    [["a", "b", "c"], ["b"], ["a", "c"]],
    [["b"], ["b"], []],
    [["a"], ["a"], []],
    [["b", "d"], ["b", "d"], []],
    [["b", "d", "e"], ["d"], ["b", "e"]],
    [["\uff61", "\u{1d4b3}"], ["\u{1d4b3}"], ["\uff61"]],
    [["\uff61", "\u{1d4b3}"], ["\uff61"], ["\u{1d4b3}"]],
  ])("%j without %j is %j", (set, labels, rest) => {
    const removal = { labels, reason: "of a test", authority: "test" };
    const { extensions } = declassify(createExtensions({ security: { labels: set } }), removal);
    expect(extensions.security?.labels).toEqual(rest);
    expect(Object.isFrozen(extensions.security?.labels)).toBe(true);
  });
});

describe("work that is linear in the number of elements", () => {
  const hook = "tool_pre_invoke";
  const payload = { name: "t" };
  const numbered = (count: number) =>
    Array.from({ length: count }, (_, i) => `tag-${String(i).padStart(6, "0")}`);
  const adds = (name: string, added: string) =>
    host.definePlugin({
      name,
      version: "1.0.0",
      hooks: {
        [hook]: {
          extensions: true,
          handler: (_payload: object, _context: object, { marked }: typeof envelope) => ({
            modifiedExtensions: { marked: { seen: [...(marked?.seen ?? []), added] } },
          }),
        },
      },
    } as never);
  const envelope = envelopeOf();

  it.each([
    [
      "to add one",
      (given: typeof envelope) =>
        host.mergeExtensions(
          given,
          { marked: { seen: [...(given.marked?.seen ?? []), "zz"] } },
          [],
          wide,
        ),
    ],
    [
      "to hold the host to what is there",
      (given: typeof envelope) =>
        host.withSlots(given, { marked: { seen: [...(given.marked?.seen ?? []), "zz"] } }, wide),
    ],
  ])("%s", async (_, run) => {
    const input = (count: number) => envelopeOf(...numbered(count));
    expect(await excessOf({ input, run })).toBeUndefined();
  });

  it("to look for what is missing", async () => {
    const labels = (count: number) =>
      createExtensions({ security: { labels: numbered(count) } }, wide);
    const removal = { labels: ["tag-000001"], reason: "of a test", authority: "test" };
    const run = (given: ReturnType<typeof labels>) => declassify(given, removal);
    expect(await excessOf({ input: labels, run })).toBeUndefined();
  });

  it("to join a nested run", async () => {
    const inner = await host.createPluginManager({ plugins: [adds("inner", "yy")], ...wide });
    let other = envelope;
    const nests = host.definePlugin({
      name: "outer",
      version: "1.0.0",
      hooks: {
        [hook]: async (_payload: object, context: object) => {
          const nested = { parent: context as never, extensions: other };
          await inner.invoke(hook, payload, nested);
        },
      },
    } as never);
    const outer = await host.createPluginManager({ plugins: [nests], ...wide });
    const run = async ([extensions, inside]: readonly [typeof envelope, typeof envelope]) => {
      other = inside;
      return outer.invoke(hook, payload, { extensions });
    };
    const { extensions } = await run([envelopeOf("a", "z"), envelopeOf("m")]);
    expect(extensions.marked?.seen).toEqual(["a", "yy", "z"]);
    const input = (count: number) => {
      const names = numbered(2 * count);
      const [even, odd] = [0, 1].map((rest) => names.filter((_, at) => at % 2 === rest));
      return [envelopeOf(...(even ?? [])), envelopeOf(...(odd ?? []))] as const;
    };
    expect(await excessOf({ input, run }, { longTime: 30 })).toBeUndefined();
  });
});
