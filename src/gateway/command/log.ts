/** The log of a gateway: a line of JSON for each event, on standard error. */
import type { GatewayLog } from "../run/index.ts";

/** Writes with `write`. The fields of an event come behind its time, level and name. */
export function lineLog(
  write: (line: string) => void,
  now: () => Date = () => new Date(),
): GatewayLog {
  const at =
    (level: string) =>
    (event: string, fields: object = {}) => {
      write(`${JSON.stringify({ time: now().toISOString(), level, event, ...fields })}\n`);
    };
  return { info: at("info"), warn: at("warn"), error: at("error") };
}
