/** Makes packages on disk from data. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { isGlassineError } from "glassine";
import { type HashPackageOptions, hashPackage } from "glassine/node";
import { afterFile } from "../support/cleanup.ts";

/** A file's content, or the target of a link. */
export type Content = string | Uint8Array | { readonly link: string };

/** Files and links by path. */
export type Tree = Readonly<Record<string, Content>>;

/** Creates a folder that is removed after the tests of the file. */
export function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "glassine-hash-"));
  afterFile(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function writeTree(folder: string, tree: Tree): void {
  for (const [path, content] of Object.entries(tree)) {
    const at = join(folder, path);
    mkdirSync(dirname(at), { recursive: true });
    if (typeof content === "object" && "link" in content) symlinkSync(content.link, at);
    else writeFileSync(at, content);
  }
}

/** Creates a package with these files. */
export function packageOf(tree: Tree): string {
  const folder = freshFolder();
  writeTree(folder, tree);
  return folder;
}

/** Returns the hash of a folder. */
export async function hashAt(folder: string, options?: HashPackageOptions): Promise<string> {
  return (await hashPackage(folder, options)).hash;
}

/** Returns the hash of a package with these files. */
export async function hashOf(tree: Tree, options?: HashPackageOptions): Promise<string> {
  return hashAt(packageOf(tree), options);
}

/** Returns why a folder is refused, or else its hash. */
export async function refusalAt(folder: string, options?: HashPackageOptions): Promise<unknown> {
  return refusalOf(() => hashPackage(folder, options));
}

/** Returns the code and path of a refusal, or else the result. */
export async function refusalOf(work: () => Promise<unknown>): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    if (!isGlassineError(error) || error.code !== "package_refused") throw error;
    const { code, path } = error.data;
    return { code, path };
  }
}

/** A small plugin for tests to modify. */
export const plugin: Tree = {
  "package.json": '{ "name": "example", "version": "1.0.0" }\n',
  "dist/plugin.js": "export default () => 1;\n",
  "dist/plugin.js.map": '{ "version": 3 }\n',
  "dist/other.js": "export default () => 2;\n",
  ".config": "a=1\n",
  "README.md": "# Example\n",
};

/** Makes a named pipe, which blocks whoever opens it. */
export function makePipe(path: string): void {
  execFileSync("/usr/bin/env", ["mkfifo", path]);
}

/** True if packages can contain links, pipes, and names that differ only in case. */
export const isLinux = process.platform === "linux";
