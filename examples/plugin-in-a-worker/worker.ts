/** The far side: code that nobody reviewed. It receives a string and replies with one. */
import process from "node:process";
import { parentPort } from "node:worker_threads";
import { addLabels, deny, setHeader } from "glassine";
import { decodeTask, encodeError, encodeResult, type Task } from "glassine/remote";

const ssn = /\b\d{3}-\d{2}-\d{4}\b/;

function scan({ payload, extensions }: Task): unknown {
  const words = JSON.stringify(payload);
  if (words.includes("forget everything")) return deny("An attempt to give orders");
  if (words.includes("a slow pattern")) for (;;);
  if (words.includes("a crash")) process.exit(1);
  if (words.includes("a fault")) throw new Error("No model is loaded.");
  if (extensions === undefined || !ssn.test(words)) return undefined;
  // This plugin cannot see `Authorization`, so a result without it does not remove it.
  const sees = Object.keys(extensions.http?.headers ?? {});
  const labelled = addLabels(extensions, "PII");
  return {
    modifiedExtensions: setHeader(labelled, "X-Scanned", "yes"),
    metadata: { sees },
  };
}

async function answer(text: string): Promise<{ result: string } | { error: string }> {
  try {
    const task = decodeTask(text);
    return { result: encodeResult(await scan(task), { hook: task.hook }) };
  } catch (thrown) {
    return { error: encodeError(thrown, { plugin: "scanner" }) };
  }
}

parentPort?.on("message", async ({ id, task }: { readonly id: number; readonly task: string }) => {
  parentPort?.postMessage({ id, ...(await answer(task)) });
});
