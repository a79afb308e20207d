/** Ways for a peer to get a message past the plugins that listen for its kind. */
import { createPluginManager, definePlugin, deny } from "glassine";
import type { Message } from "glassine/messages";
import { expect, it } from "vitest";
import { exchange } from "../adapters/mcp/support/exchange.ts";
import { fakeManager, settle } from "../adapters/mcp/support/fake-manager.ts";
import { notification, rawGuard, request, result } from "../adapters/mcp/support/raw.ts";
import { verifies } from "../support/verifies.ts";
import { attack } from "./attack.ts";

const secret = "078-05-1120";
const uri = "file:///a";
const params = { uri };
const odd = { contents: [{ uri, text: "a", note: secret }] };

attack(
  "A-297",
  "Put a string into a field that MCP does not define, past plugins that are limited to other messages or disabled",
  "refused with `guard_failed`",
  () => {
    it.each([{ tools: ["tools/list"] }, { tenants: ["acme"] }, { servers: ["files"] }])(
      "with conditions %j",
      async (conditions) => {
        const seen: string[] = [];
        const plugin = definePlugin({
          name: "for-others",
          version: "1.0.0",
          hooks: {
            "cmf.mcp_request": { conditions, handler: (m) => void seen.push(JSON.stringify(m)) },
            "cmf.mcp_response": { conditions, handler: (m) => void seen.push(JSON.stringify(m)) },
          },
        });
        const manager = (await createPluginManager({ plugins: [plugin] })) as never;
        const options = { tenant: "globex", serverId: "mails", onWarning: () => {} };
        const answered = await exchange(
          manager,
          "resources/read",
          params,
          { result: odd },
          options,
        );
        expect(answered.answer).toMatchObject({ error: { data: { code: "guard_failed" } } });
        const asking = { uri, note: secret };
        const asked = await exchange(manager, "resources/read", asking, { result: odd }, options);
        expect(asked.sent).toBeUndefined();
        expect(seen.join()).not.toContain(secret);
      },
    );

    it("disabled after a failure", async () => {
      const plugin = definePlugin({
        name: "fails",
        version: "1.0.0",
        hooks: {
          "cmf.mcp_response": {
            onError: "disable",
            handler() {
              throw new Error("no");
            },
          },
        },
      });
      const manager = await createPluginManager({ plugins: [plugin], onHandlerError: () => {} });
      const read = () =>
        exchange(manager as never, "resources/read", params, { result: odd }, { pass: ["tokens"] });
      await read();
      expect(await read()).toMatchObject({
        answer: { error: { data: { code: "guard_failed" } } },
      });
    });

    it("but forwarded if one is skipped and another runs", async () => {
      const seen: string[] = [];
      const plugins = [{ tools: ["tools/list"] }, undefined].map((conditions, at) =>
        definePlugin({
          name: `listener-${at}`,
          version: "1.0.0",
          hooks: {
            "cmf.mcp_response": {
              ...(conditions && { conditions }),
              handler: (message) => void seen.push(JSON.stringify(message)),
            },
          },
        }),
      );
      const manager = (await createPluginManager({ plugins })) as never;
      const { answer } = await exchange(manager, "resources/read", params, { result: odd });
      expect(answer.result).toEqual(odd);
      expect(seen.join()).toContain(secret);
    });
  },
);

/** A plugin that lets only these methods pass. */
async function only(...methods: readonly string[]) {
  const judge = (message: Message) => {
    const [part] = message.content;
    if (part?.content_type === "tool_call" && methods.includes(part.content.name)) return undefined;
    if (part?.content_type === "tool_result" && methods.includes(part.content.tool_name)) {
      return undefined;
    }
    return deny("not allowed");
  };
  const hooks = { message_pre_invoke: judge, message_post_invoke: judge };
  const plugin = definePlugin({ name: "only", version: "1.0.0", hooks });
  return (await createPluginManager({ plugins: [plugin] })) as never;
}

const task = { taskId: "t", status: "working", ttl: null, createdAt: "", lastUpdatedAt: "" };

attack(
  "A-298",
  "Send a request, answer or notification with nothing but its method, so that no plugin runs",
  "plugins on the hook run, and see the method",
  () => {
    const requests: [string, object?][] = [
      ["acme/shutdown"],
      ["acme/shutdown", {}],
      ["acme/shutdown", { _meta: { progressToken: 1 } }],
      ["tools/list"],
      ["tools/list", { cursor: "c" }],
      ["roots/list"],
      ["server/discover"],
      ["initialize", { protocolVersion: "2025-11-25" }],
      ["tasks/list"],
      ["tasks/get", { taskId: "t" }],
      ["tasks/result", { taskId: "t" }],
      ["tasks/cancel", { taskId: "t" }],
      ["sampling/createMessage", { messages: [], maxTokens: 5 }],
    ];

    it.each(requests)("a request: %s %j", async (method, params) => {
      verifies("mcp:guard-others");
      const { raw, peer, received, sent } = await rawGuard(await only());
      peer(request(1, method, params));
      await expect.poll(() => sent().length).toBe(1);
      expect(sent()).toMatchObject([{ error: { message: "not allowed" } }]);
      expect(received()).toEqual([]);
      expect(raw.sent).toHaveLength(1);
    });

    it.each([
      ["acme/shutdown", undefined, {}],
      ["logging/setLevel", { level: "info" }, {}],
      ["tools/list", {}, { nextCursor: "c" }],
      ["tasks/list", {}, { nextCursor: "c" }],
    ])("an answer: %s %j", async (method, params, reply) => {
      const manager = fakeManager({
        "cmf.mcp_response": () => ({
          continueProcessing: false,
          violation: { code: "no", reason: "not allowed" },
        }),
      });
      const { guard, peer, received } = await rawGuard(manager);
      await guard.send(request(1, method, params));
      peer(result(1, reply));
      await settle();
      expect(received()).toMatchObject([{ error: { message: "not allowed" } }]);
    });

    it.each(["tasks/get", "tasks/cancel"])("the state of a task, by %s", async (method) => {
      const { guard, peer, received } = await rawGuard(await only(method));
      await guard.send(request(1, method, { taskId: "t" }));
      await settle();
      peer(result(1, task));
      await expect.poll(() => received().length).toBe(1);
      expect(received()).toMatchObject([{ result: task }]);
      const { answer } = await exchange(
        fakeManager({
          "cmf.mcp_response": () => ({
            continueProcessing: false,
            violation: { code: "no", reason: "not allowed" },
          }),
        }),
        method,
        { taskId: "t" },
        { result: task },
      );
      expect(answer).toMatchObject({ error: { message: "not allowed" } });
    });

    it.each([
      ["notifications/acme", undefined],
      ["notifications/acme", {}],
      ["notifications/roots/list_changed", undefined],
      ["notifications/progress", { progressToken: 1, progress: 1 }],
      ["notifications/tasks/status", task],
      ["notifications/tasks", task],
    ])("a notification: %s %j", async (method, params) => {
      verifies("mcp:guard-notifications");
      const { peer, received } = await rawGuard(await only("notifications/other"));
      peer(notification(method, params));
      peer(notification("notifications/other"));
      await expect.poll(() => received().length).toBe(1);
      expect(received()).toEqual([notification("notifications/other")]);
    });

    it("except for a ping, and what a connection needs to stay open", async () => {
      const { peer, received, guard, sent } = await rawGuard(await only());
      peer(request(1, "ping"));
      await expect.poll(() => received().length).toBe(1);
      await guard.send(result(1, {}));
      peer(notification("notifications/initialized"));
      peer(request(2, "ping", { note: secret }));
      await expect.poll(() => sent().length).toBe(2);
      expect(received()).toEqual([request(1, "ping"), notification("notifications/initialized")]);
      expect(sent()).toMatchObject([
        { id: 1, result: {} },
        { id: 2, error: {} },
      ]);
    });
  },
);

attack(
  "A-299",
  "Answer sampling past `cmf.llm_output`: through a task, without a role, or as input in a request",
  "the answer passes through that hook, or is refused",
  () => {
    const said = { role: "assistant", model: "m", content: { type: "text", text: secret } };
    const { role: _role, ...noRole } = said;
    const { model: _model, ...noModel } = said;
    const asked = { messages: [], maxTokens: 5 };
    const judge = () =>
      fakeManager({
        "cmf.llm_output": (message: Message) =>
          JSON.stringify(message).includes(secret)
            ? { continueProcessing: false, violation: { code: "no", reason: "not allowed" } }
            : {},
      });

    it.each([
      noRole,
      noModel,
      { ...said, role: null },
      { content: said.content },
      { task, ...noRole },
      { task: { ...task, status: "completed", result: said } },
      { ...task, resultType: "task", status: "completed", result: said },
    ])("outright: %j", async (reply) => {
      const { answer } = await exchange(judge(), "sampling/createMessage", asked, {
        result: reply,
      });
      expect(answer).toMatchObject({ error: {} });
      expect(JSON.stringify(answer)).not.toContain(secret);
    });

    it.each([
      ["tasks/result", said],
      ["tasks/result", noRole],
      ["tasks/get", { ...task, status: "completed", result: said }],
    ])("by a task: %s %j", async (method, reply) => {
      verifies("mcp:guard-sampling");
      const { guard, peer, received } = await rawGuard(judge());
      await guard.send(request(1, "sampling/createMessage", { ...asked, task: { ttl: 5 } }));
      await settle();
      peer(result(1, { task }));
      await settle();
      expect(received()).toEqual([result(1, { task })]);
      await guard.send(request(2, method, { taskId: "t" }));
      await settle();
      peer(result(2, reply));
      await settle();
      expect(received()[1]).toMatchObject({ id: 2, error: {} });
      expect(JSON.stringify(received())).not.toContain(secret);
    });

    it.each([said, noRole, noModel, { ...noModel, roots: [] }, { ...said, action: "accept" }])(
      "as input: %j",
      async (entry) => {
        const brought = { name: "t", inputResponses: { a: entry } };
        const { sent } = await exchange(judge(), "tools/call", brought, {
          result: { content: [] },
        });
        expect(sent).toBeUndefined();
      },
    );

    it("but allowed model output passes, also through a task", async () => {
      const fine = { ...said, content: { type: "text", text: "Ahoy" } };
      const { guard, peer, received } = await rawGuard(judge());
      await guard.send(request(1, "sampling/createMessage", { ...asked, task: { ttl: 5 } }));
      await settle();
      peer(result(1, { task }));
      await settle();
      await guard.send(request(2, "tasks/result", { taskId: "t" }));
      await settle();
      peer(result(2, fine));
      await settle();
      expect(received()[1]).toEqual(result(2, fine));
    });
  },
);

attack(
  "A-300",
  "Put a string where the protocol has a number, a time, an identifier or words of its own, since those fields are skipped by name",
  "shown like the rest of the message",
  () => {
    const io = (name: string, value: unknown) => ({
      _meta: { [`io.modelcontextprotocol/${name}`]: value },
    });
    const metas = [
      io("serverInfo", { name: "s", version: "1", note: { deep: [secret] } }),
      io("serverInfo", { x: { title: secret } }),
      io("clientInfo", [secret]),
      io("related-task", { taskId: "t", note: secret }),
      io("clientCapabilities", { experimental: { [secret]: {} } }),
      io("clientCapabilities", { roots: secret }),
      io("clientCapabilities", { [secret]: {} }),
      io("logLevel", `no ${secret}`),
      io("protocolVersion", secret.repeat(99)),
      { _meta: { progressToken: [secret] } },
      { _meta: { progressToken: secret.repeat(999) } },
    ];
    const requests: [string, object][] = [
      ["acme/run", { ttlMs: secret }],
      ["tasks/update", { taskId: "t", createdAt: `at ${secret}` }],
      ["elicitation/create", { message: "m", requestedSchema: {}, task: { ttl: secret } }],
      ["elicitation/create", { message: "m", requestedSchema: {}, task: { [secret]: 1 } }],
      ["sampling/createMessage", { messages: [], maxTokens: 5, task: { note: secret } }],
      ["tools/call", { name: "t", task: { [secret]: 1 } }],
      ...metas.map((meta): [string, object] => ["acme/run", meta]),
      ...metas.map((meta): [string, object] => ["tools/call", { name: "t", ...meta }]),
    ];

    it.each(requests)("a request: %s %j", async (method, params) => {
      const manager = fakeManager({ "cmf.mcp_request": () => ({}) });
      const { sent } = await exchange(manager, method, params, { result: { content: [] } });
      expect(JSON.stringify(manager.calls)).toContain(secret);
      expect(sent).toMatchObject({ params });
    });

    const answers: [string, object, object][] = [
      ["acme/run", {}, { ttlMs: secret }],
      ["tools/list", {}, { tools: [], ttlMs: secret }],
      ["completion/complete", { ref: {} }, { completion: { values: [] }, ttlMs: [secret] }],
      ["initialize", {}, { protocolVersion: { a: secret } }],
      ...metas.map(
        (meta) =>
          ["tools/call", { name: "t" }, { content: [], ...meta }] as [string, object, object],
      ),
    ];

    it.each(answers)("an answer: %s %j %j", async (method, params, reply) => {
      const manager = fakeManager({ "cmf.mcp_response": () => ({}) });
      const { answer } = await exchange(manager, method, params, { result: reply });
      expect(JSON.stringify(manager.calls)).toContain(secret);
      expect(answer).toMatchObject({ result: reply });
    });

    it.each([
      ["notifications/progress", { progressToken: 1, progress: secret }],
      ["notifications/progress", { progressToken: 1, progress: 1, total: secret }],
      ["notifications/cancelled", { requestId: { a: secret } }],
      ["notifications/acme", { ttlMs: secret }],
    ])("a notification: %s %j", async (method, params) => {
      const manager = fakeManager({ "cmf.mcp_notification": () => ({}) });
      const { peer } = await rawGuard(manager);
      peer(notification(method, params));
      await settle();
      expect(JSON.stringify(manager.calls)).toContain(secret);
    });

    const word = "s078_05_1120";
    const worded = { ...task, status: word };
    const wordy: [string, object, object][] = [
      ["tools/list", {}, { tools: [], resultType: word }],
      ["tools/list", {}, { tools: [], cacheScope: word }],
      ["tools/call", { name: "t" }, { content: [], resultType: word }],
      ["tools/call", { name: "t" }, { content: [], cacheScope: word }],
      ["tools/call", { name: "t" }, { task: worded }],
      ["tasks/get", { taskId: "t" }, worded],
      ["tasks/get", { taskId: "t" }, { ...worded, statusMessage: "a" }],
      ["tasks/cancel", { taskId: "t" }, worded],
      ["tasks/cancel", { taskId: "t" }, { ...worded, result: { content: [] } }],
      ["ping", {}, { resultType: word }],
    ];

    it("a word in a request", async () => {
      const manager = fakeManager({ "cmf.mcp_request": () => ({}) });
      const level = io("logLevel", word);
      const { sent } = await exchange(manager, "acme/run", level, { result: {} });
      expect(JSON.stringify(manager.calls)).toContain(word);
      expect(sent).toMatchObject({ params: level });
    });

    it.each(wordy)("a word in an answer: %s %j %j", async (method, params, reply) => {
      verifies("mcp:guard-paths");
      const manager = fakeManager({ "cmf.mcp_response": () => ({}) });
      const { answer } = await exchange(manager, method, params, { result: reply });
      expect(JSON.stringify(manager.calls)).toContain(word);
      const forOneCaller = "cacheScope" in reply ? { cacheScope: "private" } : {};
      expect(answer).toMatchObject({ result: { ...reply, ...forOneCaller } });
    });

    it.each([
      ["notifications/tasks", { ...worded, statusMessage: "a" }],
      ["notifications/tasks/status", { ...worded, statusMessage: "a" }],
      ["notifications/tasks/status", worded],
      ["notifications/acme", { resultType: word }],
      ["notifications/initialized", { cacheScope: word }],
    ])("a word in a notification: %s %j", async (method, params) => {
      const manager = fakeManager({ "cmf.mcp_notification": () => ({}) });
      const { peer } = await rawGuard(manager);
      peer(notification(method, params));
      await settle();
      expect(JSON.stringify(manager.calls)).toContain(word);
    });

    it("but not a string that the protocol defines there", async () => {
      verifies("mcp:guard-paths");
      const manager = fakeManager({ "cmf.mcp_request": () => ({}) });
      const params = {
        _meta: {
          ...io("clientInfo", { name: "c", version: "1" })._meta,
          ...io("clientCapabilities", { elicitation: { form: {} }, roots: { listChanged: true } })
            ._meta,
          ...io("related-task", { taskId: "t" })._meta,
          progressToken: "p",
        },
        task: { ttl: 5 },
        requestState: "s",
      };
      const reply = { result: { content: [] } };
      const { sent } = await exchange(manager, "tools/call", { name: "t", ...params }, reply);
      expect(manager.names()).not.toContain("cmf.mcp_request");
      expect(sent).toMatchObject({ params });
    });
  },
);
