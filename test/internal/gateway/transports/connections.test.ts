/** The processes of a server, and what becomes of those that nobody uses. */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect, it } from "vitest";
import { connectionsTo } from "../../../../src/gateway/transports/index.ts";
import { afterTest } from "../../../support/cleanup.ts";
import { folderWith } from "../../../support/folder.ts";

it("does not start a process in the end that could not be started for its exchange", async () => {
  const folder = await folderWith();
  const command = join(folder, "server");
  const mark = join(folder, "started");
  const limits = { messageBytes: 1024, queuedBytes: 1024, children: 1, inFlight: 10 };
  const server = { command, args: [], env: {}, timeoutMs: 1000 };
  const connections = connectionsTo("server", server as never, {
    config: { limits } as never,
    secrets: String,
    processes: new Set(),
    log: { warn() {} },
  });
  afterTest(() => connections.close());
  const about = { key: "ada", exchange: { headers: new Headers(), message: {} } };
  const first = connections.connect(about);
  await expect(first.start()).rejects.toThrow("there is no program");
  await first.close();
  await writeFile(command, `#!/bin/sh\ntouch '${mark}'\ncat\n`, { mode: 0o755 });
  // Longer than the pause before the first restart.
  await pause(1000);
  expect(existsSync(mark)).toBe(false);
  const second = connections.connect(about);
  await second.start();
  await expect.poll(() => existsSync(mark)).toBe(true);
});

it("gives callers that share a process no more time because it asks one of them something", async () => {
  const asks = { jsonrpc: "2.0", id: "own", method: "elicitation/create", params: {} };
  const script = `process.stdin.once("data", () => console.log('${JSON.stringify(asks)}')).resume()`;
  const limits = { messageBytes: 1024, queuedBytes: 1024, children: 1, inFlight: 10 };
  const server = { command: process.execPath, args: ["-e", script], env: {}, timeoutMs: 300 };
  const connections = connectionsTo("server", server as never, {
    config: { limits } as never,
    secrets: String,
    processes: new Set(),
    log: { warn() {} },
  });
  afterTest(() => connections.close());
  const about = { key: "", isAnonymous: true, exchange: { headers: new Headers(), message: {} } };
  const call = async () => {
    const said: unknown[] = [];
    const back = connections.connect(about);
    back.onmessage = (message) => said.push(message);
    await back.start();
    const _meta = { "io.modelcontextprotocol/protocolVersion": "2026-07-28" };
    await back.send({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { _meta } });
    return said;
  };
  const asked = await call();
  await expect.poll(() => asked).toMatchObject([{ method: "elicitation/create" }]);
  const other = await call();
  await expect.poll(() => other).toMatchObject([{ error: { data: { code: "peer_timeout" } } }]);
});
