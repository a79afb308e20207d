/** A process that the system does not start because too many files are open. */
import childProcess from "node:child_process";
import { EventEmitter } from "node:events";
import { syncBuiltinESMExports } from "node:module";
import process from "node:process";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ByteBudget } from "../../../../src/gateway/transports/byte-budget.ts";
import { childBack } from "../../../../src/gateway/transports/child-back.ts";

/** As Node does it: such a process has no streams. */
function unstarted() {
  const child = new EventEmitter();
  process.nextTick(() => child.emit("error", Object.assign(new Error(), { code: "EMFILE" })));
  return child as never;
}

beforeEach(() => {
  vi.spyOn(childProcess, "spawn").mockImplementation(unstarted);
  syncBuiltinESMExports();
});
afterEach(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
});

it("is reported as such, and can be closed", async () => {
  const back = childBack({
    command: "server",
    args: [],
    env: {},
    maxBytes: 10_000,
    budget: new ByteBudget(20_000),
    queuedBytes: 10_000,
    onNote() {},
    onTooLarge() {},
  });
  const closed = new Promise<void>((resolve) => {
    back.onclose = resolve;
  });
  await expect(back.start()).rejects.toMatchObject({
    code: "command_failed",
    message: '"server" could not be started: EMFILE.',
  });
  await closed;
  await back.close();
});
