/**
 * A file layer with faults: it counts each call that concerns a folder, and at one of them
 * the process dies, or the call fails or is partial. It intercepts `node:fs/promises`, which is all
 * that changes of trust use.
 */
import fs from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { basename } from "node:path";
import process from "node:process";

export interface Fault {
  readonly folder: string;
  /** The call, counted from 1 (and later ones, if `what` says so), or all with a matching label. */
  readonly at: number | Pick<RegExp, "test">;
  /**
   * An error code makes the call fail with it. `kill` ends the process before the call, `kill_half`
   * in the middle of a write. `short` halves one write or read, `dribble` cuts all of them to a few
   * bytes. `full` simulates a disk that is full from then on.
   */
  readonly what: string;
}

type Method = (...args: unknown[]) => Promise<unknown>;
type Methods = Record<string, Method>;

const handleMethods = [
  "read",
  "write",
  "readFile",
  "writeFile",
  "appendFile",
  "readv",
  "writev",
  "sync",
  "datasync",
  "stat",
  "chmod",
  "chown",
  "truncate",
  "utimes",
  "close",
];
const needsRoom = [
  "write",
  "writeFile",
  "appendFile",
  "writev",
  "sync",
  "datasync",
  "link",
  "mkdir",
];

/** Installs the faults, and returns a function that removes them. */
export function installFaults({ folder, at, what }: Fault) {
  const calls: string[] = [];
  const promises = fs.promises as unknown as Methods;
  const originals = Object.entries(promises).filter(([, value]) => typeof value === "function");

  function label(name: string, paths: readonly unknown[]): string {
    const names = paths
      .filter((path) => typeof path === "string")
      .map((path) => (path === folder ? "." : basename(path).replaceAll(/[0-9a-f]{16}/g, "*")));
    return [name, ...names].join(" ");
  }

  async function step(
    name: string,
    paths: readonly unknown[],
    args: readonly unknown[],
    run: (args: readonly unknown[]) => Promise<unknown>,
  ): Promise<unknown> {
    const text = label(name, paths);
    const count = calls.push(text);
    const isHere = typeof at === "number" ? count === at : at.test(text);
    const isPart = (name === "write" || name === "read") && typeof args[2] === "number";
    const length = args[2] as number;
    const partly = (part: number) => run([args[0], args[1], Math.max(1, part), args[3]]);
    if (isPart && length > 0 && what === "dribble") return partly(Math.min(7, length));
    const isFull = what === "full" && (isHere || count >= Number(at));
    if (isFull && isOutOfRoom(name, args)) throw failure("ENOSPC", name);
    if (!isHere || what === "dribble" || what === "full" || what === "none") return run(args);
    if (what === "kill") return die();
    if (what === "kill_half" || what === "short") {
      if (!isPart || length < 2) return run(args);
      const done = await partly(Math.floor(length / 2));
      return what === "short" ? done : die();
    }
    if (name === "close") await run(args);
    throw failure(what, name);
  }

  for (const [name, original] of originals) {
    promises[name] = async (...args) => {
      const paths = args.slice(0, 2).filter((arg) => typeof arg === "string");
      if (!paths.some((path) => isWithin(path as string, folder))) {
        return original.apply(promises, args);
      }
      const result = await step(name, paths, args, (given) => original.apply(promises, [...given]));
      if (name === "open") watch(result as FileHandle, paths[0] as string);
      return result;
    };
  }

  function watch(handle: FileHandle, path: string): void {
    const methods = handle as unknown as Methods;
    for (const name of handleMethods) {
      const original = methods[name] as Method;
      methods[name] = (...args) =>
        step(name, [path], args, (given) => original.apply(handle, [...given]));
    }
  }

  syncBuiltinESMExports();
  return {
    calls,
    restore() {
      for (const [name, original] of originals) promises[name] = original;
      syncBuiltinESMExports();
    },
  };
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

function isOutOfRoom(name: string, args: readonly unknown[]): boolean {
  if (name !== "open") return needsRoom.includes(name);
  const flags = args[1];
  return typeof flags === "number"
    ? (flags & fs.constants.O_CREAT) !== 0
    : /^[wa]/.test(`${flags}`);
}

function failure(code: string, name: string): Error {
  return Object.assign(new Error(`${code}: injected, ${name}`), { code, syscall: name });
}

/** Nothing of this process runs afterwards, neither handlers nor clean-up. */
function die(): never {
  process.kill(process.pid, "SIGKILL");
  for (;;);
}
