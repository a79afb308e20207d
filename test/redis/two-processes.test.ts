/** Several processes append to one session on one server at the same time. */
import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { redisLabelStore } from "glassine/redis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundle } from "../support/bundle.ts";
import { verifies } from "../support/verifies.ts";
import { connect, freshPrefix, hasServer, serverUrl } from "./support/server.ts";

const worker = "test/redis/support/append-worker.ts";

describe.skipIf(!hasServer)("two processes on one server", () => {
  let program: string;
  let client: Awaited<ReturnType<typeof connect>>;
  beforeAll(async () => {
    ({ program } = await bundle("label-workers", { program: worker }));
    client = await connect();
  }, 120_000);
  afterAll(() => client.close());

  /** Starts a process; `acknowledged` returns the labels that it has printed so far. */
  function start(prefix: string, name: string, count: number) {
    const args = [program, serverUrl, prefix, name, String(count)];
    const child: ChildProcess = spawn(process.execPath, args, {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      output += chunk.toString("utf8");
    });
    const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
    // Leaves out the last line, which a kill may have cut short.
    return { child, ended, acknowledged: () => output.split("\n").slice(0, -1) };
  }

  it("lose no label of either", async () => {
    verifies("labels:store-union");
    const prefix = freshPrefix();
    const workers = [start(prefix, "one", 120), start(prefix, "two", 120)];
    expect(await Promise.all(workers.map(({ ended }) => ended))).toEqual([0, 0]);
    const acknowledged = workers.flatMap((each) => each.acknowledged());
    expect(acknowledged).toHaveLength(240);
    const stored = await redisLabelStore(client, { ttlMs: 60_000, prefix }).load("session");
    expect([...stored].sort()).toEqual(acknowledged.sort());
    await client.del(await client.keys(`${prefix}*`));
  });

  it("lose nothing acknowledged if one of them is killed", async () => {
    const prefix = freshPrefix();
    const killed = start(prefix, "killed", 120);
    const other = start(prefix, "other", 120);
    const isUnderWay = () => killed.acknowledged().length > 5;
    for (let turn = 0; turn < 2000 && !isUnderWay(); turn++)
      await new Promise((resolve) => setTimeout(resolve, 5));
    killed.child.kill("SIGKILL");
    await killed.ended;
    expect(await other.ended).toBe(0);
    const acknowledged = [...killed.acknowledged(), ...other.acknowledged()];
    expect(acknowledged.length).toBeGreaterThan(125);
    const stored = await redisLabelStore(client, { ttlMs: 60_000, prefix }).load("session");
    expect(stored).toEqual(expect.arrayContaining(acknowledged));
    await client.del(await client.keys(`${prefix}*`));
  });
});
