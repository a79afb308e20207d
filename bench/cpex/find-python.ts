/** The Python that CPEX is measured with: the one that is named, or that `bench:peers` made. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";

/** The interpreter, or `undefined` where none is named and none was made under `root`. */
export function pythonPath(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  root = ".",
): string | undefined {
  const named = environment.CPEX_PYTHON;
  if (named !== undefined && named !== "") return named;
  const made = join(root, "build", "cpex", "bin", "python");
  return existsSync(made) ? made : undefined;
}

export type Peer =
  | { readonly found: true; readonly versions: string }
  | { readonly found: false; readonly reason: string };

const probe = `
import platform
from importlib.metadata import version
import cpex.framework.manager
print(version("cpex"), version("pydantic"), platform.python_version())
`;

/** Asks the interpreter for its CPEX. The goals are for the versions 0.1. */
export function findPeer(python: string | undefined): Peer {
  if (python === undefined) {
    return {
      found: false,
      reason:
        "no Python that has it is named: `npm run bench:peers` makes one, or CPEX_PYTHON names one",
    };
  }
  const { status, stdout, stderr, error } = spawnSync(python, ["-I", "-c", probe], {
    encoding: "utf8",
  });
  if (error !== undefined) return { found: false, reason: `${python} did not start` };
  const told = (text: string) => text.trim().split("\n").at(-1) ?? "";
  if (status !== 0) return { found: false, reason: `${python} has none: ${told(stderr)}` };
  const [cpex = "", pydantic, version] = told(stdout).split(" ");
  if (!cpex.startsWith("0.1.")) {
    return { found: false, reason: `the goals are for CPEX 0.1, and ${python} has ${cpex}` };
  }
  return { found: true, versions: `CPEX ${cpex}, pydantic ${pydantic}, Python ${version}` };
}
