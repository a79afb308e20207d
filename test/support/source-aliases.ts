import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = new URL("../../", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL("package.json", root), "utf8")) as {
  readonly name: string;
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
};
export const packageName = manifest.name;

/** The entries that users import, such as `.` and `./mcp`, with source files from the root. */
export const entries = Object.entries(manifest.exports).flatMap(([entry, target]) => {
  if (typeof target === "string") return [];
  const source = target.default.replace("./dist/", "src/").replace(/\.js$/, ".ts");
  return [{ entry, source }];
});

/** Tests import the package by name, as users do, and get its sources. */
export const sourceAliases = entries.map(({ entry, source }) => ({
  find: new RegExp(`^${packageName}${entry.slice(1)}$`),
  replacement: fileURLToPath(new URL(source, root)),
}));
