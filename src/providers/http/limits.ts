/** How much of an exchange is read, and how long its caller waits in silence. */
import { expectOptions, longestTimerMs, readWhole } from "../../core/data/index.ts";

export interface HttpLimits {
  /** The bytes of a request. Default 33 554 432. */
  readonly requestBytes: number;
  /** The bytes of an answer, streamed or not. Default 33 554 432. */
  readonly answerBytes: number;
  /** The UTF-16 units of one event. Default 8 388 608. */
  readonly eventUnits: number;
  /** The events of one answer. Default 1 000 000. */
  readonly maxEvents: number;
  /** After how many milliseconds of silence a held stream sends a comment. Default 15 000. */
  readonly keepAliveMs: number;
}

const defaults: HttpLimits = {
  requestBytes: 33_554_432,
  answerBytes: 33_554_432,
  eventUnits: 8_388_608,
  maxEvents: 1_000_000,
  keepAliveMs: 15_000,
};

/** @throws GlassineError `options_invalid` */
export function readHttpLimits(limits: unknown, call: string): HttpLimits {
  if (limits === undefined) return defaults;
  expectOptions(limits, Object.keys(defaults), `The option limits of ${call}`);
  const given = Object.entries(limits as object).filter(([, value]) => value !== undefined);
  for (const [name, value] of given) {
    readWhole(
      `${call}: limits.${name}`,
      value,
      name === "keepAliveMs" ? longestTimerMs : undefined,
    );
  }
  return Object.freeze({ ...defaults, ...Object.fromEntries(given) });
}
