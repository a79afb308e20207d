/** A plugin as slow as the test wants it to be. */
import { setTimeout as pause } from "node:timers/promises";
import { definePlugin } from "glassine";
import { expect } from "vitest";

/** A plugin that judges results, answers and notifications until the test says that it is done. */
export function slowJudge() {
  const judging: (() => void)[] = [];
  const handler = () => new Promise<undefined>((resolve) => judging.push(() => resolve(undefined)));
  const plugin = definePlugin({
    name: "slow",
    version: "1.0.0",
    hooks: {
      "cmf.tool_post_invoke": { handler },
      "cmf.llm_output": { handler },
      "cmf.mcp_notification": {
        conditions: { tools: ["notifications/message"] },
        handler,
      },
    },
  });
  return { judging, plugin };
}

/** Lets everything be judged, one after the other, while no more than `most` are at a time. */
export async function judgeAll(
  judging: (() => void)[],
  count: number,
  most: number,
): Promise<void> {
  for (let left = count; left > 0; left -= 1) {
    await expect.poll(() => judging.length).toBe(Math.min(left, most));
    await pause(20);
    expect(judging.length).toBe(Math.min(left, most));
    judging.shift()?.();
  }
}
