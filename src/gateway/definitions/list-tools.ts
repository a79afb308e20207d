/** Asks a server for the definitions of its tools, as a client would. */
import { packageVersion } from "../../core/plugins/index.ts";
import {
  errorAnswer,
  isAnswer,
  isMessage,
  isRequest,
  type Message,
  pongTo,
  type RequestMessage,
  refusalOf,
  type Transport,
} from "../transports/index.ts";

const sessionVersion = "2025-11-25";
const exchangeVersion = "2026-07-28";
const maxPages = 1000;

const client = { name: "glassine", version: packageVersion };

/** All that a client can do: some servers show a tool only to clients that can do what it asks. */
const capabilities = {
  roots: {},
  sampling: { context: {}, tools: {} },
  elicitation: { form: {}, url: {} },
  tasks: { requests: { sampling: { createMessage: {} }, elicitation: { create: {} } } },
};

/** Connects for an exchange, or for a session if there is none. */
type Connect = (exchange?: { readonly headers: Headers; readonly message: Message }) => Transport;

/**
 * Returns all tools of a server, each name once.
 *
 * @throws Error if the server does not answer with a list of tools: with its error message, if it
 *   sent one. Also if the list has no clear end
 */
export async function listTools(connect: Connect): Promise<readonly Message[]> {
  const transport = connect();
  try {
    await transport.start();
    const ask = asker(transport);
    const begun = await ask("initialize", {
      protocolVersion: sessionVersion,
      capabilities,
      clientInfo: client,
    });
    // A server that only speaks 2026-07-28 has no sessions.
    if (begun.error !== undefined) return await allPages(() => exchange(connect));
    const { protocolVersion } = isMessage(begun.result) ? begun.result : {};
    if (typeof protocolVersion === "string") transport.setProtocolVersion?.(protocolVersion);
    await transport.send({ jsonrpc: "2.0", method: "notifications/initialized" });
    return await allPages(() => ({ ask, close: async () => {} }));
  } finally {
    await transport.close();
  }
}

type Ask = (method: string, params: Message) => Promise<Message>;

interface Asking {
  readonly ask: Ask;
  close(): Promise<void>;
}

/** Makes one request of 2026-07-28, which names the client and the version itself. */
function exchange(connect: Connect): Asking {
  const meta = {
    "io.modelcontextprotocol/protocolVersion": exchangeVersion,
    "io.modelcontextprotocol/clientInfo": client,
    "io.modelcontextprotocol/clientCapabilities": capabilities,
  };
  let transport: Transport | undefined;
  return {
    async ask(method, params) {
      const message = { jsonrpc: "2.0", id: 1, method, params: { ...params, _meta: meta } };
      const headers = new Headers({ "mcp-protocol-version": exchangeVersion });
      transport = connect({ headers, message });
      await transport.start();
      return asker(transport)(method, message.params);
    },
    close: async () => transport?.close(),
  };
}

async function allPages(begin: () => Asking): Promise<readonly Message[]> {
  const tools = new Map<unknown, Message>();
  const asked = new Set<string>();
  let cursor: string | undefined;
  for (let page = 0; page < maxPages; page += 1) {
    const { ask, close } = begin();
    const { error, result } = await ask("tools/list", cursor === undefined ? {} : { cursor });
    await close();
    if (!isMessage(result) || !Array.isArray(result.tools)) throw new Error(reasonIn(error));
    const before = tools.size;
    for (const tool of result.tools.filter(isMessage)) tools.set(tool.name, tool);
    const { nextCursor } = result;
    // Some servers end their lists with null or an empty cursor.
    if (nextCursor === undefined || nextCursor === null || nextCursor === "")
      return [...tools.values()];
    if (typeof nextCursor !== "string")
      throw new Error("the cursor of the next page of tools is not a string");
    // Some give their last page again and again; others use one cursor for all pages.
    if (asked.has(nextCursor) && tools.size === before) return [...tools.values()];
    cursor = nextCursor;
    asked.add(cursor);
  }
  throw new Error(`the list of tools does not end after ${maxPages} pages`);
}

function reasonIn(error: unknown): string {
  const { message } = isMessage(error) ? error : {};
  return typeof message === "string" ? message : "the answer is not a list of tools";
}

/** Needs no timeout: each transport has a deadline, so every request gets an answer. */
function asker(transport: Transport): Ask {
  let id = 0;
  let reported: Error | undefined;
  const waiting = new Map<unknown, (answer: Message) => void>();
  transport.onerror = (error) => {
    reported = error;
  };
  transport.onmessage = (message, extra) => {
    if (!isMessage(message)) return;
    const explained = extra?.refusal === undefined ? message : withCause(message, reported);
    if (isAnswer(message)) waiting.get(message.id)?.(explained);
    // The server may be gone by then.
    else if (isRequest(message)) transport.send(replyTo(message)).catch(() => {});
  };
  return (method, params) =>
    new Promise((resolve, reject) => {
      id += 1;
      reported = undefined;
      waiting.set(id, resolve);
      transport.send({ jsonrpc: "2.0", id, method, params }).catch(reject);
    });
}

/**
 * Adds to an answer that the gateway made what only the transport knows: the status of the server's
 * answer, or the code of what failed.
 */
function withCause(answer: Message, reported: Error | undefined): Message {
  const { error } = answer;
  if (!isMessage(error) || reported === undefined) return answer;
  const { message } = error;
  if (reported.message.startsWith(String(message)))
    return { ...answer, error: { ...error, message: reported.message } };
  const { code } = reported as NodeJS.ErrnoException;
  if (typeof code !== "string") return answer;
  return { ...answer, error: { ...error, message: `${message}: ${code}` } };
}

const unsupported = refusalOf(-32601, "method_unknown", "Method not found");

function replyTo({ id, method }: RequestMessage): Message {
  return method === "ping" ? pongTo(id) : errorAnswer(id, unsupported);
}
