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
import { getRequestListener, RequestError } from "@hono/node-server";
import { isEventStream } from "../../providers/http/media-type.ts";
import { cannotListen, type EnvoyTls, type ListenSetting } from "../envoy/index.ts";
import { type Connection, isWhole } from "../transports/index.ts";
import type { Address } from "./parts.ts";

type Respond = (request: Request, connection: Connection) => Promise<Response>;

/** A request whose head could not be read, and the status of the answer. */
export interface UnreadHead {
  readonly code: "headers_too_large" | "headers_timeout" | "http_invalid";
  readonly status: number;
}

interface ListenOptions {
  /** Only clients with a certificate from its authority are accepted. */
  readonly tls?: EnvoyTls | undefined;
  readonly onUnread?: (head: UnreadHead) => void;
}

export interface Listening {
  readonly address: Address;
  readonly server: HttpServer;
}

/**
 * Listens, and answers requests with `respond`. Errors name `setting`.
 *
 * @throws GlassineError (as a rejection) `setting_invalid`
 */
export async function listenOn(
  setting: ListenSetting,
  { host, port }: Address,
  respond: Respond,
  { tls, onUnread }: ListenOptions = {},
): Promise<Listening> {
  const listener = getRequestListener(
    async (request, env) => {
      const { incoming, outgoing } = env as HttpBindings;
      if (hasUnreadBody(incoming)) outgoing.setHeader("connection", "close");
      if (outgoing.socket === null) closeWith(incoming.socket, outgoing);
      const response = await respond(request, {
        remote: incoming.socket.remoteAddress,
        onSent: (listener) =>
          outgoing.destroyed ? listener() : void outgoing.once("close", listener),
      });
      return startedAtOnce(destroyedOnError(response, outgoing), incoming);
    },
    {
      errorHandler(error) {
        if (!(error instanceof RequestError)) return new Response(null, { status: 500 });
        const status = 400;
        onUnread?.({ code: "http_invalid", status });
        return new Response(null, { status, headers: { connection: "close" } });
      },
    },
  );
  const settings = {
    requestTimeout: 0,
    headersTimeout: 20_000,
    maxHeaderSize: 32_768,
    keepAliveTimeout: 75_000,
    // Node would answer in silence. The adapter refuses such a request, too.
    requireHostHeader: false,
  };
  const server =
    tls === undefined
      ? createServer(settings, listener)
      : createTlsServer(
          {
            ...settings,
            cert: tls.cert,
            key: tls.key,
            ca: tls.clientCa,
            requestCert: true,
            rejectUnauthorized: true,
          },
          listener,
        );
  if (onUnread !== undefined) watchHeads(server, onUnread);
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
 * Reports heads that cannot be read, and those that Node refuses. Node answers the former itself,
 * then destroys the connection with the error. A listener for `clientError` would have to answer in
 * its place, but only Node knows whether a response is under way on the connection.
 */
function watchHeads(server: HttpServer, report: (head: UnreadHead) => void): void {
  const latest = new WeakMap<Socket, IncomingMessage>();
  server.on("request", (incoming: IncomingMessage) => latest.set(incoming.socket, incoming));
  server.on("connection", (socket: Socket) => {
    socket.on("error", ({ code }: NodeJS.ErrnoException) => {
      const head = unreadHead(code);
      // The gateway itself reports a request whose body breaks. A connection that was opened ahead
      // and never used is no request.
      const isBody = latest.get(socket)?.complete === false;
      if (head !== undefined && !isBody && socket.bytesRead > 0) report(head);
    });
  });
  server.on("checkExpectation", (_, outgoing: ServerResponse) => {
    const status = 417;
    report({ code: "http_invalid", status });
    outgoing.writeHead(status, { connection: "close" }).end();
  });
  server.on("connect", (_, socket: Socket) => {
    report({ code: "http_invalid", status: 405 });
    socket.end("HTTP/1.1 405 Method Not Allowed\r\nConnection: close\r\n\r\n");
  });
}

function unreadHead(code = ""): UnreadHead | undefined {
  if (code === "HPE_HEADER_OVERFLOW") return { code: "headers_too_large", status: 431 };
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return { code: "headers_timeout", status: 408 };
  return code.startsWith("HPE_") ? { code: "http_invalid", status: 400 } : undefined;
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
  if (isWhole(response) || response.body === null) return response;
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

/**
 * Has the adapter send the head of an event stream, and each event, at once. Otherwise it waits for a
 * millisecond whether the stream ends, to be able to say its length.
 */
function startedAtOnce(response: Response, { httpVersion }: IncomingMessage): Response {
  if (isEventStream(response) && response.body !== null && httpVersion === "1.1")
    response.headers.set("transfer-encoding", "chunked");
  return response;
}

/** Closes the port and all open connections. */
export function closeNow({ server }: Listening): void {
  server.close();
  server.closeAllConnections();
}
