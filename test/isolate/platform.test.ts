// A process of its own: it starts processes.
/** Without namespaces, a process is refused unless the operator accepts what is open. */
import process from "node:process";
import { expect, it } from "vitest";
import { run } from "../docs/support/compile.ts";
import { verifies } from "../support/verifies.ts";
import { fixture, noSandbox } from "./support.ts";

/** Runs a program that can make no further namespaces. */
const without = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"';

it.skipIf(noSandbox !== undefined)("is refused, or runs with what was accepted", async () => {
  verifies("isolation:platform");
  const program = [process.execPath, fixture("platform.mjs")];
  const ran = await run("unshare", ["-r", "sh", "-c", without, "sh", ...program]);
  expect(ran.complaints).toBe("");
  const lines = ran.output
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
  expect(lines).toEqual([
    { code: "isolation_refused", data: { open: ["network", "signals"] } },
    { code: "isolation_refused", data: { open: ["signals"] } },
    { open: ["network", "signals"], outcome: "refused" },
  ]);
});
