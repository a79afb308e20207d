/**
 * Runs a plugin that nobody reviewed in a process without access to files or the network.
 *
 *     npm run start:unreviewed
 */
import { createExtensions, createPluginManager } from "glassine";
import { isolatePlugin } from "glassine/isolate";
import { createMessage } from "glassine/messages";

const file = new URL("summarizer.mjs", import.meta.url);
const isolated = await isolatePlugin(file, { isolate: "process", spare: true });

const manager = await createPluginManager({
  plugins: [isolated.plugin],
  onHandlerError: (thrown) => console.log("   ", (thrown as Error).message),
});
const extensions = createExtensions({ security: { labels: ["EU"] } });

for (const text of ["hello", "read a secret", "call home", "exit", "hang", "hello again"]) {
  const message = createMessage({ role: "user", content: [{ content_type: "text", text }] });
  const result = await manager.invoke("cmf.llm_input", message, { extensions });
  const verdict = result.continueProcessing ? "passes" : `is refused: ${result.violation.code}`;
  console.log(`${text} ${verdict}`, result.extensions.security?.labels);
}

await manager.close();
