/** A refused payload: its faulty place is named, in the schema's own words and no others. */
import { createPluginManager, definePlugin } from "glassine";
import { describe, expect, it } from "vitest";

const secret = "078-05-1120";
const text = (value: unknown) => ({ content_type: "text", text: value });
const call = (content: object) => ({ content_type: "tool_call", content });

async function refusedWith(modifiedPayload: object) {
  const guard = definePlugin({
    name: "guard",
    version: "1.0.0",
    hooks: { evaluate: () => ({ modifiedPayload }) as never },
  });
  const manager = await createPluginManager({ plugins: [guard] });
  return manager.invoke("evaluate", { role: "user", content: [] });
}

describe("an invalid message from a plugin", () => {
  it.each<[string, object, string]>([
    ["an unknown kind of part", { content: [{ content_type: "txt" }] }, "content[0].content_type"],
    ["a part without a kind", { content: [text("a"), {}] }, "content[1].content_type"],
    ["another type", { content: [text("a"), text(1)] }, "content[1].text"],
    ["a field deep inside", { content: [call({ name: 3 })] }, "content[0].content.name"],
    ["no list of parts", { content: "Ahoy" }, "content"],
    ["a role that does not exist", { role: secret }, "role"],
  ])("%s is refused at its place", async (_, payload, path) => {
    const { violation, rejections } = await refusedWith(payload);
    expect(violation?.reason).toContain(` refused at payload.${path} on evaluate. Expected `);
    expect(rejections).toMatchObject([{ path: `payload.${path}` }]);
    expect(JSON.stringify([violation, rejections])).not.toContain(secret);
  });

  it.each<[string, object, string]>([
    ["an unknown field", { [secret]: 1 }, "payload"],
    [
      "an unknown field of a part",
      { content: [{ ...text("a"), [secret]: 1 }] },
      "payload.content[0]",
    ],
    [
      "what is not plain data, among arguments",
      { content: [call({ tool_call_id: "t", name: "add", arguments: { [secret]: () => {} } })] },
      "payload.content[0].content.arguments",
    ],
  ])("%s is refused without repeating a key it made up", async (_, payload, path) => {
    const result = await refusedWith(payload);
    expect(result.rejections).toMatchObject([{ path }]);
    expect(JSON.stringify(result)).not.toContain(secret);
  });
});
