/**
 * A small load balancer: round robin, with each session kept at the gateway where it began.
 *
 * A request goes to another gateway only if the first one refused the connection. Once sent, it may
 * have had its effect, so a lost answer is reported with status 502.
 */
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as send,
} from "node:http";
import { buffer } from "node:stream/consumers";
import { listen } from "../../support/listening.ts";

export interface Balancer {
  /** The value for a `Host` header. */
  readonly host: string;
  readonly url: URL;
  /** The ports of the gateways behind it. */
  readonly ports: number[];
  /** The ports that answered, in order. */
  readonly answeredBy: number[];
  /** The port at which each session began. */
  readonly homes: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

export async function startBalancer(): Promise<Balancer> {
  const ports: number[] = [];
  const answeredBy: number[] = [];
  const homes = new Map<string, number>();
  let next = 0;

  const server = createServer(async (request, response) => {
    const body = await buffer(request);
    const home = homes.get(sessionOf(request.headers));
    const order = [...ports.slice(next % ports.length), ...ports.slice(0, next % ports.length)];
    if (home === undefined) next += 1;
    else order.sort((port) => (port === home ? -1 : 1));
    for (const port of order) {
      try {
        const answer = await ask(port, request, body);
        answeredBy.push(port);
        const session = sessionOf(answer.headers);
        if (session !== "") homes.set(session, port);
        response.writeHead(answer.statusCode as number, answer.headers).flushHeaders();
        // A truncated answer must not look complete.
        answer.once("error", () => response.destroy()).pipe(response);
        response.once("close", () => answer.destroy());
        return;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ECONNREFUSED") break;
      }
    }
    response.writeHead(502).end();
  });
  const { port, close } = await listen(server);
  const host = `127.0.0.1:${port}`;
  return {
    host,
    url: new URL(`http://${host}/mcp`),
    ports,
    answeredBy,
    homes,
    close,
  };
}

function ask(
  port: number,
  { method, url, headers }: IncomingMessage,
  body: Buffer,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    // Without an agent, each request has a connection of its own.
    send({ host: "127.0.0.1", port, method, path: url, headers, agent: false }, resolve)
      .once("error", reject)
      .end(body);
  });
}

const sessionOf = (headers: IncomingHttpHeaders): string => String(headers["mcp-session-id"] ?? "");
