/** Isolated plugins of a running gateway, and of one that is only checked. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { farSides, guarded } from "../../support/far-sides.ts";
import { folderWith } from "../../support/folder.ts";
import { verifies } from "../../support/verifies.ts";
import { double, run, start } from "./support.ts";

const files = { url: "https://files.example/mcp" };
const accept = ["memory", "network", "signals"];
const never = () => Promise.reject(new Error("nothing is to be started"));

async function configured() {
  const plugins = [{ path: "./p.mjs", isolate: "process", accept }, { use: "header-writer" }];
  return await folderWith({
    "p.mjs": guarded("guard"),
    "glassine.config.json": { servers: { files }, plugins },
  });
}

it("says of each plugin where its code runs, and ends it", async () => {
  verifies("cli:gateway-check");
  const given = { cwd: await configured(), openGateway: never };
  const { document } = await run(["gateway", "--check", "--json"], given);
  const [isolated, stock] = document().plugins;
  expect(isolated).toMatchObject({
    name: "guard",
    isolate: "process",
    runs_in: expect.arrayContaining([
      expect.stringMatching(/^Its code runs isolated, in "process"\. A process of its own\./),
    ]),
  });
  expect(stock).toMatchObject({
    isolate: null,
    runs_in: ["Its code runs in the process of the gateway."],
  });
  const { stdout } = await run(["gateway", "--check"], given);
  for (const sentence of [...isolated.runs_in, ...stock.runs_in])
    expect(stdout).toContain(sentence);
  await expect.poll(farSides).toEqual([]);
});

it("ends the far sides that a reload replaces, and all at its end", async () => {
  const cwd = await configured();
  const { state, openGateway } = double();
  const running = start(["gateway"], { cwd, openGateway });
  await running.seen("ready");
  const first = await farSides();
  expect(first).toHaveLength(1);
  const reload = await run(["gateway", "reload"], { cwd });
  expect(reload.code).toBe(0);
  expect(await farSides()).toHaveLength(2);
  // The gateway calls this when the last request that uses them has ended.
  state.parts[0]?.onUnused?.();
  await expect.poll(farSides).toHaveLength(1);
  expect(await farSides()).not.toEqual(first);
  state.end({});
  await running.code;
  await expect.poll(farSides).toEqual([]);
});

it("isolates each --plugin with --isolate", async () => {
  const cwd = await folderWith({ "p.mjs": guarded("guard") });
  const given = { cwd, openGateway: never };
  const argv = ["gateway", "--check", "--json", "--plugin", "./p.mjs"];
  const command = ["--", process.execPath];
  const isolate = ["--isolate", "process", ...accept.flatMap((name) => ["--accept", name])];
  const { document } = await run([...argv, ...isolate, ...command], given);
  expect(document().plugins).toMatchObject([
    { source: join(cwd, "p.mjs"), name: "guard", isolate: "process" },
  ]);
  for (const [wrong, text] of [
    [["--isolate", "vm"], "--isolate expects worker, process or quickjs, got 'vm'"],
    [
      ["--isolate", "process", "--accept", "net"],
      "--accept expects network, signals, memory or files, got 'net'",
    ],
    [["--accept", "network"], "--accept needs --isolate process"],
    [["--isolate", "quickjs", "--accept", "network"], "--accept needs --isolate process"],
  ] as const) {
    const ended = await run(
      [...argv.filter((each) => each !== "--json"), ...wrong, ...command],
      given,
    );
    expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining(text)]);
  }
  await expect.poll(farSides).toEqual([]);
});
