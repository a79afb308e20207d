/** Compiles TypeScript against the sources, without touching what a build left. */
import { execFile } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import process from "node:process";
import { entries, packageName } from "../../support/source-aliases.ts";
import { root } from "./pages.ts";

export interface Compiled {
  /** The folder of the output, laid out like the repository, with a slash at its end. */
  readonly out: string;
  /** What the compiler found, a line each, paths from the root. */
  readonly problems: readonly string[];
}

const compiler = `${root}node_modules/typescript/bin/tsc`;

/**
 * Compiles what `include` names, and the sources with it, to `build/compiled/<name>/out`. `files` are
 * written to `build/compiled/<name>` first. In the output "glassine" stands for the compiled sources.
 */
export async function compile(
  name: string,
  include: readonly string[],
  files: Readonly<Record<string, string>> = {},
): Promise<Compiled> {
  // An environment of Python that is called as an example is stands in `build`, too.
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
  const exports = Object.fromEntries(
    entries.map(({ entry, source }) => [entry, `./${source.replace(/ts$/, "js")}`]),
  );
  write("tsconfig.json", JSON.stringify(config));
  // The output names the package as a user does; Node finds this one for it.
  write("out/package.json", JSON.stringify({ name: packageName, type: "module", exports }));
  for (const [path, text] of Object.entries(files)) write(path, text);
  const args = [compiler, "--pretty", "false", "-p", folder];
  const { code, output, complaints } = await run(process.execPath, args, 600_000);
  if (code === -1) throw new Error(`The compiler did not end by itself. ${complaints}`);
  // What goes on with a finding is indented; every other line is one.
  const problems = output.split("\n").filter((line) => /^\S/.test(line));
  const unclear = problems.filter((line) => !/^\S+\(\d+,\d+\): error /.test(line));
  if (unclear.length > 0) throw new Error(`The compiler says: ${unclear.join("\n")}`);
  return { out: `${folder}out/`, problems };
}

export interface Ran {
  readonly code: number;
  readonly output: string;
  readonly complaints: string;
}

/** Runs a program at the root of the repository until it ends by itself. */
export function run(file: string, args: readonly string[], timeoutMs = 60_000): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(file, args, { cwd: root, timeout: timeoutMs }, (error, output, complaints) => {
      const code = typeof error?.code === "number" ? error.code : error === null ? 0 : -1;
      const late = error?.killed === true ? `It did not end within ${timeoutMs} ms.` : "";
      resolve({ code, output, complaints: complaints + late });
    });
  });
}
