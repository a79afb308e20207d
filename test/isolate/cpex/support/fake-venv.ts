/** A virtual environment whose worker speaks like that of CPEX, but is not one. */
import { chmod, copyFile, mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

export interface FakeVenv {
  readonly root: string;
  readonly python: string;
  /** Writes a file of the wheel, or one next to those that the wheel lists. */
  write(path: string, text: string): Promise<void>;
  remove(): Promise<void>;
}

const info = "cpex_guard-1.2.0.dist-info";

const files: Readonly<Record<string, string>> = {
  "cpex-0.1.4.dist-info/RECORD": "",
  "cpex_guard/__init__.py": "",
  "cpex_guard/guard.py": "class Guard: ...\n",
  "cpex_guard/plugin-manifest.yaml": JSON.stringify({
    kind: "cpex_guard.guard.Guard",
    description: "Guards.",
    available_hooks: ["tool_pre_invoke", "http_pre_request", "message_pre_invoke"],
    default_configs: { limit: 3, mode: "soft" },
  }),
  [`${info}/METADATA`]: "Name: cpex-guard\n",
  [`${info}/INSTALLER`]: "one",
  [`${info}/RECORD`]: [
    "cpex_guard/__init__.py,sha256=x,0",
    "cpex_guard/guard.py,sha256=x,17",
    "cpex_guard/plugin-manifest.yaml,,",
    "cpex_guard/__pycache__/guard.cpython-311.pyc,,",
    `${info}/METADATA,,`,
    `${info}/INSTALLER,,`,
    `${info}/RECORD,,`,
    "../../../bin/guard,sha256=x,9",
  ].join("\n"),
};

export async function fakeVenv(): Promise<FakeVenv> {
  const root = await realpath(await mkdtemp(join(tmpdir(), "cpex-")));
  const site = join(root, "lib", "python3.11", "site-packages");
  const write = async (path: string, text: string) => {
    await mkdir(dirname(join(site, path)), { recursive: true });
    await writeFile(join(site, path), text);
  };
  for (const [path, text] of Object.entries(files)) await write(path, text);
  const bin = join(root, "bin");
  const python = join(bin, "python");
  await mkdir(bin);
  await copyFile(fileURLToPath(new URL("fake-worker.mjs", import.meta.url)), join(bin, "fake.mjs"));
  const home = join(root, "base", "bin");
  const settings = `home = ${home}\ninclude-system-site-packages = false\n`;
  await writeFile(join(root, "pyvenv.cfg"), settings);
  await writeFile(python, `#!/bin/sh\nexec ${process.execPath} ${join(bin, "fake.mjs")} -- "$@"\n`);
  await chmod(python, 0o755);
  return { root, python, write, remove: () => rm(root, { recursive: true }) };
}

/** These tests are not about what the platform cannot restrict, so they accept all of it. */
export const accept = ["network", "signals", "memory", "files"] as const;

/** The address space that the worker needs, since it is Node. */
export const memoryMb = 8_192;
