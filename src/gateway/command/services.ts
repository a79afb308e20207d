/** The services that the gateway's commands depend on. */
import type { StockPlugins } from "../config/index.ts";
import type { LogStream } from "../observe/index.ts";
import type { OpenGateway } from "../run/parts.ts";

export type SignalName = "SIGHUP" | "SIGINT" | "SIGTERM";

/** The parts of `process` that are needed for signals. */
export interface SignalSource {
  on(signal: SignalName, listener: () => void): unknown;
  off(signal: SignalName, listener: () => void): unknown;
}

export interface GatewayServices {
  readonly openGateway: OpenGateway;
  readonly stock: StockPlugins;
  readonly signals: SignalSource;
  /** Takes the lines of the log. */
  readonly logStream: LogStream;
  /** Reports uncaught errors until the returned function is called. */
  readonly reportFailuresTo: (report: (thrown: unknown) => void) => () => void;
  /** A call of the system hangs, and would keep the process from ending. */
  readonly onStuck: () => void;
}
