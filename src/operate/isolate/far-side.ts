/**
 * The far side of an isolated plugin, in its own thread or process: loads the plugin, describes it,
 * and runs its turns. The host starts this file; nothing imports it.
 */
import process from "node:process";
import { isMainThread, parentPort } from "node:worker_threads";
import { linesTo, maxText } from "./lines.ts";
import { serve } from "./serve.ts";

if (isMainThread) {
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
