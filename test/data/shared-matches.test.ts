/** The string that a pattern matched stays in `RegExp.input`, where every plugin can read it. */
import {
  addLabels,
  createExtensions,
  createPluginManager,
  definePlugin,
  filterExtensions,
  mergeExtensions,
  setHeader,
} from "glassine";
import { expect, it } from "vitest";

const capabilities = ["append_labels", "read_headers", "write_headers"] as const;
const labels = ["PLAIN", "\u00c4", "\u{1f600}".repeat(70)];
const headers = { "x-token": "secret", "x-name": "J\u00f6rg", authorization: "Bearer secret" };
const delegation = {
  chain: [{ subject_id: "ada", subject_type: "user", timestamp: "2026-01-02T03:04:05.600+01:00" }],
};
const envelope = createExtensions({ http: { headers: { "x-a": "1" } } });
const view = filterExtensions(envelope, capabilities);
const merge = (returned: object) =>
  mergeExtensions(envelope, returned as never, capabilities, { view });

const fails = definePlugin({
  name: "fails",
  version: "1.0.0",
  capabilities: [],
  hooks: {
    "cmf.tool_pre_invoke": () => {
      throw new Error("failed");
    },
  },
});
const manager = await createPluginManager({
  plugins: [{ plugin: fails, onError: "ignore" }],
  onHandlerError: () => {},
});

it.each<readonly [string, () => unknown]>([
  [
    "that the host read",
    () => createExtensions({ http: { headers }, security: { labels }, delegation } as never),
  ],
  ["that a plugin wrote", () => merge({ http: { headers: { "x-a": "1", ...headers } } })],
  ["that a helper set", () => merge(setHeader(view, "x-token", "secret"))],
  ["that was added as a label", () => merge(addLabels(view, labels))],
  [
    "in headers when a handler throws",
    () =>
      manager.invoke(
        "cmf.tool_pre_invoke",
        { role: "user", content: [] },
        { extensions: createExtensions({ http: { headers } }) },
      ),
  ],
])("nothing stays there of text %s", async (_, run) => {
  /marker/.exec("marker");
  await run();
  expect(["marker", ""]).toContain(Reflect.get(RegExp, "input"));
});
