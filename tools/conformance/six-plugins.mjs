/** Six plugins: two add labels; the others set a header, read roles, count, and scan. */
import { addLabels, definePlugin, setHeader } from "glassine";

const callHooks = ["cmf.tool_pre_invoke", "cmf.tool_post_invoke"];
const hooks = [
  ...callHooks,
  "cmf.prompt_pre_fetch",
  "cmf.prompt_post_fetch",
  "cmf.resource_pre_fetch",
  "cmf.resource_post_fetch",
];
const everywhere = (handler) => Object.fromEntries(hooks.map((hook) => [hook, handler]));
const plugin = (name, capabilities, handlers) =>
  definePlugin({ name, version: "1.0.0", capabilities, hooks: handlers });

const labeller = (name) =>
  plugin(
    name,
    ["append_labels"],
    everywhere((_message, _context, extensions) => ({
      modifiedExtensions: addLabels(extensions, name.toUpperCase()),
    })),
  );

export function sixPlugins() {
  let count = 0;
  const secret = /\b\d{3}-\d{2}-\d{4}\b/;
  return [
    labeller("first"),
    labeller("second"),
    plugin("header", ["read_headers", "write_headers"], {
      "cmf.tool_pre_invoke": (_message, _context, extensions) => ({
        modifiedExtensions: setHeader(extensions, "x-seen", "yes"),
      }),
    }),
    plugin(
      "reader",
      ["read_roles", "read_labels"],
      everywhere((_message, _context, { security }) => {
        void security?.subject?.roles?.includes("admin");
      }),
    ),
    plugin(
      "counter",
      [],
      everywhere(() => {
        count += 1;
      }),
    ),
    plugin(
      "scanner",
      [],
      everywhere((message) => {
        if (secret.test(JSON.stringify(message))) throw new Error(`Found in message ${count}.`);
      }),
    ),
  ];
}
