/** Folders of one workspace, each with its own lock: what commands print and leave behind there. */
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import {
  type Ended,
  type Fixture,
  pluginSource,
  type RunOptions,
  unsigned,
  type Workspace,
} from "./support.ts";

/** A folder below a workspace's root, in which the workspace's packages are found. */
export interface Place {
  readonly folder: string;
  readonly lock: string;
  readonly journal: string;
  /** Runs `plugins` with these arguments in the folder. Signatures are not required. */
  run(args: readonly string[], options?: RunOptions): Promise<Ended>;
  /** Runs a command that must end with 0; returns its stdout. */
  done(args: readonly string[], options?: RunOptions): Promise<string>;
  /** Runs a command that must end with 2 and an empty stdout; returns its stderr. */
  refused(args: readonly string[], options?: RunOptions): Promise<string>;
  /** Runs a command with `--json`; returns its document and exit code. */
  json(
    args: readonly string[],
    options?: RunOptions,
  ): Promise<{ readonly code: number | null; readonly data: never }>;
  trust(id: string, reason?: string): Promise<string>;
  text(): Promise<string>;
  journalText(): Promise<string>;
  /** The fields of each journal line. */
  lines(): Promise<readonly (readonly string[])[]>;
  names(): Promise<readonly string[]>;
  /** Everything about each file: bytes, mode, times and inode. */
  state(): Promise<Readonly<Record<string, string>>>;
}

let count = 0;

/** Creates a place, with a lock if its text is given. */
export async function placeIn(workspace: Workspace, lock?: string): Promise<Place> {
  count += 1;
  const folder = join(workspace.root, `place-${count}`);
  await mkdir(folder);
  const path = join(folder, "plugins.lock");
  if (lock !== undefined) await writeFile(path, lock);
  const run = (args: readonly string[], options: RunOptions = {}) =>
    workspace.run(["plugins", ...args], { cwd: folder, env: unsigned, ...options });
  const ended = async (code: number, args: readonly string[], options?: RunOptions) => {
    const end = await run(args, options);
    expect({ args, ...end }).toMatchObject(
      code === 0 ? { code, stderr: "" } : { code, stdout: "" },
    );
    return end;
  };
  const read = (name: string) => readFile(join(folder, name), "utf8");
  const names = async () => (await readdir(folder)).sort();
  const place: Place = {
    folder,
    lock: path,
    journal: `${path}.journal`,
    run,
    names,
    done: async (args, options) => (await ended(0, args, options)).stdout,
    refused: async (args, options) => (await ended(2, args, options)).stderr,
    json: (args, options) =>
      workspace.json(["plugins", ...args], { cwd: folder, env: unsigned, ...options }),
    trust: (id, reason = "reviewed") => place.done(["trust", id, "--reason", reason]),
    text: () => read("plugins.lock"),
    journalText: () => read("plugins.lock.journal"),
    lines: async () => {
      const texts = (await read("plugins.lock.journal")).split("\n");
      expect(texts.at(-1)).toBe("");
      return texts.slice(0, -1).map((line) => line.split("\t"));
    },
    state: async () => {
      const all = await Promise.all(
        (await names()).map(async (name) => {
          const { ino, mode, mtimeNs, ctimeNs } = await stat(join(folder, name), { bigint: true });
          const bytes = await readFile(join(folder, name), "base64").catch(() => "");
          return [name, [ino, mode, mtimeNs, ctimeNs, bytes].join(" ")] as const;
        }),
      );
      return Object.fromEntries(all);
    },
  };
  return place;
}

/** The values that a lock's entries have for a key, in file order. */
export function valuesOf(key: string, lock: string): readonly string[] {
  return [...lock.matchAll(new RegExp(`^${key} = ["'](.*)["']$`, "gm"))].map(
    ([, value = ""]) => value,
  );
}

/** A package with one plugin whose module writes the marker when it runs. */
export function marked(name: string, { marker }: Workspace, more: Partial<Fixture> = {}): Fixture {
  const code = pluginSource({ name, ...more }, marker);
  return { name, files: { "plugin.js": code, "README.md": "# A guard\n" }, ...more };
}
