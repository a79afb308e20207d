/** What the commands of the gateway are made of. */
import type { StockPlugins } from "../config/index.ts";
import type { CreateGateway } from "../run/index.ts";
import type { SignalSource } from "./run-gateway.ts";

export interface GatewayServices {
  readonly createGateway: CreateGateway;
  readonly stock: StockPlugins;
  readonly signals: SignalSource;
  /** Writes a line of the log. */
  readonly writeLog: (line: string) => void;
}
