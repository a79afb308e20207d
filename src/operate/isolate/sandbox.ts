/**
 * The command that starts a process that can only compute: Node's permission model closes files,
 * programs, threads and addons, and Linux namespaces close what that leaves open.
 *
 * Sources: the Node.js documentation of process-based permissions; unshare(1), setpriv(1), mount(8)
 * of util-linux; namespaces(7).
 */
import { execFile } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import process from "node:process";
import { optionsInvalid } from "../../core/errors/index.ts";
import { isWithin } from "../packages/index.ts";
import type { Opening } from "./kinds.ts";

export interface SandboxOptions {
  /** The folders of this library and of each package that it imports, by name. */
  readonly packages: ReadonlyMap<string, string>;
  /** The file of this library that Node runs. */
  readonly entry: string;
  /** Absolute paths of folders that it may read besides these. */
  readonly readable: readonly string[];
  /** Links to such folders, by their absolute paths: it may also read through these. */
  readonly links: ReadonlyMap<string, string>;
  /** Absolute paths of files that it may read. */
  readonly files: readonly string[];
  readonly memoryMb: number;
}

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
}

/** The address space that Node needs besides the heap, which a flag limits. */
const nodeMb = 1_900;

/**
 * Programs and libraries of the system, which are in the new root, too. Not all of /usr, because
 * hosts have their own files there, such as in /usr/src/app.
 */
const systemPaths = [
  "/usr/bin",
  "/usr/sbin",
  "/usr/lib",
  "/usr/lib32",
  "/usr/lib64",
  "/usr/local/lib",
  "/usr/local/lib64",
  "/usr/share",
  "/bin",
  "/sbin",
  "/lib",
  "/lib32",
  "/lib64",
  "/etc/ld.so.cache",
];

/** Where the new root is built: the first of these that exists and contains nothing needed. */
const rootPlaces = ["/mnt", "/media", "/srv", "/opt", "/home", "/run", "/tmp"];

/** Its own namespaces, including the network's unless it may open connections. */
const namespaces = (network: boolean) => [network ? "-rpmiu" : "-rnpmiu", "--fork", "--kill-child"];

/**
 * Builds a root with only the given folders, all of it read-only, and runs the rest of its arguments
 * in it. `$1` is its place, `$2` a limit in KiB, and `$3` and `$4` the numbers of pairs that follow:
 * first each of a path and its place in the new root, then of a link's target and it. What is mounted
 * inside of a path comes with it: in a namespace, the kernel mounts no folder without that. The root is
 * a folder in its place, because other mounts may be hidden there.
 *
 * Node's permissions do not replace the read-only mounts: V8 writes what it traces to any file.
 */
const script = `set -eu
place=$1 root=$1/glassine limit=$2 count=$3 links=$4
shift 4
mount -t tmpfs -o mode=755 none "$place"
mkdir "$root"
while [ "$count" -gt 0 ]; do
  if [ -d "$1" ]; then mkdir -p "$root$2"; else mkdir -p "$root$(dirname "$2")"; : > "$root$2"; fi
  mount --rbind "$1" "$root$2"
  shift 2
  count=$((count - 1))
done
while read -r _ _ _ _ at _; do
  case $at in */glassine/*) at=$(printf %b "$at") ;; esac
  case $at in "$root"/*) mount -o remount,bind,ro,nosuid,nodev "$at" ;; esac
done < /proc/self/mountinfo
mkdir "$root/dev"
for device in null zero urandom; do
  : > "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
while [ "$links" -gt 0 ]; do
  mkdir -p "$root$(dirname "$2")"
  ln -s "$1" "$root$2"
  shift 2
  links=$((links - 1))
done
mount -o remount,bind,ro "$place"
ulimit -v "$limit"
ulimit -c 0
exec chroot "$root" "$@"`;

/** The folder of packages in the new root: every module finds them there by name. */
const modules = "/node_modules";

interface NewRoot {
  /** Paths besides those of the system, by their places in the new root. */
  readonly places: ReadonlyMap<string, string>;
  /** Targets of links, by the places of the links. */
  readonly links?: ReadonlyMap<string, string>;
  readonly limitMb: number;
  readonly argv: readonly string[];
  /** Whether it may open connections. */
  readonly network?: boolean;
}

function inNewRoot({
  places,
  links = new Map(),
  limitMb,
  argv,
  network = false,
}: NewRoot): Command {
  const system = [...systemPaths, process.execPath].filter((path) => existsSync(path));
  const all = new Map([...samePlaces(system), ...places]);
  // What is inside another place is there with it. To make room for it could change the original.
  const made = outermost([...all.keys(), ...links.keys()]);
  const pairs = [...all].flatMap(([to, from]) => (made.includes(to) ? [[from, to] as const] : []));
  const linked = [...links].filter(([at]) => made.includes(at) && !all.has(at));
  // What is mounted there can no longer be reached, not even through a link.
  const root = rootPlaces
    .filter((place) => existsSync(place))
    .map(realOf)
    .find((place) => !pairs.some(([from]) => touches(place, from) || touches(place, realOf(from))));
  if (root === undefined)
    throw optionsInvalid(
      `A process needs one of ${rootPlaces.join(", ")} for its new root, and none is left: what it may read contains them, or is in them. Put the plugin in a folder of its own, and name narrower folders.`,
    );
  return {
    command: "setpriv",
    args: [
      // If the host is killed, so is the process.
      "--pdeathsig",
      "KILL",
      "unshare",
      ...namespaces(network),
      "sh",
      "-c",
      script,
      "sh",
      root,
      limitKib(limitMb),
      String(pairs.length),
      String(linked.length),
      ...pairs.flat(),
      ...linked.flatMap(([at, target]) => [target, at]),
      "setpriv",
      "--bounding-set=-all",
      "--inh-caps=-all",
      "--no-new-privs",
      ...argv,
    ],
  };
}

/** A path without links, if it exists: as the kernel lists mounts. */
const realOf = (path: string) => (existsSync(path) ? realpathSync(path) : path);

const samePlaces = (paths: readonly string[]) => paths.map((path) => [path, path] as const);

const limitKib = (limitMb: number) => String(limitMb * 1_024);

/** Node's own flags, which only this process gets. */
function nodeArgs(readable: readonly string[], memoryMb: number, entry: string) {
  const [major = 0] = process.versions.node.split(".").map(Number);
  return [
    // The name of the flag until Node 23.5.
    major < 24 ? "--experimental-permission" : "--permission",
    // Node 20 aborts if it gets a path twice.
    ...new Set(readable.map((path) => `--allow-fs-read=${path}`)),
    // Node 20 has no SQLite, and does not know the flag.
    ...(major >= 22 ? ["--no-experimental-sqlite"] : []),
    // The permissions do not cover trace events, which would be written to the working directory.
    "--trace-event-file-pattern=/dev/null",
    // WebAssembly, which `fetch` uses, would reserve more address space than there is.
    "--disable-wasm-trap-handler",
    `--max-old-space-size=${memoryMb}`,
    "--no-warnings",
    entry,
  ];
}

/** Folders with all their contents, in the syntax of Node's flag. */
const foldersOf = (paths: readonly string[]) => paths.map((path) => `${path}/*`);

/** The command with namespaces, which leave nothing open. */
export function sandboxed(options: SandboxOptions): Command {
  const { packages, entry, links, files, memoryMb, ...given } = options;
  const library = packages.get("glassine") ?? "";
  // A package that the library needs is found where the library finds it, by the plugin too.
  const needed = [...packages.values()].filter((path) => path !== library);
  const readable = given.readable.filter((path) => !needed.includes(path));
  const isInside = (path: string) => readable.some((folder) => isWithin(folder, path));
  // Packages in the plugin's own folders are found there; a second place would load them twice.
  const placed = [...packages].filter(([, from]) => !isInside(from));
  // They are mounted there, and a folder of the host has to stay as it is.
  if (placed.some(([name]) => isInside(`${modules}/${name}`)))
    throw optionsInvalid(
      `A process cannot read ${modules}, because this library takes its place there: use other folders in readable.`,
    );
  const places = new Map([
    ...placed.map(([name, from]) => [`${modules}/${name}`, from] as const),
    ...samePlaces([...readable, ...files]),
  ]);
  const inside = isInside(library) ? entry : `${modules}/glassine${entry.slice(library.length)}`;
  const folders = foldersOf([modules, ...readable, ...links.keys()]);
  const args = nodeArgs([...folders, ...files], memoryMb, inside);
  const argv = [process.execPath, ...args];
  return inNewRoot({ places, links, limitMb: nodeMb + memoryMb, argv });
}

/** The command without namespaces: the operator has accepted what the code can then do. */
export function permitted(options: SandboxOptions): Command {
  const { packages, entry, readable, links, files, memoryMb } = options;
  const folders = foldersOf([...packages.values(), ...readable, ...links.keys()]);
  const args = nodeArgs([...folders, ...files], memoryMb, entry);
  return unconfined({ argv: [process.execPath, ...args], memoryMb: nodeMb + memoryMb });
}

export interface ProgramOptions {
  readonly argv: readonly string[];
  /** Absolute paths that it may read besides the system's programs and libraries. */
  readonly readable: readonly string[];
  /** Whether it may open connections. */
  readonly network: boolean;
  readonly memoryMb: number;
}

/** The system files that a program needs to open connections by name. */
const networkPaths = [
  "/etc/resolv.conf",
  "/etc/hosts",
  "/etc/nsswitch.conf",
  "/etc/ssl/certs",
  // Links in the folder above lead there.
  "/usr/local/share/ca-certificates",
];

/** The command for a program without a permission model, in namespaces. */
export function confined({ argv, readable, network, memoryMb }: ProgramOptions): Command {
  const paths = network
    ? [...readable, ...networkPaths.filter((path) => existsSync(path))]
    : readable;
  const places = new Map(samePlaces(paths));
  return inNewRoot({ places, limitMb: memoryMb, argv, network });
}

/** The same without namespaces: it can do what its account can. */
export function unconfined({ argv, memoryMb }: Pick<ProgramOptions, "argv" | "memoryMb">): Command {
  const [command = "", ...args] = argv;
  if (process.platform !== "linux") return { command, args };
  // If the host is killed, so is the process, where setpriv exists and can see to that.
  const script = `ulimit -v "$1" && ulimit -c 0 && shift || exit
if setpriv --pdeathsig KILL true 2> /dev/null; then exec setpriv --pdeathsig KILL "$@"; fi
exec "$@"`;
  return { command: "sh", args: ["-c", script, "sh", limitKib(memoryMb), ...argv] };
}

let probed: ReturnType<typeof probe> | undefined;

/**
 * What a process can still do on this platform, and why there are no namespaces, if there are none.
 * Tried until it works: even if a kernel has namespaces, it may not let everyone make them, and the
 * host may lack something just now.
 */
export async function platformOf() {
  probed ??= probe();
  const platform = await probed;
  if (platform.why !== undefined) probed = undefined;
  return platform;
}

async function probe(): Promise<{ open: readonly Opening[]; why: string | undefined }> {
  if (process.platform !== "linux")
    return { open: ["network", "signals", "memory"], why: `${process.platform} has no namespaces` };
  const why = await new Promise<string | undefined>((resolve) => {
    const options = { places: new Map(), limitMb: nodeMb + 64, argv: ["true"] };
    const { command, args } = inNewRoot(options);
    execFile(command, [...args], { env: {}, timeout: 10_000 }, (error, _stdout, stderr) =>
      resolve(error === null ? undefined : stderr.trim() || error.message),
    );
    // Without memory left, starting one throws.
  }).catch((error: Error) => error.message);
  return why === undefined ? { open: [], why } : { open: ["network", "signals"], why };
}

/** Whether one of two paths contains the other. */
function touches(one: string, other: string): boolean {
  return isWithin(one, other) || isWithin(other, one);
}

/** The paths that no other one of them contains. */
function outermost(paths: readonly string[]): readonly string[] {
  return paths.filter((path) => !paths.some((other) => other !== path && isWithin(other, path)));
}
