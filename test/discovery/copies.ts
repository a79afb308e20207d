/** Packages whose modules report that they run. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** What a module reports when it runs: the name of its source. */
export const says = (what: string) =>
  `(globalThis.testRan ??= []).push(${JSON.stringify(what)});\n`;
export const heard = (): readonly string[] => {
  const of = globalThis as { testRan?: string[] };
  const ran = of.testRan ?? [];
  of.testRan = [];
  return ran;
};

/** Adds fields to a package's package.json. */
export async function asks(path: string, more: object): Promise<void> {
  const file = join(path, "package.json");
  const manifest = JSON.parse(await readFile(file, "utf8"));
  await writeFile(file, JSON.stringify({ ...manifest, ...more }));
}

export async function packageAt(
  path: string,
  manifest: object,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  const all = {
    ...files,
    "package.json": JSON.stringify({
      version: "1.0.0",
      type: "module",
      main: "index.js",
      ...manifest,
    }),
  };
  for (const [name, text] of Object.entries(all)) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), text);
  }
}
