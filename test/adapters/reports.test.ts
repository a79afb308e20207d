/** Reports of what is not shown or not written, however many there are. */
import { createMessage } from "glassine/messages";
import { fromChatRequest, toChatRequest } from "glassine/openai";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";

type Hides = "content" | "setting" | "nothing";
const hidden = { content: { later: 1 }, setting: { detail: "low" }, nothing: {} };

/** A request whose messages each hide something from its reader. */
function hiding(...counts: readonly (readonly [number, Hides])[]) {
  const messages = counts.flatMap(([count, hides]) =>
    Array.from({ length: count }, () => ({
      role: "user",
      content: [{ type: "image_url", image_url: { url: "https://a.example/", ...hidden[hides] } }],
    })),
  );
  return { model: "m", messages };
}

/** What is reported if the last message of a request is removed. */
function lostWithLast(request: ReturnType<typeof hiding>) {
  const { messages } = fromChatRequest(request);
  return toChatRequest(messages.slice(0, -1), { onto: request }).lost;
}

it("are frozen, in order, and have paths", () => {
  const { left } = fromChatRequest(hiding([1, "setting"], [1, "content"]));
  expect(left.map(({ path, kind }) => [path, kind])).toEqual([
    ["messages[0].content[0].image_url.detail", "setting"],
    ["messages[1].content[0].image_url.later", "content"],
  ]);
  expect(Object.isFrozen(left) && Object.isFrozen(left[0])).toBe(true);
});

describe("are listed up to a thousand per kind, then counted", () => {
  it("of what is not shown", () => {
    verifies("adapters:reports-bounded");
    expect(fromChatRequest(hiding([1000, "setting"])).left).toHaveLength(1000);
    const { left } = fromChatRequest(hiding([5000, "setting"], [1, "content"]));
    expect(left).toHaveLength(1002);
    expect(left.slice(-3)).toMatchObject([
      { path: "messages[999].content[0].image_url.detail", kind: "setting" },
      { path: "messages[5000].content[0].image_url.later", kind: "content" },
      { path: "(root)", kind: "setting", reason: "4000 more of this kind." },
    ]);
    expect(Object.isFrozen(left.at(-1))).toBe(true);
  });

  it("of what is not written, and of what is removed", () => {
    verifies("adapters:reports-bounded");
    const onto = hiding([1002, "content"]);
    const thoughts = Array.from({ length: 1002 }, () =>
      createMessage({
        role: "assistant",
        content: [{ content_type: "thinking", text: "Hm." }],
      }),
    );
    const { lost } = toChatRequest(thoughts, { onto });
    expect(lost).toHaveLength(2002);
    expect(lost.slice(2000).toSorted((one, other) => one.path.localeCompare(other.path))).toEqual([
      expect.objectContaining({ path: "(root)", reason: "2 more of this kind." }),
      expect.objectContaining({ path: "onto", reason: "2 more of this kind." }),
    ]);
  });
});

describe("are made of a removed message", () => {
  const path = "onto.messages[1]";

  it("if it hid something, and say so if that was a setting", () => {
    expect(lostWithLast(hiding([2, "nothing"]))).toEqual([]);
    const [content] = lostWithLast(hiding([2, "content"]));
    expect(content).toMatchObject({ path });
    expect(content).not.toHaveProperty("kind");
    expect(lostWithLast(hiding([2, "setting"]))).toMatchObject([{ path, kind: "setting" }]);
  });

  it("if it may have, because not all that is hidden is listed", () => {
    expect(lostWithLast(hiding([1000, "setting"], [1, "nothing"]))).toEqual([]);
    expect(lostWithLast(hiding([1001, "setting"], [1, "nothing"]))).toMatchObject([
      { path: "onto.messages[1001]", kind: "setting" },
    ]);
    const both = hiding([1001, "setting"], [1, "content"]);
    const [content] = lostWithLast(both);
    expect(content).toMatchObject({ path: "onto.messages[1001]" });
    expect(content).not.toHaveProperty("kind");
  });
});
