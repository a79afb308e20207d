/** Law of limits: a merged envelope is within them, however many plugins contributed. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addSize, extensionsLimits } from "../src/core/data/index.ts";
import { brandOf, type EnvelopeBrand, removeLabels } from "../src/core/envelope/index.ts";
import { at, type Level } from "./support/data.ts";
import { documentsOf, grantsOf } from "./support/documents.ts";
import { partsOf } from "./support/nodes.ts";
import { outcomeOf } from "./support/outcome.ts";
import { plansOf, propose } from "./support/proposals.ts";
import { expectSome } from "./support/runs.ts";
import { worlds } from "./support/tables.ts";

interface Tight {
  readonly nodes: number;
  readonly units: number;
}
/** Capacity left up to the limits. */
// No limit is below 1.
const room = fc.record({ nodes: fc.nat(20), units: fc.integer({ min: 1, max: 60 }) });

describe.each(worlds)("$name", (world) => {
  const { slots, host } = world;
  const turns = (grants: fc.Arbitrary<readonly string[]>) =>
    fc.array(
      fc.record({ grant: grants, plan: fc.oneof(plansOf(slots, 1, "growing"), plansOf(slots, 1)) }),
      { minLength: 1, maxLength: 5 },
    );
  const all = fc.constant(slots.capabilities.names as readonly string[]);
  const merged = (
    envelope: Level,
    returned: unknown,
    grant: readonly string[],
    view: Level,
    limits: Tight,
  ) =>
    outcomeOf(() =>
      host.mergeExtensions(envelope, returned, grant, {
        view,
        limits: { ...extensionsLimits, ...limits },
      }),
    );
  /** Whether an encoded envelope can be decoded again. */
  const isWithin = (extensions: Level, limits: Tight) =>
    outcomeOf(() =>
      host.decodeExtensions(host.encodeExtensions(extensions), { strict: true, limits }),
    ).ok;

  it("L28: the result of any merges decodes again within the limits of what plugins see, apart from empty objects", () => {
    let refused = 0;
    fc.assert(
      fc.property(documentsOf(slots), turns(all), room, (document, plugins, { nodes, units }) => {
        let envelope = host.createExtensions(document);
        const limits = { nodes, units };
        const shown = host.filterExtensions(envelope, slots.capabilities.names);
        addSize(limits, shown);
        // An empty object looks absent, so it does not count.
        const atMost = { ...limits, nodes: limits.nodes + partsOf(slots).length };
        // Nor does a slot that no plugin may see, though decoding counts it.
        for (const { key } of slots.nodes) {
          if (at(shown, [key]) === undefined) addSize(atMost, envelope[key]);
        }
        for (const { grant, plan } of plugins) {
          const view = host.filterExtensions(envelope, grant);
          const outcome = merged(envelope, propose(slots, view, plan), grant, view, limits);
          if (!outcome.ok) refused += outcome.code === "snapshot_limit" ? 1 : 0;
          else envelope = outcome.value.extensions;
          expect(isWithin(envelope, atMost)).toBe(true);
        }
      }),
    );
    expectSome(refused);
  });

  it("L28: an envelope never exceeds its recorded size, whoever changed it", () => {
    let checked = 0;
    const expectSize = (envelope: Level) => {
      const size = brandOf(envelope) as EnvelopeBrand;
      if (size.nodes === 0) return;
      checked += 1;
      // The envelope itself is one value.
      const counted = { nodes: 1, units: 0 };
      for (const { key } of slots.nodes) addSize(counted, envelope[key]);
      expect(size.nodes).toBeGreaterThanOrEqual(counted.nodes);
      expect(size.units).toBeGreaterThanOrEqual(counted.units);
    };
    const withoutFirstLabel = (envelope: Level) => {
      const labels = at(envelope, ["security", "labels"]) as readonly string[] | undefined;
      if (labels === undefined || labels.length === 0) return envelope;
      const wanted = { labels: labels.slice(0, 1), reason: "r", authority: "a" };
      return removeLabels(envelope, wanted).extensions as Level;
    };
    const steps = fc.array(
      fc.record({
        grant: fc.oneof(all, grantsOf(slots)),
        plan: fc.oneof(plansOf(slots, 1, "growing"), plansOf(slots, 1)),
        ofHost: fc.option(documentsOf(slots), { freq: 3 }),
        leaves: fc.boolean(),
        age: fc.nat(2),
      }),
      { minLength: 1, maxLength: 5 },
    );
    fc.assert(
      fc.property(documentsOf(slots), steps, (document, plugins) => {
        let envelope = host.createExtensions(document);
        const views: Level[] = [];
        expectSize(envelope);
        for (const { grant, plan, ofHost, leaves, age } of plugins) {
          if (ofHost !== null) {
            const replaced = outcomeOf(() => host.withSlots(envelope, ofHost));
            if (replaced.ok) envelope = replaced.value;
            expectSize(envelope);
          }
          if (leaves) envelope = withoutFirstLabel(envelope);
          expectSize(envelope);
          views.push(host.filterExtensions(envelope, grant));
          const view = views.at(-1 - age) ?? (views[0] as Level);
          const outcome = outcomeOf(() =>
            host.mergeExtensions(envelope, propose(slots, view, plan), grant, { view }),
          );
          if (outcome.ok) envelope = outcome.value.extensions;
          expectSize(envelope);
        }
      }),
    );
    expectSome(checked);
  });

  it("L28: a copy of what a plugin sees after its own change is within the limits of that change", () => {
    let taken = 0;
    fc.assert(
      fc.property(
        documentsOf(slots),
        turns(grantsOf(slots)),
        room,
        (document, plugins, { nodes, units }) => {
          let envelope = host.createExtensions(document);
          const limits = { nodes, units };
          addSize(limits, host.filterExtensions(envelope, slots.capabilities.names));
          const isCopied = (grant: readonly string[]) => {
            const view = host.filterExtensions(envelope, grant);
            // The keys of a discriminated union count while its tag is read.
            const wide = { nodes: limits.nodes, units: limits.units + 20 };
            return merged(envelope, structuredClone(view), grant, view, wide).ok;
          };
          for (const { grant, plan } of plugins) {
            if (!isCopied(grant)) continue;
            const view = host.filterExtensions(envelope, grant);
            const outcome = merged(envelope, propose(slots, view, plan), grant, view, limits);
            if (!outcome.ok) continue;
            if (outcome.value.extensions !== envelope) taken += 1;
            envelope = outcome.value.extensions;
            expect(isCopied(grant)).toBe(true);
          }
        },
      ),
    );
    expectSome(taken);
  });
});
