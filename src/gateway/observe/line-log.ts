/** Writes the log as lines of JSON, and counts those that are lost. */
import type { GatewayLog, Level, LogEvent } from "./gateway-log.ts";

/** The parts of `process.stderr` that are needed. */
export interface LogStream {
  readonly writableLength: number;
  write(line: Buffer, done: (error?: Error | null) => void): unknown;
}

/** How many bytes may wait for a reader that has stalled. Lines for which there is no room are lost. */
const maxWaiting = 2 ** 24;

/**
 * Makes a log that writes one line of JSON per event: its time, level and name, then its fields. The
 * first write that succeeds after lines were lost is followed by a line that says how many.
 */
export function lineLog(stream: LogStream): GatewayLog {
  let lost = 0;
  let reported = 0;
  let start = "";
  const done = (error?: Error | null) => {
    if (error) {
      lost += 1;
      // A disk that became full may have cut the last line off.
      start = "\n";
    } else if (lost > reported && stream.writableLength < maxWaiting / 2) {
      reported = lost;
      log.warn("log_lost", { lost });
    }
  };
  const at =
    (level: Level) =>
    (event: LogEvent, fields: object = {}) => {
      const entry = { time: new Date().toISOString(), level, event, ...fields };
      const line = Buffer.from(`${start}${JSON.stringify(entry)}\n`);
      if (stream.writableLength + line.length > maxWaiting) {
        lost += 1;
        return;
      }
      start = "";
      stream.write(line, done);
    };
  const log = { info: at("info"), warn: at("warn"), error: at("error"), lost: () => lost };
  return log;
}
