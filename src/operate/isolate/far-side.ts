/**
 * The far side of an isolated plugin, in a thread or a process of its own: loads the plugin, says
 * what it is, and takes its turns. The host starts it; nobody imports it.
 */
import process from "node:process";
import { isMainThread, parentPort } from "node:worker_threads";
import { linesTo } from "./lines.ts";
import { serve } from "./serve.ts";

if (isMainThread) {
  const write = process.stdout.write.bind(process.stdout);
  // Standard output is the host's line. What the plugin prints goes where nobody reads documents.
  process.stdout.write = process.stderr.write.bind(process.stderr) as typeof process.stdout.write;
  const take = serve((text) => void write(`${text}\n`));
  process.stdin.setEncoding("utf8");
  // What the host says is as long as it says.
  process.stdin.on(
    "data",
    linesTo(take, () => process.exit(1)),
  );
  // Without a host there is nothing to do.
  process.stdin.on("end", () => process.exit(0));
} else {
  const port = parentPort;
  const take = serve((text) => port?.postMessage(text));
  port?.on("message", take);
}
