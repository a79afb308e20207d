/** Hooks and modes, listed a second time. A change here needs an entry in CHANGELOG.md. */
import { hookNames } from "glassine";
import { defineHooks } from "glassine/host";
import { expect, it } from "vitest";
import { type HookSpec, modes, standardHooks } from "../../src/core/hooks/index.ts";
import { zodOf } from "../../src/core/slots/index.ts";
import { verifies } from "../support/verifies.ts";

const table: Readonly<Record<string, HookSpec>> = standardHooks;

it("hooks: side or what they cover, payload, and what plugins may write", () => {
  verifies("dispatch:hook-table");
  const rows = Object.entries(table).map(([hook, spec]) => {
    const { shape } = zodOf(spec.payload)._zod.def as unknown as { readonly shape: object };
    const side = spec.side ?? (spec.covers === undefined ? "-" : `covers ${spec.covers}`);
    const fields = Object.keys(shape);
    const writable = spec.writable ?? [];
    return [hook, side, fields.join(" "), writable.join(" ")].join(" | ");
  });
  const message = "schema_version role content channel | content";
  expect(rows).toEqual([
    `evaluate | - | ${message}`,
    `cmf.llm_input | pre | ${message}`,
    `cmf.llm_output | post | ${message}`,
    `cmf.tool_pre_invoke | pre | ${message}`,
    `cmf.tool_post_invoke | post | ${message}`,
    `cmf.prompt_pre_fetch | pre | ${message}`,
    `cmf.prompt_post_fetch | post | ${message}`,
    `cmf.resource_pre_fetch | pre | ${message}`,
    `cmf.resource_post_fetch | post | ${message}`,
    `cmf.mcp_request | pre | ${message}`,
    `cmf.mcp_response | post | ${message}`,
    `cmf.mcp_notification | post | ${message}`,
    `message_pre_invoke | covers pre | ${message}`,
    `message_post_invoke | covers post | ${message}`,
    "tool_pre_invoke | - | name args headers | name args",
    "tool_post_invoke | - | name result | result",
    "prompt_pre_fetch | - | prompt_id args | args",
    "prompt_post_fetch | - | prompt_id result | result",
    "resource_pre_fetch | - | uri metadata | uri metadata",
    "resource_post_fetch | - | uri content | content",
    "agent_pre_invoke | - | agent_id messages tools headers model system_prompt parameters | messages tools model system_prompt parameters",
    "agent_post_invoke | - | agent_id messages tool_calls | messages tool_calls",
  ]);
});

it("hooks that defineHooks accepts, and that nobody can change", () => {
  expect(defineHooks(standardHooks)).toEqual(standardHooks);
  expect(Object.values(table).every(Object.isFrozen)).toBe(true);
});

it("hooks whose payload has deprecated headers", () => {
  const deprecated = Object.entries(table).flatMap(([hook, { headersField }]) =>
    headersField === undefined ? [] : [[hook, headersField]],
  );
  expect(deprecated).toEqual([
    ["tool_pre_invoke", "headers"],
    ["agent_pre_invoke", "headers"],
  ]);
});

it("hooks whose messages may be streamed", () => {
  const streamed = Object.keys(table).filter((hook) => table[hook]?.streamed === true);
  expect(streamed).toEqual(["cmf.llm_output", "message_post_invoke"]);
});

it("hook names and semantics", () => {
  expect(Object.entries(hookNames).flat()).toEqual(
    Object.keys(table).flatMap((hook) => [hook, hook]),
  );
  expect(new Set(Object.values(table).map(({ semantic }) => semantic))).toEqual(
    new Set(["message"]),
  );
});

it("modes, in the order of their phases", () => {
  expect(Object.entries(modes)).toEqual([
    ["sequential", { mayHalt: true, mayModify: true }],
    ["transform", { mayHalt: false, mayModify: true }],
    ["audit", { mayHalt: false, mayModify: false }],
    ["concurrent", { mayHalt: true, mayModify: false }],
    ["fire_and_forget", { mayHalt: false, mayModify: false }],
    ["disabled", { mayHalt: false, mayModify: false }],
  ]);
});
