/**
 * Installs packages that this one does not depend on but is compared or tried with. They go under
 * build/, with npm and pip as configured, and stay there. If one cannot be installed, the result is
 * `undefined` and a message is printed.
 */
import { execFile } from "node:child_process";
import { access, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const peers = fileURLToPath(new URL("../build/peers", import.meta.url));

const isThere = (path) =>
  access(path).then(
    () => true,
    () => false,
  );

async function absent(what, error) {
  const [reason] = (error.stderr || error.message).trim().split("\n").slice(-1);
  process.stderr.write(`Left out: ${what} cannot be installed here (${reason}).\n`);
  return undefined;
}

/** Installs `@scope/name@1.2.3` in a folder of its own and returns the package's path. */
export async function npmPeer(wanted) {
  const name = wanted.replace(/@[^@/]+$/, "");
  const folder = join(peers, wanted.replaceAll("/", "+"));
  const at = join(folder, "node_modules", name);
  if (await isThere(join(folder, "installed"))) return at;
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "package.json"), '{"private":true}\n');
    const options = ["--no-audit", "--no-fund", "--ignore-scripts"];
    await run("npm", ["install", ...options, wanted], { cwd: folder });
    await writeFile(join(folder, "installed"), "");
    return at;
  } catch (error) {
    return absent(wanted, error);
  }
}

/** Installs `name==1.2.3` in a virtual environment and returns the path of its Python. */
export async function pythonPeer(wanted) {
  const folder = join(peers, wanted.replace("==", "@"));
  const python = join(folder, "bin", "python");
  if (await isThere(join(folder, "installed"))) return python;
  try {
    await run("python3", ["-m", "venv", "--clear", folder]);
    const options = ["--quiet", "--disable-pip-version-check"];
    await run(python, ["-m", "pip", "install", ...options, wanted]);
    await writeFile(join(folder, "installed"), "");
    return python;
  } catch (error) {
    return absent(wanted, error);
  }
}
