/** A handler behind the process boundary: everything it receives and returns is JSON text. */
import { isGlassineError, type PluginContext } from "glassine";
import { decodeError, encodeError } from "glassine/remote";
import type { StandardHooks } from "../../src/core/hooks/index.ts";
import type { Host } from "../../src/core/host/index.ts";
import type { StandardSlots } from "../../src/core/slots/index.ts";
import { bindStandard } from "./bind-host.ts";
import type { World } from "./tables.ts";

export type Act = (payload: object, context: PluginContext, view: object | undefined) => unknown;
export type Wire = Host<StandardSlots, StandardHooks>;

export function wireOf({ slots }: World): Wire {
  return bindStandard(slots);
}

/** What crossed a boundary, and what was refused before it could. */
export interface Traffic {
  readonly tasks: string[];
  readonly replies: string[];
  /** Codes of results that could not be written. */
  readonly unwritten: string[];
}

export const noTraffic = (): Traffic => ({ tasks: [], replies: [], unwritten: [] });

/** The handler that stands in for `act` in the host, with the same number of parameters. */
export function proxyOf(wire: Wire, act: Act, traffic: Traffic): Act {
  return async (payload, context, extensions) => {
    const turn = { payload, context, extensions };
    const task = wire.encodeTask(turn);
    traffic.tasks.push(task);
    const reply = await farSide(wire, task, act, traffic);
    traffic.replies.push(reply.text);
    if (reply.failed) throw decodeError(reply.text);
    return wire.decodeResult(reply.text, turn).result;
  };
}

interface Reply {
  readonly failed: boolean;
  readonly text: string;
}

/** What runs in the other process: it takes a string and returns one. */
async function farSide(wire: Wire, text: string, act: Act, traffic: Traffic): Promise<Reply> {
  const { hook, payload, context, extensions } = wire.decodeTask(text);
  let returned: unknown;
  try {
    returned = await act(payload, context, extensions);
  } catch (error) {
    return { failed: true, text: encodeError(error, { plugin: context.plugin.name }) };
  }
  try {
    return { failed: false, text: wire.encodeResult(returned, { hook }) };
  } catch (error) {
    if (!isGlassineError(error)) throw error;
    traffic.unwritten.push(error.code);
    return { failed: true, text: encodeError(error, { plugin: context.plugin.name }) };
  }
}

const secretNames = ["authorization", "cookie", "set-cookie", "x-api-key", "proxy-authorization"];
const isSecret = (name: string) => secretNames.includes(name.trim().toLowerCase());

/** A copy without keys that name a sensitive header; `found` counts them. */
export function withoutSecretKeys<T>(value: T, found = { count: 0 }): T {
  if (Array.isArray(value)) return value.map((item) => withoutSecretKeys(item, found)) as T;
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => {
    if (isSecret(key)) found.count += 1;
    return !isSecret(key);
  });
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutSecretKeys(item, found)])) as T;
}
