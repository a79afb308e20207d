/** What counts towards the limits of a merge, to the last value and the last unit. */
import {
  addLabels,
  appendHop,
  type Capability,
  createExtensions,
  type Extensions,
  filterExtensions,
  mergeExtensions,
  setCustom,
} from "glassine";
import { defineHost, defineSlots, stringSet } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { codeOf } from "../data/support.ts";
import { sizeOf } from "../support/sizes.ts";
import { verifies } from "../support/verifies.ts";

interface Case {
  readonly grant: readonly Capability[];
  /** The envelope of the view, the same after other plugins' edits, and the returned value. */
  readonly shown: Extensions;
  readonly now: Extensions;
  readonly returned: object;
  /** What others and this plugin add to the view, as values and units. */
  readonly others: readonly [number, number];
  readonly own: readonly [number, number];
}

// Every plugin sees this and none returns it, so the returned value alone is within any limit.
const ballast = {
  mcp: { tool: { name: "t", input_schema: { list: Array(40).fill(1), text: "z".repeat(200) } } },
};
const envelope = (document: object) => createExtensions({ ...ballast, ...document });

const bare = envelope({ security: { labels: ["a"] } });
const hop = (subject_id: string) => ({
  subject_id,
  subject_type: "user",
  timestamp: "2026-01-01T00:00:00Z",
});
const chained = envelope({ delegation: { chain: [hop("a")] } });
const secret = { id: "u", type: "user", claims: { plan: "x".repeat(500) } } as const;
const guarded = envelope({ security: { subject: secret } });
const noted = envelope({ custom: { a: "x" } });
const none = envelope({});
/** The size of a hop as it is kept, with its defaults. */
const hopSize = (subject: string): readonly [number, number] => {
  const { delegation } = envelope({ delegation: { chain: [hop(subject)] } });
  const { nodes, units } = sizeOf(delegation?.chain[0]);
  return [nodes, units];
};
/** The size of a chain of one hop, with the level that contains it. */
const chainSize = (subject: string): readonly [number, number] => {
  const after = filterExtensions(appendHop(none, hop(subject)), ["append_delegation"]);
  const { nodes, units } = sizeOf(after.delegation);
  return [nodes, units];
};
const [nodesOfHop, unitsOfHop] = hopSize("ccc");

const cases: Readonly<Record<string, Case>> = {
  "a label beside one of another plugin": {
    grant: ["append_labels"],
    shown: bare,
    now: addLabels(bare, "bb"),
    returned: { security: { labels: ["a", "ccc"] } },
    others: [1, 2],
    own: [1, 3],
  },
  "a label beside the same of another plugin": {
    grant: ["append_labels"],
    shown: bare,
    now: addLabels(bare, "bb"),
    returned: { security: { labels: ["a", "bb", "ccc"] } },
    others: [1, 2],
    own: [1, 3],
  },
  "labels that are there already, and custom data": {
    grant: ["append_labels"],
    shown: bare,
    now: addLabels(bare, ["bb", "cc"]),
    returned: { custom: { mine: "1" }, security: { labels: ["a", "bb"] } },
    others: [0, 0],
    own: [2, 5],
  },
  "labels where there were none, beside one of another plugin": {
    grant: ["append_labels"],
    shown: none,
    now: addLabels(none, "bb"),
    returned: { security: { labels: ["ccc"] } },
    others: [1, 2],
    own: [1, 3],
  },
  "a label where there were none": {
    grant: ["append_labels"],
    shown: none,
    now: none,
    returned: { security: { labels: ["ccc"] } },
    others: [0, 0],
    // The level comes with its two empty maps.
    own: [3, 3],
  },
  "a label beside claims that are hidden": {
    grant: ["append_labels"],
    shown: guarded,
    now: guarded,
    returned: { security: { labels: ["ccc"] } },
    others: [0, 0],
    // A level that has something to show is shown with its two empty maps.
    own: [3, 3],
  },
  "a hop behind one of another plugin": {
    grant: ["append_delegation"],
    shown: chained,
    now: appendHop(chained, hop("bb")),
    returned: { delegation: { chain: [hop("a"), hop("ccc")] } },
    others: hopSize("bb"),
    // Also the new actor, whose name is longer.
    own: [nodesOfHop, unitsOfHop + 1],
  },
  "a hop where there was no chain": {
    grant: ["append_delegation"],
    shown: none,
    now: none,
    returned: { delegation: { chain: [hop("ccc")] } },
    others: [0, 0],
    own: chainSize("ccc"),
  },
  "a hop where another plugin began the chain": {
    grant: ["append_delegation"],
    shown: none,
    now: appendHop(none, hop("bb")),
    returned: { delegation: { chain: [hop("ccc")] } },
    // The list and its hop; the level around it does not grow.
    others: [1 + hopSize("bb")[0], hopSize("bb")[1]],
    // Also the new actor, whose name is longer.
    own: [nodesOfHop, unitsOfHop + 1],
  },
  "a chain to which nothing is appended, and custom data": {
    grant: ["append_delegation"],
    shown: chained,
    now: appendHop(chained, hop("bb")),
    returned: { custom: { mine: "1" }, delegation: { chain: [hop("a")], age_seconds: 5 } },
    others: [0, 0],
    own: [2, 5],
  },
  "custom data beside what another plugin added": {
    grant: [],
    shown: noted,
    now: setCustom(noted, "other", "y".repeat(50)),
    returned: { custom: { a: "x", mine: "1234" } },
    others: [0, 0],
    own: [1, 8],
  },
  "custom data beside a level that is cut anew for each view": {
    grant: ["read_subject"],
    shown: guarded,
    now: guarded,
    returned: { custom: { mine: "1" } },
    others: [0, 0],
    own: [2, 5],
  },
  "custom data in the place of what was not shown": {
    grant: [],
    shown: noted,
    now: setCustom(noted, "mine", "123456"),
    returned: { custom: { a: "x", mine: ["12345678"] } },
    others: [1, 10],
    own: [1, 2],
  },
  "a slot that was not there": {
    grant: [],
    shown: none,
    now: none,
    returned: { custom: { mine: "1" } },
    others: [0, 0],
    own: [2, 5],
  },
  "a header in a slot that was not there": {
    grant: ["write_headers"],
    shown: none,
    now: none,
    returned: { http: { headers: { "x-a": "12" } } },
    others: [0, 0],
    own: [3, 5],
  },
  "a header of a name that was not shown": {
    grant: ["write_headers"],
    shown: envelope({ http: { headers: { "x-a": "1" } } }),
    now: envelope({ http: { headers: { "x-a": "1", "x-bcd": "there" } } }),
    returned: { http: { headers: { "x-a": "1", "X-BCD": "mine", "x-e": "" } } },
    others: [1, 9],
    own: [1, 3],
  },
};

/** The view, and a view of the same envelope before its size was counted. */
const partsOf = (shown: Extensions, grant: readonly Capability[]) => {
  const uncounted = { ...shown } as Extensions;
  return {
    "the view of an envelope": filterExtensions(shown, grant as never),
    "the view of one that was not counted": filterExtensions(uncounted, grant as never),
  };
};
const variants = Object.entries(cases).flatMap(([name, each]) =>
  Object.entries(partsOf(each.shown, each.grant)).map(
    ([how, view]) => [`${name}, in ${how}`, { ...each, view }] as const,
  ),
);

describe.each(variants)("%s", (_, { grant, view, now, returned, others, own }) => {
  const shown = sizeOf(view);
  const exact = {
    nodes: shown.nodes + others[0] + own[0],
    units: shown.units + others[1] + own[1],
  };
  const merge = (limits: object) =>
    mergeExtensions(now, returned, grant as never, {
      view: view as never,
      limits,
    });

  it("is within its exact size", () => {
    verifies("merge:limits-together");
    expect(merge(exact).extensions).not.toBe(now);
    expect(merge({ nodes: exact.nodes }).extensions).not.toBe(now);
    expect(merge({ units: exact.units }).extensions).not.toBe(now);
  });

  it.each([
    ["nodes", `at most ${exact.nodes - 1} values`],
    ["units", `at most ${exact.units - 1} UTF-16 units of text`],
  ] as const)("is refused with a limit of one fewer %s", (name, expected) => {
    const act = () => merge({ [name]: exact[name] - 1 });
    expect(codeOf(act)).toBe("snapshot_limit");
    const [slot] = Object.keys(returned);
    expect(act).toThrow(`at ${slot}: Expected ${expected} in the merged value, got more.`);
  });
});

it("counts an empty set that only the view has (found by L28)", () => {
  verifies("merge:limits-together");
  const slots = defineSlots({
    board: {
      tier: "mutable",
      read: "everyone",
      write: "everyone",
      description: "A level with a set that need not be there.",
      schema: z.object({
        title: z.string().default("t"),
        marks: stringSet().optional(),
        serial: z.string().optional(),
      }),
      fields: {
        marks: { tier: "monotonic", read: "read_marks", write: "append_marks" },
        serial: { tier: "immutable", read: "read_serial" },
      },
    },
  });
  const host = defineHost({ slots });
  const envelope = host.createExtensions({ board: {} });
  const grant = ["read_marks", "append_marks"] as const;
  const view = host.filterExtensions(envelope, grant);
  expect(view.board).toEqual({ title: "t", marks: [] });
  const shown = sizeOf(view);
  const merge = (nodes: number) =>
    host.mergeExtensions(envelope, { board: { marks: ["a"] } }, grant, {
      view,
      limits: { nodes },
    });
  expect(merge(shown.nodes + 1).extensions.board).toEqual({ title: "t", marks: ["a"] });
  expect(codeOf(() => merge(shown.nodes))).toBe("snapshot_limit");
});
