// Only in test:all: it starts threads and processes.
// A process of its own: it starts threads and processes, and lets them reach their limits.
/** What each kind of isolation keeps hostile code from: the table of docs/isolation.md. */

import { writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { createPluginManager } from "glassine";
import { type Isolation, isolatePlugin } from "glassine/isolate";
import { describe, expect, it } from "vitest";
import probes from "../../spec/isolation-probes.json" with { type: "json" };
import { run } from "../docs/support/compile.ts";
import { afterTest } from "../support/cleanup.ts";
import { folderWith } from "../support/folder.ts";
import { verifies } from "../support/verifies.ts";
import { fixture, noSandbox, saying } from "./support.ts";

/** A server that accepts each connection, and ends it. */
async function listening(path: string | number): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  afterTest(() => void server.close());
  await new Promise<void>((resolve) => server.listen(path as string, resolve));
  return server;
}

/** What a probe may try to reach; all of it exists. */
async function targets() {
  const path = await folderWith();
  const file = join(path, "secret");
  await writeFile(file, "a secret");
  const socket = join(path, "socket");
  await listening(socket);
  const { port } = (await listening(0)).address() as { readonly port: number };
  process.env.GLASSINE_PROBE = "a secret";
  return { file, socket, port, pid: process.pid };
}

async function outcomeOf(isolate: Isolation, probe: string): Promise<string> {
  const isolated = await isolatePlugin(fixture("hostile.mjs"), { isolate });
  const manager = await createPluginManager({
    plugins: [isolated.plugin],
    logger: {},
    onHandlerError: () => {},
  });
  afterTest(() => manager.close());
  const given = await targets();
  const ask = (what: string) =>
    manager.invoke("cmf.llm_input", saying(JSON.stringify({ ...given, probe: what })));
  const tried = await ask(probe);
  // Even if the plugin was ended, it takes the next call.
  await expect.poll(async () => (await ask("none")).errors).toEqual([]);
  if (tried.errors.length > 0) {
    expect(tried.violation?.plugin).toBe("hostile");
    return isolated.counts().starts === 1 ? "failed" : "ended";
  }
  const { outcome } = tried.metadata.hostile as { readonly outcome: string };
  return outcome;
}

/** Runs the probe in a host of its own, which may be ended. */
async function outcomeElsewhere(isolate: Isolation, probe: string): Promise<string> {
  const program = [fixture("one-probe.mjs"), isolate, probe];
  const { code, output, complaints } = await run(process.execPath, program);
  if (code === 0) return output.trim();
  expect([code, complaints]).toEqual([-1, expect.stringContaining("out of memory")]);
  return "ends the host";
}

const kinds: readonly Isolation[] = ["worker", "process", "quickjs"];

describe.each(kinds)("%s", (isolate) => {
  it.skipIf(isolate === "process" && noSandbox !== undefined).each(probes)(
    "$probe",
    async ({ probe, ...expected }) => {
      verifies("isolation:kinds", "isolation:failure", "isolation:memory");
      const outcomes = expected[isolate].replace("harmless", "possible").split(/, | or /);
      const find = outcomes.includes("ends the host") ? outcomeElsewhere : outcomeOf;
      expect(outcomes).toContain(await find(isolate, probe));
    },
  );
});
