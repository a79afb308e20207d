import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = new URL("../../", import.meta.url);
const { name, exports: entries } = JSON.parse(
  readFileSync(new URL("package.json", root), "utf8"),
) as { name: string; exports: Record<string, string | { default: string }> };

/** Tests name the package as a user does, and get its sources. */
export const sourceAliases = Object.entries(entries).flatMap(([entry, target]) => {
  if (typeof target === "string") return [];
  const source = target.default.replace("./dist/", "src/").replace(/\.js$/, ".ts");
  const find = new RegExp(`^${name}${entry.slice(1)}$`);
  return [{ find, replacement: fileURLToPath(new URL(source, root)) }];
});
