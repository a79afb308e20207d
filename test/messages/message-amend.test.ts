import { amend } from "glassine";
import { createMessage, freezePayload } from "glassine/messages";
import { describe, expect, it } from "vitest";

describe("a payload of the library", () => {
  it("can be amended, and stays as it is", () => {
    const payload = freezePayload({ name: "add", args: { a: 1 } });
    const amended = amend(payload, (draft) => {
      draft.args.a = 2 as never;
    });
    expect(amended).toEqual({ name: "add", args: { a: 2 } });
    expect(payload.args.a).toBe(1);
    expect(amend(payload, () => {})).toBe(payload);
  });

  it("can be amended if it is a message", () => {
    const message = createMessage({ role: "user", content: [{ content_type: "text", text: "a" }] });
    const amended = amend(message, (draft) => {
      draft.content.pop();
    });
    expect(amended.content).toEqual([]);
    expect(message.content).toHaveLength(1);
  });
});
