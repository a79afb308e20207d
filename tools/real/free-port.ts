import { type AddressInfo, createServer } from "node:net";

/** A port of loopback. Nobody else takes it in the moment until it is used, or the caller fails plainly. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
