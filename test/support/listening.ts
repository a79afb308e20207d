/** Servers of tests, each on a free port of this machine. */
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo, Server } from "node:net";
import { afterTest } from "./cleanup.ts";

interface Listening {
  readonly port: number;
  readonly url: string;
  close(): Promise<void>;
}

export async function listen(server: Server, wanted = 0): Promise<Listening> {
  await new Promise<void>((resolve) => server.listen(wanted, "127.0.0.1", resolve));
  return listensAt(server);
}

/** Says where a server listens. */
export function listensAt(server: Server & { closeAllConnections?: () => void }): Listening {
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.closeAllConnections?.();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return { port, url: `http://127.0.0.1:${port}`, close };
}

/** A server that listens until the test is over. */
export async function listening(server: Server | RequestListener): Promise<Listening> {
  const made = await listen(typeof server === "function" ? createServer(server) : server);
  afterTest(() => void made.close());
  return made;
}
