/** The short form of `npm run conformance`: the full fixture, behind the gateway with six plugins. */
// Only in test:all: it fetches the conformance tool and starts processes.
import { execFile } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const script = fileURLToPath(new URL("../../tools/conformance/main.mjs", import.meta.url));

it("gives every result of the conformance tool as without a gateway", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [script, "--short"]);
  // A server that does not answer passes checks as well, so their number counts.
  expect(stdout).toBe("2 gateways gave the results of the servers behind them in 80 checks.\n");
});
