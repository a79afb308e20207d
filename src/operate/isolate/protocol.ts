/**
 * What the host and the far side of an isolated plugin say to each other, a line each: a JSON
 * document, and where a task or a result comes with it, a tab and its text, which has no tab.
 *
 * The host speaks first. `load` is answered by `ready` or `failed`, and each document with an `id` by
 * one with the same. Whatever else comes back answers nothing.
 */
import * as z from "zod/mini";
import { GlassineError } from "../../core/errors/index.ts";

/** Raised when an older far side would misread what the host says. */
export const protocolVersion = 1;

/** What the host says. Nothing of it is foreign: the far side takes it as it is. */
export type HostSays =
  | {
      readonly type: "load";
      readonly protocol: number;
      /** The file of the plugin, and which of its exports it is. */
      readonly file: string;
      readonly exportName: string;
      /** The folder of its package, and the hash that it has to have. */
      readonly package?: { readonly folder: string; readonly hash: string } | undefined;
      /** Whether it has to be shown where the library is. */
      readonly needsHost: boolean;
      readonly config?: unknown;
      /** What the code of the plugin may take, where its far side limits that itself. */
      readonly memoryMb?: number | undefined;
    }
  /** `hook`: the entry of the manifest, which may be one that takes part in several hooks. */
  | { readonly type: "turn"; readonly id: string; readonly hook: string }
  | { readonly type: "health"; readonly id: string }
  | { readonly type: "abort"; readonly id: string };

/** What of loading a plugin failed: its hash, its module, its factory, its manifest, its configuration. */
const loadSteps = ["package", "import", "factory", "manifest", "config"] as const;

export type LoadStep = (typeof loadSteps)[number];

const text = z.string();
const settings = z.looseObject({ extensions: z.boolean() });

/** A manifest without its functions. What is in it, `definePlugin` checks. */
const manifest = z.looseObject({
  name: text,
  version: text,
  hooks: z.record(text, settings),
  hasHealthCheck: z.boolean(),
});

export type FarManifest = Readonly<z.output<typeof manifest>>;

const farSays = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("ready"),
    protocol: z.number(),
    features: z.array(text),
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

export type FarSays = Readonly<z.output<typeof farSays>>;

/** What was said, with the text that came with it: empty where none did. */
export type Said<Says> = Says & { readonly text: string };

/** A line without its end. `text` is what `encodeTask`, `encodeResult` or `encodeError` wrote. */
export function writeLine(says: HostSays | FarSays, text = ""): string {
  const document = JSON.stringify(says);
  return text === "" ? document : `${document}\t${text}`;
}

/** What a line of the far side says; `undefined` for what says nothing. Its code is foreign. */
export function readFarSide(line: string): Said<FarSays> | undefined {
  try {
    const { document, text } = parts(line);
    const read = farSays.safeParse(document);
    return read.success ? { ...read.data, text } : undefined;
  } catch {
    return undefined;
  }
}

/** What the host says, which is taken as it is. */
export function readHost(line: string): Said<HostSays> {
  const { document, text } = parts(line);
  return { ...(document as HostSays), text };
}

function parts(line: string): { readonly document: unknown; readonly text: string } {
  const tab = line.indexOf("\t");
  const end = tab === -1 ? line.length : tab;
  return { document: JSON.parse(line.slice(0, end)) as unknown, text: line.slice(end + 1) };
}

export type Ready = Extract<FarSays, { readonly type: "ready" }>;
export type Reply = Said<Extract<FarSays, { readonly id: string }>>;

/** Why nothing comes back. */
export function pluginEnded(
  why: string,
  cause?: unknown,
  data: { readonly startTimeoutMs?: number } = {},
): GlassineError {
  return new GlassineError("plugin_ended", `The isolated plugin ${why}.`, data, cause);
}
