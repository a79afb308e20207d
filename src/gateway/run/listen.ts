/** Listens on a port. */
import {
  createServer,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import type { HttpBindings } from "@hono/node-server";
import { createAdaptorServer } from "@hono/node-server";
import { cannotListen, type EnvoyTls, type ListenSetting } from "../envoy/index.ts";
import type { Connection } from "../transports/index.ts";
import type { Address } from "./parts.ts";

type Respond = (request: Request, connection: Connection) => Promise<Response>;

export interface Listening {
  readonly address: Address;
  readonly server: HttpServer;
}

/**
 * Listens, and answers requests with `respond`. Errors name `setting`. With `tls`, only clients with
 * a certificate from its authority are accepted.
 *
 * @throws GlassineError (as a rejection) `setting_invalid`
 */
export async function listenOn(
  setting: ListenSetting,
  { host, port }: Address,
  respond: Respond,
  tls?: EnvoyTls,
): Promise<Listening> {
  const server = createAdaptorServer({
    async fetch(request, env) {
      const { incoming, outgoing } = env as HttpBindings;
      if (hasUnreadBody(incoming)) outgoing.setHeader("connection", "close");
      if (outgoing.socket === null) closeWith(incoming.socket, outgoing);
      const response = await respond(request, {
        remote: incoming.socket.remoteAddress,
        onSent: (listener) =>
          outgoing.destroyed ? listener() : void outgoing.once("close", listener),
      });
      return destroyedOnError(response, outgoing);
    },
    createServer: tls === undefined ? createServer : createTlsServer,
    serverOptions: {
      ...(tls && {
        cert: tls.cert,
        key: tls.key,
        ca: tls.clientCa,
        requestCert: true,
        rejectUnauthorized: true,
      }),
      requestTimeout: 0,
      headersTimeout: 20_000,
      maxHeaderSize: 32_768,
      keepAliveTimeout: 75_000,
    },
  }) as HttpServer;
  await new Promise<void>((resolve, reject) => {
    server.once("error", ({ code, message }: NodeJS.ErrnoException) =>
      reject(cannotListen(setting, `port ${port} of ${host}`, code ?? message)),
    );
    server.listen(port, host, resolve);
  });
  const bound = server.address() as AddressInfo;
  return { server, address: { host: bound.address, port: bound.port } };
}

/**
 * Whether a request announces a body that nobody reads, and that may never end. The adapter reads or
 * drains all others within a time limit.
 */
function hasUnreadBody({ method, headers }: IncomingMessage): boolean {
  if (method !== "GET" && method !== "HEAD") return false;
  const isEmpty = headers["content-length"] === undefined || headers["content-length"] === "0";
  return !isEmpty || headers["transfer-encoding"] !== undefined;
}

/**
 * Closes a response with its connection if it is still waiting for its turn, behind the response to
 * an earlier request on the same connection: Node never closes such a response.
 */
function closeWith(socket: Socket, outgoing: ServerResponse): void {
  const close = () => {
    if (outgoing.socket !== null) return;
    outgoing.destroy();
    outgoing.emit("close");
  };
  // Any number of responses may be waiting.
  socket.setMaxListeners(0).once("close", close);
  outgoing.once("close", () => socket.off("close", close));
}

/**
 * Destroys the connection if the body fails. The adapter would print the error, which may contain
 * secrets, and could send it to the client.
 */
function destroyedOnError(response: Response, outgoing: ServerResponse): Response {
  if (response.body === null) return response;
  const reader = response.body.getReader();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      } catch {
        // The adapter reads ahead of the head, and the client is to get what was read so far.
        while (!outgoing.headersSent && !outgoing.destroyed) await setImmediate();
        outgoing.destroy();
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
  return new Response(body, response);
}

/** Closes the port and all open connections. */
export function closeNow({ server }: Listening): void {
  server.close();
  server.closeAllConnections();
}
