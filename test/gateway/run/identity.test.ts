/** Who makes each request of a session. */
import { type Capability, definePlugin } from "glassine";
import { roleGuard } from "glassine/plugins";
import { describe, expect, it } from "vitest";
import { afterTest } from "../../support/cleanup.ts";
import { ada, gatewayBefore } from "../attacks/support.ts";
import { callerOf, sessionOf } from "./support/caller.ts";
import type { Came } from "./support/fake-server.ts";

const identity = {
  trustedHeaders: {
    from: ["127.0.0.1"],
    subject: "x-user",
    roles: "x-groups",
    client: "x-client",
  },
};
const admin = { ...ada, "x-groups": "staff,admin", "x-client": "console" };
const staff = { ...ada, "x-groups": "staff", "x-client": "agent" };

const capabilities: readonly Capability[] = ["read_subject", "read_roles", "read_client"];

/** Records the roles and the client that each hook was shown. */
function witness() {
  const seen: string[] = [];
  const keep = (hook: string) => (_message: unknown, _context: unknown, extensions: unknown) => {
    const { security } = extensions as {
      security?: { subject?: { roles?: readonly string[] }; client?: { client_id?: string } };
    };
    seen.push(`${hook} ${security?.subject?.roles} ${security?.client?.client_id}`);
  };
  const plugin = definePlugin({
    name: "witness",
    version: "1.0.0",
    capabilities,
    hooks: {
      "cmf.tool_pre_invoke": keep("before"),
      "cmf.tool_post_invoke": keep("after"),
      "cmf.mcp_request": keep("asked"),
    },
  });
  return { plugin, seen };
}

describe.each([1, 2])("in front of %i servers", (count) => {
  const name = count === 1 ? "send" : "fake__send";

  it("the roles of a request count for it alone, and not those of the session's first", async () => {
    const guard = roleGuard({ tools: { "*": ["staff"], send: ["admin"] } });
    const { url } = await gatewayBefore(undefined, { count, identity }, [guard]);
    const own = await sessionOf(url, admin);
    const as = (headers: object) => callerOf(url, { ...headers, "mcp-session-id": own.session });
    const codes = [];
    for (const [id, who] of [admin, staff, ada, admin].entries())
      codes.push((await as(who).call(id, { name })).code);
    expect(codes).toEqual([undefined, "role_missing", "role_missing", undefined]);
  });

  it("an answer is judged as the request was, whoever asked meanwhile", async () => {
    const { plugin, seen } = witness();
    const waiting: Came[] = [];
    const { url } = await gatewayBefore((came) => void waiting.push(came), { count, identity }, [
      plugin,
    ]);
    const own = await sessionOf(url, admin);
    seen.length = 0;
    const first = own.call(1, { name });
    await expect.poll(() => waiting.length).toBe(1);
    const second = callerOf(url, { ...staff, "mcp-session-id": own.session }).call(2, { name });
    await expect.poll(() => waiting.length).toBe(2);
    waiting[0]?.answer("fine");
    await first;
    waiting[1]?.answer("fine");
    await second;
    expect(seen).toEqual([
      "before admin,staff console",
      "before staff agent",
      "after admin,staff console",
      "after staff agent",
    ]);
  });

  it("what a server begins by itself has the newest identity of the session", async () => {
    const { plugin, seen } = witness();
    const { url, server } = await gatewayBefore(undefined, { count, identity }, [plugin]);
    const own = await sessionOf(url, admin);
    const abort = new AbortController();
    afterTest(() => abort.abort());
    await own.open(undefined, { method: "GET", signal: abort.signal });
    await expect.poll(() => server.streams.size).toBe(count);
    await callerOf(url, { ...staff, "mcp-session-id": own.session }).call(1, { name });
    seen.length = 0;
    const ask = { jsonrpc: "2.0", id: 1, method: "sampling/createMessage" };
    const params = { messages: [], maxTokens: 1 };
    const [stream] = server.streams.values();
    stream?.write(`data: ${JSON.stringify({ ...ask, params })}\n\n`);
    await expect.poll(() => seen).toEqual(["asked staff agent"]);
  });
});
