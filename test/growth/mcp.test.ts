// Only in test:all: it measures every function at four or more sizes.

import * as mcp from "glassine/mcp";
import type { Message } from "glassine/messages";
import { verifies } from "../support/verifies.ts";
import { eachEdit, type Subject, tryGrowth } from "./subjects.ts";

const id = { id: "7" };
const call = { id: "7", name: "tool" };
const blocks = [
  { type: "text", text: "a", annotations: { audience: ["user"] }, _meta: {} },
  { type: "resource_link", uri: "file:///a", name: "a", title: "A", size: 1 },
  { type: "resource", resource: { uri: "file:///a", text: "a", name: "a" } },
];
const toolResult = {
  content: blocks,
  structuredContent: { a: "b" },
  task: { taskId: "t", statusMessage: "a" },
};
const turns = [
  { role: "assistant", content: [{ type: "tool_use", id: "1", name: "a", input: { a: 1 } }] },
  { role: "user", content: [{ type: "tool_result", toolUseId: "1", content: blocks }] },
];
const sampling = { messages: turns, systemPrompt: "a", maxTokens: 1 };
const sampled = { role: "assistant", content: blocks.slice(0, 1), model: "m" };
const form = { message: "a", requestedSchema: { properties: { a: { title: "a" } } } };
const asked = {
  inputRequests: {
    a: { method: "sampling/createMessage", params: sampling },
    b: { method: "elicitation/create", params: form },
    c: { method: "roots/list" },
  },
};
const answers = {
  inputResponses: {
    a: sampled,
    b: { action: "accept", content: { a: "b" } },
    c: { roots: [{ uri: "file:///a", name: "a" }] },
  },
};
const error = { code: -1, message: "a", data: { a: "b" } };
const prompt = { messages: [{ role: "user", content: blocks[2] }], description: "a" };
const contents = {
  contents: [
    { uri: "file:///a", text: "a" },
    { uri: "b", blob: "aGk=", c: "d" },
  ],
};
const task = { taskId: "t", status: "completed", result: toolResult };
const parameters = { name: "a", arguments: { a: "b" } };

type From = (document: object) => mcp.Read;
type To = (messages: readonly Message[], onto: object) => mcp.Written<object>;

const reading = (seed: object, run: From): Subject => ({ seed, run });
const writing = (seed: object, from: From, to: To): Subject => ({
  seed,
  run: (onto: object) => eachEdit(from(onto).messages, (messages) => to(messages, onto)),
});
const inputsOf = ({ inputs }: mcp.Inputs): mcp.InputMessages =>
  Object.fromEntries(Object.entries(inputs).map(([key, { messages }]) => [key, messages]));

tryGrowth(
  mcp,
  {
    createGuard: "What it returns is tried with each method of the protocol, in guard.test.ts.",
    mcpRequestHeaders: {
      seed: {
        jsonrpc: "2.0",
        id: 1,
        method: "tools/call",
        params: {
          name: "a",
          arguments: { a: "b" },
          _meta: { "io.modelcontextprotocol/protocolVersion": "2026-07-28" },
        },
      },
      run: (message: object) =>
        mcp.mcpRequestHeaders(message, {
          headers: new Headers({ "mcp-param-a": "b" }),
          message: { params: { arguments: { a: "b" } } },
        }),
    },
    fromElicitationRequest: reading(form, (params) => mcp.fromElicitationRequest(params, id)),
    toElicitationRequest: writing(
      form,
      (params) => mcp.fromElicitationRequest(params, id),
      (messages, onto) => mcp.toElicitationRequest(messages, { ...id, onto }),
    ),
    fromElicitationResult: reading(answers.inputResponses.b, (result) =>
      mcp.fromElicitationResult(result, id),
    ),
    toElicitationResult: writing(
      answers.inputResponses.b,
      (result) => mcp.fromElicitationResult(result, id),
      (messages, onto) => mcp.toElicitationResult(messages, { ...id, onto }),
    ),
    fromInputRequests: { seed: asked, run: (result: object) => mcp.fromInputRequests(result) },
    toInputRequests: {
      seed: asked,
      run: (onto: object) => mcp.toInputRequests(inputsOf(mcp.fromInputRequests(onto)), { onto }),
    },
    fromInputResponses: [
      { seed: answers, run: (params: object) => mcp.fromInputResponses(params, { asked }) },
      { seed: asked, run: (given: object) => mcp.fromInputResponses(answers, { asked: given }) },
    ],
    toInputResponses: {
      seed: answers,
      run: (onto: object) =>
        mcp.toInputResponses(inputsOf(mcp.fromInputResponses(onto, { asked })), { asked, onto }),
    },
    fromPromptError: reading(error, (document) => mcp.fromPromptError(document, call)),
    toPromptError: writing(
      error,
      (document) => mcp.fromPromptError(document, call),
      (messages, onto) => mcp.toPromptError(messages, { ...call, onto }),
    ),
    fromPromptRequest: reading(parameters, (params) => mcp.fromPromptRequest(params, id)),
    toPromptRequest: writing(
      parameters,
      (params) => mcp.fromPromptRequest(params, id),
      (messages, onto) => mcp.toPromptRequest(messages, { ...id, onto }),
    ),
    fromPromptResult: reading(prompt, (result) => mcp.fromPromptResult(result, call)),
    toPromptResult: writing(
      prompt,
      (result) => mcp.fromPromptResult(result, call),
      (messages, onto) => mcp.toPromptResult(messages, { ...call, onto }),
    ),
    fromResourceError: reading(error, (document) => mcp.fromResourceError(document)),
    toResourceError: writing(
      error,
      (document) => mcp.fromResourceError(document),
      (messages, onto) => mcp.toResourceError(messages, { onto }),
    ),
    fromResourceRequest: reading({ uri: "file:///a" }, (params) =>
      mcp.fromResourceRequest(params, id),
    ),
    toResourceRequest: writing(
      { uri: "file:///a" },
      (params) => mcp.fromResourceRequest(params, id),
      (messages, onto) => mcp.toResourceRequest(messages, { ...id, onto }),
    ),
    fromResourceResult: reading(contents, (result) => mcp.fromResourceResult(result, id)),
    toResourceResult: writing(
      contents,
      (result) => mcp.fromResourceResult(result, id),
      (messages, onto) => mcp.toResourceResult(messages, { ...id, onto }),
    ),
    fromSamplingRequest: reading(sampling, (params) => mcp.fromSamplingRequest(params, id)),
    toSamplingRequest: writing(
      sampling,
      (params) => mcp.fromSamplingRequest(params, id),
      (messages, onto) => mcp.toSamplingRequest(messages, { ...id, onto }),
    ),
    fromSamplingResult: reading(sampled, (result) => mcp.fromSamplingResult(result, id)),
    toSamplingResult: writing(
      sampled,
      (result) => mcp.fromSamplingResult(result, id),
      (messages, onto) => mcp.toSamplingResult(messages, { ...id, onto }),
    ),
    fromTask: reading(task, (state) => mcp.fromTask(state, call)),
    toTask: writing(
      task,
      (state) => mcp.fromTask(state, call),
      (messages, onto) => mcp.toTask(messages, { ...call, onto }),
    ),
    fromToolCall: reading(parameters, (params) => mcp.fromToolCall(params, id)),
    toToolCall: writing(
      parameters,
      (params) => mcp.fromToolCall(params, id),
      (messages, onto) => mcp.toToolCall(messages, { ...id, onto }),
    ),
    fromToolError: reading(error, (document) => mcp.fromToolError(document, call)),
    toToolError: writing(
      error,
      (document) => mcp.fromToolError(document, call),
      (messages, onto) => mcp.toToolError(messages, { ...call, onto }),
    ),
    fromToolResult: reading(toolResult, (result) => mcp.fromToolResult(result, call)),
    toToolResult: writing(
      toolResult,
      (result) => mcp.fromToolResult(result, call),
      (messages, onto) => mcp.toToolResult(messages, { ...call, onto }),
    ),
  },
  () => verifies("adapters:work-bounded"),
);
