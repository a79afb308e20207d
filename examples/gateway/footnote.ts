/** A custom plugin that rewrites one tool's answers. It sees neither identity nor labels. */
import { amend, definePlugin } from "glassine";

interface Answer {
  readonly content: { type: string; text: string }[];
}

export default definePlugin({
  name: "footnote",
  version: "1.0.0",
  hooks: {
    "cmf.tool_post_invoke"(message) {
      const modifiedPayload = amend(message, ({ content: [part] }) => {
        if (part?.content_type !== "tool_result" || part.content.tool_name !== "echo") return;
        // A tool can return anything; echo returns a list of text parts.
        const answer = part.content.content as unknown as Answer;
        answer.content.push({ type: "text", text: "This answer passed a gateway." });
      });
      return { modifiedPayload };
    },
  },
});
