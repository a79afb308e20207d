// A process of its own: it starts processes.
/** Without namespaces, a process is refused unless the operator accepts what is open. */
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { createPluginManager } from "glassine";
import { isolatePlugin } from "glassine/isolate";
import { expect, it } from "vitest";
import { run } from "../docs/support/compile.ts";
import { afterTest } from "../support/cleanup.ts";
import { verifies } from "../support/verifies.ts";
import { fixture, noSandbox, pluginFile, saying } from "./support.ts";

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
    { open: ["network", "signals"], outcomes: ["refused", "refused"] },
  ]);
});

it.skipIf(noSandbox !== undefined)("starts although it may read a folder twice", async () => {
  const file = await pluginFile(
    'import { definePlugin } from "glassine"; export default definePlugin({ name: "reader", version: "1.0.0", hooks: {} });',
  );
  const own = dirname(file);
  const { close } = await isolatePlugin(file, { isolate: "process", readable: [own, own] });
  await close();
});

it.skipIf(noSandbox !== undefined)("has no file written by what its engine traces", async () => {
  verifies("isolation:kinds");
  const file = await pluginFile(`import { setFlagsFromString } from "node:v8";
    import { definePlugin } from "glassine";
    const add = (one, other) => {
      let sum = 0;
      for (let i = 0; i < 1_000; i++) sum += one * i + other;
      return sum;
    };
    export default definePlugin({ name: "tracer", version: "1.0.0", hooks: {
      "cmf.llm_input": (message) => {
        setFlagsFromString("--trace-turbo");
        setFlagsFromString("--trace-turbo-path=/dev");
        setFlagsFromString("--trace-turbo-cfg-file=" + message.content[0].text);
        for (let i = 0; i < 100_000; i++) add(i, 1);
      } } });`);
  const own = join(dirname(file), "own.txt");
  writeFileSync(own, "as it was");
  const { plugin } = await isolatePlugin(file, { isolate: "process" });
  const manager = await createPluginManager({ plugins: [plugin], onHandlerError: () => {} });
  afterTest(() => manager.close());
  await manager.invoke("cmf.llm_input", saying(own));
  expect(readFileSync(own, "utf8")).toBe("as it was");
});

it.skipIf(noSandbox !== undefined)("does not outlive a host that is killed", async () => {
  verifies("isolation:close");
  const program = [process.execPath, fixture("killed-host.mjs")];
  const { output } = await run("unshare", ["-r", "sh", "-c", without, "sh", ...program]);
  const pid = Number(output);
  expect(pid).toBeGreaterThan(1);
  afterTest(() => {
    if (isRunning(pid)) process.kill(pid, "SIGKILL");
  });
  await expect.poll(() => isRunning(pid)).toBe(false);
});

/** One that has ended has no command line, even if nobody has waited for it. */
function isRunning(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`).length > 0;
  } catch {
    return false;
  }
}
