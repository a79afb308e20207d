/** The log of a gateway. */

/** Structured lines for the operator. No field holds a secret or the content of a message. */
export interface GatewayLog {
  info(event: string, fields?: object): void;
  warn(event: string, fields?: object): void;
  error(event: string, fields?: object): void;
}

/**
 * A log that writes a line of JSON for each event: its time, level and name, then its fields. The
 * gateway's own writes on standard error.
 */
export function lineLog(write: (line: string) => void): GatewayLog {
  const at =
    (level: string) =>
    (event: string, fields: object = {}) => {
      write(`${JSON.stringify({ time: new Date().toISOString(), level, event, ...fields })}\n`);
    };
  return { info: at("info"), warn: at("warn"), error: at("error") };
}

/** A log whose lines say which configuration they are about, as `generation`. */
export function numberedLog(log: GatewayLog, generation: () => number): GatewayLog {
  const at = (level: keyof GatewayLog) => (event: string, fields?: object) =>
    log[level](event, { ...fields, generation: generation() });
  return { info: at("info"), warn: at("warn"), error: at("error") };
}
