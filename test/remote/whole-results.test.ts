import {
  addLabels,
  createPluginManager,
  definePlugin,
  deny,
  type Plugin,
  setHeader,
} from "glassine";
import { decodeResult, decodeTask, encodeInvokeResult, encodeTask } from "glassine/remote";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { envelope, headers, hook, payload } from "./support.ts";

const json = (text: string): Record<string, unknown> => JSON.parse(text);
const labels = { name: "labels", version: "1.0.0", capabilities: ["append_labels"] } as const;
const labeller = definePlugin({
  ...labels,
  hooks: {
    [hook]: (_message, _context, extensions) => ({
      modifiedExtensions: addLabels(extensions, "EU"),
      metadata: { added: 1 },
    }),
  },
});
const headed = definePlugin({
  name: "headed",
  version: "1.0.0",
  capabilities: ["write_headers"],
  hooks: {
    [hook]: {
      handler: (message, _context, extensions) => ({
        modifiedPayload: { ...message, content: [] },
        modifiedExtensions: setHeader(extensions, "X-A", "2"),
      }),
      mode: "transform",
    },
  },
});
const silent = definePlugin({
  name: "silent",
  version: "1.0.0",
  hooks: { [hook]: { handler: (_message) => {}, conditions: { tools: ["other"] } } },
});
const behind = definePlugin({
  name: "behind",
  version: "1.0.0",
  hooks: { [hook]: { handler: (_message) => {}, mode: "fire_and_forget" } },
});
const guard = definePlugin({
  name: "guard",
  version: "1.0.0",
  hooks: { [hook]: (_message) => deny({ code: "no", reason: "No" }) },
});

async function invoked(plugins: readonly Plugin[], timings = false) {
  const manager = await createPluginManager({ plugins, timings });
  const result = await manager.invoke(hook, payload, { extensions: envelope });
  await manager.close();
  return result;
}

describe("encodeInvokeResult", () => {
  it("writes what was applied, metadata and one record per handler, without sensitive headers", async () => {
    verifies("remote:invoke-result", "remote:executions");
    const result = await invoked([labeller, headed, silent, behind], true);
    const text = encodeInvokeResult(result, { hook, retryDelayMs: 3 });
    expect(text).not.toContain("s3cr3t");
    const document = json(text);
    expect(document).toMatchObject({
      continue_processing: true,
      modified_payload: { message: { role: "user", content: [] }, hook: "tool_pre_invoke" },
      modified_extensions: {
        http: { headers: { "X-A": "2" } },
        security: { labels: ["EU", "PII"] },
      },
      metadata: { labels: { added: 1 } },
      retry_delay_ms: 3,
    });
    const executions = document.executions as readonly Record<string, unknown>[];
    const rows = executions.map((record) => [
      record.plugin_id,
      record.plugin_name,
      record.plugin_kind,
      record.hook_name,
      record.mode,
      record.status,
      record.matched,
      record.config_keys,
    ]);
    expect(rows).toEqual([
      ["labels", "labels", "hook", hook, "sequential", "completed", undefined, []],
      ["silent", "silent", "hook", hook, "sequential", "skipped", false, []],
      ["headed", "headed", "hook", hook, "transform", "completed", undefined, []],
    ]);
    expect(executions[0]).toMatchObject({ applied: true, extensions_modified: true });
    expect(executions[0]?.duration_ns).toBeGreaterThan(0);
    expect(Number.isInteger(executions[0]?.duration_ns)).toBe(true);
    expect(decodeResult(text).executions).toHaveLength(3);
  });

  it("omits what nobody changed", async () => {
    const document = json(encodeInvokeResult(await invoked([silent])));
    expect(document).toEqual({ continue_processing: true, executions: [expect.anything()] });
    expect((document.executions as readonly { duration_ns: number }[])[0]?.duration_ns).toBe(0);
  });

  it("writes a denial with its answer options, and what was merged before it", async () => {
    const text = encodeInvokeResult(await invoked([labeller, guard]), { httpStatusCode: 403 });
    expect(json(text)).toMatchObject({
      continue_processing: false,
      violation: { code: "no", reason: "No", description: "", http_status_code: 403 },
      modified_extensions: { security: { labels: ["EU", "PII"] } },
      executions: [{}, { requested_allow: false, effective_allow: false }],
    });
    const { violation, dropped } = decodeResult(text);
    expect(violation).toEqual({ code: "no", reason: "No" });
    expect(dropped).toEqual(["modified_extensions", "metadata"]);
  });

  it("lets one plugin of a host represent a manager in another process", async () => {
    const far = await createPluginManager({ plugins: [labeller, headed] });
    const proxy = definePlugin({
      name: "far-manager",
      version: "1.0.0",
      capabilities: ["append_labels", "write_headers"],
      hooks: {
        [hook]: async (message, context, extensions) => {
          const turn = { payload: message, context, extensions };
          const task = decodeTask(encodeTask(turn));
          const view = task.extensions as NonNullable<typeof task.extensions>;
          const result = await far.invoke(hook, message, { extensions: view as never });
          return decodeResult(encodeInvokeResult(result, task), turn).result;
        },
      },
    });
    const { extensions, payload: after, rejections, metadata } = await invoked([proxy]);
    expect(extensions.security?.labels).toEqual(["EU", "PII"]);
    expect(extensions.http?.headers).toEqual({ ...headers, "X-A": "2" });
    expect([after.content, rejections]).toEqual([[], []]);
    expect(metadata).toEqual({ "far-manager": { labels: { added: 1 } } });
  });
});
