/** Idle sessions, on a clock that the test sets. */
import { expect, it } from "vitest";
import { configSchema } from "../../../../src/gateway/config/index.ts";
import { Sessions } from "../../../../src/gateway/run/sessions.ts";

it("a session that nobody uses ends, and one that is used does not", async () => {
  let now = 0;
  const { limits } = configSchema.parse({ limits: { idleSessionMs: 1000 } });
  const sessions = new Sessions(
    () => limits,
    () => now,
  );
  const identity = { key: "ada" };
  const ended: string[] = [];
  for (const id of ["used", "idle"]) {
    const close = async () => void ended.push(id);
    sessions.add({ id, key: "ada", usedAt: now, close });
  }
  now = 900;
  expect(sessions.of("used", identity as never)?.id).toBe("used");
  now = 1500;
  await sessions.endIdle();
  expect(ended).toEqual(["idle"]);
});
