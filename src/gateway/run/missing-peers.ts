/** Finds packages that a configuration needs and this installation lacks or cannot use. */
import { isGlassineError } from "../../core/errors/index.ts";
import type { GatewayConfig } from "../config/index.ts";
import { loadTelemetry } from "../observe/index.ts";
import { checkLabelStore } from "./label-store.ts";
import { loadSdk } from "./load-sdk.ts";
import type { GatewayParts } from "./parts.ts";

/** Returns a sentence for each, with how to install it. `more` loads a command's other packages. */
export async function missingPeers(
  { listen, tracing, labels }: GatewayConfig,
  secrets: GatewayParts["secrets"],
  more: readonly (() => Promise<unknown>)[] = [],
): Promise<readonly string[]> {
  const needed = [
    ...more,
    ...(listen === undefined ? [] : [loadSdk]),
    ...(tracing ? [loadTelemetry] : []),
    () => checkLabelStore({ labels }, secrets),
  ];
  const problems: string[] = [];
  for (const load of needed)
    await load().catch((error: unknown) => {
      if (!isGlassineError(error)) throw error;
      problems.push(error.message);
    });
  return problems;
}
