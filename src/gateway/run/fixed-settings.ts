/** What a gateway cannot change while it runs. */
import { isDeepStrictEqual } from "node:util";
import { configInvalid, type GatewayConfig, problemAt } from "../config/index.ts";

type Reader = (config: GatewayConfig) => unknown;

const fixed: readonly (readonly [path: readonly string[], of: Reader])[] = [
  [["listen"], ({ listen }) => listen],
  [["admin"], ({ admin }) => admin],
  [["tracing"], ({ tracing }) => tracing],
  [["labels", "store"], ({ labels }) => labels.store],
  // Over stdio there is one caller from the start to the end.
  [
    ["identity", "local"],
    ({ listen, identity }) => (listen === undefined ? identity.local : undefined),
  ],
];

/** @throws GlassineError `config_invalid` for a configuration that only a new start can use */
export function checkFixed(current: GatewayConfig, next: GatewayConfig): void {
  const problems = fixed
    .filter(([, of]) => !isDeepStrictEqual(of(current), of(next)))
    .map(([path]) => problemAt(path, "only a new start can change this."));
  if (problems.length > 0)
    throw configInvalid(problems, "A reload cannot take this configuration.");
}
