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
  ...["server", "client"].map((end) => ({
    id: "G2",
    workload: `1 KB, six plugins, guard on the ${end} of v1, vs direct`,
    bound: 11,
    reason: "Two hooks of six plugins each, and the guard's own copies of both messages.",
  })),
  {
    id: "G5",
    workload: "guards made and held by the thousand, vs SDK clients",
    bound: 0.18,
    reason: "Options are read, plugins looked through, and each guard has functions of its own.",
  },
];
