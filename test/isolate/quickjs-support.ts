/** Plugins inside QuickJS for tests. Their far side runs from dist, which `npm run build` writes. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createPluginManager } from "glassine";
import { type IsolateOptions, isolatePlugin } from "glassine/isolate";
import { createMessage, type Message } from "glassine/messages";
import { afterTest } from "../support/cleanup.ts";
import { folderWith } from "../support/folder.ts";

export const fixture = (name: string) =>
  fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));

/** A plugin whose handler has this body; `said` is what the message says. */
export const pluginText = (body: string, settings = "") => `
import { addLabels, allow, definePlugin, deny } from "glassine";
export default definePlugin({
  name: "hostile-plugin",
  version: "1.0.0",
  hooks: { "cmf.llm_input": { ${settings} handler: async (message, context, extensions) => {
    const said = message.content[0].text;
    ${body}
  } } },
});`;

export const saying = (text: string): Message =>
  createMessage({ role: "user", content: [{ content_type: "text", text }] });

/** The plugin inside QuickJS, and what its handlers throw. Ended after the test. */
export async function inside(file: string, options: Partial<IsolateOptions> = {}) {
  const isolated = await isolatePlugin(file, { isolate: "quickjs", ...options });
  afterTest(() => isolated.close());
  const thrown: string[] = [];
  const manager = await createPluginManager({
    plugins: [isolated.plugin],
    onHandlerError: (error) => void thrown.push(String((error as Error).message)),
  });
  /** The outcome of a message: `goes on`, the reason of a denial, or what was thrown. */
  const says = async (text: string): Promise<string> => {
    thrown.length = 0;
    const { violation } = await manager.invoke("cmf.llm_input", saying(text));
    return thrown[0] ?? violation?.reason ?? "goes on";
  };
  return { ...isolated, manager, says };
}

/** The same for a plugin given as text, in a file of its own. */
export async function insideText(text: string, options: Partial<IsolateOptions> = {}) {
  return await inside(join(await folderWith({ "plugin.mjs": text }), "plugin.mjs"), options);
}
