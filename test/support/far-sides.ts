/** Isolated plugins in tests: their sources, and the processes started for them from here. */
import { readdir, readFile } from "node:fs/promises";

/** The ids of those that are running. */
export async function farSides(): Promise<readonly string[]> {
  const ids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(ids.map(async (id) => ((await isOurs(id)) ? [id] : [])));
  return found.flat();
}

async function isOurs(id: string): Promise<boolean> {
  try {
    const stat = await readFile(`/proc/${id}/stat`, "utf8");
    // The program's name is in parentheses, and can contain some itself.
    const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (Number(parent) !== process.pid || state === "Z") return false;
    return (await readFile(`/proc/${id}/cmdline`, "utf8")).includes("isolate/far-side");
  } catch {
    // It has ended.
    return false;
  }
}

/**
 * The source of a plugin that denies with the word from its configuration. In the host it would
 * throw, and leave a mark that it ran.
 */
export const guarded = (name: string, more = "") =>
  [
    'import { isMainThread } from "node:worker_threads";',
    'import process from "node:process";',
    'import { definePlugin, deny } from "glassine";',
    "globalThis.ranInHost = true;",
    'if (isMainThread && process.env.PATH !== undefined) throw new Error("in the host");',
    more,
    `export default () => definePlugin({ name: "${name}", version: "1.0.0", capabilities: [],`,
    '  hooks: { "cmf.llm_input": (_, { config }, _extensions) =>',
    '    deny({ code: "far", reason: String(config?.word) }) } });',
  ].join("\n");
