/** What is over for the caller is over at the servers as well. */
import { afterEach, expect, it, vi } from "vitest";
import { RoutedRequests } from "../../../../src/gateway/router/routed-requests.ts";
import { RoutingMemory } from "../../../../src/gateway/router/routing-memory.ts";
import type { Message } from "../../../../src/gateway/transports/index.ts";

afterEach(() => void vi.useRealTimers());

const servers = ["one", "two"] as const;

function requests() {
  vi.useFakeTimers();
  const said: Message[] = [];
  const sent: (readonly [server: string, message: Message])[] = [];
  const warn = vi.fn();
  const routed = new RoutedRequests({
    servers,
    memory: new RoutingMemory(servers),
    owner: "s",
    log: { warn, error() {} },
    toServer: (server, message) => void sent.push([server, message]),
    toCaller: async (message) => void said.push(message),
    onError() {},
  });
  const ask = (method: string) => {
    const request = { jsonrpc: "2.0", id: 1, method, params: {} };
    const messages = servers.map((server) => [server, request] as const);
    routed.ask(request, { kind: "all", messages }, undefined);
  };
  return { routed, said, sent, warn, ask };
}

const cancelled = { method: "notifications/cancelled", params: { requestId: 1 } };

it.each(["cancels it", "leaves"])("nobody is waited for once the caller %s", (how) => {
  const { routed, said, sent, warn, ask } = requests();
  ask("tools/list");
  if (how === "leaves") routed.forgetAll();
  else routed.cancel(1, { jsonrpc: "2.0", ...cancelled }, undefined);
  const before = sent.length;
  vi.advanceTimersByTime(60_000);
  expect(vi.getTimerCount()).toBe(0);
  expect([said, sent.slice(before), warn.mock.calls]).toEqual([[], [], []]);
});
