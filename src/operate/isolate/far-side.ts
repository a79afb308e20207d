/**
 * The far side of an isolated plugin, in its own thread or process: loads the plugin, describes it,
 * and runs its turns. The host starts this file; nothing imports it.
 */
import { syncBuiltinESMExports } from "node:module";
import process from "node:process";
import v8 from "node:v8";
import { isMainThread, parentPort } from "node:worker_threads";
import { linesTo, maxText } from "./lines.ts";
import { serve } from "./serve.ts";

/**
 * Removes the functions by which code has V8 write files. Node's permissions do not know of those
 * files, and not every platform has a root that is mounted read-only.
 */
function closeV8(): void {
  const refuse = () => {
    const facts = { code: "ERR_ACCESS_DENIED", permission: "FileSystemWrite" };
    throw Object.assign(new Error("Access to this API has been restricted"), facts);
  };
  Object.assign(v8, { setFlagsFromString: refuse, setHeapSnapshotNearHeapLimit: refuse });
  syncBuiltinESMExports();
}

if (isMainThread) {
  closeV8();
  const write = process.stdout.write.bind(process.stdout);
  // Standard output is the line to the host, so what the plugin prints goes to standard error.
  process.stdout.write = process.stderr.write.bind(process.stderr) as typeof process.stdout.write;
  const handleLine = serve((text) => void write(`${text}\n`), { maxText });
  process.stdin.setEncoding("utf8");
  // A line beyond the limit ends the process, because it cannot be read or answered.
  process.stdin.on(
    "data",
    linesTo(handleLine, () => process.exit(1)),
  );
  // Without a host there is nothing to do.
  process.stdin.on("end", () => process.exit(0));
} else {
  const port = parentPort;
  const take = serve((text) => port?.postMessage(text));
  port?.on("message", take);
}
