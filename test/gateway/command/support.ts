/** Runs `glassine gateway …` in this process, with a fake gateway. */
import { EventEmitter } from "node:events";
import { PassThrough } from "node:stream";
import { definePlugin } from "glassine";
import { vi } from "vitest";
import * as z from "zod";
import { gatewayCommands } from "../../../src/gateway/command/index.ts";
import type { StockPlugins } from "../../../src/gateway/config/index.ts";
import type { GatewayParts, OpenGateway } from "../../../src/gateway/run/parts.ts";
import { readCommandHost } from "../../../src/operate/cli/command-host.ts";
import { runCommand } from "../../../src/operate/cli/run-command.ts";
import { errorDocument } from "../../cli/support/expect-document.ts";
import { commandServices } from "../../cli/support/run.ts";

/** The gateway of the real command. */
export { openGateway } from "../../../src/gateway/run/open-gateway.ts";
export { errorDocument, type GatewayParts, type StockPlugins };

/** A fake gateway that records what it is asked to do. */
export function double() {
  const parts: GatewayParts[] = [];
  let end: (how: { readonly code?: string }) => void = () => {};
  const ended = new Promise<{ readonly code?: string }>((resolve) => {
    end = resolve;
  });
  const state = {
    parts,
    isClosed: false,
    end,
    refuses: undefined as Error | undefined,
    /** What `close` waits for. */
    closing: undefined as Promise<void> | undefined,
  };
  let held: Promise<void> | undefined;
  /** Keeps reloads waiting until the returned function is called. */
  const hold = () => {
    let release = () => {};
    held = new Promise((resolve) => {
      release = resolve;
    });
    return release;
  };
  const openGateway: OpenGateway = async (first) => {
    parts.push(first);
    const logged = (
      { log, manager: { plugins } }: GatewayParts,
      event: "ready" | "reloaded",
      more?: object,
    ) =>
      log.info(event, {
        generation: parts.length,
        plugins: plugins.map(({ name }) => name),
        ...more,
      });
    return {
      announce: (more) => logged(first, "ready", more),
      address: first.config.listen && { host: first.config.listen.host, port: 4321 },
      get generation() {
        return parts.length;
      },
      async reload(next) {
        await held;
        if (state.refuses !== undefined) throw state.refuses;
        parts.push(next);
        logged(next, "reloaded");
      },
      async close() {
        await state.closing;
        state.isClosed = true;
      },
      ended,
      counts: () => ({
        started: 0,
        allowed: 0,
        denied: 0,
        errored: 0,
        aborted: 0,
        open: 0,
        dropped: 0,
      }),
    };
  };
  return { state, openGateway, hold };
}

const named = (name: string, manifest: object = {}) =>
  definePlugin({ name, version: "1.0.0", ...manifest });

const ownStock: StockPlugins = {
  quiet: { options: z.unknown(), make: () => named("quiet") },
  "header-writer": {
    options: z.unknown(),
    make: () =>
      named("header-writer", {
        capabilities: ["write_headers"],
        hooks: { "cmf.tool_pre_invoke": { handler: () => undefined, extensions: true } },
      }),
  },
  "foreign-writer": {
    options: z.unknown(),
    make: () =>
      named("foreign-writer", {
        capabilities: ["write_headers"],
        hooks: { "cmf.llm_input": { handler: () => undefined, extensions: true } },
      }),
  },
  "headers-both-ways": {
    options: z.unknown(),
    make: () =>
      named("headers-both-ways", {
        capabilities: ["write_headers"],
        hooks: {
          "cmf.tool_pre_invoke": (_message: object, _context: object, _extensions: object) => {},
          "cmf.tool_post_invoke": (_message: object) => {},
        },
      }),
  },
  "prompt-reader": {
    options: z.unknown(),
    make: () => named("prompt-reader", { hooks: { "cmf.prompt_pre_fetch": () => undefined } }),
  },
  "allow-list": { options: z.unknown(), make: () => named("allow-list") },
  "role-guard": { options: z.unknown(), make: () => named("role-guard") },
  "egress-guard": { options: z.unknown(), make: () => named("egress-guard") },
  "rate-limit": { options: z.unknown(), make: () => named("rate-limit") },
  evaluator: {
    options: z.unknown(),
    make: () =>
      named("evaluator", {
        hooks: { evaluate: () => undefined, "cmf.llm_input": () => undefined },
      }),
  },
  foreign: {
    options: z.unknown(),
    make: () => named("foreign", { hooks: { "cmf.llm_input": () => undefined } }),
  },
};

interface Given {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly openGateway?: OpenGateway;
  /** The stock plugins. Default: some that are made for tests. */
  readonly stock?: StockPlugins;
}

/** Starts a command, and returns before it has ended. */
export function start(argv: readonly string[], given: Given = {}) {
  const { cwd = "/", env = {}, openGateway = double().openGateway, stock = ownStock } = given;
  const signals = new EventEmitter();
  const stdin = new PassThrough();
  const texts = { out: "", err: "", log: "" };
  const sink = (key: keyof typeof texts) => ({
    write(text: string, done: () => void) {
      texts[key] += text;
      done();
      return true;
    },
    on: () => {},
  });
  const logStream = {
    writableLength: 0,
    write(line: Buffer) {
      texts.log += line;
    },
  };
  const state: { failed?: (thrown: unknown) => void } = {};
  const code = runCommand({
    argv,
    cwd,
    stdin,
    services: commandServices,
    env: { XDG_RUNTIME_DIR: cwd, PATH: process.env.PATH ?? "", ...env },
    stdout: sink("out"),
    stderr: sink("err"),
    isTTY: { stdout: false, stderr: false },
    host: readCommandHost({ bin: "glassine" }),
    further: gatewayCommands(async () => ({
      openGateway,
      stock,
      signals,
      logStream,
      onStuck: () => {},
      reportFailuresTo: (own) => {
        state.failed = own;
        return () => {};
      },
    })),
  });
  const events = () =>
    texts.log
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  return {
    code,
    signals,
    stdin,
    texts,
    logStream,
    events,
    /** Throws where no caller can catch it, as in a timer. */
    fail: (thrown: unknown) => state.failed?.(thrown),
    /** Waits for an event in the log. */
    seen: (event: string, times = 1) =>
      vi.waitFor(
        () => {
          const found = events().filter((each) => each.event === event);
          if (found.length < times) throw new Error(`no ${event} in ${texts.log}${texts.err}`);
          return found.at(-1);
        },
        { timeout: 10_000 },
      ),
  };
}

/** Runs a command to its end. */
export async function run(argv: readonly string[], given: Given = {}) {
  const running = start(argv, given);
  const code = await running.code;
  const { out: stdout, err: stderr } = running.texts;
  return { code, stdout, stderr, document: () => JSON.parse(stdout) };
}

/** The error code of a document, which has to be a refusal. */
export const codeOf = (document: unknown) => errorDocument.parse(document).error.code;
