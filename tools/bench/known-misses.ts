/** A comparison that is known to exceed twice its goal. */
export interface KnownMiss {
  readonly id: string;
  readonly workload: string;
  /** Twice the measured value, so that it cannot get much worse unnoticed. */
  readonly bound: number;
  readonly reason: string;
}

export const knownMisses: readonly KnownMiss[] = [
  ...["server of v1", "client of v1", "server of v2", "client of v2"].map((end) => ({
    id: "G2",
    workload: `1 KB, six plugins, guard on the ${end}, vs direct`,
    bound: 11,
    reason: "Two hooks of six plugins each, and the guard's own copies of both messages.",
  })),
];
