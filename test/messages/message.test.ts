import { isGlassineError } from "glassine";
import { createMessage } from "glassine/messages";
import { describe, expect, it } from "vitest";

const text = (value: string) => ({ content_type: "text", text: value }) as const;
const user = (...parts: readonly unknown[]) => ({ role: "user", content: parts });

/** Returns the error with which a value is refused. */
function refusalOf(run: () => unknown) {
  try {
    run();
  } catch (error) {
    if (isGlassineError(error)) return error;
    throw error;
  }
  throw new Error("Nothing was refused.");
}

const refused = (input: unknown) => refusalOf(() => createMessage(input as never));
const problemsOf = (input: unknown) =>
  refused(input).data.problems?.map(({ path, code }) => [path.join("."), code]);

describe("createMessage", () => {
  it("fills in defaults, in one shape", () => {
    const message = createMessage({ role: "user" });
    expect(message).toEqual({
      schema_version: "2.0",
      role: "user",
      content: [],
      channel: undefined,
    });
    expect(Object.keys(message)).toEqual(["schema_version", "role", "content", "channel"]);
    expect(JSON.stringify(message)).toBe('{"schema_version":"2.0","role":"user","content":[]}');
  });

  it("freezes all the way down, and copies: the input stays as it was", () => {
    const list = [{ a: 1 }];
    const part = {
      content_type: "tool_call",
      content: { tool_call_id: "c", name: "add", arguments: { list } },
    } as const;
    const input = { role: "assistant", content: [part] } as const;
    const before = structuredClone(input);
    const message = createMessage(input);
    const walk = (value: unknown): void => {
      if (typeof value !== "object" || value === null) return;
      expect(Object.isFrozen(value)).toBe(true);
      for (const inner of Object.values(value)) walk(inner);
    };
    walk(message);
    expect(input).toEqual(before);
    expect(Object.isFrozen(input) || Object.isFrozen(part.content)).toBe(false);
    list[0] = { a: 2 };
    expect(message.content[0]).toMatchObject({ content: { arguments: { list: [{ a: 1 }] } } });
  });

  it("returns a message that it created unchanged", () => {
    const message = createMessage({ role: "user", content: [text("Ahoy")] });
    expect(createMessage(message)).toBe(message);
    const copy = createMessage({ ...message });
    expect(copy).toEqual(message);
    expect(copy).not.toBe(message);
  });

  it.each(["system", "developer", "user", "assistant", "tool"] as const)(
    "accepts the role %s",
    (role) => {
      expect(createMessage({ role }).role).toBe(role);
    },
  );

  it.each(["analysis", "commentary", "final"] as const)("accepts the channel %s", (channel) => {
    expect(createMessage({ role: "user", channel }).channel).toBe(channel);
  });

  it("accepts null as no channel, and any string as version", () => {
    expect(createMessage({ role: "user", channel: null }).channel).toBeUndefined();
    expect(createMessage({ role: "user", schema_version: "" }).schema_version).toBe("");
  });

  it.each([
    [{}, "role"],
    [{ role: null }, "role"],
    [{ role: "User" }, "role"],
    [{ role: "bishop" }, "role"],
    [{ role: 1 }, "role"],
    [{ role: "user", channel: "Final" }, "channel"],
    [{ role: "user", channel: "" }, "channel"],
    [{ role: "user", schema_version: 2 }, "schema_version"],
    [{ role: "user", schema_version: null }, "schema_version"],
    [{ role: "user", content: "Ahoy" }, "content"],
    [{ role: "user", content: null }, "content"],
    [{ role: "user", content: { 0: text("a"), length: 1 } }, "content"],
    [{ role: "user", extensions: {} }, "extensions"],
    [{ role: "user", rôle: 1 }, "rôle"],
  ])("refuses %j at %s", (input, path) => {
    expect(problemsOf(input)).toEqual([[path, "payload_shape"]]);
  });

  it.each([undefined, null, "user", 3, [], () => {}, Symbol("user")])(
    "refuses %o as a whole",
    (input) => {
      expect(refused(input).code).toBe("message_invalid");
    },
  );

  it("reports every problem with its place, and no value", () => {
    const secret = "hunter2";
    const error = refused({
      role: secret,
      channel: secret,
      content: [
        text("fine"),
        { content_type: secret },
        { content_type: "text", text: 3, [secret]: 1 },
      ],
    });
    expect(error.data.problems?.map(({ path }) => path)).toEqual([
      ["role"],
      ["channel"],
      ["content", 1, "content_type"],
      ["content", 2, "text"],
      ["content", 2, secret],
    ]);
    expect(error.message).toContain("content[2].text: expected a string, got number");
    const values = error.data.problems?.map(({ expected, received }) => expected + received);
    expect(JSON.stringify(values)).not.toContain(secret);
  });
});

describe("what is not plain data", () => {
  it.each([
    [
      "a getter",
      {
        get role() {
          return "user";
        },
      },
      "snapshot_accessor",
    ],
    ["a proxy", new Proxy({ role: "user" }, {}), "snapshot_proxy"],
    [
      "a class instance",
      new (class {
        role = "user";
      })(),
      "snapshot_prototype",
    ],
    ["a Map", new Map([["role", "user"]]), "snapshot_prototype"],
    ["a symbol as key", { role: "user", [Symbol("s")]: 1 }, "snapshot_key"],
    ["a hidden field", Object.defineProperty({}, "role", { value: "user" }), "snapshot_key"],
    [
      "a list with holes",
      { role: "user", content: Object.assign([], { length: 1 }) },
      "snapshot_type",
    ],
    [
      "a list with more than elements",
      { role: "user", content: Object.assign([], { extra: 1 }) },
      "snapshot_key",
    ],
    [
      "a list of another kind",
      { role: "user", content: new (class extends Array {})() },
      "snapshot_prototype",
    ],
    ["a proxied part", user(new Proxy(text("a"), {})), "snapshot_proxy"],
    ["a Date in arguments", user(call({ at: new Date(0) })), "snapshot_prototype"],
    ["a function in arguments", user(call({ at: () => 1 })), "snapshot_type"],
    ["a bigint in arguments", user(call({ at: 1n })), "snapshot_type"],
    ["NaN in arguments", user(call({ at: Number.NaN })), "snapshot_type"],
  ])("%s is refused", (_, input, code) => {
    expect(problemsOf(input)?.map(([, each]) => each)).toContain(code);
  });

  it("a cycle is refused", () => {
    const loop: Record<string, unknown> = {};
    loop.self = loop;
    expect(problemsOf(user(call(loop)))?.[0]?.[1]).toBe("snapshot_cycle");
    const message = { role: "user", content: [] as unknown[] };
    message.content.push({
      content_type: "prompt_result",
      content: { prompt_request_id: "p", prompt_name: "n", messages: [message] },
    });
    expect(problemsOf(message)?.[0]?.[1]).toMatch(/^snapshot_(?:cycle|limit)$/);
  });

  it("a key such as __proto__ in arguments is data", () => {
    const args = JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}') as object;
    const [part] = createMessage(user(call(args)) as never).content;
    expect(JSON.stringify(part)).toContain('{"__proto__":{"polluted":true},"constructor":1}');
    expect("polluted" in {}).toBe(false);
  });
});

describe("text", () => {
  it.each([
    ["text", user(text("a\ud800b")), "content.0.text"],
    ["an argument", user(call({ a: "\udc00" })), "content.0.content.arguments.a"],
    ["the version", { role: "user", schema_version: "\ud800" }, "schema_version"],
  ])("with a lone surrogate is refused: %s", (_, input, path) => {
    expect(problemsOf(input)).toEqual([[path, "snapshot_string"]]);
  });

  it("with a lone surrogate as key is refused", () => {
    expect(problemsOf(user(call({ "\ud800": 1 })))?.[0]?.[1]).toBe("snapshot_key");
  });

  it("may be anything else that is Unicode", () => {
    const value = "\u0000\u202e\u{1f600}e\u0301";
    expect(createMessage({ role: "user", content: [text(value)] }).content[0]).toEqual(text(value));
  });
});

describe("limits", () => {
  const nested = (depth: number): unknown => (depth === 0 ? 1 : { a: nested(depth - 1) });

  it("of depth: 64 containers", () => {
    // The arguments are inside four containers: the message, its content, the part, its content.
    expect(() => createMessage(user(call(nested(60) as object)) as never)).not.toThrow();
    expect(problemsOf(user(call(nested(61) as object)))?.[0]?.[1]).toBe("snapshot_limit");
    expect(problemsOf(user(call(nested(5_000) as object)))?.[0]?.[1]).toBe("snapshot_limit");
  });

  it("of text: 16 Mi UTF-16 units", () => {
    const half = "a".repeat(4 * 1_048_576);
    const parts = (count: number) => user(...Array.from({ length: count }, () => text(half)));
    expect(() => createMessage(parts(1) as never)).not.toThrow();
    expect(problemsOf(parts(5))?.at(-1)?.[1]).toBe("snapshot_limit");
  });

  it("of a list that only claims to be long", () => {
    const content: unknown[] = [];
    content.length = 2 ** 32 - 1;
    expect(problemsOf({ role: "user", content })).toEqual([["content", "snapshot_limit"]]);
  });

  it("of the problems reported", () => {
    const parts = Array.from({ length: 5_000 }, () => ({ content_type: "poem" }));
    expect(refused(user(...parts)).data.problems).toHaveLength(100);
    expect(refused(user(...parts)).message.length).toBeLessThan(2_000);
  });
});

function call(args: object) {
  return {
    content_type: "tool_call",
    content: { tool_call_id: "c", name: "add", arguments: args },
  };
}
