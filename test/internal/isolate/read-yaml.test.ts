/** The program that reads a document runs no longer than its answer is waited for. */
import { expect, it } from "vitest";
import { readYaml } from "../../../src/operate/isolate/cpex/python.ts";
import type { LinkEvents } from "../../../src/operate/isolate/supervisor.ts";

it("one that cannot be started has ended", async () => {
  const run = () => () => {
    throw Object.assign(new Error("spawn ENOMEM"), { code: "ENOMEM" });
  };
  const reading = readYaml(
    { run, open: [] },
    { text: "" },
    { what: "it", timeoutMs: 1_000, onOutput: () => {} },
  );
  await expect(reading).rejects.toMatchObject({
    code: "plugin_ended",
    message: "The isolated plugin cannot be started: ENOMEM.",
  });
});

it.each<[string, (events: LinkEvents) => void, object]>([
  ["answers", ({ onLine }) => onLine('{"document":[1]}'), { document: [1] }],
  [
    "prints something first",
    ({ onLine }) => onLine("hello"),
    { code: "plugin_isolation_failed", message: /^it cannot be read: .* environment prints$/ },
  ],
  ["says nothing", () => {}, { code: "plugin_ended", message: /did not read it in 20 ms/ }],
  [
    "says too much",
    ({ onEnd }) => onEnd("wrote a line that is too long"),
    { code: "plugin_ended", message: /too long/ },
  ],
])("one that %s is ended", async (_, say, { message, ...rest }: { message?: RegExp }) => {
  let kills = 0;
  const start = (events: LinkEvents) => ({
    send: () => setImmediate(() => say(events)),
    kill() {
      kills += 1;
    },
  });
  const python = { run: () => start, open: [] };
  const found = await readYaml(
    python,
    { text: "" },
    { what: "it", timeoutMs: 20, onOutput: () => {} },
  ).then(
    (document) => ({ document }),
    ({ code, message }) => ({ code, message }),
  );
  expect(found).toMatchObject(
    message ? { ...rest, message: expect.stringMatching(message) } : rest,
  );
  expect(kills).toBe(1);
});
