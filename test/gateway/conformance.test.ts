/** The short form of `npm run conformance`: the full fixture, behind the gateway with six plugins. */
// Only in test:all: it fetches the conformance tool and starts processes.
import { execFile } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { hasEnvoy } from "../../tools/real/envoy.ts";

const script = fileURLToPath(new URL("../../tools/conformance/main.mjs", import.meta.url));

it("gives every result of the conformance tool as without a gateway", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [script, "--short"]);
  // Checks also pass if a server does not answer, so the number of checks matters.
  const gateways = hasEnvoy ? 3 : 2;
  expect(stdout).toBe(
    `${gateways} gateways gave the results of the servers behind them in ${gateways * 40} checks.\n`,
  );
});
