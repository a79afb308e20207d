/** Programs that tests start, bundled from the sources so that a process loads few files. */
import { rmSync } from "node:fs";
import { isAbsolute } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { sourceAliases } from "./source-aliases.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const sourceOf = (id: string) => sourceAliases.find(({ find }) => find.test(id))?.replacement;
const isOurs = (id: string) => id.startsWith(".") || isAbsolute(id) || sourceOf(id) !== undefined;

/**
 * Bundles programs into `build/<name>/`; `programs` maps names to source paths from the root.
 * Returns the path of each program by name. Programs share a module for their common code.
 */
export async function bundle<Name extends string>(
  name: string,
  programs: Readonly<Record<Name, string>>,
): Promise<Readonly<Record<Name, string>>> {
  const folder = `${root}build/${name}/`;
  rmSync(folder, { recursive: true, force: true });
  const names = Object.keys(programs) as Name[];
  const made = await rolldown({
    cwd: root,
    input: Object.fromEntries(names.map((each) => [each, root + programs[each]])),
    external: (id) => !isOurs(id),
    plugins: [{ name: "sources", resolveId: sourceOf }],
    platform: "node",
    tsconfig: false,
    onLog: (_level, { message }) => {
      throw new Error(message);
    },
  });
  await made.write({ dir: folder, format: "esm" });
  await made.close();
  return Object.fromEntries(names.map((each) => [each, `${folder}${each}.js`])) as Record<
    Name,
    string
  >;
}
