/** Settings that a gateway cannot change while it runs. */
import { isDeepStrictEqual } from "node:util";
import { configInvalid, type GatewayConfig, problemAt } from "../config/index.ts";
import { connectionSettings } from "./server.ts";

type Reader = (config: GatewayConfig) => unknown;
type Fixed = readonly (readonly [path: readonly string[], of: Reader])[];

const always: Fixed = [
  [["listen"], ({ listen }) => listen],
  [["admin"], ({ admin }) => admin],
  [["tracing"], ({ tracing }) => tracing],
  [["labels", "store"], ({ labels }) => labels.store],
];

/** Over stdio there is one caller and one session from start to end. */
const overStdio: Fixed = [
  [["identity", "local"], ({ identity }) => identity.local],
  [
    ["servers"],
    ({ servers }) =>
      Object.fromEntries(
        Object.entries(servers).map(([name, server]) => [name, connectionSettings(server)]),
      ),
  ],
];

/** @throws GlassineError `config_invalid` for a configuration that needs a restart */
export function checkFixed(current: GatewayConfig, next: GatewayConfig): void {
  const isStdio = current.listen === undefined && next.listen === undefined;
  const problems = [...always, ...(isStdio ? overStdio : [])]
    .filter(([, of]) => !isDeepStrictEqual(of(current), of(next)))
    .map(([path]) => problemAt(path, "can only be changed by a restart."));
  if (problems.length > 0)
    throw configInvalid(problems, "This configuration cannot be applied by a reload.");
}
