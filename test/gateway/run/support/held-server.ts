import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterTest } from "../../../support/cleanup.ts";

/** A server over HTTP whose answers the test writes. */
export async function heldServer() {
  const waiting: ServerResponse[] = [];
  const server = createServer((request, response) => {
    request.resume();
    waiting.push(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  afterTest(() => {
    server.closeAllConnections();
    server.close();
  });
  return { waiting, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
