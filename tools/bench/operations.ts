/** O: hooks whose handlers vote, against a bare loop over the same voters. */
import assert from "node:assert/strict";
import { allow } from "glassine";
import { defineHost } from "glassine/host";
import { freezePayload } from "glassine/messages";
import * as z from "zod";
import { type Comparison, newLane, type Side } from "./harness.ts";

const host = defineHost({
  hooks: {
    may_pass: {
      semantic: "voting",
      description: "May it pass?",
      payload: z.object({ source: z.string() }),
    },
  },
});
const facts = freezePayload({ source: "agent:planner" });

/** One goal for each of 0, 1 and 3 voters. */
export const operationComparisons: readonly Comparison[] = (
  [
    [0, 9],
    [1, 7],
    [3, 5],
  ] as const
).map(([n, goal]) => ({
  id: "O1",
  workload: `voting, sync, n = ${n}, vs bare`,
  goal,
  sides: async () => [await oursSide(n), await bareSide(n)],
}));

async function oursSide(n: number): Promise<Side> {
  const { lane, fire, check } = await votersOf(n);
  return { run: (times) => lane.awaitEach(times, fire), check };
}

/** What asks `n` voters once, and what holds that all of them said yes. */
export async function votersOf(n: number) {
  const lane = await newLane();
  const plugins = Array.from({ length: n }, (_, i) =>
    host.definePlugin({
      name: `voter-${i}`,
      version: "1.0.0",
      hooks: { may_pass: lane.voter(allow()) },
    }),
  );
  const manager = await host.createPluginManager({ plugins });
  const fire = () => manager.invoke("may_pass", facts);
  return { lane, fire, check: allAllowed(lane.calls, n) };
}

async function bareSide(n: number): Promise<Side> {
  const lane = await newLane();
  const voters = Array.from({ length: n }, () => lane.voter({ allow: true }));
  const context = Object.freeze({});
  const operation = () => lane.bareVote(voters, facts, context);
  return {
    run: (times) => lane.awaitEach(times, operation),
    check: allAllowed(lane.calls, n),
  };
}

/** Throws unless each of `n` voters voted in each run, and the answer is yes. */
function allAllowed(calls: () => number, n: number): Side["check"] {
  let seen = calls();
  return (last, times) => {
    assert.equal((last as { readonly allow: boolean }).allow, true);
    assert.equal(calls() - seen, times * n, "every voter votes, once an invocation");
    seen = calls();
  };
}
