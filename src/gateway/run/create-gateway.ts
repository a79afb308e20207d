/** The gateway for a program. */

import { withConfigName } from "../config/index.ts";
import { openGateway } from "./open-gateway.ts";
import type { Gateway, GatewayOptions } from "./parts.ts";
import { partsFrom } from "./parts-from.ts";

/**
 * Starts a gateway in front of servers and models, with the plugins of a manager. It listens when
 * the promise resolves. Closing it does not close the manager.
 *
 * @throws GlassineError (as a rejection) `config_invalid`, `config_unreadable`, `setting_invalid`,
 *   `options_invalid`, `label_store_failed`: with a sentence that says what to do
 *
 * @example
 * ```ts
 * import { createPluginManager } from "glassine";
 * import { createGateway } from "glassine/gateway";
 * import { secretScanner } from "glassine/plugins";
 *
 * const manager = await createPluginManager({ plugins: [secretScanner()] });
 * const gateway = await createGateway({
 *   manager,
 *   config: {
 *     listen: { port: 0 },
 *     servers: { files: { url: "http://127.0.0.1:3001/mcp" } },
 *   },
 *   log: { info() {}, warn: console.warn, error: console.error },
 * });
 * console.log(gateway.address?.host, gateway.counts().open); // 127.0.0.1 0
 * await gateway.close();
 * await manager.close();
 * ```
 */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const gateway = await openGateway(partsFrom(options)).catch(rejectNamed);
  const { address, ended } = gateway;
  return {
    ...{ address, ended },
    get generation() {
      return gateway.generation;
    },
    counts: () => gateway.counts(),
    reload: async (next) => gateway.reload(partsFrom(next)).catch(rejectNamed),
    close: () => gateway.close(),
  };
}

function rejectNamed(error: unknown): never {
  throw withConfigName(error, "`config`");
}
