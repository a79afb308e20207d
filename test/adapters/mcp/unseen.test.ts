/** Content of a message that no hook is shown. */
import type { GuardEvent } from "glassine/mcp";
import { describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { exchange } from "./support/exchange.ts";
import { denial, fakeManager } from "./support/fake-manager.ts";

const inputResponses = { who: { action: "accept", content: { email: "ada@example.com" } } };
const inputRequests = { who: { method: "elicitation/create", params: { message: "Password?" } } };
const asking = { resultType: "input_required", inputRequests };
const refused = { error: { code: -32011, data: { code: "guard_failed" } } };
const tool = { content: [] };
const prompt = { messages: [] };
const _resource = { contents: [] };
const uri = "file:///a";
const working = { taskId: "t", status: "working", ttl: null, createdAt: "", lastUpdatedAt: "" };
const block = (content: object) => ({ messages: [{ role: "user", content }] });

type Way = [string, string, object, object];

const requests: Way[] = [
  ["input of a prompt that asks", "prompts/get", { name: "p", inputRequests }, prompt],
  ["a field that is not known", "tools/call", { name: "t", body: "ada@example.com" }, tool],
];

const results: Way[] = [
  [
    "a prompt that brings input",
    "prompts/get",
    { name: "p" },
    { ...prompt, inputResponses: [{}, "Password?"] },
  ],
  ["a field that is not known", "prompts/get", { name: "p" }, { ...prompt, body: "Password?" }],
  [
    "a block's field",
    "prompts/get",
    { name: "p" },
    block({ type: "text", text: "a", alt: "Password?" }),
  ],
  [
    "contents with a description",
    "resources/read",
    { uri },
    { contents: [{ uri, text: "a", description: "Password?" }] },
  ],
  [
    "a link that carries data",
    "prompts/get",
    { name: "p" },
    block({ type: "resource_link", uri, name: "a", text: "Password?" }),
  ],
  ["a task's field", "tools/call", { name: "t" }, { task: { taskId: "t", later: "Password?" } }],
  [
    "the field of a task that is asked for",
    "tasks/get",
    { taskId: "t" },
    { ...working, later: "Password?" },
  ],
  ["a string for a task", "tools/call", { name: "t" }, { ...tool, task: "Password?" }],
];

const metadata = { _meta: { a: 1 }, annotations: { audience: ["user"] } };
const display = { title: "T", icons: [{ src: "https://a.example/i.png" }] };
const link = { type: "resource_link", uri, name: "a", size: 5, ...metadata, ...display };

const plain: Way[] = [
  ["an asking tool", "tools/call", { name: "t" }, asking],
  ["an asking prompt", "prompts/get", { name: "p" }, asking],
  ["an asking resource", "resources/read", { uri }, asking],
  ["input for a tool", "tools/call", { name: "t", inputResponses }, tool],
  [
    "a tool's own fields",
    "tools/call",
    { name: "t" },
    { ...tool, structuredContent: { a: 1 }, vendor: 1 },
  ],
  [
    "settings",
    "tools/call",
    { name: "t", task: { ttl: 1 }, requestState: "s", _meta: {} },
    { ...tool, ttlMs: 1, cacheScope: "private" },
  ],
  [
    "a task with all it may have",
    "tools/call",
    { name: "t", task: { ttl: 1 } },
    {
      task: {
        taskId: "t",
        status: "working",
        statusMessage: "Soon",
        inputRequests,
        createdAt: "",
        lastUpdatedAt: "",
        ttl: null,
        pollInterval: 1,
      },
    },
  ],
  ["a link with all it may have", "prompts/get", { name: "p" }, block(link)],
  [
    "an embedded resource",
    "prompts/get",
    { name: "p" },
    block({ type: "resource", resource: { uri, text: "a", _meta: {} }, ...metadata }),
  ],
  ["an unknown block", "prompts/get", { name: "p" }, block({ type: "hologram", beam: 1 })],
  [
    "contents as MCP's pages show them",
    "resources/read",
    { uri },
    { contents: [{ uri, name: "a", ...display, mimeType: "text/plain", text: "a" }] },
  ],
  [
    "null, which says nothing",
    "resources/read",
    { uri },
    { contents: [{ uri, text: "a", blob: null, description: null }] },
  ],
];

describe("content that no hook is shown", () => {
  it.each(requests)(
    "refuses a request, before it is sent: %s",
    async (_, method, params, result) => {
      verifies("mcp:guard-unseen");
      const events: GuardEvent[] = [];
      const { sent, answer } = await exchange(
        fakeManager(),
        method,
        params,
        { result },
        {
          onResult: (event) => events.push(event),
        },
      );
      expect(sent).toBeUndefined();
      expect(answer).toMatchObject(refused);
      expect(events.at(-1)).toMatchObject({
        point: expect.stringMatching(/^cmf\..*_pre_/),
        error: { code: "payload_shape" },
      });
      expect(String(events.at(-1)?.error)).not.toContain("ada@");
    },
  );

  it.each(results)(
    "refuses a response, before it is forwarded: %s",
    async (_, method, params, result) => {
      const { answer } = await exchange(fakeManager(), method, params, { result });
      expect(answer).toMatchObject(refused);
      expect(JSON.stringify(answer)).not.toContain("Password");
    },
  );

  it.each([...requests, ...results])(
    "passes if the host chose so: %s",
    async (_, method, params, result) => {
      const { sent, answer } = await exchange(
        fakeManager(),
        method,
        params,
        { result },
        { pass: ["tokens", "unknown"] },
      );
      expect(sent).toMatchObject({ params });
      expect(answer).toMatchObject({ result });
    },
  );

  it.each(plain)(
    "is not what a hook sees, or what is a setting: %s",
    async (_, method, params, result) => {
      const { sent, answer } = await exchange(fakeManager(), method, params, { result });
      expect(sent).toMatchObject({ params });
      expect(answer).toMatchObject({ result });
    },
  );

  it("is removed from a task whose result is refused for it", async () => {
    verifies("mcp:guard-unseen");
    const done = { ...working, status: "completed", result: tool, later: "Password?" };
    const params = { taskId: "t" };
    const { answer } = await exchange(fakeManager(), "tasks/get", params, { result: done });
    expect(JSON.stringify(answer)).not.toContain("Password?");
    expect(answer).toMatchObject({ result: { taskId: "t", result: { isError: true } } });
  });

  it("does not hide a denial, which says why", async () => {
    const manager = fakeManager({ "cmf.tool_pre_invoke": () => denial("no") });
    const { answer } = await exchange(manager, "tools/call", { name: "t", odd: 1 }, {});
    expect(answer).toMatchObject({ error: { code: -32010, message: "no" } });
  });
});
