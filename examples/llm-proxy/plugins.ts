import { amend, definePlugin, deny } from "glassine";

/** Keeps passwords from going out and telephone numbers from coming in. */
export const secrets = definePlugin({
  name: "secrets",
  version: "1.0.0",
  hooks: {
    "cmf.llm_input"(message) {
      if (JSON.stringify(message).includes("hunter2")) return deny("No password may leave");
    },
    "cmf.llm_output": (message) => ({
      modifiedPayload: amend(message, ({ content }) => {
        for (const part of content) {
          if (part.content_type === "text") part.text = part.text.replace(/\d{3}-\d{4}/, "[phone]");
        }
      }),
    }),
  },
});
