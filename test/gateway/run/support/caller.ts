/** A caller over HTTP that can send anything, and sees everything that comes back. */
import type { Message } from "./fake-server.ts";

interface Said {
  readonly status: number;
  /** The `data.code` of an error. */
  readonly code: string | undefined;
  readonly messages: readonly Message[];
  readonly text: string;
  readonly headers: Headers;
}

interface Sending {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface Caller {
  /** Posts a document, or a string as it is, and reads the answer to its end. */
  post(body: unknown, more?: Sending): Promise<Said>;
  /** Posts in the same way, but leaves the stream for the test to read. */
  open(body: unknown, more?: Sending): Promise<Response>;
  readonly session: string;
  call(id: unknown, params?: object, more?: Sending): Promise<Said>;
}

export const initialize = {
  jsonrpc: "2.0",
  id: "begin",
  method: "initialize",
  params: {
    protocolVersion: "2025-11-25",
    capabilities: { sampling: {}, elicitation: {}, roots: {} },
    clientInfo: { name: "test", version: "1.0.0" },
  },
};

export function callOf(id: unknown, params: object = {}): object {
  return {
    jsonrpc: "2.0",
    id,
    method: "tools/call",
    params: { name: "x", arguments: {}, ...params },
  };
}

/** A caller without a session. */
export function callerOf(url: URL, own: Readonly<Record<string, string>> = {}): Caller {
  const open = (body: unknown, { method = "POST", headers, signal }: Sending = {}) =>
    fetch(url, {
      method,
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        ...own,
        ...headers,
      },
      ...(signal && { signal }),
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
  const post = async (body: unknown, more: Sending = {}) => saidBy(await open(body, more));
  return {
    open,
    post,
    session: own["mcp-session-id"] ?? "",
    call: (id, params, more) => post(callOf(id, params), more),
  };
}

/** A caller in a session of its own. */
export async function sessionOf(
  url: URL,
  own: Readonly<Record<string, string>> = {},
  version = "2025-11-25",
): Promise<Caller> {
  const params = { ...initialize.params, protocolVersion: version };
  const { headers } = await callerOf(url, own).post({ ...initialize, params });
  const session = headers.get("mcp-session-id") ?? "none";
  const ofSession = { "mcp-session-id": session, "mcp-protocol-version": version };
  const caller = callerOf(url, { ...own, ...ofSession });
  await caller.post({ jsonrpc: "2.0", method: "notifications/initialized" });
  return caller;
}

async function saidBy(response: Response): Promise<Said> {
  const text = await response.text();
  const messages = messagesIn(text);
  const [error] = messages.map((each) => each.error as { data?: { code?: string } } | undefined);
  return {
    status: response.status,
    text,
    messages,
    code: error?.data?.code,
    headers: response.headers,
  };
}

/** The messages in a body of JSON or events. */
export function messagesIn(text: string): readonly Message[] {
  if (text.startsWith("{")) return [JSON.parse(text) as Message];
  return [...text.matchAll(/^data: (.+)$/gm)].map(([, data = ""]) => JSON.parse(data) as Message);
}
