/** A host with a hook of each semantic, and helpers to make plugins. */

import { defineHooks, defineHost, jsonValue } from "glassine/host";
import * as z from "zod";

const facts = z.looseObject({});

export const hooks = defineHooks({
  vote: { semantic: "voting", description: "May it be?", payload: facts, band: "AUTHZ" },
  must_vote: {
    semantic: "voting",
    description: "May it be? Somebody has to say.",
    payload: facts,
    required: true,
  },
  value: {
    semantic: "filter_chain",
    description: "A value on its way.",
    payload: jsonValue(),
    ordering: "plugins_first",
  },
  texts: {
    semantic: "filter_chain",
    description: "A list of texts.",
    payload: z.array(z.string()),
  },
  grown: {
    semantic: "filter_chain",
    description: "A list that nobody makes shorter.",
    payload: z.array(z.string()),
    keeps: (given: readonly string[], got: readonly string[], plugin) =>
      got.length < given.length ? `${plugin} made it shorter` : undefined,
  },
  scores: {
    semantic: "score_delta",
    description: "Scores by id.",
    payload: z.array(z.looseObject({ id: z.string() })),
  },
  happened: { semantic: "fire_and_forget", description: "Something happened.", payload: facts },
  happened_strictly: {
    semantic: "fire_and_forget",
    description: "Something happened, and must be written down.",
    payload: facts,
    strict: true,
    ordering: "core_only_default",
  },
  plugins_only: {
    semantic: "fire_and_forget",
    description: "Something for plugins alone.",
    payload: facts,
    ordering: "plugin_only",
  },
  typed: {
    semantic: "voting",
    description: "Facts of a known shape.",
    payload: z.object({ source: z.string() }),
    operation: z.object({ depth: z.number().default(3), weight: z.number().optional() }),
  },
});

export const host = defineHost({ hooks });

type Hook = Exclude<keyof typeof hooks, "typed">;

/** A handler with arguments of any type. */
export type AnyFn = (payload: never, context: never, extensions: never) => unknown;

/** Returns a plugin whose handlers the types do not check. */
export function plugin(
  name: string,
  handlers: {
    readonly [H in Hook | "typed"]?:
      | AnyFn
      | { handler: AnyFn; timeoutMs?: number; extensions?: boolean };
  },
  more: object = {},
) {
  return host.definePlugin({ name, version: "1.0.0", hooks: handlers, ...more } as never);
}

export interface LogLines {
  readonly lines: string[];
  readonly logger: { readonly [level in "info" | "warn" | "error"]: (text: string) => void };
}

/** Returns a logger, and the lines that it received. */
export function kept(): LogLines {
  const lines: string[] = [];
  const at = (level: string) => (text: string) => {
    lines.push(`${level} ${text}`);
  };
  return { lines, logger: { info: at("info"), warn: at("warn"), error: at("error") } };
}

/** Creates a manager that logs nothing unless `options` has a logger. */
export function managerOf(
  plugins: readonly unknown[],
  options: Partial<Parameters<typeof host.createPluginManager>[0]> = {},
) {
  return host.createPluginManager({ logger: {}, ...options, plugins: plugins as never });
}

/** Returns the error with which a promise rejects. */
export async function rejection(pending: Promise<unknown>): Promise<Error & { code?: string }> {
  try {
    await pending;
  } catch (error) {
    return error as Error;
  }
  throw new Error("It did not reject.");
}
