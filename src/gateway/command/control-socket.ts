/**
 * Lets `gateway reload` reach the gateway with the same configuration, through a socket in a folder
 * that only this user can enter. Unlike a PID file, it never leads to another program, reports how
 * the reload went, and does not answer if the gateway is gone.
 */
import { createHash } from "node:crypto";
import { lstat, mkdir, realpath, unlink } from "node:fs/promises";
import { createConnection, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import * as z from "zod";
import { attempt } from "../../core/data/index.ts";
import type { Environment } from "../../core/plugins/index.ts";
import { refusal, say } from "../../operate/cli/index.ts";
import { systemCode } from "../../operate/packages/index.ts";
import { maxSocketBytes } from "./envoy-addresses.ts";

const outcomeSchema = z.object({
  ok: z.boolean(),
  /** The generation that is now in effect. */
  generation: z.int(),
  /** What the new configuration lacks or probably gets wrong. */
  warnings: z.array(z.string()).readonly().optional(),
  /** Why the configuration was refused. */
  code: z.string().optional(),
  message: z.string().optional(),
  /** The lines that a start prints about what to do, if the message does not say it. */
  steps: z.array(z.string()).readonly().optional(),
});

/** How a reload went. */
export type ReloadOutcome = Readonly<z.output<typeof outcomeSchema>>;

const request = "reload\n";
const maxAnswer = 1024 * 1024;

interface Place {
  /** Empty if the system has no folder for it. */
  readonly folder: string;
  readonly path: string;
}

/**
 * Returns where the gateway of a configuration file listens, however its folder is reached. The
 * file itself may be a link that is replaced for each new configuration.
 *
 * @throws CommandFailure `io_failed` if the path would be too long
 */
export async function placeOf(file: string, env: Environment): Promise<Place> {
  const config = join(await realpath(dirname(file)), basename(file));
  const name = `glassine-gateway-${createHash("sha256").update(config).digest("hex").slice(0, 16)}`;
  if (process.platform === "win32") return { folder: "", path: `\\\\.\\pipe\\${name}` };
  const own = env.XDG_RUNTIME_DIR || join(tmpdir(), `glassine-${process.getuid?.()}`);
  const path = join(own, `${name}.sock`);
  if (Buffer.byteLength(path) > maxSocketBytes)
    throw refusal(
      "io_failed",
      say`${own} is too long for the path of a socket: set XDG_RUNTIME_DIR to a shorter one`,
    );
  return { folder: own, path };
}

/**
 * Answers requests to reload the gateway of `file`.
 *
 * @returns a function that stops this
 * @throws Error if there is no safe place for the socket, or another gateway has it
 */
export async function serveReloads(
  file: string,
  env: Environment,
  reload: () => Promise<ReloadOutcome>,
): Promise<() => Promise<void>> {
  const { folder, path } = await placeOf(file, env);
  if (folder !== "") {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await expectOwnFolder(folder);
  }
  const server = createServer((socket) => void answer(socket, reload));
  await listen(server, path).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== "EADDRINUSE") throw error;
    const other = await connectTo(path);
    other?.destroy();
    if (other !== undefined)
      throw new Error("another gateway with this configuration answers reloads");
    // A gateway that was killed left the socket behind.
    await unlink(path);
    await listen(server, path);
  });
  // Does not keep the process alive.
  server.unref();
  return () => new Promise((resolve) => server.close(() => resolve()));
}

/**
 * Others could put their own socket into a folder that not only this user can use.
 *
 * @throws CommandFailure `io_failed`
 */
async function expectOwnFolder(folder: string): Promise<void> {
  const stats = await lstat(folder);
  const isOwn =
    stats.isDirectory() && stats.uid === process.getuid?.() && (stats.mode & 0o077) === 0;
  if (!isOwn)
    throw refusal(
      "io_failed",
      say`${folder} must be a folder that belongs to this user and that nobody else can enter`,
    );
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, () => {
      server.off("error", reject);
      server.on("error", () => {});
      resolve();
    });
  });
}

/** Resolves to undefined if nothing answers there. */
function connectTo(path: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    socket.once("connect", () => resolve(socket)).on("error", () => resolve(undefined));
  });
}

async function answer(socket: Socket, reload: () => Promise<ReloadOutcome>): Promise<void> {
  socket.on("error", () => {});
  socket.setTimeout(5000, () => socket.destroy());
  const asked = await textOf(socket, request.length);
  if (asked !== request) {
    socket.destroy();
    return;
  }
  socket.setTimeout(0);
  // One that asked and does not hang up would keep the gateway from ending.
  socket.end(JSON.stringify(await reload()), () => socket.destroy());
}

/** Resolves to what arrives until there are `units` of it or the other side ends. */
function textOf(socket: Socket, units: number): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    const end = () => resolve(text);
    socket.setEncoding("utf8");
    socket.on("data", (piece: string) => {
      text += piece;
      if (text.length >= units) end();
    });
    socket.once("end", end).once("close", end);
  });
}

/**
 * Asks the gateway at a place to reload. Resolves to undefined if none answers there, and to
 * "timeout" if one is there, but has not answered within `timeoutMs`.
 *
 * @throws CommandFailure `io_failed` if another user could answer in its place
 */
export async function askReload(
  { folder, path }: Place,
  timeoutMs: number,
): Promise<ReloadOutcome | "timeout" | undefined> {
  try {
    if (folder !== "") await expectOwnFolder(folder);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
  const socket = await connectTo(path);
  if (socket === undefined) return undefined;
  return new Promise((resolve) => {
    socket.setTimeout(timeoutMs, () => {
      resolve("timeout");
      socket.destroy();
    });
    socket.write(request);
    const outcomeIn = (text: string) => attempt(() => outcomeSchema.parse(JSON.parse(text)));
    void textOf(socket, maxAnswer).then((text) => resolve(outcomeIn(text)));
  });
}
