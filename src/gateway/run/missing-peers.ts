/** Packages that a configuration needs and this installation does not have. */
import { isGlassineError } from "../../core/errors/index.ts";
import type { GatewayConfig } from "../config/index.ts";
import { loadTelemetry } from "../observe/index.ts";
import { loadRedis } from "./label-store.ts";
import { loadSdk } from "./load-sdk.ts";

/** A sentence for each, with how to install it. `more` load what a command needs beside that. */
export async function missingPeers(
  { listen, tracing, labels }: GatewayConfig,
  more: readonly (() => Promise<unknown>)[] = [],
): Promise<readonly string[]> {
  const needed = [
    ...more,
    ...(listen === undefined ? [] : [loadSdk]),
    ...(tracing ? [loadTelemetry] : []),
    ...(labels.store === "memory" ? [] : [loadRedis]),
  ];
  const problems: string[] = [];
  for (const load of needed)
    await load().catch((error: unknown) => {
      if (!isGlassineError(error)) throw error;
      problems.push(error.message);
    });
  return problems;
}
