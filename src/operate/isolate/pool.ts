/** Several far sides of one plugin. */
import { GlassineError } from "../../core/errors/index.ts";
import type { Ready, Reply } from "./protocol.ts";
import { type Counts, type Question, Supervisor, type SupervisorOptions } from "./supervisor.ts";

export type Pool = ReturnType<typeof poolOf>;

/** Creates `size` supervisors with the same options. */
export function poolOf({ size, ...options }: SupervisorOptions & { readonly size: number }) {
  const members = Array.from({ length: size }, () => new Supervisor(options));
  return {
    counts(): Counts {
      const all = members.map(({ counts }) => counts);
      const sum = (key: keyof Counts) => all.reduce((before, each) => before + each[key], 0);
      return { starts: sum("starts"), strays: sum("strays"), open: sum("open") };
    },

    /** @throws GlassineError `plugin_ended`, `plugin_isolation_failed` */
    async start(): Promise<Ready> {
      const all = await Promise.all(members.map((each) => each.start()));
      const [first] = all;
      const texts = new Set(all.map(({ manifest }) => JSON.stringify(manifest)));
      if (first !== undefined && texts.size === 1) return first;
      throw new GlassineError(
        "plugin_isolation_failed",
        "The isolated plugin has another manifest each time it is loaded.",
      );
    },

    /** The turns of a request go to the same far side, which keeps their state. */
    async ask(request: string, what: Question, signal: AbortSignal, text?: string): Promise<Reply> {
      const member = members[placeOf(request, size)];
      return await (member as Supervisor).ask(what, signal, text);
    },

    async close(): Promise<void> {
      await Promise.all(members.map((each) => each.close()));
    },
  };
}

/** Maps the same string to the same place, and spreads different ones. */
function placeOf(text: string, places: number): number {
  let sum = 0;
  for (let i = 0; places > 1 && i < text.length; i++) sum = (sum * 31 + text.charCodeAt(i)) >>> 0;
  return sum % places;
}
