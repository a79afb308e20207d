/** Documents written by other implementations, and how these read the library's documents. */
import {
  createExtensions,
  createPluginManager,
  decodeExtensions,
  definePlugin,
  filterExtensions,
} from "glassine";
import { createMessage, decodeMessage } from "glassine/messages";
import { decodeResult, decodeTask, encodeResult, encodeTask } from "glassine/remote";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { contextOf, hook, payload } from "./support.ts";

type Written = Record<string, never> & {
  readonly payload: Record<string, unknown>;
  readonly extensions: { readonly security: { readonly subject: object } };
};
const json = (text: string) => JSON.parse(text) as Written;
const message = createMessage(payload);
const turnAt = (point: string) => ({ payload: message, context: contextOf([], { hook: point }) });
const bare = { schema_version: "2.0", ...payload };

describe("a message", () => {
  it.each([
    ["cmf.tool_pre_invoke", "tool_pre_invoke"],
    ["cmf.llm_output", "llm_output"],
    ["evaluate", "evaluate"],
  ])("crosses in a wrapper that names its point, at %s", (point, name) => {
    verifies("remote:message-wrapper");
    const text = encodeTask(turnAt(point));
    expect(json(text).payload).toEqual({ message: bare, hook: name });
    expect(decodeTask(text)).toMatchObject({ payload: bare, dropped: [] });
  });

  it("is read with its wrapper and without it, and unknown fields of the wrapper are reported", () => {
    verifies("remote:message-wrapper");
    const task = json(encodeTask(turnAt(hook)));
    expect(decodeTask({ ...task, payload: bare }).payload).toEqual(bare);
    expect(decodeTask({ ...task, payload: { message: bare } }).payload).toEqual(bare);
    const more = decodeTask({ ...task, payload: { message: bare, hook: null, extra: 1 } });
    expect(more).toMatchObject({ payload: bare, dropped: ["payload.extra"] });
    const changed = { ...bare, role: "assistant" };
    for (const modified_payload of [changed, { message: changed }, { message: changed, hook }]) {
      const { result, dropped } = decodeResult({ modified_payload }, turnAt(hook));
      expect(result).toEqual({ modifiedPayload: changed });
      expect(dropped).toEqual([]);
    }
  });

  it("comes back in the wrapper if the hook is named", () => {
    verifies("remote:message-wrapper");
    const task = decodeTask(encodeTask(turnAt(hook)));
    const reply = json(encodeResult({ modifiedPayload: bare }, task));
    expect(reply.modified_payload).toEqual({ message: bare, hook: "tool_pre_invoke" });
    const { result } = decodeResult(reply, turnAt(hook));
    expect(result).toEqual({ modifiedPayload: bare });
    const older = { hook: "tool_pre_invoke" };
    expect(json(encodeResult({ modifiedPayload: { name: "add" } }, older))).toMatchObject({
      modified_payload: { name: "add" },
    });
  });
});

describe("an honest echo of a chain", () => {
  const hop = {
    subject_id: "ada",
    subject_type: "user",
    timestamp: "2026-11-20T10:00:00.123456789Z",
    authorization_details: [{ type: "payment", actions: ["read"] }],
  };
  const envelope = createExtensions({ delegation: { chain: [hop] } });
  const echoing = async (echo: object) => {
    const plugin = definePlugin({
      name: "far-away",
      version: "1.0.0",
      capabilities: ["append_delegation"],
      hooks: {
        [hook]: (given, context, extensions) => {
          const turn = { payload: given, context, extensions };
          const task = json(encodeTask(turn)) as unknown as {
            extensions: { delegation: { chain: object[] } };
          };
          const [first, ...rest] = task.extensions.delegation.chain;
          const chain = [{ ...first, ...echo }, ...rest];
          const delegation = { ...task.extensions.delegation, chain };
          return decodeResult({ modified_extensions: { delegation } }, turn).result;
        },
      },
    });
    const manager = await createPluginManager({ plugins: [plugin] });
    return manager.invoke(hook, message, { extensions: envelope });
  };

  it("that lost what its writer cannot represent changes nothing", async () => {
    verifies("remote:echoed-hop");
    for (const timestamp of ["2026-11-20T10:00:00.123456Z", "2026-11-20T12:00:00.123456+02:00"]) {
      const result = await echoing({ timestamp, authorization_details: undefined });
      expect(result).toMatchObject({ continueProcessing: true, errors: [], rejections: [] });
      expect(result.extensions).toBe(envelope);
    }
  });

  it("that differs is refused", async () => {
    verifies("remote:echoed-hop");
    for (const echo of [
      { timestamp: "2026-11-20T10:00:00.123457Z" },
      { timestamp: "2026-11-20T10:00:00Z" },
      { subject_id: "eve" },
      { authorization_details: [{ type: "payment", actions: ["write"] }] },
    ]) {
      expect(await echoing(echo)).toMatchObject({ continueProcessing: false });
    }
  });
});

describe("an honest echo of a history", () => {
  const history = [{ role: "user", text: "ahoy" }, "hello"];
  const envelope = createExtensions({ agent: { conversation: { history, topics: ["sums"] } } });
  const echoing = async (entries: readonly unknown[]) => {
    const plugin = definePlugin({
      name: "far-away",
      version: "1.0.0",
      capabilities: ["read_agent"],
      hooks: {
        [hook]: (given, context, extensions) => {
          const turn = { payload: given, context, extensions };
          const agent = { conversation: { history: entries, topics: ["sums"] } };
          return decodeResult({ modified_extensions: { agent } }, turn).result;
        },
      },
    });
    const manager = await createPluginManager({ plugins: [plugin], strict: true });
    return manager.invoke(hook, message, { extensions: envelope });
  };

  it("whose entries its writer read as empty objects changes nothing", async () => {
    verifies("remote:echoed-history");
    for (const entries of [[{}, {}], [{}, "hello"], history]) {
      const result = await echoing(entries);
      expect(result).toMatchObject({ continueProcessing: true, errors: [], rejections: [] });
      expect(result.extensions).toBe(envelope);
    }
  });

  it("that differs is refused", async () => {
    for (const entries of [[{}], [{}, {}, {}], [{}, "hi"], [[], {}]]) {
      expect(await echoing(entries)).toMatchObject({ continueProcessing: false });
    }
  });
});

describe("documents of the newer generation", () => {
  it.each([
    ["a subject without id and type", { security: { subject: { roles: ["admin"] } } }],
    ["a subject without id", { security: { subject: { subject_type: "user" } } }],
    ["another type of entity", { meta: { entity_type: "workflow", entity_name: "nightly" } }],
    ["boolean schemas", { mcp: { tool: { name: "x", input_schema: true, output_schema: false } } }],
    ["texts in the history", { agent: { conversation: { history: ["hello", { role: "user" }] } } }],
    ["texts as arguments of a prompt", { mcp: { prompt: { name: "p", arguments: ["topic"] } } }],
  ])("are read: %s", (_, document) => {
    verifies("envelope:lenient");
    const { extensions, dropped } = decodeExtensions(document);
    expect(dropped).toEqual([]);
    const { subject_type: type, ...subject } = {
      ...(document as { security?: { subject?: { subject_type?: string } } }).security?.subject,
    };
    if ("security" in document) {
      const expected = type === undefined ? subject : { ...subject, type };
      expect(extensions.security?.subject).toMatchObject(expected);
    } else expect(extensions).toMatchObject(document);
  });

  it.each([
    ["a hop without its type", { delegation: { chain: [{ subject_id: "a" }] } }],
    ["tokens without a total", { completion: { tokens: { input_tokens: 1, output_tokens: 2 } } }],
  ])("are refused: %s", (_, document) => {
    verifies("envelope:lenient");
    expect(() => decodeExtensions(document)).toThrow("expected a value, got nothing");
  });

  it("are read: bytes that are not text", () => {
    verifies("message:blob");
    const blobOf = (blob: readonly number[]) => {
      const content = { resource_request_id: "1", uri: "file:///a", resource_type: "blob", blob };
      const { message: read } = decodeMessage({
        role: "tool",
        content: [{ content_type: "resource", content }],
      });
      return (read.content[0] as { content: { blob: string } }).content.blob;
    };
    for (const bytes of [[255], [255, 254], [0xff, 0xd8, 0xff], [0x89, 0x50, 0xff, 0x0a]]) {
      expect(blobOf(bytes)).toBe(Buffer.from(bytes).toString("base64"));
    }
    expect(blobOf([...Buffer.from("Zürich")])).toBe("Zürich");
  });

  it("keep the subject's type, under either name", () => {
    verifies("remote:subject-type");
    const subject = { id: "ada", type: "user" } as const;
    const envelope = createExtensions({ security: { subject } });
    const extensions = filterExtensions(envelope, ["read_subject"]);
    const turn = { payload: message, context: contextOf(["read_subject"]), extensions };
    const text = encodeTask(turn);
    expect(json(text).extensions.security.subject).toMatchObject({
      type: "user",
      subject_type: "user",
    });
    expect(decodeTask(text).extensions?.security?.subject).toMatchObject(subject);
  });
});

describe("numbers that describe a denial", () => {
  const denial = { continue_processing: false, violation: { code: "no", reason: "No" } };

  it("are read and written", () => {
    verifies("remote:denial-metadata");
    const denial_metadata = { score: 0.9, "rules.hit": 3, blocked: true };
    const { answer, dropped } = decodeResult({ ...denial, denial_metadata });
    expect(answer.denialMetadata).toEqual(denial_metadata);
    expect(dropped).toEqual([]);
    const { violation, result } = decodeResult(denial);
    expect(violation?.code).toBe("no");
    expect(json(encodeResult(result, answer))).toMatchObject({ denial_metadata });
  });

  it("are at most 16 when written", () => {
    verifies("remote:denial-metadata");
    const numbered = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, at) => [`n${at}`, at]));
    const { result } = decodeResult(denial);
    const written = (count: number) => encodeResult(result, { denialMetadata: numbered(count) });
    expect(json(written(16))).toMatchObject({ denial_metadata: numbered(16) });
    expect(() => written(17)).toThrow("an object of at most 16 numbers and booleans");
  });

  it("are numbers and booleans under simple names, and only in a denial", () => {
    verifies("remote:denial-metadata");
    const denial_metadata = { score: 1, text: "secret", "a b": 2, deep: { n: 1 } };
    const { answer, dropped } = decodeResult({ ...denial, denial_metadata });
    expect(answer.denialMetadata).toEqual({ score: 1 });
    expect(dropped).toEqual(["denial_metadata"]);
    const going = decodeResult({ continue_processing: true, denial_metadata: { score: 1 } });
    expect(going.answer.denialMetadata).toBeUndefined();
    expect(() => encodeResult(undefined, { denialMetadata: { a: "x" as never } })).toThrow();
  });
});
