/** How limits that are given go together with those that are not. */
import { type ConfigProblem, problemAt } from "./config-problems.ts";
import type { GatewayConfig } from "./schema.ts";

/** What an event has beside its message. */
const eventBytes = 1024;

/** The configuration with as much room for a slow reader as its longest message takes. */
export function withRoom(config: GatewayConfig, given: unknown): GatewayConfig {
  const { limits } = config;
  if (isGiven("queuedBytes", given)) return config;
  const queuedBytes = Math.max(limits.queuedBytes, limits.messageBytes + eventBytes);
  return { ...config, limits: { ...limits, queuedBytes } };
}

/** Only where both are given: with less room than that, no more than long answers are cut off. */
export function* limitProblems(
  { limits: { messageBytes, queuedBytes }, servers }: GatewayConfig,
  given: unknown,
): Generator<ConfigProblem> {
  if (Object.keys(servers).length === 0) return;
  if (!isGiven("messageBytes", given) || !isGiven("queuedBytes", given)) return;
  if (queuedBytes < messageBytes + eventBytes)
    yield problemAt(
      ["limits", "queuedBytes"],
      `expected at least ${eventBytes} more than \`messageBytes\`: the longest answers would always be cut off.`,
    );
}

function isGiven(name: keyof GatewayConfig["limits"], given: unknown): boolean {
  const { limits } = given as { readonly limits?: Readonly<Record<string, unknown>> };
  return limits?.[name] !== undefined;
}
