/** Puts a front before the servers: through the guard of each, and the router if there are several. */
import { packageVersion } from "../../core/plugins/index.ts";
import type { ConnectFor, End } from "../ends/index.ts";
import type { Tracing } from "../observe/index.ts";
import { type Homes, routerOf } from "../router/index.ts";
import type { GatewayLog } from "./parts.ts";
import type { Server } from "./server.ts";

export interface Wired {
  close(): Promise<void>;
}

export interface WireOptions extends ConnectFor {
  readonly servers: readonly Server[];
  readonly homes: Homes;
  /** The name of the session; absent for an exchange. */
  readonly session?: string;
  readonly log: GatewayLog;
  readonly tracing?: Tracing | undefined;
}

/** Starts everything. Rejects if no server can be reached at all. */
export async function wire(caller: End, options: WireOptions): Promise<Wired> {
  const { servers, homes, log, key, tracing } = options;
  const front = tracing === undefined ? caller : tracing.front(caller);
  const [only] = servers;
  if (servers.length === 1 && only !== undefined) return bridge(front, only, options);
  const router = routerOf({
    ...{ front, homes, owner: key, servers: servers.map(({ name }) => name) },
    serverInfo: { name: "glassine", version: packageVersion },
    onNote: (event, fields) => log.warn(event, fields),
  });
  const bridged = await Promise.allSettled(
    servers.map((server) => bridge(router.ends.get(server.name) as End, server, options)),
  );
  const failed = bridged.filter((each) => each.status === "rejected");
  for (const { reason } of failed)
    log.error("server_unavailable", { text: (reason as Error).message });
  if (failed.length === servers.length) throw new Error("None of the servers can be reached.");
  for (const [index, { status }] of bridged.entries())
    if (status === "rejected") await router.ends.get(servers[index]?.name ?? "")?.close();
  await router.start();
  return router;
}

async function bridge(front: End, server: Server, options: WireOptions): Promise<Wired> {
  const back = server.connect(options);
  try {
    return await server.guard.bridge(front, back, { session: options.session });
  } catch (error) {
    await back.close();
    throw error;
  }
}
