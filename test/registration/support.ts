/** The host of the registration tests, its plugins, and what its sink and logger received. */
import * as z from "zod";
import type { AuditEvent } from "../../src/audit.ts";
import { defineHooks, defineHost } from "../../src/host.ts";
import { rejection } from "../operations/support.ts";

const pluginFacts = z.looseObject({ name: z.string() });
const hooks = defineHooks({
  config_validate: {
    semantic: "voting",
    description: "A plugin asks to be registered.",
    payload: z.object({ plugin: pluginFacts }),
  },
  audit_emit: {
    semantic: "fire_and_forget",
    description: "An audit event.",
    payload: z.object({ event: z.looseObject({ eventType: z.string() }) }),
    strict: true,
  },
  vote: { semantic: "voting", description: "May it be?", payload: z.looseObject({}) },
});
export const host = defineHost({ hooks });

export function plugin(name: string, handlers: object = {}, more: object = {}) {
  return host.definePlugin({ name, version: "1.0.0", hooks: handlers, ...more } as never);
}

/** Creates a manager and keeps what its sink and its logger receive. */
export async function make(plugins: readonly unknown[], options: object = {}) {
  const events: AuditEvent[] = [];
  const lines: string[] = [];
  const making = host.createPluginManager({
    plugins: plugins as never,
    env: {},
    audit: { sink: (event) => events.push(event) },
    logger: {
      info: (text) => lines.push(`info ${text}`),
      warn: (text) => lines.push(`warn ${text}`),
      error: (text) => lines.push(`error ${text}`),
    },
    ...options,
  });
  const failures = () =>
    events.filter(({ eventType }) => eventType === "plugin.registration_failed");
  const failed = async () => {
    const error = await rejection(making);
    return { error, failures: failures() };
  };
  return { making, events, lines, failures, failed };
}
