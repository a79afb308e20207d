/** Sessions of servers behind a proxy that holds the exchanges. */
import { addLabels, definePlugin, deny } from "glassine";
import { type LabelStore, memoryLabelStore } from "glassine/labels";
import { egressGuard, roleGuard } from "glassine/plugins";
import { describe, expect, it } from "vitest";
import { identityOf } from "../../../../src/gateway/identity/identity.ts";
import {
  type Forward,
  type Forwarded,
  refusalOf,
} from "../../../../src/gateway/transports/index.ts";
import { callOf, initialize, messagesIn } from "../../../gateway/run/support/caller.ts";
import { verifies } from "../../../support/verifies.ts";
import { adaWith, answering, endpointBefore } from "./support/endpoint.ts";

const eve = identityOf("jwt", ["issuer", "eve"], { subject: undefined });

/** Holds a request with this text until `goOn` is called. `wait` says whether it held one. */
function holding(text: string) {
  let release = () => {};
  return {
    async wait({ body }: Forwarded): Promise<boolean> {
      if (!String(body).includes(text)) return false;
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      return true;
    },
    goOn: () => release(),
  };
}

/** The store, but two that look for the owner of a session both look before either goes on. */
function lookingAtOnce(shared: LabelStore): LabelStore {
  const waiting: (() => void)[] = [];
  return {
    ...shared,
    async load(name) {
      const found = await shared.load(name);
      if (!name.startsWith("owner of") || waiting.length === 2) return found;
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        if (waiting.length === 2) for (const each of waiting) each();
      });
      return found;
    },
  };
}

/** Answers like `answering`, in a stream of events. */
const streaming: Forward = async (sent) => {
  const answered = await answering(sent);
  const headers = new Headers(answered.headers);
  headers.set("content-type", "text/event-stream");
  const note = { jsonrpc: "2.0", method: "notifications/message", params: { level: "info" } };
  const text = `data: ${JSON.stringify(note)}\n\ndata: ${await answered.text()}\n\n`;
  return new Response(text, { headers });
};

it("judges each request of a session by its own identity", async () => {
  verifies("envoy:owner");
  const guard = roleGuard({ tools: { "*": ["admin"] } });
  const { post } = await endpointBefore(answering, [guard]);
  expect((await post(adaWith("admin"), initialize)).headers.get("mcp-session-id")).toBe("made");
  const codes = [];
  for (const identity of [adaWith("admin"), adaWith(), adaWith("admin")])
    codes.push((await post(identity, callOf(1), "made")).code);
  expect(codes).toEqual([undefined, "role_missing", undefined]);
});

it.each([
  ["a document", answering],
  ["events", streaming],
] as const)("begins no session with an answer that was refused: %s", async (_, forward) => {
  let refuses = true;
  const refusing = definePlugin({
    name: "refusing",
    version: "1.0.0",
    hooks: {
      "cmf.mcp_response": () =>
        refuses ? deny({ code: "not_today", reason: "Not today." }) : undefined,
    },
  });
  const { endpoint, post } = await endpointBefore(forward, [refusing]);
  const refused = await post(adaWith(), initialize);
  expect(refused).toMatchObject({ status: 200, code: "not_today" });
  expect(refused.headers.get("mcp-session-id")).toBeNull();
  expect(endpoint.sessions.size).toBe(0);
  expect((await post(adaWith(), callOf(1), "made")).code).toBe("session_unknown");
  refuses = false;
  expect((await post(adaWith(), initialize)).headers.get("mcp-session-id")).toBe("made");
  expect(await post(adaWith(), callOf(1), "made")).toMatchObject({ status: 200 });
});

it("ends the sessions and the streams of a server that a reload took away", async () => {
  const forward: Forward = async (sent) =>
    sent.body === null
      ? new Response(new ReadableStream(), { headers: { "content-type": "text/event-stream" } })
      : answering(sent);
  const { endpoint, post, get } = await endpointBefore(forward, []);
  await post(adaWith(), initialize);
  const stream = await get(adaWith(), "made");
  await endpoint.endWith(new Set(["other"]));
  expect(await post(adaWith(), callOf(1), "made")).toMatchObject({ status: 200 });
  await endpoint.endWith(new Set(["fake"]));
  expect(await stream.text()).toBe("");
  expect((await post(adaWith(), callOf(1), "made")).code).toBe("session_unknown");
});

it("ends idle sessions, but none with a request in progress", async () => {
  const { wait, goOn } = holding("tools/call");
  const forward: Forward = async (sent) => {
    await wait(sent);
    return answering(sent);
  };
  const { endpoint, post } = await endpointBefore(forward, [], { idleSessionMs: 1 });
  await post(adaWith(), initialize);
  const called = post(adaWith(), callOf(1), "made");
  await new Promise((resolve) => setTimeout(resolve, 20));
  await endpoint.sessions.endIdle();
  expect(endpoint.sessions.size).toBe(1);
  goOn();
  expect(await called).toMatchObject({ status: 200, code: undefined });
  const left = async () => {
    await endpoint.sessions.endIdle();
    return endpoint.sessions.size;
  };
  await expect.poll(left).toBe(0);
});

it("keeps a session to its subject at every gateway with the same store of labels", async () => {
  verifies("envoy:owner");
  const shared = memoryLabelStore();
  const { post } = await endpointBefore(answering, [], {}, shared);
  await post(adaWith(), initialize);
  const other = await endpointBefore(answering, [], {}, shared);
  const unknown = { status: 404, code: "session_unknown" };
  expect(await other.post(eve, callOf(1), "made")).toMatchObject(unknown);
  expect(await other.post(adaWith(), callOf(2), "made")).toMatchObject({ status: 200 });
  const apart = await endpointBefore(answering, []);
  expect(await apart.post(adaWith(), callOf(3), "made")).toMatchObject(unknown);
});

it("gives nobody the session of somebody else, even if the server names it again", async () => {
  verifies("envoy:owner");
  const shared = memoryLabelStore();
  const [first, other] = [
    await endpointBefore(answering, [], {}, shared),
    await endpointBefore(answering, [], {}, shared),
  ];
  const apart = await endpointBefore(answering, []);
  for (const { post } of [first, apart]) await post(adaWith(), initialize);
  for (const { post } of [first, other, apart]) {
    const asked = await post(eve, initialize);
    expect(asked).toMatchObject({ status: 503, code: "server_unavailable" });
    expect(asked.headers.get("mcp-session-id")).toBeNull();
    expect((await post(eve, callOf(1), "made")).code).toBe("session_unknown");
    expect(await post(adaWith(), callOf(1), "made")).toMatchObject({ status: 200 });
  }
});

it("keeps a session that two subjects got at once from being known elsewhere", async () => {
  verifies("envoy:owner");
  const shared = memoryLabelStore();
  const store = lookingAtOnce(shared);
  const claims = [adaWith(), eve].map(async (identity) => {
    const { post } = await endpointBefore(answering, [], {}, store);
    return (await post(identity, initialize)).status;
  });
  expect((await Promise.all(claims)).filter((status) => status === 200).length).toBeLessThan(2);
  const third = await endpointBefore(answering, [], {}, shared);
  for (const identity of [adaWith(), eve])
    expect((await third.post(identity, callOf(1), "made")).code).toBe("session_unknown");
});

it("a session has the label that the request which began it got", async () => {
  const labelling = definePlugin({
    name: "labelling",
    version: "1.0.0",
    capabilities: ["append_labels"],
    hooks: {
      "cmf.mcp_response": (_message, _context, extensions) => ({
        modifiedExtensions: addLabels(extensions, "GREETED"),
      }),
    },
  });
  const keeping = egressGuard({ labels: ["GREETED"] });
  const { post } = await endpointBefore(answering, [labelling, keeping]);
  await post(adaWith(), initialize);
  expect((await post(adaWith(), callOf(1), "made")).code).toBe("egress_denied");
});

it("knows a session of another gateway once, however many requests come at once", async () => {
  const shared = memoryLabelStore();
  const { post } = await endpointBefore(answering, [], {}, shared);
  await post(adaWith(), initialize);
  const { wait, goOn } = holding('"slow"');
  const forward: Forward = async (sent) => {
    await wait(sent);
    return answering(sent);
  };
  const store = lookingAtOnce(shared);
  const other = await endpointBefore(forward, [], { idleSessionMs: 1 }, store);
  const slow = other.post(adaWith(), callOf("slow"), "made");
  expect((await other.post(adaWith(), callOf("fast"), "made")).status).toBe(200);
  await new Promise((resolve) => setTimeout(resolve, 20));
  await other.endpoint.sessions.endIdle();
  expect(other.endpoint.sessions.size).toBe(1);
  goOn();
  expect(await slow).toMatchObject({ status: 200, code: undefined });
});

it("begins no more sessions than a subject may have, however many it asks for at once", async () => {
  const forward: Forward = async (sent) => {
    const answered = await answering(sent);
    answered.headers.set("mcp-session-id", crypto.randomUUID());
    return answered;
  };
  const { endpoint, post } = await endpointBefore(forward, [], { sessionsPerSubject: 2 });
  const ids = [1, 2, 3, 4];
  const all = await Promise.all(ids.map((id) => post(adaWith(), { ...initialize, id })));
  expect(all.map(({ status }) => status).sort()).toEqual([200, 200, 503, 503]);
  const refused = all.filter(({ status }) => status === 503);
  expect(refused.map(({ code }) => code)).toEqual(["too_many_sessions", "too_many_sessions"]);
  expect(refused.map(({ headers }) => headers.get("retry-after"))).toEqual(["60", "60"]);
  expect(endpoint.sessions.size).toBe(2);
});

it("claims no session in the shared store that it has no room for", async () => {
  const shared = memoryLabelStore();
  const { wait, goOn } = holding('"slow"');
  const forward: Forward = async (sent) => {
    const answered = await answering(sent);
    if (await wait(sent)) answered.headers.set("mcp-session-id", "late");
    return answered;
  };
  const { post } = await endpointBefore(forward, [], { sessionsPerSubject: 1 }, shared);
  const slow = post(adaWith(), { ...initialize, id: "slow" });
  expect((await post(adaWith(), initialize)).status).toBe(200);
  goOn();
  expect((await slow).code).toBe("too_many_sessions");
  expect(await shared.load("owner of fake made")).toHaveLength(1);
  expect(await shared.load("owner of fake late")).toEqual([]);
});

describe("a list of tools is compared with the definitions of before", () => {
  const list = { jsonrpc: "2.0", id: 1, method: "tools/list" };

  /** The server changes its tool once the first list has been passed on. */
  async function changing(respond: (sent: Forwarded, listed: object) => Response) {
    let description = "as reviewed";
    const forward: Forward = async (sent) => {
      if (String(sent.body).includes("initialize")) return answering(sent);
      const tools = [{ name: "echo", description, inputSchema: { type: "object" } }];
      return respond(sent, { jsonrpc: "2.0", id: 1, result: { tools } });
    };
    const made = await endpointBefore(forward, []);
    await made.post(adaWith(), initialize);
    const text = async (method: string, body?: object) => {
      const asked = { method, ...(body && { body: JSON.stringify(body) }) };
      return (await made.ask(adaWith(), "made", asked)).text();
    };
    expect(await text("POST", list)).toContain("as reviewed");
    description = "another";
    return { ...made, text };
  }

  it("even if the caller cancelled it in the same batch", async () => {
    const { text, post } = await changing(({ body }, listed) =>
      Response.json(String(body).startsWith("[") ? [listed] : listed),
    );
    const params = { requestId: 1 };
    const cancelled = { jsonrpc: "2.0", method: "notifications/cancelled", params };
    expect(JSON.parse(await text("POST", [list, cancelled]))).toMatchObject([
      { id: 1, result: { tools: [] } },
    ]);
    const call = { jsonrpc: "2.0", id: 2, method: "tools/call", params: { name: "echo" } };
    expect((await post(adaWith(), call, "made")).code).toBe("definition_changed");
  });

  it("even if it comes in another exchange than it was asked for in", async () => {
    let isCut = false;
    const { text } = await changing(({ body }, listed) => {
      if (body !== null && !isCut) return Response.json(listed);
      const events = body === null ? `data: ${JSON.stringify(listed)}\n\n` : "id: 7\ndata: \n\n";
      return new Response(events, { headers: { "content-type": "text/event-stream" } });
    });
    isCut = true;
    expect(await text("POST", list)).toBe("id: 7\ndata: \n\n");
    expect(messagesIn(await text("GET"))).toMatchObject([{ id: 1, result: { tools: [] } }]);
  });
});

it("does not send on a request that the gateway refused while plugins judged it", async () => {
  const sent: string[] = [];
  let goOn: (() => void) | undefined;
  const slow = definePlugin({
    name: "slow",
    version: "1.0.0",
    hooks: {
      "cmf.mcp_request": () =>
        new Promise<undefined>((resolve) => {
          goOn = () => resolve(undefined);
        }),
    },
  });
  const forward: Forward = (each) => {
    sent.push(String(each.body));
    return answering(each);
  };
  const { endpoint, post } = await endpointBefore(forward, [slow]);
  const begun = post(adaWith(), initialize);
  await expect.poll(() => goOn).toBeDefined();
  await endpoint.connected.refuse(refusalOf(-32014, "shutting_down", "Later."), () => true);
  goOn?.();
  expect(await begun).toMatchObject({ status: 200, code: "shutting_down" });
  expect([sent, endpoint.sessions.size]).toEqual([[], 0]);
});

it("counts a request that plugins refused as answered", async () => {
  const guard = roleGuard({ tools: { "*": ["admin"] } });
  const limits = { inFlight: 2, idleSessionMs: 1 };
  const { endpoint, post } = await endpointBefore(answering, [guard], limits);
  await post(adaWith("admin"), initialize);
  for (const id of [1, 2, 3, 4]) {
    expect((await post(adaWith(), callOf(id), "made")).code).toBe("role_missing");
    // The exchange ends after its answer.
    await new Promise((resolve) => setImmediate(resolve));
  }
  await new Promise((resolve) => setTimeout(resolve, 20));
  await endpoint.sessions.endIdle();
  expect(endpoint.sessions.size).toBe(0);
});

describe("before the server has responded", () => {
  async function silentServer() {
    const asked: ((response: Response) => void)[] = [];
    const made = await endpointBefore(async (sent) => {
      if (String(sent.body).includes("initialize")) return answering(sent);
      return new Promise((resolve) => void asked.push(resolve));
    }, []);
    await made.post(adaWith(), initialize);
    const isAsked = () => expect.poll(() => asked.length).toBe(1);
    const respond = () =>
      asked[0]?.(
        new Response(new ReadableStream(), { headers: { "content-type": "text/event-stream" } }),
      );
    return { ...made, isAsked, respond };
  }

  it("the stream of a session that a reload ends is refused", async () => {
    const { endpoint, get, isAsked, respond, errors } = await silentServer();
    const stream = get(adaWith(), "made");
    await isAsked();
    await endpoint.endWith(new Set(["fake"]));
    expect((await stream).status).toBe(503);
    expect(errors).toEqual([]);
    respond();
  });

  it("a request that the gateway refuses is answered at once", async () => {
    const { endpoint, post, isAsked } = await silentServer();
    const called = post(adaWith(), callOf(1), "made");
    await isAsked();
    await endpoint.connected.refuse(refusalOf(-32014, "shutting_down", "Later."), () => true);
    expect(await called).toMatchObject({ status: 200, code: "shutting_down" });
  });
});
