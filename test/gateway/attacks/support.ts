/** A gateway in front of a fake server; both are closed after the test. */
import { PassThrough } from "node:stream";
import type { ConfigInput } from "glassine/gateway";
import { expect } from "vitest";
import { afterTest } from "../../support/cleanup.ts";
import { initialize } from "../run/support/caller.ts";
import {
  type Came,
  type FakeServer,
  fakeServer,
  type Message,
} from "../run/support/fake-server.ts";
import { type Started, startGateway } from "../run/support/gateway.ts";

/** Callers name themselves. */
const identity = { trustedHeaders: { from: ["127.0.0.1"], subject: "x-user" } };
export const ada = { "x-user": "ada" };
export const eve = { "x-user": "eve" };

type ServerPass = NonNullable<ConfigInput["servers"]>[string]["pass"];
type Config = Parameters<typeof startGateway>[0] & {
  /** How many servers there are; all of them are the same one. */
  readonly count?: number;
  /** What may pass without being seen by plugins. */
  readonly pass?: ServerPass;
  /** How long the server may take. */
  readonly timeoutMs?: number;
  /** What the server answers to everything except calls. */
  readonly list?: object;
};

export interface Before extends Started {
  readonly server: FakeServer;
}

export async function gatewayBefore(
  onCall: (came: Came) => unknown = (came) => came.answer("fine"),
  { count = 1, pass, list, timeoutMs = 60_000, ...config }: Config = {},
  plugins?: Parameters<typeof startGateway>[1],
  more?: Parameters<typeof startGateway>[2],
): Promise<Before> {
  const server = await fakeServer(onCall, list);
  afterTest(server.close);
  const one = { url: server.url, timeoutMs, ...(pass && { pass: [...pass] }) };
  const servers = Object.fromEntries(
    Array.from({ length: count }, (_, at) => [at === 0 ? "fake" : `fake-${at}`, one]),
  );
  const limits = { shutdownMs: 50, ...config.limits };
  const started = await startGateway({ servers, identity, ...config, limits }, plugins, more);
  afterTest(started.close);
  return { ...started, server };
}

export function loggedBy({ log }: Started, event: string) {
  return log.lines.filter((line) => line.event === event).map(({ fields }) => fields);
}

/** A gateway over stdio, in front of a fake server, whose session has begun. */
export async function stdioBefore(
  onCall?: (came: Came) => unknown,
  { begins = true, ...config }: Config & { readonly begins?: boolean } = {},
  plugins?: Parameters<typeof startGateway>[1],
  more?: Parameters<typeof startGateway>[2],
) {
  const stdin = new PassThrough();
  const stdout = new PassThrough();
  const made = await gatewayBefore(
    onCall,
    { identity: {}, ...config, listen: undefined },
    plugins,
    { ...more, stdio: { stdin, stdout } },
  );
  const said: Message[] = [];
  let line = "";
  stdout.on("data", (chunk: Buffer) => {
    const lines = (line + chunk.toString()).split("\n");
    line = lines.pop() ?? "";
    for (const each of lines) said.push(JSON.parse(each) as Message);
  });
  const write = (text: string) => void stdin.write(text);
  const send = (...messages: object[]) => {
    for (const each of messages) write(`${JSON.stringify(each)}\n`);
  };
  if (begins) {
    send(initialize, { jsonrpc: "2.0", method: "notifications/initialized" });
    await expect.poll(() => said.length).toBe(1);
    said.length = 0;
  }
  return { ...made, said, send, write, stdin, stdout };
}
