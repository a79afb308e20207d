/** A plugin of one's own, which rewrites what one tool answers. It sees no identity and no labels. */
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
        // A tool may answer anything; echo answers a list of texts.
        const answer = part.content.content as unknown as Answer;
        answer.content.push({ type: "text", text: "This answer passed a gateway." });
      });
      return { modifiedPayload };
    },
  },
});
