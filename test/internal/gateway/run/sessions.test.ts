/** Sessions, and how many there may be. */
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { identityOf } from "../../../../src/gateway/identity/identity.ts";
import { type Session, Sessions } from "../../../../src/gateway/run/sessions.ts";
import { excessOf } from "../../../support/growth.ts";

const ada = identityOf("local", ["ada"]);
const eve = identityOf("local", ["eve"]);

function sessionsOf(sessions: number, sessionsPerSubject: number) {
  const limits = { sessions, sessionsPerSubject, idleSessionMs: 1000 };
  return new Sessions(() => limits as never);
}

function session(id: string, key: string, close: () => void = () => {}): Session {
  return { id, key, usedAt: 0, isBusy: false, close: async () => close() };
}

it("are as many as there may be, in all and of each subject", () => {
  const ids = fc.constantFrom("a", "b", "c", "d", "e");
  const steps = fc.array(fc.tuple(ids, fc.constantFrom(ada, eve, undefined)));
  fc.assert(
    fc.property(steps, (taken) => {
      const sessions = sessionsOf(4, 3);
      const open = new Map<string, string>();
      for (const [id, identity] of taken) {
        if (identity === undefined) {
          sessions.remove(id);
          open.delete(id);
        } else {
          sessions.add(session(id, identity.key));
          open.set(id, identity.key);
        }
        expect(sessions.size).toBe(open.size);
        for (const each of [ada, eve]) {
          const own = [...open.values()].filter((key) => key === each.key).length;
          expect(sessions.hasRoomFor(each)).toBe(open.size < 4 && own < 3);
        }
      }
    }),
  );
});

it("make room by ending the one of their subject that was used least recently", async () => {
  const sessions = sessionsOf(10, 10);
  const ended: string[] = [];
  const add = (id: string, key: string, usedAt: number) =>
    sessions.add({ ...session(id, key, () => ended.push(id)), usedAt });
  add("newer", ada.key, 2);
  add("older", ada.key, 1);
  add("another's", eve.key, 0);
  await sessions.endOldest(ada.key, ({ id }) => id !== "newest");
  expect(ended).toEqual(["older"]);
  await sessions.endOldest(ada.key, ({ id }) => id !== "newer");
  await sessions.endOldest("nobody", () => true);
  expect(ended).toEqual(["older"]);
  expect(sessions.size).toBe(2);
});

it("begin in time that does not grow with how many there are", async () => {
  const input = (count: number) => Array.from({ length: count }, (_, at) => `session ${at}`);
  const run = async (ids: readonly string[]) => {
    const sessions = sessionsOf(1e6, 1e6);
    for (const [at, id] of ids.entries()) {
      sessions.hasRoomFor(ada);
      await sessions.endOldest(eve.key, () => true);
      sessions.add(session(id, `subject ${at}`));
    }
    return sessions.size;
  };
  expect(await excessOf({ input, run }, { longTime: 100 })).toBeUndefined();
});
