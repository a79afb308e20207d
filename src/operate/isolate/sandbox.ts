/**
 * The command that starts a process which can do nothing but compute: Node's permission model for
 * files, programs, threads and addons, and namespaces of Linux for what that leaves open.
 *
 * Sources: the Node.js documentation of process-based permissions; unshare(1), setpriv(1), mount(8)
 * of util-linux; namespaces(7).
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { sep } from "node:path";
import process from "node:process";
import type { Opening } from "./kinds.ts";

export interface SandboxOptions {
  /** The folder of this library, and of each package that it imports, by name. */
  readonly packages: ReadonlyMap<string, string>;
  /** The file of this library that Node runs. */
  readonly entry: string;
  /** Absolute paths of folders that it may read beside them. */
  readonly readable: readonly string[];
  /** The package.json that says of which kind the plugin's modules are, if it is in none of them. */
  readonly scope: string | undefined;
  readonly memoryMb: number;
}

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
}

/** What Node takes as address space beside the heap that its flag limits. */
const nodeMb = 1_900;

/** Programs and libraries of the system, which the new root has, too. */
const systemPaths = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache"];

/** Where the new root is built: whichever of these is there, and holds nothing that is needed. */
const rootPlaces = ["/mnt", "/media", "/srv", "/opt", "/home", "/run", "/tmp"];

/** Namespaces of its own; the network's unless it may open connections. */
const namespaces = (network: boolean) => [network ? "-rpmiu" : "-rnpmiu", "--fork", "--kill-child"];

/**
 * Builds a root of the given folders alone, and starts the rest of its arguments in it. `$1` is
 * where, `$2` a limit in KiB, `$3` whether nothing in it can be written, `$4` how many pairs follow of
 * a path and where it is to be.
 */
const script = `set -eu
root=$1 limit=$2 locked=$3 count=$4
shift 4
mount -t tmpfs -o mode=755 none "$root"
mkdir "$root/dev"
for device in null zero urandom; do
  : > "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
while [ "$count" -gt 0 ]; do
  if [ -d "$1" ]; then mkdir -p "$root$2"; else mkdir -p "$root$(dirname "$2")"; : > "$root$2"; fi
  mount --bind "$1" "$root$2"
  if [ "$locked" = yes ]; then mount -o remount,bind,ro,nosuid,nodev "$root$2"; fi
  shift 2
  count=$((count - 1))
done
if [ "$locked" = yes ]; then mount -o remount,ro "$root"; fi
ulimit -v "$limit"
ulimit -c 0
exec chroot "$root" "$@"`;

/** Where packages are in the new root: every module finds them there, by their names. */
const modules = "/node_modules";

interface Pair {
  readonly from: string;
  readonly to: string;
}

interface NewRoot {
  readonly pairs: readonly Pair[];
  readonly limitMb: number;
  readonly argv: readonly string[];
  /** Whether nothing can be written: needed where no permission model of the program forbids it. */
  readonly isLocked?: boolean;
  /** Whether it may open connections. */
  readonly network?: boolean;
}

function inNewRoot({ pairs, limitMb, argv, isLocked = false, network = false }: NewRoot): Command {
  const system = [...systemPaths, process.execPath].filter((path) => existsSync(path));
  const same = outermost([...system, ...pairs.map(({ to }) => to)]);
  const all = [
    ...system.filter((path) => same.includes(path)).map((path) => ({ from: path, to: path })),
    ...pairs,
  ];
  const root = rootPlaces.find(
    (place) => existsSync(place) && !all.some(({ from }) => touches(place, from)),
  );
  if (root === undefined) throw new Error("There is no folder for a new root.");
  const flat = all.flatMap(({ from, to }) => [from, to]);
  return {
    command: "setpriv",
    args: [
      // A host that is killed takes it along.
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
      isLocked ? "yes" : "no",
      String(all.length),
      ...flat,
      "setpriv",
      "--bounding-set=-all",
      "--inh-caps=-all",
      "--no-new-privs",
      ...argv,
    ],
  };
}

const limitKib = (limitMb: number) => String(limitMb * 1_024);

/** Node's own flags. Only this process is started with them. */
function nodeArgs(readable: readonly string[], memoryMb: number, entry: string) {
  const [major = 0] = process.versions.node.split(".").map(Number);
  return [
    // The name of the flag until Node 23.5.
    major < 24 ? "--experimental-permission" : "--permission",
    ...readable.map((path) => `--allow-fs-read=${path}`),
    // Node 20 has no database, and does not know the flag.
    ...(major >= 22 ? ["--no-experimental-sqlite"] : []),
    // WebAssembly, which `fetch` parses with, would reserve more addresses than there are.
    "--disable-wasm-trap-handler",
    `--max-old-space-size=${memoryMb}`,
    "--no-warnings",
    entry,
  ];
}

/** As Node's flag has folders with all that is in them. */
const foldersOf = (paths: readonly string[]) => paths.map((path) => `${path}/*`);

/** With namespaces: nothing is open. */
export function sandboxed({ packages, entry, readable, scope, memoryMb }: SandboxOptions): Command {
  const files = scope === undefined ? [] : [scope];
  const isInside = (path: string) => readable.some((folder) => `${path}/`.startsWith(`${folder}/`));
  // What is in a folder of the plugin it finds there. In two places it would be two libraries.
  const placed = [...packages].filter(([, from]) => !isInside(from));
  const pairs = [
    ...placed.map(([name, from]) => ({ from, to: `${modules}/${name}` })),
    ...outermost(readable).map((path) => ({ from: path, to: path })),
    ...files.map((path) => ({ from: path, to: path })),
  ];
  const own = packages.get("glassine") ?? "";
  const inside = isInside(own) ? entry : `${modules}/glassine${entry.slice(own.length)}`;
  const args = nodeArgs([...foldersOf([modules, ...readable]), ...files], memoryMb, inside);
  return inNewRoot({ pairs, limitMb: nodeMb + memoryMb, argv: [process.execPath, ...args] });
}

/** Without: what is open, the operator accepts. */
export function permitted({ packages, entry, readable, scope, memoryMb }: SandboxOptions): Command {
  const files = scope === undefined ? [] : [scope];
  const folders = foldersOf([...packages.values(), ...readable]);
  const args = nodeArgs([...folders, ...files], memoryMb, entry);
  return unconfined({ argv: [process.execPath, ...args], memoryMb: nodeMb + memoryMb });
}

export interface ProgramOptions {
  readonly argv: readonly string[];
  /** Absolute paths of what it may read beside the system's programs and libraries. */
  readonly readable: readonly string[];
  /** Whether it may open connections. */
  readonly network: boolean;
  readonly memoryMb: number;
}

/** What a program needs of the system to open connections by name. */
const networkPaths = ["/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/ssl/certs"];

/** A program without a permission model of its own, in namespaces: it can write nothing. */
export function confined({ argv, readable, network, memoryMb }: ProgramOptions): Command {
  const paths = network
    ? [...readable, ...networkPaths.filter((path) => existsSync(path))]
    : readable;
  const outer = outermost(paths).filter((path) => !isInSystem(path));
  const pairs = outer.map((path) => ({ from: path, to: path }));
  return inNewRoot({ pairs, limitMb: memoryMb, argv, isLocked: true, network });
}

/** The same without namespaces: it can do what its account can. */
export function unconfined({ argv, memoryMb }: Pick<ProgramOptions, "argv" | "memoryMb">): Command {
  const [command = "", ...args] = argv;
  if (process.platform !== "linux") return { command, args };
  const script = 'ulimit -v "$1" && ulimit -c 0 && shift && exec "$@"';
  return { command: "sh", args: ["-c", script, "sh", limitKib(memoryMb), ...argv] };
}

const isInSystem = (path: string) =>
  systemPaths.some((each) => path === each || path.startsWith(each + sep));

/** What a process can still do on this platform, and why. */
export interface Platform {
  readonly open: readonly Opening[];
  /** Why there are no namespaces; undefined where there are. */
  readonly why: string | undefined;
}

let probed: Promise<Platform> | undefined;

/** Tried once a process: that a kernel has namespaces does not say who may make them. */
export function platformOf(): Promise<Platform> {
  probed ??= probe();
  return probed;
}

async function probe(): Promise<Platform> {
  if (process.platform !== "linux")
    return { open: ["network", "signals", "memory"], why: `${process.platform} has no namespaces` };
  const { command, args } = inNewRoot({ pairs: [], limitMb: nodeMb + 64, argv: ["true"] });
  const why = await new Promise<string | undefined>((resolve) => {
    execFile(command, [...args], { env: {}, timeout: 10_000 }, (error, _stdout, stderr) =>
      resolve(error === null ? undefined : stderr.trim() || error.message),
    );
  });
  return why === undefined ? { open: [], why } : { open: ["network", "signals"], why };
}

/** Whether one of two paths is in the other. */
function touches(one: string, other: string): boolean {
  return `${one}${sep}`.startsWith(`${other}${sep}`) || `${other}${sep}`.startsWith(`${one}${sep}`);
}

/** Without those that another one of them contains. */
function outermost(paths: readonly string[]): readonly string[] {
  const all = [...new Set(paths)];
  return all.filter((path) => !all.some((other) => other !== path && path.startsWith(other + sep)));
}
