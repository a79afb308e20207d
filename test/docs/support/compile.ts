/** Compiles TypeScript against the sources, without touching the output of a build. */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import process from "node:process";
import { entries, packageName } from "../../support/source-aliases.ts";
import { root } from "./pages.ts";

export interface Compiled {
  /** The output folder, laid out like the repository, with a trailing slash. */
  readonly out: string;
  /** The compiler's findings, one line each, with paths from the root. */
  readonly problems: readonly string[];
}

const compiler = `${root}node_modules/typescript/bin/tsc`;

/**
 * Compiles the files in `include` and the sources to `build/compiled/<name>/out`, after writing
 * `files` to `build/compiled/<name>`. In the output, "glassine" resolves to the compiled sources.
 */
export async function compile(
  name: string,
  include: readonly string[],
  files: Readonly<Record<string, string>> = {},
): Promise<Compiled> {
  // Not `build/<name>`: a Python environment there may have the name of an example.
  const folder = `${root}build/compiled/${name}/`;
  rmSync(folder, { recursive: true, force: true });
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(folder + path), { recursive: true });
    writeFileSync(folder + path, text);
  };
  const config = {
    extends: "../../../tsconfig.json",
    compilerOptions: { rootDir: "../../..", outDir: "out", noEmit: false },
    include: include.map((path) => `../../../${path}`),
  };
  write("tsconfig.json", JSON.stringify(config));
  for (const [path, text] of Object.entries(files)) write(path, text);
  const args = [compiler, "--pretty", "false", "-p", folder];
  const { code, output, complaints } = await run(process.execPath, args, 600_000);
  if (code === -1) throw new Error(`The compiler did not end by itself. ${complaints}`);
  // Every line is a finding, except indented ones, which continue the finding above.
  const problems = output.split("\n").filter((line) => /^\S/.test(line));
  // The output imports the package by name; with this file, Node resolves it to the sources.
  const compiled = entries
    .map(({ entry, source }) => [entry, `./${source.replace(/ts$/, "js")}`] as const)
    .filter(([, file]) => existsSync(`${folder}out/${file}`));
  const exports = { ...Object.fromEntries(compiled), "./package.json": "./package.json" };
  write("out/package.json", JSON.stringify({ name: packageName, type: "module", exports }));
  const unclear = problems.filter((line) => !/^\S+\(\d+,\d+\): error /.test(line));
  if (unclear.length > 0) throw new Error(`The compiler says: ${unclear.join("\n")}`);
  return { out: `${folder}out/`, problems };
}

export interface Ran {
  readonly code: number;
  readonly output: string;
  readonly complaints: string;
}

/** Runs a program at the root of the repository until it exits or its time is up. */
export function run(file: string, args: readonly string[], timeoutMs = 60_000): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(file, args, { cwd: root, timeout: timeoutMs }, (error, output, complaints) => {
      const code = typeof error?.code === "number" ? error.code : error === null ? 0 : -1;
      const late = error?.killed === true ? `It did not end within ${timeoutMs} ms.` : "";
      resolve({ code, output, complaints: complaints + late });
    });
  });
}
