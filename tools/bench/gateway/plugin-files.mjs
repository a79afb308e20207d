/** The six conformance plugins as files, because the built command takes plugins by path. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Writes the first `count` plugins and returns their paths relative to `folder`. */
export async function pluginFiles(folder, count) {
  const six = new URL("../../conformance/six-plugins.mjs", import.meta.url).href;
  const paths = Array.from({ length: count }, (_, at) => `./plugin-${at}.mjs`);
  for (const [at, path] of paths.entries()) {
    const source = `import { sixPlugins } from ${JSON.stringify(six)};\nexport default sixPlugins()[${at}];\n`;
    await writeFile(join(folder, path), source);
  }
  return paths;
}
