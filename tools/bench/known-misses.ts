/** A comparison that is known to be beyond twice its goal. */
export interface KnownMiss {
  readonly id: string;
  readonly workload: string;
  /** Twice what was measured, so that it cannot get much worse unseen. */
  readonly bound: number;
  readonly reason: string;
}

const inMemory =
  "Each property of a foreign object is read once, through its descriptor, and then checked, copied and frozen. zod does none of this.";

export const knownMisses: readonly KnownMiss[] = [
  {
    id: "D4",
    workload: "3-parameter sync, fresh envelope, n = 1, vs bare",
    bound: 9,
    reason: "The fresh envelope, its view and the result are frozen; bare calls one function.",
  },
  {
    id: "F2",
    workload: "filter, 3 capabilities, built fresh, vs plain port",
    bound: 2.4,
    reason: "Both freeze each level they build, which is most of the cost of both.",
  },
  {
    id: "W5",
    workload: "validate 1 KB in memory, vs safeParse of zod",
    bound: 18,
    reason: inMemory,
  },
  {
    id: "W5",
    workload: "validate 100 KB in memory, vs safeParse of zod",
    bound: 19,
    reason: inMemory,
  },
  {
    id: "W5",
    workload: "validate 5 MB in memory, vs safeParse of zod",
    bound: 16,
    reason: inMemory,
  },
];
