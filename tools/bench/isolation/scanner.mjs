// The plugin that is measured: it scans the text and adds a label and a header.
import { addLabels, definePlugin, setHeader } from "glassine";

export const make = () =>
  definePlugin({
    name: "scanner",
    version: "1.0.0",
    capabilities: ["append_labels", "write_headers"],
    hooks: {
      message_pre_invoke: async ({ content }, _, extensions) => {
        const found = content.some((part) => /\d{3}-\d{2}-\d{4}/.test(part.text));
        const scanned = setHeader(extensions, "X-Scanned", found ? "found" : "clean");
        return { modifiedExtensions: addLabels(scanned, "SCANNED") };
      },
    },
  });
