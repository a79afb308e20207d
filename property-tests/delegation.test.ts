/** The law of the delegation policies, over any order of plugins, views and hops. */
import fc from "fast-check";
import {
  type Capability,
  createExtensions,
  type Extensions,
  filterExtensions,
  mergeExtensions,
} from "glassine";
import { expect, it } from "vitest";
import { outcomeOf } from "./support/outcome.ts";
import { expectSome } from "./support/runs.ts";

type Hop = NonNullable<Extensions["delegation"]>["chain"][number];

const now = Date.now();
const year = 365 * 86_400;
const offsets = fc.constantFrom(-9e9, -61_000, -60_000, -1, 0, 0, 30_000, 9e9);
const hops = fc.record({
  subject_id: fc.constantFrom("ada", "ada", "bob", ""),
  subject_type: fc.constant("user"),
  scopes_granted: fc.oneof(
    fc.subarray(["a", "b", "c"]),
    fc.array(fc.constantFrom("a", "b", "b", "a b", "*", "a*"), { maxLength: 3 }),
  ),
  timestamp: offsets.map((offset) => new Date(now + offset).toISOString()),
  ttl_seconds: fc.option(fc.constantFrom(0, 60, year, year + 1, 2 ** 53 - 1), { nil: undefined }),
});
const grants = fc.constantFrom<readonly Capability[]>(
  ["append_delegation"],
  ["append_delegation", "read_subject"],
  ["append_delegation", "read_roles"],
  ["read_delegation", "read_subject"],
);
const turns = fc.array(
  fc.record({
    grant: grants,
    added: fc.array(hops, { minLength: 1, maxLength: 2 }),
    age: fc.constantFrom(0, 0, 1, 2),
  }),
  { minLength: 1, maxLength: 6 },
);
const starts = fc.record(
  {
    security: fc.constant({ subject: { id: "ada", type: "user" as const } }),
    delegation: fc.record({ chain: fc.array(hops, { maxLength: 2 }) }),
  },
  { requiredKeys: [] },
);

const chainOf = ({ delegation }: Extensions): readonly Hop[] => delegation?.chain ?? [];

/** The rules in other words than the code's. */
function mayFollow(hop: Hop, before: Hop | undefined, subject: string | undefined): boolean {
  if (before === undefined && hop.subject_id !== subject) return false;
  const known = new Set(before?.scopes_granted ?? hop.scopes_granted);
  const isNarrow = hop.scopes_granted.every((scope) => known.has(scope) && !scope.includes("*"));
  const time = Date.parse(hop.timestamp);
  const isLate = before !== undefined && time + 60_000 < Date.parse(before.timestamp);
  const isPlausible = !isLate && time <= now + 60_000 && (hop.ttl_seconds ?? 0) <= year;
  return isNarrow && isPlausible;
}

it("L16: with strictDelegation, exactly those hops join that start with the subject, never widen, and have plausible times", () => {
  const met = { joined: 0, started: 0, refused: 0, late: 0 };
  fc.assert(
    fc.property(starts, turns, (start, plugins) => {
      const history = [createExtensions(start)];
      const given = chainOf(history[0] as Extensions).length;
      for (const { grant, added, age } of plugins) {
        const current = history[0] as Extensions;
        const view = filterExtensions(history[age] ?? current, grant);
        const shown = chainOf(view as Extensions);
        const merge = (strictDelegation: boolean) =>
          outcomeOf(() => {
            const returned = { delegation: { chain: [...shown, ...added] } };
            return mergeExtensions(current, returned, grant, { view, strictDelegation });
          });
        const joined = merge(false);
        const outcome = merge(true);
        if (!joined.ok) throw new Error("the hops are valid");
        const { extensions } = joined.value;
        const chain = chainOf(extensions);
        const { length } = chainOf(current);
        const subject = (view.security as { subject?: { id?: string } } | undefined)?.subject?.id;
        const may = chain.every(
          (hop, at) => at < length || mayFollow(hop, at === 0 ? undefined : chain[at - 1], subject),
        );
        expect(outcome.ok).toBe(may);
        if (!outcome.ok) {
          expect(outcome.code).toMatch(/^delegation_(origin|scope|time)$/);
          met.refused += 1;
          continue;
        }
        expect(outcome.value.extensions).toEqual(extensions);
        if (length === 0 && chain.length > 0) met.started += 1;
        if (chain.length > length && length > shown.length) met.late += 1;
        history.unshift(outcome.value.extensions);
      }
      const chain = chainOf(history[0] as Extensions);
      for (const [at, hop] of chain.entries()) {
        if (at < given || at === 0) continue;
        expect(chain[at - 1]?.scopes_granted).toEqual(
          expect.arrayContaining([...hop.scopes_granted]),
        );
        met.joined += 1;
      }
      if (given === 0 && chain.length > 0) expect(chain[0]?.subject_id).toBe("ada");
    }),
  );
  for (const count of Object.values(met)) expectSome(count);
});
