/** What the commands of the gateway are made of. */
import type { StockPlugins } from "../config/index.ts";
import type { OpenGateway } from "../run/parts.ts";

export type SignalName = "SIGHUP" | "SIGINT" | "SIGTERM";

/** What is needed of `process` for signals. */
export interface SignalSource {
  on(signal: SignalName, listener: () => void): unknown;
  off(signal: SignalName, listener: () => void): unknown;
}

export interface GatewayServices {
  readonly openGateway: OpenGateway;
  readonly stock: StockPlugins;
  readonly signals: SignalSource;
  /** Writes a line of the log. */
  readonly writeLog: (line: string) => void;
  /** Reports what code throws where nobody waits, until what it returns is called. */
  readonly reportFailuresTo: (report: (thrown: unknown) => void) => () => void;
}
