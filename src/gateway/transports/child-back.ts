/** A server that runs as a child process, reached over its standard input and output. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import type { Readable, Writable } from "node:stream";
import { within } from "../../core/data/index.ts";
import { redactText } from "../../core/observe/index.ts";
import { answeredId } from "./answered-id.ts";
import type { ByteBudget } from "./byte-budget.ts";
import { messagesIn } from "./caller-messages.ts";
import { documentIn, readLines, writeLine } from "./json-lines.ts";
import { inSlices } from "./slices.ts";
import type { Handed, Message, RequestId, Transport } from "./transport.ts";

export type ChildNote = "stderr" | "stdout_invalid" | "exited";

export interface ChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment of the child. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string | undefined;
  readonly maxBytes: number;
  /** For what all processes of this server write. */
  readonly budget: ByteBudget;
  /** How many bytes may wait for a child that does not read. */
  readonly queuedBytes: number;
  /** Aborts when whoever ends the gateway waits no longer, so a child that is being ended must go. */
  readonly hurried?: AbortSignal | undefined;
  /** Receives lines of stderr, faults in stdout, and how the child ended by itself. */
  readonly onNote: (kind: ChildNote, text: string) => void;
  /** A message is too large. Without the id of the request that it answers, the child is ended. */
  readonly onTooLarge: (id: RequestId | undefined) => void;
}

export interface ChildBack extends Transport {
  readonly pid: number | undefined;
  /** When the child last wrote a line, as `performance.now()`. */
  readonly heardAt: number;
  /** Settles when the child has ended; undefined unless the gateway is ending it. */
  readonly ending: Promise<void> | undefined;
}

/** The variables that every child inherits. None of them holds a secret. */
const inherited =
  process.platform === "win32"
    ? [
        "APPDATA",
        "HOMEDRIVE",
        "HOMEPATH",
        "LOCALAPPDATA",
        "PATH",
        "PROCESSOR_ARCHITECTURE",
        "SYSTEMDRIVE",
        "SYSTEMROOT",
        "TEMP",
        "USERNAME",
        "USERPROFILE",
        "PROGRAMFILES",
      ]
    : ["HOME", "LANG", "LOGNAME", "PATH", "SHELL", "TERM", "TMPDIR", "USER"];

/** Returns a child's environment: the inherited variables, and those that the operator set. */
export function childEnvironment(
  own: Readonly<Record<string, string | undefined>>,
  given: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const kept = inherited.flatMap((name) => {
    const value = own[name];
    // Such a value is a shell function, which a shell would run.
    return value === undefined || value.startsWith("()") ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(kept), ...given };
}

/** Says why `start` failed, in words for the operator. */
export class ChildFailure extends Error {
  override readonly name = "ChildFailure";
  readonly code: string;
  constructor(code: string, message: string, cause: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** How long a line on standard error may be. */
const maxErrorBytes = 8192;
/** How long each step of ending a child may take. */
const endMs = 2000;
/** What ends a child that outlives its input, and how long it has before that if it must hurry. */
const endings = [
  ["SIGTERM", 0],
  ["SIGKILL", 1000],
] as const;
type Child = ChildProcessByStdio<Writable, Readable, Readable>;
const hasGroups = process.platform !== "win32";

export function childBack(options: ChildOptions): ChildBack {
  const { command, args, env, cwd, maxBytes, budget, queuedBytes, hurried } = options;
  const { onNote, onTooLarge } = options;
  let child: Child | undefined;
  let isGone = false;
  let heardAt = 0;
  let closing: Promise<void> | undefined;
  /** Runs while an oversized message has not ended. */
  let endless: NodeJS.Timeout | undefined;
  const afterMessage = inSlices();
  let onGone = () => {};
  const whenGone = new Promise<void>((resolve) => {
    onGone = resolve;
  });
  const exited = new AbortController();

  const transport: ChildBack = {
    get pid() {
      return child?.pid;
    },
    get heardAt() {
      return heardAt;
    },
    get ending() {
      return closing;
    },
    start: () =>
      new Promise((resolve, reject) => {
        const made = spawn(command, [...args], {
          env,
          cwd,
          stdio: ["pipe", "pipe", "pipe"],
          shell: false,
          windowsHide: true,
          // Its own group, so that its children end with it and Ctrl+C reaches the gateway first.
          detached: hasGroups,
        });
        child = made;
        made.once("spawn", resolve);
        made.on("error", (error: NodeJS.ErrnoException) => {
          reject(startFailure(command, cwd, error));
          transport.onerror?.(error);
          gone();
        });
        // That event follows. Where no more files can be opened, there are no streams either.
        if (made.pid === undefined) return;
        made.once("exit", (code, signalName) => {
          exited.abort();
          const isOwn = closing === undefined;
          // Its own children may have outlived it. Later, another process may have its id.
          signal("SIGKILL");
          // First comes what it wrote before it ended.
          void Promise.all([output.drained(), errors.drained()]).then(() => {
            if (isOwn && !isGone) onNote("exited", `with ${signalName ?? `code ${code}`}`);
            gone();
          });
        });
        const { stdin, stdout, stderr } = made;
        // If the child is gone, its exit event reports that.
        stdin.on("error", () => {});
        const output = readLines(stdout, maxBytes, {
          async line(text) {
            heardAt = performance.now();
            // The last words of a process that has ended: before them, nobody hears of its end.
            const reserved = await budget.reserve(text.length, exited.signal);
            const handed: Handed[] = [];
            try {
              await passOn(text, handed);
            } finally {
              reserved.releaseAfter(handed);
            }
          },
          tooLong() {
            onNote(
              "stdout_invalid",
              `a message of more than ${maxBytes} bytes: see limits.messageBytes`,
            );
            endless = setTimeout(() => tooLarge(undefined), endMs).unref();
          },
          dropped: (head, tail) => tooLarge(answeredId(head, tail)),
        });
        const afterLine = inSlices();
        const errors = readLines(stderr, maxErrorBytes, {
          line(text) {
            heardAt = performance.now();
            onNote("stderr", text);
            return afterLine();
          },
          // Of a part of a line, a secret that is cut off could not be removed.
          tooLong: () =>
            onNote("stderr", `a line of more than ${maxErrorBytes} bytes, which is left out`),
        });
      }),
    async send(message: Message) {
      const stdin = child?.stdin;
      if (stdin === undefined || isGone || closing !== undefined)
        throw new Error("The server is gone.");
      if (stdin.writableLength > queuedBytes)
        throw new Error("The server is not reading its input.");
      try {
        await writeLine(stdin, message);
      } catch (error) {
        // Most likely it has ended, and how says more than a broken pipe: that is reported first.
        await within(endMs, () => whenGone);
        throw error;
      }
    },
    close() {
      closing ??= endChild();
      return closing;
    },
  };

  /** Passes on the messages of a line, and adds to `handed` what becomes of them. */
  async function passOn(line: string, handed: Handed[]): Promise<void> {
    const document = documentIn(line);
    if (document === undefined) {
      onNote("stdout_invalid", `a line of ${line.length} characters that is not JSON`);
      await afterMessage();
      return;
    }
    for (const message of messagesIn(document)) {
      if (isGone) return;
      handed.push(transport.onmessage?.(message, {}));
      await afterMessage();
    }
  }

  function tooLarge(id: RequestId | undefined): void {
    clearTimeout(endless);
    if (isGone) return;
    if (id === undefined) void transport.close();
    onTooLarge(id);
  }

  function gone(): void {
    if (isGone) return;
    isGone = true;
    clearTimeout(endless);
    onGone();
    transport.onclose?.();
  }

  function signal(name: NodeJS.Signals): void {
    if (child?.pid === undefined) return;
    try {
      if (hasGroups) process.kill(-child.pid, name);
      else child.kill(name);
    } catch {
      // The process is already gone.
    }
  }

  /** In the order that MCP asks for: close its input, then SIGTERM, then SIGKILL. */
  async function endChild(): Promise<void> {
    if (child?.pid === undefined) return;
    child.stdin.end();
    for (const [name, hurriedMs] of endings) {
      if (await hasEnded(child, hurriedMs)) break;
      signal(name);
    }
    const last = setTimeout(gone, endMs).unref();
    await whenGone;
    clearTimeout(last);
  }

  /** Waits for `endMs`, or for `hurriedMs` from when the gateway has to hurry. */
  async function hasEnded(made: Child, hurriedMs: number): Promise<boolean> {
    const isOver = () => isGone || made.exitCode !== null || made.signalCode !== null;
    if (!isOver()) await within(endMs, () => once(made, "exit", { signal: hurried }));
    if (!isOver() && hurried?.aborted) await within(hurriedMs, () => once(made, "exit"));
    return isOver();
  }

  return transport;
}

function startFailure(
  given: string,
  cwd: string | undefined,
  error: NodeJS.ErrnoException,
): ChildFailure {
  // By mistake it may contain the arguments, and so a secret.
  const command = redactText(given, []);
  if (error.code === "ENOENT") {
    const where = cwd === undefined ? "" : `, or there is no folder ${cwd}`;
    const text = `there is no program "${command}"${where}. Install it, or give its whole path.`;
    return new ChildFailure("command_missing", text, error);
  }
  if (error.code === "ENOTDIR" && cwd !== undefined) {
    const text = `"${command}" could not be started: ${cwd} is not a folder.`;
    return new ChildFailure("command_failed", text, error);
  }
  const why = error.code === "EACCES" ? "it is not executable" : (error.code ?? "it failed");
  return new ChildFailure("command_failed", `"${command}" could not be started: ${why}.`, error);
}
