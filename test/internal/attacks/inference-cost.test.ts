/** Inference of hidden data from costs. */
import { expect, it } from "vitest";
import { Watch } from "../../../property-tests/support/hostile.ts";
import { extensionsLimits } from "../../../src/core/data/index.ts";
import { filterFor, merge, type Slots } from "../../../src/core/envelope/index.ts";
import { compileSlots, type Node, standardSlots } from "../../../src/core/slots/index.ts";
import { attack } from "../../attacks/attack.ts";
import { canary, full, grants } from "../../attacks/two-worlds.ts";
import { runOnce, tagger } from "../../dispatch/support.ts";

const cases = grants.map((grant) => ({ grant }));
const compiled = compileSlots(standardSlots);

/** `level` with everything that `mask` hides replaced by proxies that count accesses. */
function guarded(nodes: readonly Node[], level: object, mask: number, watch: Watch): object {
  const traps = Object.fromEntries(
    Object.getOwnPropertyNames(Reflect).map((name) => [name, watch.run]),
  );
  const out: Record<string, unknown> = { ...level };
  for (const { key, open, mixed, fields } of nodes) {
    const value = out[key];
    if (typeof value !== "object" || value === null) continue;
    if (open !== 0 && (open & mask) === 0) out[key] = new Proxy(value, traps);
    else if (mixed) out[key] = guarded(fields, value, mask, watch);
  }
  return Object.freeze(out);
}

attack(
  "A-086",
  "Measure how long a view or a merge takes, to learn how much is hidden",
  "neither filter nor merge visits hidden slots or fields, so their size does not affect the time",
  () => {
    it.each(cases)("with $grant", ({ grant }) => {
      const mask = compiled.capabilities.mask(grant);
      const watch = new Watch();
      const current = guarded(compiled.nodes, full, mask, watch) as Slots;
      const hidden = compiled.nodes.filter(({ open }) => open !== 0 && (open & mask) === 0);
      expect(hidden.length).toBeGreaterThan(0);

      const view = filterFor(compiled, mask)(current as never);
      expect(view).toEqual(filterFor(compiled, mask)(full as never));
      const added = { custom: { note: 2 }, security: { labels: [canary, "PII", "new"] } };
      for (const returned of [added, { agent: { turn: 9 }, http: { headers: { a: "1" } } }]) {
        const outcome = merge(current, {
          slots: compiled,
          returned,
          proposal: undefined,
          view,
          mask,
          strict: false,
          growOnly: false,
          strictDelegation: false,
          limits: extensionsLimits,
        });
        if (!outcome.ok) throw new Error(outcome.refusal.code);
        for (const { key } of hidden) expect(outcome.extensions[key]).toBe(current[key]);
      }
      expect(watch.ran).toBe(0);
      // The counter works: access to any of them is counted.
      expect(() => Object.keys(current[hidden[0]?.key ?? ""] as object)).toThrow();
      expect(watch.ran).toBe(1);
    });

    it("hidden slots are the same objects after a run", async () => {
      const result = await runOnce([tagger("labels")], { extensions: full });
      for (const slot of ["agent", "http", "delegation"] as const) {
        expect(result.extensions[slot]).toBe(full[slot]);
      }
      expect(result.extensions.security?.subject).toBe(full.security?.subject);
    });
  },
);
