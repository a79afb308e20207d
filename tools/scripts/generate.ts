// Writes the files that are derived from the sources: `npm run generate`.
// With `--check` it writes nothing, and exits with 1 if a file is out of date.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { generatedFiles } from "./generated-files.ts";

const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });

// This file runs as build/tools/scripts/generate.js.
const root = new URL("../../../", import.meta.url);

const stale = (await generatedFiles()).filter(({ path, text }) => read(path) !== text);

for (const { path, text } of stale) {
  if (values.check) {
    console.error(`${path} is not what the sources say. Run \`npm run generate\`.`);
    continue;
  }
  mkdirSync(new URL("./", new URL(path, root)), { recursive: true });
  writeFileSync(new URL(path, root), text);
  console.log(`wrote ${path}`);
}
if (!values.check && stale.length === 0) console.log("Every generated file is current.");
process.exitCode = values.check && stale.length > 0 ? 1 : 0;

function read(path: string): string | undefined {
  try {
    return readFileSync(fileURLToPath(new URL(path, root)), "utf8");
  } catch {
    return undefined;
  }
}
