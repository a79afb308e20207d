/** Puts a front before the servers: through the guard of each. */
import type { End } from "../ends/index.ts";
import type { ConnectFor, Server } from "./server.ts";

export interface Wired {
  close(): Promise<void>;
}

/** Starts everything. Rejects if the server cannot be reached at all. */
export async function wire(
  front: End,
  servers: readonly Server[],
  about: ConnectFor,
  session?: string,
): Promise<Wired> {
  const [server] = servers as readonly [Server];
  const back = server.connect(about);
  try {
    return await server.guard.bridge(front, back, { session });
  } catch (error) {
    await back.close();
    throw error;
  }
}
