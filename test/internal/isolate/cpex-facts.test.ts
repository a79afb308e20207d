/** Names, versions, and the extensions that CPEX's models have a place for. */
import { describe, expect, it } from "vitest";
import { fitExtensions } from "../../../src/operate/isolate/cpex/fit-extensions.ts";
import { pluginName, semanticVersion } from "../../../src/operate/isolate/cpex/guest.ts";
import { verifies } from "../../support/verifies.ts";

it.each([
  ["PIIFilter", "pii-filter"],
  ["PIIFilterPlugin", "pii-filter-plugin"],
  ["pii_filter", "pii-filter"],
  ["SQL Sanitizer 2", "sql-sanitizer-2"],
  ["cpex-url-reputation", "cpex-url-reputation"],
  ["2FA--Guard!", "fa-guard"],
])("the plugin %s of CPEX is %s here", (title, name) => {
  expect(pluginName(title)).toBe(name);
});

it.each([
  ["0.3.9", "0.3.9"],
  ["1", "1.0.0"],
  ["1.02", "1.2.0"],
  ["1.0.0rc1", "1.0.0+rc1"],
  ["2.1.post3", "2.1.0+post3"],
  ["1.0.0+local.1", "1.0.0+local.1"],
  ["2026.11.24.1", "2026.11.24+1"],
  ["main", "0.0.0"],
])("the version %s of Python is %s here", (version, semantic) => {
  expect(semanticVersion(version)).toBe(semantic);
});

describe("extensions for CPEX", () => {
  const tool = { name: "add", annotations: {} };

  it.each<[string, object, object, readonly string[]]>([
    ["all that fit", { custom: { a: [1] }, llm: {} }, { custom: { a: [1] }, llm: {} }, []],
    ["a slot that it has not", { mine: { a: 1 } }, {}, ["mine"]],
    [
      "fields that it has not",
      {
        security: { labels: [], client: { client_id: "a" } },
        http: { headers: {}, method: "GET" },
      },
      { security: { labels: [] }, http: { headers: {} } },
      ["security.client", "http.method"],
    ],
    [
      "a subject without a type",
      { security: { labels: ["A"], subject: { id: "ada" } } },
      { security: { labels: ["A"] } },
      ["security.subject"],
    ],
    [
      "schemas that are booleans, and arguments that are no objects",
      {
        mcp: {
          tool: { ...tool, input_schema: true, output_schema: { type: "object" } },
          prompt: { name: "p", arguments: [{ name: "a" }, "b"] },
        },
      },
      { mcp: { tool: { ...tool, output_schema: { type: "object" } }, prompt: { name: "p" } } },
      ["mcp.tool.input_schema", "mcp.prompt.arguments"],
    ],
    [
      "a conversation with a history",
      { agent: { agent_id: "a", conversation: { history: [{}], topics: ["b"] } } },
      { agent: { agent_id: "a" } },
      ["agent.conversation"],
    ],
  ])("have %s", (_what, given, extensions, leftOut) => {
    verifies("cpex:fit");
    expect(fitExtensions(given as Record<string, unknown>)).toEqual({ extensions, leftOut });
  });
});
