/** An envelope that was counted says how much it holds at most, also after merges. */
import {
  addLabels,
  appendHop,
  createExtensions,
  type Extensions,
  filterExtensions,
  mergeExtensions,
} from "glassine";
import { expect, it } from "vitest";
import { addSize, extensionsLimits } from "../../src/admit/index.ts";
import { hostMark, type Mark, markOf, type Slots, seal } from "../../src/extensions/index.ts";

const grant = ["append_labels", "append_delegation", "write_headers"] as const;
const sizeOf = (envelope: Extensions) => {
  // The envelope itself is one value.
  const size = { nodes: 1, units: 0 };
  for (const part of Object.values(envelope as Slots)) addSize(size, part);
  return size;
};

const envelope = createExtensions({
  security: { labels: ["a"], subject: { id: "u", type: "user", claims: { plan: "secret" } } },
  custom: { gone: "text" },
});

it.each([
  ["labels are added", (view: object) => addLabels(view, ["bb", "ccc"]), { nodes: 2, units: 1 }],
  [
    "a slot comes that was not there",
    (view: object) => appendHop(view, { subject_id: "s", subject_type: "user" }),
    { nodes: 0, units: 0 },
  ],
  ["custom data goes", () => ({ custom: {} }), { nodes: 2, units: 8 }],
  ["a header comes", () => ({ http: { headers: { "x-a": "1" } } }), { nodes: 0, units: 0 }],
])("where %s, what went is counted still", (_, change, went) => {
  const returned = change(filterExtensions(envelope, grant));
  const { extensions } = mergeExtensions(envelope, returned, grant);
  expect(extensions).not.toBe(envelope);
  const { nodes, units } = sizeOf(extensions);
  const most = { nodes: nodes + went.nodes, units: units + went.units };
  expect(markOf(extensions)?.size).toEqual(most);
});

it("where a list grows, only the actor and the depth before are counted still", () => {
  let now = envelope;
  const over: (readonly number[])[] = [];
  for (const subject_id of ["s", "tt", "uuu"]) {
    const hop = { subject_id, subject_type: "user", scopes_granted: ["a", "b"] };
    const returned = appendHop(filterExtensions(now, grant), hop);
    now = mergeExtensions(now, returned, grant).extensions;
    const [most, exact] = [markOf(now)?.size as { nodes: number; units: number }, sizeOf(now)];
    over.push([most.nodes - exact.nodes, most.units - exact.units]);
  }
  expect(over).toEqual([
    [0, 0],
    [2, 1],
    [4, 3],
  ]);
});

it("near a limit it is counted anew, so that what went long ago refuses nothing", () => {
  const { units } = extensionsLimits;
  let now = envelope;
  let least = 0;
  for (let i = 0; i < 20; i++) {
    const { extensions } = mergeExtensions(now, { custom: { part: `${i}`.repeat(units / 4) } }, []);
    expect(extensions).not.toBe(now);
    now = extensions;
    const exact = sizeOf(now);
    const most = markOf(now)?.size as typeof exact;
    expect(most.nodes).toBeGreaterThanOrEqual(exact.nodes);
    expect(most.units).toBeGreaterThanOrEqual(exact.units);
    expect(most.units).toBeLessThan(2 * units);
    if (most.units === exact.units) least += 1;
  }
  expect(least).toBeGreaterThan(3);
});

it("one that was not counted has the mark that all such have, also after a merge", () => {
  const { slots } = markOf(envelope) as Mark;
  const uncounted = seal(slots.form.copy(envelope as Slots), hostMark(slots)) as Extensions;
  const { extensions } = mergeExtensions(uncounted, { custom: { more: 1 } }, []);
  expect(extensions).not.toBe(uncounted);
  expect(markOf(extensions)).toBe(hostMark(slots));
});
