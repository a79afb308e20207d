/** Which servers may be asked, by what they declared in their answer to `initialize`. */
import { isMessage, type Message } from "../transports/index.ts";

/** The capabilities of servers whose methods begin with the same word. */
const areas: readonly string[] = ["prompts", "resources", "tasks", "tools"];

/**
 * Whether a server may know a method. True if it has not answered `initialize`, as in an exchange.
 *
 * @param begun the result of `initialize`
 */
export function mayKnow(begun: Message | undefined, method: string): boolean {
  const capability = capabilityOf(method);
  if (begun === undefined || capability === undefined) return true;
  // MCP 2024-11-05 has completion, but no capability for it.
  if (capability === "completions" && begun.protocolVersion === "2024-11-05") return true;
  return isMessage(begun.capabilities) && begun.capabilities[capability] !== undefined;
}

function capabilityOf(method: string): string | undefined {
  if (method === "logging/setLevel") return "logging";
  if (method === "completion/complete") return "completions";
  return areas.find((area) => method.startsWith(`${area}/`));
}
