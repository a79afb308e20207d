/** The sources that are mutated, room by room. */
export const rooms = {
  filter: ["src/core/envelope/filter.ts"],
  merge: ["hops", "join", "maps", "merge", "merge-state"].map(
    (name) => `src/core/envelope/${name}.ts`,
  ),
  data: ["src/core/data/**/*.ts", "src/core/schema/**/*.ts"],
  // Not the generated files: a test compares them with what their generator writes.
  slots: ["src/core/slots/**/*.ts", "!src/core/slots/**/*.generated.ts"],
  dispatch: [
    "src/core/hooks/dispatch/**/*.ts",
    "src/core/hooks/deadlines.ts",
    "src/core/hooks/results.ts",
  ],
};

/** The minimum share of a room's mutants that must be killed, in percent. */
export const leastScore = 95;

/** How often each law runs against a mutant. */
export const lawRuns = 25;

/** Rooms whose tests mostly wait, so more of them can run at once. */
export const waitingRooms = ["dispatch"];
