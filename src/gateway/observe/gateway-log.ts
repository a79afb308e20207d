/** The log of a gateway. */

/** Structured lines for the operator. No field holds a secret or the content of a message. */
export interface GatewayLog {
  info(event: string, fields?: object): void;
  warn(event: string, fields?: object): void;
  error(event: string, fields?: object): void;
}

/**
 * Makes a log that writes one line of JSON per event: its time, level and name, then its fields. By
 * default the gateway logs to standard error.
 */
export function lineLog(write: (line: string) => void): GatewayLog {
  const at =
    (level: string) =>
    (event: string, fields: object = {}) => {
      write(`${JSON.stringify({ time: new Date().toISOString(), level, event, ...fields })}\n`);
    };
  return { info: at("info"), warn: at("warn"), error: at("error") };
}

/** Makes a log that adds `generation` to each line, which says which configuration it is about. */
export function numberedLog(log: GatewayLog, generation: () => number): GatewayLog {
  const at = (level: keyof GatewayLog) => (event: string, fields?: object) =>
    log[level](event, { ...fields, generation: generation() });
  return { info: at("info"), warn: at("warn"), error: at("error") };
}
