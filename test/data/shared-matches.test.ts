/** What a pattern matched stays in `RegExp.input`, where every plugin can read it. */
import {
  addLabels,
  createExtensions,
  filterExtensions,
  mergeExtensions,
  setHeader,
} from "glassine";
import { expect, it } from "vitest";

const capabilities = ["append_labels", "read_headers", "write_headers"] as const;
const labels = ["PLAIN", "\u00c4"];
const headers = { "x-token": "secret", "x-name": "J\u00f6rg" };
const envelope = createExtensions({ http: { headers: { "x-a": "1" } } });
const view = filterExtensions(envelope, capabilities);
const merge = (returned: object) =>
  mergeExtensions(envelope, returned as never, capabilities, { view });

it.each<readonly [string, () => unknown]>([
  ["that the host read", () => createExtensions({ http: { headers }, security: { labels } })],
  ["that a plugin wrote", () => merge({ http: { headers: { "x-a": "1", ...headers } } })],
  ["that a helper set", () => merge(setHeader(view, "x-token", "secret"))],
  ["that was added as a label", () => merge(addLabels(view, labels))],
])("nothing stays there of text %s", (_, run) => {
  /marker/.exec("marker");
  run();
  expect(Reflect.get(RegExp, "input")).toBe("marker");
});
