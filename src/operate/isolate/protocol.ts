/**
 * The messages between the host and the far side of an isolated plugin, one per line: a JSON
 * document, and if a task, a result or an error comes with it, a tab and its text, which has no
 * tab.
 *
 * The host speaks first. The answer to `load` is `ready` or `failed`; the answer to a document with
 * an `id` has the same `id`. Anything else that comes back answers nothing.
 */
import * as z from "zod/mini";
import { GlassineError } from "../../core/errors/index.ts";
import { maxOtherUnits } from "./result-size.ts";

/** Raised when an older far side would misread what the host says. */
export const protocolVersion = 1;

/** What the host says. It is not foreign, so the far side does not check it. */
export type HostMessage =
  | {
      readonly type: "load";
      readonly protocol: number;
      /** The plugin's file, and which of its exports is the plugin. */
      readonly file: string;
      readonly exportName: string;
      /** The folder of its package, and the hash that it must have; `null` for any. */
      readonly package?: { readonly folder: string; readonly hash: string | null } | undefined;
      readonly config?: unknown;
      /** The memory limit of the plugin's code, if its far side applies that itself. */
      readonly memoryMb?: number | undefined;
    }
  /** `hook`: the manifest's entry, which may take part in several hooks. */
  | { readonly type: "turn"; readonly id: string; readonly hook: string }
  | { readonly type: "health"; readonly id: string }
  | { readonly type: "abort"; readonly id: string };

/** What failed while loading a plugin: hash, module, factory, manifest or configuration. */
const loadSteps = ["package", "import", "factory", "manifest", "config"] as const;

export type LoadStep = (typeof loadSteps)[number];

const text = z.string();
const settings = z.looseObject({ extensions: z.boolean() });

/** A manifest without its functions. `definePlugin` checks its contents. */
const manifest = z.looseObject({
  name: text,
  version: text,
  hooks: z.record(text, settings),
  hasHealthCheck: z.boolean(),
});

export type FarManifest = Readonly<z.output<typeof manifest>>;

const farMessage = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("ready"),
    protocol: z.number(),
    manifest,
  }),
  z.object({ type: z.literal("failed"), step: z.enum(loadSteps), message: text }),
  z.object({ type: z.literal("result"), id: text }),
  z.object({ type: z.literal("error"), id: text }),
  z.object({
    type: z.literal("health"),
    id: text,
    status: z.enum(["healthy", "degraded", "unhealthy", "unknown"]),
    message: text,
  }),
]);

export type FarMessage = Readonly<z.output<typeof farMessage>>;

/** A message with the text that came with it, which is empty if there was none. */
export type ReceivedMessage<Message> = Message & { readonly text: string };

export type TurnMessage = ReceivedMessage<Extract<HostMessage, { readonly type: "turn" }>>;

/** A line without its end. `text` comes from `encodeTask`, `encodeResult` or `encodeError`. */
export function writeLine(message: HostMessage | FarMessage, text = ""): string {
  const document = JSON.stringify(message);
  return text === "" ? document : `${document}\t${text}`;
}

/** The longest document of the far side, in UTF-16 units: the answer to `load`, and any other. */
const maxDocument = { greeting: 1024 * 1024, reply: maxOtherUnits } as const;

/** The longest message that the far side's own code writes, so that its document is not too long. */
export const maxMessage = 10_000;

/**
 * Reads a line of the far side, whose code is foreign; `undefined` if it is not a message. Parses
 * no long document, because that could take seconds.
 */
export function readFarSide(
  line: string,
  expected: keyof typeof maxDocument,
): ReceivedMessage<FarMessage> | undefined {
  if (endOfDocument(line) > maxDocument[expected]) return undefined;
  try {
    const { document, text } = parts(line);
    const read = farMessage.safeParse(document);
    return read.success ? { ...read.data, text } : undefined;
  } catch {
    return undefined;
  }
}

/** Reads a line of the host, without checks. */
export function readHost(line: string): ReceivedMessage<HostMessage> {
  const { document, text } = parts(line);
  return { ...(document as HostMessage), text };
}

function parts(line: string): { readonly document: unknown; readonly text: string } {
  const end = endOfDocument(line);
  return { document: JSON.parse(line.slice(0, end)) as unknown, text: line.slice(end + 1) };
}

function endOfDocument(line: string): number {
  const tab = line.indexOf("\t");
  return tab === -1 ? line.length : tab;
}

export type Ready = Extract<FarMessage, { readonly type: "ready" }>;
export type Reply = ReceivedMessage<Extract<FarMessage, { readonly id: string }>>;

/** The error for a far side that will not answer. */
export function pluginEnded(
  why: string,
  data: { readonly startTimeoutMs?: number } = {},
): GlassineError {
  return new GlassineError("plugin_ended", `The isolated plugin ${why}.`, data);
}
