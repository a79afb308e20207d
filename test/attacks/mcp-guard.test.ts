/** Ways for a peer to bypass a guard: ids, other transports, unconfigured parts. */
import { createExtensions, createPluginManager, definePlugin, deny } from "glassine";
import { createGuard } from "glassine/mcp";
import { expect, it } from "vitest";
import { fakeManager, settle } from "../adapters/mcp/support/fake-manager.ts";
import {
  notification,
  RawTransport,
  rawGuard,
  request,
  result,
  toolCall,
  toolResult,
} from "../adapters/mcp/support/raw.ts";
import { cancelled, waitingHook } from "../adapters/mcp/support/waiting-hook.ts";
import { attack } from "./attack.ts";

/** A plugin on `cmf` hooks that renames a tool call, and puts a secret into each result. */
const rewriter = (from: string, to: string) =>
  definePlugin({
    name: "rewriter",
    version: "1.0.0",
    hooks: {
      "cmf.tool_pre_invoke": (message) => {
        const [part] = message.content;
        if (part?.content_type !== "tool_call" || part.content.name !== from) return;
        const content = { ...part.content, name: to };
        return { modifiedPayload: { ...message, content: [{ ...part, content }] } };
      },
      "cmf.tool_post_invoke": (message) => {
        const [part] = message.content;
        if (part?.content_type !== "tool_result") return;
        const content = { ...part.content, content: "secret" };
        return { modifiedPayload: { ...message, content: [{ ...part, content }] } };
      },
    },
  });

const code = (value: string) => expect.objectContaining({ code: value });

attack(
  "A-275",
  "Cancel calls until the guard forgets an id, reuse it for a `ping`, and get the late result as its answer",
  "the id is refused with `request_id_in_use`, and the late result is dropped",
  () => {
    it("with 1100 cancelled calls", async () => {
      const { guard, peer, sent } = await rawGuard(fakeManager());
      for (let id = 0; id < 1100; id++) {
        peer(toolCall(id));
        await settle();
        peer(cancelled(id));
      }
      peer(request(0, "ping"));
      await guard.send(toolResult(0, "secret"));
      await settle();
      expect(sent()).toMatchObject([{ id: 0, error: { data: { code: "request_id_in_use" } } }]);
    });
  },
);

attack(
  "A-276",
  "List resources in one HTTP exchange and read one in the next, to evade a data policy on its name",
  "the name is remembered across transports: `data_action_denied`",
  () => {
    it("also with a guard for each exchange", async () => {
      const manager = fakeManager();
      const uri = "file:///p.csv";
      const data = { Payroll: { denied_actions: ["read"] } };
      const envelope = () => createExtensions({ security: { data } } as never);
      const one = await rawGuard(manager, { envelope });
      await one.guard.send(request(1, "resources/list"));
      one.peer(result(1, { resources: [{ uri, name: "Payroll" }] }));
      await one.guard.close();
      const two = await rawGuard(manager, { envelope });
      await two.guard.send(request(1, "resources/read", { uri }));
      two.peer(result(1, { contents: [{ uri, text: "90000" }] }));
      await settle();
      expect(two.received()).toMatchObject([{ error: { data: { code: "data_action_denied" } } }]);
    });
  },
);

attack(
  "A-277",
  "Answer a harmless call on one connection with the id of a task that another connection started",
  "the other connection's task keeps its tool; if ambiguous, `task_forgotten`",
  () => {
    it("with two connections, and a third that fetches", async () => {
      const manager = fakeManager();
      const guards = [await rawGuard(manager), await rawGuard(manager), await rawGuard(manager)];
      const [owner, liar, third] = guards as [
        (typeof guards)[0],
        (typeof guards)[0],
        (typeof guards)[0],
      ];
      for (const [at, name] of [
        [owner, "payroll"],
        [liar, "harmless"],
      ] as const) {
        await at.guard.send(request(1, "tools/call", { name }));
        at.peer(result(1, { task: { taskId: "t", status: "working" } }));
        await settle();
      }
      await owner.guard.send(request(2, "tasks/result", { taskId: "t" }));
      owner.peer(toolResult(2, "90000"));
      await settle();
      expect(manager.calls.at(-1)?.payload).toMatchObject({
        content: [{ content: { tool_name: "payroll" } }],
      });
      third.peer(request(3, "ping"));
      await third.guard.send(request(4, "tasks/result", { taskId: "t" }));
      await settle();
      expect(third.received().at(-1)).toMatchObject({
        error: { data: { code: "task_forgotten" } },
      });
    });
  },
);

attack(
  "A-278",
  "Have the envelope name a server other than the one called, to evade a plugin for the latter",
  "the guard's `serverId` decides; a guard without one is refused with `options_invalid`",
  () => {
    it("with a plugin limited to one server", async () => {
      const strict = definePlugin({
        name: "strict",
        version: "1.0.0",
        hooks: {
          "cmf.tool_pre_invoke": {
            conditions: { servers: ["files"] },
            handler: (_message) => deny("no"),
          },
        },
      });
      const manager = await createPluginManager({ plugins: [strict] });
      const envelope = () => ({ mcp: { tool: { name: "echo", server_id: "harmless" } } });
      const { peer, received } = await rawGuard(manager, { serverId: "files", envelope });
      peer(toolCall(1));
      await settle();
      expect(received()).toEqual([]);
      expect(() => createGuard(manager, { envelope })).toThrow(code("options_invalid"));
    });
  },
);

attack(
  "A-279",
  "Answer a request of one session through another session's transport",
  "dropped with `message_invalid`",
  () => {
    it("with an id that is open in the other", async () => {
      const guard = createGuard(fakeManager());
      const victim = new RawTransport();
      const intruder = new RawTransport();
      const one = guard.wrap(victim, { session: "ada" });
      const two = guard.wrap(intruder, { session: "eve" });
      const received: unknown[] = [];
      const errors: Error[] = [];
      for (const end of [one, two]) {
        end.onmessage = (message) => void received.push(message);
        end.onerror = (error) => void errors.push(error);
        await end.start();
      }
      await one.send(toolCall(1));
      intruder.onmessage?.(toolResult(1, "forged"));
      await settle();
      expect([received, errors]).toEqual([[], [code("message_invalid")]]);
    });
  },
);

attack(
  "A-296",
  "Have one plugin allow a tool call, and a later one rename it",
  "the first runs again, and its denial stands",
  () => {
    it("with arguments, a result, and a plugin limited to the other name", async () => {
      const judge = definePlugin({
        name: "judge",
        version: "1.0.0",
        hooks: {
          "cmf.tool_pre_invoke": {
            conditions: { tools: ["delete_*"] },
            handler: (_message) => deny("nothing is deleted here"),
          },
          "cmf.tool_post_invoke": (message) =>
            JSON.stringify(message).includes("secret") ? deny("a secret") : undefined,
        },
      });
      const manager = await createPluginManager({
        plugins: [judge, rewriter("alias", "delete_all")],
      });
      const { guard, peer, received, sent } = await rawGuard(manager, { serverId: "files" });
      peer(toolCall(1, {}, { name: "alias" }));
      await settle();
      expect(received()).toEqual([]);
      peer(toolCall(2));
      await settle();
      await guard.send(toolResult(2, "fine"));
      await settle();
      expect(sent()).toMatchObject([
        { id: 1, error: { message: "nothing is deleted here", data: { plugin: "judge" } } },
        { id: 2, error: { message: "a secret", data: { plugin: "judge" } } },
      ]);
    });
  },
);

attack(
  "A-301",
  "Cancel calls endlessly through a bridge, so that it keeps their messages and treats the calls as open",
  "a cancelled call is forgotten, and what the server sends belongs to the call that is open",
  () => {
    it("with 300 calls, and an elicitation during the next", async () => {
      const near = new RawTransport();
      const far = new RawTransport();
      await createGuard(fakeManager()).bridge(near, far);
      for (let id = 0; id < 300; id++) {
        near.onmessage?.(toolCall(id, { text: "x".repeat(1000) }));
        await settle();
        near.onmessage?.(cancelled(id));
      }
      near.onmessage?.(toolCall("open"));
      await settle();
      far.onmessage?.(request(0, "elicitation/create", { message: "?", requestedSchema: {} }));
      await settle();
      expect(near.sent.at(-1)?.options).toEqual({ relatedRequestId: "open" });
      await far.close();
      await settle();
      const errors = near.sent.filter(({ message }) => message.error !== undefined);
      expect(errors).toMatchObject([{ message: { id: "open", error: { code: -32014 } } }]);
    });
  },
);

attack(
  "A-302",
  "Answer an elicitation or sampling with a task, and hide text in a notification about it",
  "it is shown at `cmf.mcp_notification`, and a denial there blocks it",
  () => {
    it.each(["elicitation/create", "sampling/createMessage"])("of %s", async (method) => {
      const reader = definePlugin({
        name: "reader",
        version: "1.0.0",
        hooks: {
          "cmf.mcp_notification": (message) =>
            JSON.stringify(message).includes("MARK") ? deny("marked") : undefined,
        },
      });
      const manager = await createPluginManager({ plugins: [reader] });
      const { guard, peer, received } = await rawGuard(manager);
      await guard.send(request(1, method, { message: "?", requestedSchema: {}, messages: [] }));
      peer(result(1, { task: { taskId: "T", status: "working" } }));
      await settle();
      const before = received().length;
      for (const update of [
        { statusMessage: "MARK" },
        { x: "MARK" },
        { result: { text: "MARK" } },
      ]) {
        for (const name of ["notifications/tasks/status", "notifications/tasks"]) {
          peer(notification(name, { taskId: "T", status: "working", ...update }));
          await settle();
        }
      }
      expect(received().slice(before)).toEqual([]);
      peer(notification("notifications/tasks/status", { taskId: "T", status: "working" }));
      await settle();
      expect(received().slice(before)).toHaveLength(1);
    });
  },
);

attack(
  "A-303",
  "End the session while hooks run, and go on through the transport that is still open",
  "what was reported as `aborted` is not forwarded, and later calls are aborted when the session is ended again",
  () => {
    const ended = async (hook: string) => {
      const { hold, hook: waits } = waitingHook();
      const ends: string[] = [];
      const onEnd = ({ outcome }: { outcome: string }) => void ends.push(outcome);
      const guard = createGuard(fakeManager({ [hook]: waits }), { onEnd });
      const raw = new RawTransport();
      const wrapped = guard.wrap(raw, { session: "s" });
      const received: unknown[] = [];
      wrapped.onmessage = (message) => void received.push(message);
      await wrapped.start();
      return { guard, raw, wrapped, received, ends, hold };
    };

    it("before a call is forwarded", async () => {
      const { guard, raw, received, ends, hold } = await ended("cmf.tool_pre_invoke");
      raw.onmessage?.(toolCall(1));
      await settle();
      guard.endSession("s");
      hold.open();
      await settle();
      expect([received, raw.sent, ends]).toEqual([[], [], ["aborted"]]);
    });

    it("before a result or a notification is forwarded", async () => {
      for (const message of [
        toolResult(1, "secret"),
        notification("notifications/message", { level: "info", data: "secret" }),
      ]) {
        const { guard, raw, wrapped, ends, hold } = await ended(
          message.id === 1 ? "cmf.tool_post_invoke" : "cmf.mcp_notification",
        );
        raw.onmessage?.(toolCall(1));
        await settle();
        void wrapped.send(message);
        await settle();
        guard.endSession("s");
        hold.open();
        await settle();
        expect(raw.sent).toEqual([]);
        expect(new Set(ends)).toEqual(new Set(["aborted"]));
        expect(guard.counts().open).toBe(0);
      }
    });

    it("and after the session ended", async () => {
      const { guard, raw, wrapped, received, hold } = await ended("cmf.tool_pre_invoke");
      hold.open();
      guard.endSession("s");
      raw.onmessage?.(toolCall(1));
      await settle();
      expect(received).toHaveLength(1);
      await wrapped.close();
      guard.endSession("s");
      expect(guard.counts()).toMatchObject({ started: 1, aborted: 1, open: 0 });
    });
  },
);

attack(
  "A-265",
  "Have a plugin of an older hook allow a call or a result, and one of a `cmf` hook change it",
  "the plugins of the older hook run again, and their denial stands",
  () => {
    it("with the name of a tool, and with a result", async () => {
      const turns: string[] = [];
      const older = definePlugin({
        name: "older",
        version: "1.0.0",
        hooks: {
          tool_pre_invoke: ({ name }) => {
            turns.push(`pre ${name}`);
            return name === "rm" ? deny("rm is not allowed") : undefined;
          },
          tool_post_invoke: ({ result: answer }) => {
            turns.push("post");
            return JSON.stringify(answer).includes("secret") ? deny("a secret") : undefined;
          },
        },
      });
      const manager = await createPluginManager({ plugins: [older, rewriter("ls", "rm")] });
      const { guard, peer, received, sent } = await rawGuard(manager, { serverId: "files" });
      peer(toolCall(1, {}, { name: "ls" }));
      await settle();
      expect(received()).toEqual([]);
      peer(toolCall(2));
      await settle();
      await guard.send(toolResult(2, "fine"));
      await settle();
      expect(sent()).toMatchObject([
        { id: 1, error: { message: "rm is not allowed", data: { plugin: "older" } } },
        { id: 2, error: { message: "a secret", data: { plugin: "older" } } },
      ]);
      expect(turns).toEqual(["pre ls", "pre rm", "pre echo", "post", "post"]);
    });
  },
);

attack(
  "A-304",
  "Use other calls' request ids as progress tokens, so that progress is judged by another call's envelope",
  "a token identifies the request that set it; an unknown one identifies none",
  () => {
    const who = (authInfo: unknown) => String((authInfo as { who?: unknown } | undefined)?.who);
    const envelope = ({ authInfo }: { authInfo: unknown }) =>
      createExtensions({ security: { subject: { id: who(authInfo), type: "user" } } });

    it("with two calls, each with the other's id, and after their ends", async () => {
      const judged: unknown[] = [];
      const hook = (_: never, { extensions }: { extensions?: unknown }) =>
        void judged.push((extensions as { security: { subject: object } }).security.subject);
      const { guard, peer } = await rawGuard(fakeManager({ "cmf.mcp_notification": hook }), {
        envelope,
      });
      const call = (id: number, progressToken: unknown) =>
        toolCall(id, {}, { _meta: { progressToken } });
      peer(call(1, 2), { authInfo: { who: "ada" } });
      peer(call(2, 1), { authInfo: { who: "bob" } });
      peer(call(3, 2), { authInfo: { who: "eve" } });
      peer(call(4, "2"), { authInfo: { who: "dan" } });
      await settle();
      const tokens = [2, 1, "2", 3, 4];
      const tellAll = async () => {
        for (const progressToken of tokens) {
          const params = { progressToken, progress: 1, message: "x" };
          await guard.send(notification("notifications/progress", params));
        }
        await settle();
        return judged.splice(0).map((subject) => (subject as { id: string }).id);
      };
      expect(await tellAll()).toEqual(["ada", "bob", "dan", "undefined", "undefined"]);
      for (const id of [1, 2, 4]) await guard.send(toolResult(id, "x"));
      await settle();
      expect(new Set(await tellAll())).toEqual(new Set(["undefined"]));
    });
  },
);
