/** The sources that are mutated, room by room. */
export const rooms = {
  filter: ["src/filter/**/*.ts"],
  merge: ["src/merge/**/*.ts"],
  admit: ["src/admit/**/*.ts"],
  // What is generated is held to its generator, letter by letter, by a test.
  slots: ["src/slots/**/*.ts", "!src/slots/**/*.generated.ts"],
  dispatch: ["src/hooks/dispatch/**/*.ts", "src/hooks/deadline-ring.ts", "src/hooks/results.ts"],
};

/** The least part of a room's mutants that has to be killed, in percent. */
export const leastScore = 95;

/** How often each law runs against a mutant. */
export const lawRuns = 25;

/** Rooms whose tests wait more than they work, so that more of them run at once. */
export const waitingRooms = ["dispatch"];
