/** Finds the programs that run CPEX: from a variable, or as built by `bench:peers`. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";

export type Peer =
  | { readonly found: true; readonly versions: string }
  | { readonly found: false; readonly reason: string };

/** Where to look for a program: the variable that names it, and its built path under the root. */
interface Place {
  readonly variable: string;
  readonly made: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Returns the path of the program; `undefined` if none is named and none was built in `root`. */
const pathIn =
  ({ variable, made }: Place) =>
  (environment: Environment = process.env, root = "."): string | undefined => {
    const named = environment[variable];
    if (named !== undefined && named !== "") return named;
    const path = join(root, made);
    return existsSync(path) ? path : undefined;
  };

/** Finds the Python interpreter. */
export const pythonPath = pathIn({
  variable: "CPEX_PYTHON",
  made: join("build", "cpex", "bin", "python"),
});

/** Finds the program of `tools/bench/cpex-rust`. */
export const cratePath = pathIn({
  variable: "CPEX_RUST",
  made: join("build", "cpex-rust", "release", "cpex-peer"),
});

const probe = `
import platform
from importlib.metadata import version
import cpex.framework.manager
print(version("cpex"), version("pydantic"), platform.python_version())
`;

/** Asks the interpreter for its CPEX version. The goals are for 0.1. */
export function findPython(python: string | undefined): Peer {
  if (python === undefined) {
    return {
      found: false,
      reason:
        "no Python that has it is named: `npm run bench:peers` makes one, or CPEX_PYTHON names one",
    };
  }
  return ask(python, ["-I", "-c", probe], {
    goalsFor: "0.1",
    describe: ([cpex, pydantic, version]) =>
      `CPEX ${cpex}, pydantic ${pydantic}, Python ${version}`,
  });
}

/** Asks the program for its CPEX version. The goals are for 0.2. */
export function findCrate(program: string | undefined): Peer {
  if (program === undefined) {
    return {
      found: false,
      reason:
        "no program with it is named: `npm run bench:peers` builds one where there is cargo, or CPEX_RUST names one",
    };
  }
  return ask(program, ["--version"], {
    goalsFor: "0.2",
    describe: ([cpex, rust]) => `cpex-core ${cpex}, Rust ${rust}`,
  });
}

interface Asked {
  readonly goalsFor: string;
  /** Describes the versions on the last line of the answer, where CPEX comes first. */
  readonly describe: (versions: readonly string[]) => string;
}

function ask(program: string, args: readonly string[], { goalsFor, describe }: Asked): Peer {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: "utf8" });
  if (error !== undefined) return { found: false, reason: `${program} did not start` };
  const lastLine = (text: string) => text.trim().split("\n").at(-1) ?? "";
  if (status !== 0) return { found: false, reason: `${program} has none: ${lastLine(stderr)}` };
  const versions = lastLine(stdout).split(" ");
  const [cpex = ""] = versions;
  if (!cpex.startsWith(`${goalsFor}.`)) {
    return {
      found: false,
      reason: `the goals are for CPEX ${goalsFor}, and ${program} has ${cpex}`,
    };
  }
  return { found: true, versions: describe(versions) };
}
