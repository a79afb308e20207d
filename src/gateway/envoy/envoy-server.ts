/** A gRPC server for Envoy's external processing. */
import { rm, stat } from "node:fs/promises";
import { connect } from "node:net";
import { GlassineError } from "../../core/errors/index.ts";
import { hostAndPort } from "../config/index.ts";
import { cannotListen } from "./cannot-listen.ts";
import { loadGrpc } from "./load-grpc.ts";
import { type Call, type SideStreamOptions, sideStream } from "./side-stream.ts";

/** Where to listen: the path of a Unix socket, or a host and a port. */
export type EnvoyListen =
  | { readonly socket: string; readonly host?: undefined; readonly port?: undefined }
  | { readonly host: string; readonly port: number; readonly socket?: undefined };

/** The server's certificate and key, and the CA that must have signed clients' certificates. */
export interface EnvoyTls {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly clientCa: Buffer;
}

export interface EnvoyServerOptions extends SideStreamOptions {
  readonly listen: EnvoyListen;
  readonly tls?: EnvoyTls | undefined;
}

export interface EnvoyServer {
  /** The port that the server listens on; 0 for a socket. */
  readonly port: number;
  /** Makes health checks report that the server takes no more streams. It still takes them. */
  leave(): void;
  /** Takes no more streams, and resolves when the open ones have ended. */
  drain(): Promise<void>;
  /** Ends everything. */
  close(): void;
}

/**
 * Loads gRPC for a check. It returns nothing, because declarations must not need the types of an
 * optional peer.
 *
 * @throws GlassineError (as a rejection) `setting_invalid` if a required package is missing
 */
export async function requireGrpc(): Promise<void> {
  await loadGrpc();
}

/** @throws GlassineError (as a rejection) `setting_invalid` */
export async function envoyServer(options: EnvoyServerOptions): Promise<EnvoyServer> {
  const { listen, tls } = options;
  const { Server, ServerCredentials, services } = await loadGrpc();
  const server = new Server({ "grpc.max_receive_message_length": maxMessageBytes });
  let isServing = true;
  server.addService(services.processor, {
    Process: (call: unknown) => sideStream(call as Call, options),
  });
  server.addService(services.health, {
    Check: (_: unknown, answer: (error: null, reply: object) => void) =>
      answer(null, { status: isServing ? serving : notServing }),
  });
  const credentials =
    tls === undefined
      ? ServerCredentials.createInsecure()
      : ServerCredentials.createSsl(
          tls.clientCa,
          [{ cert_chain: tls.cert, private_key: tls.key }],
          true,
        );
  const at =
    listen.socket === undefined ? hostAndPort(listen.host, listen.port) : `unix:${listen.socket}`;
  if (listen.socket !== undefined) await removeStale(listen.socket);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(at, credentials, (error, bound) => {
      if (error === null) resolve(bound);
      else reject(fault(at, error));
    });
  });
  return {
    port: listen.socket === undefined ? port : 0,
    leave() {
      isServing = false;
    },
    drain: () =>
      new Promise((resolve) => {
        isServing = false;
        server.tryShutdown(() => resolve());
      }),
    close: () => server.forceShutdown(),
  };
}

/** Envoy buffers 1 MiB by default, and streams pieces of at most that size. */
const maxMessageBytes = 67_108_864;
const serving = 1;
const notServing = 2;

/**
 * Removes a socket that nothing listens on, as left behind by a gateway that was killed.
 *
 * @throws GlassineError `setting_invalid` if the path is something else
 */
async function removeStale(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isSocket())
    throw new GlassineError(
      "setting_invalid",
      `--listen: unix:${path} is not a socket: choose a path where nothing is`,
    );
  const isUsed = await new Promise<boolean>((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
  if (!isUsed) await rm(path, { force: true });
}

function fault(at: string, { message }: Error): GlassineError {
  // The package's message contains the code, among much else.
  return cannotListen("--listen", at, /\bE[A-Z]{3,}\b/.exec(message)?.[0] ?? message);
}
