/** Idle sessions, on a clock that the test sets. */
import { expect, it } from "vitest";
import { configSchema } from "../../../../src/gateway/config/index.ts";
import { Sessions } from "../../../../src/gateway/run/sessions.ts";

const { limits } = configSchema.parse({ limits: { idleSessionMs: 1000 } });
const identity = { key: "ada" };

it("a session that nobody uses ends, and one that is used does not", async () => {
  let now = 0;
  const sessions = new Sessions(
    () => limits,
    () => now,
  );
  const ended: string[] = [];
  for (const id of ["used", "idle"]) {
    const close = async () => void ended.push(id);
    sessions.add({ id, key: "ada", usedAt: now, isBusy: false, close });
  }
  now = 900;
  expect(sessions.of("used", identity as never)?.id).toBe("used");
  now = 1500;
  await sessions.endIdle();
  expect(ended).toEqual(["idle"]);
});

it("a session with an open request is in use until some time after its answer", async () => {
  let now = 0;
  const sessions = new Sessions(
    () => limits,
    () => now,
  );
  const ended: string[] = [];
  const session = {
    id: "busy",
    key: "ada",
    usedAt: now,
    isBusy: true,
    close: async () => void ended.push("busy"),
  };
  sessions.add(session);
  now = 5000;
  await sessions.endIdle();
  session.isBusy = false;
  sessions.answered("busy");
  now = 5900;
  await sessions.endIdle();
  expect(ended).toEqual([]);
  now = 6100;
  await sessions.endIdle();
  expect(ended).toEqual(["busy"]);
});
