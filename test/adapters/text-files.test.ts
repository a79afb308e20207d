/** Text files, which documents hold as bytes and messages show as text. */
import { createPluginManager, definePlugin, deny } from "glassine";
import { fromModelMessages, fromPrompt, toModelMessages, toPrompt } from "glassine/ai-sdk";
import { bedrock } from "glassine/bedrock";
import { google } from "glassine/google";
import { guardModel } from "glassine/http";
import { createMessage, document, type Message, resource } from "glassine/messages";
import { chatCompletions, responses } from "glassine/openai";
import { secretScanner } from "glassine/plugins";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";

interface Reading {
  readonly messages: readonly Message[];
  readonly left: readonly { readonly kind: string; readonly path: string }[];
}
interface Writing {
  readonly document: object;
  readonly lost: readonly object[];
}
interface Form {
  readonly name: string;
  /** A request with a file of these bytes. */
  readonly ask: (bytes: Uint8Array) => object;
  readonly read: (document: never) => Reading;
  readonly write: (messages: readonly Message[], onto: never) => Writing;
  /** The name of the file. */
  readonly named?: string;
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
const utf8 = (text: string) => new Uint8Array(Buffer.from(text));
const mediaType = "text/plain";

const ofProvider = (
  name: string,
  provider: {
    readonly readRequest: (document: unknown) => Reading;
    readonly writeRequest: (
      messages: readonly Message[],
      options: { onto: never; specificationVersion?: never },
    ) => Writing;
  },
  ask: Form["ask"],
  named?: string,
): Form => ({
  name,
  ask,
  read: provider.readRequest,
  write: (messages, onto) => provider.writeRequest(messages, { onto }),
  ...(named !== undefined && { named }),
});
const ofGoogle = (data: string, type = mediaType) => ({
  contents: [
    { role: "user", parts: [{ inlineData: { mimeType: type, data, displayName: "a.txt" } }] },
  ],
});
const ofChat = (file_data: string) => ({
  messages: [{ role: "user", content: [{ type: "file", file: { file_data, filename: "a.txt" } }] }],
});
const ofResponses = (file: object) => ({
  input: [{ role: "user", content: [{ type: "input_file", filename: "a.txt", ...file }] }],
});
const ofSdk = (data: unknown, more: object = {}) => [
  { role: "user", content: [{ type: "file", data, mediaType, filename: "a.txt", ...more }] },
];
const ofBedrock = (bytes: Uint8Array, format = "txt") => ({
  modelId: "m",
  messages: [{ role: "user", content: [{ document: { format, name: "a", source: { bytes } } }] }],
});
const url = (bytes: Uint8Array) => `data:text/plain;base64,${base64(bytes)}`;
const prompts = {
  read: fromPrompt as Form["read"],
  write: (messages: readonly Message[], onto: never): Writing => toPrompt(messages, { onto }),
  named: "a.txt",
};

const forms: readonly Form[] = [
  ofProvider("Google", google, (bytes) => ofGoogle(base64(bytes)), "a.txt"),
  ofProvider("Bedrock", bedrock, (bytes) => ofBedrock(bytes), "a"),
  ofProvider("Chat Completions", chatCompletions, (bytes) => ofChat(url(bytes)), "a.txt"),
  ofProvider("Responses", responses, (bytes) => ofResponses({ file_data: url(bytes) }), "a.txt"),
  { ...prompts, name: "the AI SDK, as bytes", ask: (bytes) => ofSdk(bytes) },
  { ...prompts, name: "the AI SDK, as base64", ask: (bytes) => ofSdk(base64(bytes)) },
  { ...prompts, name: "the AI SDK, as a URL", ask: (bytes) => ofSdk(new URL(url(bytes))) },
  {
    ...prompts,
    name: "the AI SDK 7",
    ask: (bytes) => ofSdk({ type: "data", data: bytes }),
  },
  {
    name: "ModelMessage",
    ask: (bytes) => ofSdk(url(bytes)),
    read: fromModelMessages as Form["read"],
    write: (messages, onto) => toModelMessages(messages, { onto }),
    named: "a.txt",
  },
];

const fileOf = (content: string, name = "a.txt", mime_type = mediaType) =>
  resource({
    resource_request_id: "",
    uri: "",
    resource_type: "file",
    content,
    mime_type,
    name,
  });
const partIn = ({ messages }: Reading) => messages.at(-1)?.content[0];
const textIn = (reading: Reading) => {
  const part = partIn(reading);
  return part?.content_type === "resource" ? part.content.content : part?.content_type;
};
const withText = (messages: readonly Message[], from: string, to: string) =>
  messages.map((message) =>
    createMessage(JSON.parse(JSON.stringify(message).replaceAll(from, to)) as Message),
  );

describe.each(forms)("a file of text of $name", ({ ask, read, write, named = "" }) => {
  const readOf = (bytes: Uint8Array) => read(ask(bytes) as never);

  it("is shown as its text", () => {
    verifies("adapters:text-files");
    const reading = readOf(utf8("It is hunter2, héé."));
    expect(partIn(reading)).toEqual(fileOf("It is hunter2, héé.", named));
    expect(reading.left.filter(({ kind }) => kind !== "setting")).toEqual([]);
  });

  it("is written as UTF-8 if its text changed", () => {
    verifies("adapters:text-files");
    const onto = ask(utf8("It is hunter2."));
    const messages = withText(read(onto as never).messages, "hunter2", "***é");
    const { document, lost } = write(messages, onto as never);
    expect(lost).toEqual([]);
    expect(read(document as never).messages).toEqual(messages);
    const text = JSON.stringify(read(document as never).left);
    expect(text).not.toContain(base64(utf8("It is hunter2.")));
  });

  it.each([
    ["a byte order mark", "\uFEFFIt is", "It is"],
    ["nothing", "", ""],
    ["line breaks", "a\r\nb\n", "a\r\nb\n"],
  ])("with %s stays as it is", (_what, text, shown) => {
    verifies("adapters:text-files");
    const onto = ask(utf8(text));
    const reading = read(onto as never);
    expect(textIn(reading)).toBe(shown);
    const { document, lost } = write(reading.messages, onto as never);
    expect([document, lost]).toEqual([onto, []]);
    const renamed = withText(reading.messages, `"name":"${named}"`, '"name":"b"');
    const other = JSON.stringify(write(renamed, onto as never).document);
    expect(other).toBe(JSON.stringify(onto).replaceAll(`"${named}"`, '"b"'));
  });

  it.each([
    ["Latin-1", Buffer.from("clé", "latin1")],
    ["UTF-16", Buffer.from("It", "utf16le")],
    ["a NUL", utf8("a\0b")],
  ])("that is no UTF-8 but has %s is a document", (_what, bytes) => {
    verifies("adapters:text-files");
    const onto = ask(new Uint8Array(bytes));
    const reading = read(onto as never);
    expect(partIn(reading)).toMatchObject({
      content_type: "document",
      content: { type: "base64", data: base64(bytes), title: named },
    });
    expect(write(reading.messages, onto as never)).toEqual({ document: onto, lost: [] });
  });
});

describe("base64 of a text", () => {
  const text = "~~?>> Ahoy";
  const standard = base64(utf8(text));
  it.each([
    ["with the alphabet for URLs", Buffer.from(text).toString("base64url")],
    ["without padding", standard.replace(/=+$/, "")],
    ["with line breaks", standard.replace(/.{4}/g, "$&\r\n")],
  ])("%s is read, and stays", (_how, data) => {
    verifies("adapters:text-bytes");
    expect(data).not.toBe(standard);
    const onto = ofGoogle(data);
    const reading = google.readRequest(onto);
    expect(textIn(reading)).toBe(text);
    expect(reading.left).toMatchObject([
      { kind: "setting", path: "contents[0].parts[0].inlineData.data" },
    ]);
    expect(google.writeRequest(reading.messages, { onto }).document).toEqual(onto);
    const changed = withText(reading.messages, "Ahoy", "Bye");
    expect(google.writeRequest(changed, { onto }).document).toEqual(
      ofGoogle(base64(utf8("~~?>> Bye"))),
    );
  });

  it.each(["A", "%%%%", "QQ=Q", "§"])("that is none, %j, is a document", (data) => {
    verifies("adapters:text-bytes");
    expect(textIn(google.readRequest(ofGoogle(data)))).toBe("document");
  });
});

describe("a media type", () => {
  it.each([
    "text/html",
    "TEXT/CSV; charset=utf-8",
    "application/json",
    "application/ld+json",
    "application/xml",
    "application/x-yaml",
    "application/x-python-code",
  ])("%s is text", (type) => {
    verifies("adapters:text-bytes");
    expect(partIn(google.readRequest(ofGoogle(base64(utf8("a")), type)))).toEqual(
      fileOf("a", "a.txt", type),
    );
  });

  it.each([
    ["application/pdf", "document"],
    ["application/octet-stream", "document"],
    ["image/svg+xml", "image"],
    ["video/vnd.a+xml", "video"],
  ])("%s is none", (type, kind) => {
    verifies("adapters:text-bytes");
    expect(textIn(google.readRequest(ofGoogle(base64(utf8("a")), type)))).toBe(kind);
  });

  it.each(["csv", "html", "md"])("of a document of Bedrock, %s, is text", (format) => {
    verifies("adapters:text-bytes");
    expect(textIn(bedrock.readRequest(ofBedrock(utf8("a"), format)))).toBe("a");
  });
});

describe("a data URL", () => {
  it.each([
    ["data:text/plain;charset=utf-8;base64,aHVudGVyMg==", "text/plain;charset=utf-8"],
    ["data:text/csv,hunter2", "text/csv"],
    ["DATA:Text/Plain;BASE64,aHVudGVyMg%3D%3D", "Text/Plain"],
    ["data:,%68unter2", "text/plain"],
    ["data:;charset=utf-8,hunter2", "text/plain;charset=utf-8"],
  ])("%s has its text in it", (file_data, type) => {
    verifies("adapters:text-bytes");
    for (const { provider, onto } of [
      { provider: chatCompletions, onto: ofChat(file_data) },
      { provider: responses, onto: ofResponses({ file_data }) },
      { provider: responses, onto: ofResponses({ file_url: file_data }) },
    ]) {
      const reading = provider.readRequest(onto);
      expect(partIn(reading)).toEqual(fileOf("hunter2", "a.txt", type));
      expect(provider.writeRequest(reading.messages, { onto }).document).toEqual(onto);
      const changed = withText(reading.messages, "hunter2", "***");
      const { document, lost } = provider.writeRequest(changed, { onto });
      expect(lost).toEqual([]);
      expect(JSON.stringify(document)).toContain(`data:${type};base64,${base64(utf8("***"))}`);
      expect(JSON.stringify(document)).not.toMatch(/hunter2|%68unter2|aHVudGVyMg/);
    }
  });

  const latin = (text: string) => Buffer.from(text, "latin1");
  const wide = (text: string) => Buffer.from(text, "utf16le");
  const said = (type: string, bytes: (text: string) => Buffer) => ({
    type: type === "" ? mediaType : type,
    given: (text: string) => `data:${type};base64,${bytes(text).toString("base64")}`,
    bytes,
  });
  it.each([
    said("text/plain;charset=iso-8859-1", latin),
    said("text/plain;charset=utf-16", wide),
    said("", latin),
    { ...said("", latin), given: (text: string) => `data:,${text.replace("é", "%E9")}` },
    {
      ...said("text/csv", latin),
      given: (text: string) => ` DATA:text/csv;BASE64 ,${latin(text).toString("base64url")}%0A`,
    },
  ])("of $type with other bytes than UTF-8 has them in base64", async ({ type, given, bytes }) => {
    verifies("adapters:data-urls", "adapters:text-bytes");
    const url = given("é AKIAIOSFODNN7EXAMPLE");
    const scanner = await createPluginManager({ plugins: [secretScanner({ action: "redact" })] });
    for (const { provider, onto } of [
      { provider: chatCompletions, onto: ofChat(url) },
      { provider: responses, onto: ofResponses({ file_data: url }) },
      { provider: responses, onto: ofResponses({ file_url: url }) },
    ]) {
      const { messages } = provider.readRequest(onto);
      const content = { type: "base64", media_type: type };
      expect(partIn({ messages, left: [] })).toMatchObject({ content_type: "document", content });
      expect(provider.writeRequest(messages, { onto }).document).toEqual(onto);
      const renamed = withText(messages, "a.txt", "b.txt");
      const kept = JSON.stringify(provider.writeRequest(renamed, { onto }).document);
      expect(kept).toBe(JSON.stringify(onto).replace("a.txt", "b.txt"));
      const { document, refusal } = await guardModel(provider, scanner).begin().judgeRequest(onto);
      expect(refusal).toBeUndefined();
      const text = /data:([^"]*);base64,([^"%]*)/.exec(JSON.stringify(document));
      expect(text?.[1]).toBe(type);
      expect(Buffer.from(text?.[2] ?? "", "base64")).toEqual(bytes("é [REDACTED:aws-access-key]"));
    }
    await scanner.close();
  });

  it("of the AI SDK has its bytes, too, of the type beside it if it says none", () => {
    verifies("adapters:data-urls");
    const bytes = latin("clé").toString("base64");
    for (const [begin, given, type] of [
      ["data:text/plain;charset=iso-8859-1", "text/plain", "text/plain;charset=iso-8859-1"],
      ["data:", "text/csv", "text/csv"],
      ["data:;a=b", "", "text/plain;a=b"],
    ] as const) {
      const onto = ofSdk(new URL(`${begin};base64,${bytes}`), { mediaType: given });
      const { messages } = fromPrompt(onto);
      expect(partIn({ messages, left: [] })).toMatchObject({
        content_type: "document",
        content: { type: "base64", data: bytes, media_type: type },
      });
      expect(toPrompt(messages, { onto }).document).toEqual(onto);
    }
  });

  it.each([
    ["data:image/svg+xml;charset=utf-8;base64,PHN2Zy8+", "image/svg+xml;charset=utf-8", "PHN2Zy8+"],
    ["data:image/svg+xml,%3Csvg%2F>", "image/svg+xml", "PHN2Zy8+"],
    ["data:image/svg+xml;utf8,<é 5%>", "image/svg+xml;utf8", base64(utf8("<é 5%>"))],
  ])("of a picture, %s, has its bytes in base64", (url, media_type, data) => {
    verifies("adapters:data-urls");
    const onto = {
      messages: [{ role: "user", content: [{ type: "image_url", image_url: { url } }] }],
    };
    const { messages } = chatCompletions.readRequest(onto);
    const content = { type: "base64", media_type, data };
    expect(messages[0]?.content).toEqual([{ content_type: "image", content }]);
    expect(chatCompletions.writeRequest(messages, { onto }).document).toEqual(onto);
    const changed = chatCompletions.writeRequest(withText(messages, data, "AAAA"), { onto });
    expect(changed.lost).toEqual([]);
    expect(JSON.stringify(changed.document)).toContain(`data:${media_type};base64,AAAA`);
  });

  it("has parameters, for which a format has no place", () => {
    verifies("adapters:data-urls");
    const { messages } = chatCompletions.readRequest(
      ofChat(`data:text/csv;charset=iso-8859-1;base64,${latin("clé").toString("base64")}`),
    );
    const { document, lost } = bedrock.writeRequest(messages);
    expect(JSON.stringify(document)).toContain('"format":"csv"');
    expect(lost).toMatchObject([{ path: "[0].content[0].content.media_type" }]);
  });

  it("that is no text, or is none, is a document", () => {
    verifies("adapters:text-bytes");
    for (const data of ["data:text/plain,%ff", "data:application/pdf;base64,YQ==", "YQ==", "data:"])
      expect(textIn(chatCompletions.readRequest(ofChat(data)))).toBe("document");
  });

  it("beside a link is shown, and the link is reported", () => {
    verifies("adapters:text-bytes");
    const onto = ofResponses({ file_data: url(utf8("a")), file_url: "https://a.example/" });
    const { messages, left } = responses.readRequest(onto);
    expect(left).toMatchObject([{ kind: "content", path: "input[0].content[0].file_url" }]);
    const { document, lost } = responses.writeRequest(withText(messages, '"a"', '"b"'), { onto });
    expect(JSON.stringify(document)).not.toContain("https");
    expect(lost).toHaveLength(1);
  });

  it("of the AI SDK says its type, and an original goes with it", () => {
    verifies("adapters:text-bytes", "aisdk:media-type");
    const secret = "data:text/plain;charset=utf-8;base64,aHVudGVyMg==";
    const onto = ofSdk(new URL(secret), { mediaType: "image/png", originalUrl: secret });
    const { messages } = fromPrompt(onto);
    expect(messages[0]?.content).toEqual([fileOf("hunter2", "a.txt", "text/plain;charset=utf-8")]);
    const { document } = toPrompt(withText(messages, "hunter2", "***"), { onto });
    expect(document).toEqual(ofSdk(base64(utf8("***")), { mediaType: "text/plain;charset=utf-8" }));
  });
});

describe("in the result of a tool", () => {
  const data = base64(utf8("It is hunter2."));
  const file = { type: "input_file", file_data: `data:text/plain;base64,${data}` };
  const result = (role: string, part: object) => [
    {
      role: "assistant",
      content: [{ type: "tool-call", toolCallId: "1", toolName: "f", input: {} }],
    },
    { role, content: [part] },
  ];
  const sdk = (item: object) => {
    const output = { type: "content", value: [{ type: "text", text: "See" }, item] };
    return result("tool", { type: "tool-result", toolCallId: "1", toolName: "f", output });
  };
  it.each([
    {
      name: "Responses",
      onto: {
        input: [
          { type: "function_call", call_id: "1", name: "f", arguments: "{}" },
          {
            type: "function_call_output",
            call_id: "1",
            output: [{ type: "input_text", text: "See" }, file],
          },
        ],
      },
      read: responses.readRequest,
      write: (messages: readonly Message[], onto: never) =>
        responses.writeRequest(messages, { onto }),
    },
    {
      name: "Bedrock",
      onto: {
        modelId: "m",
        messages: [
          { role: "assistant", content: [{ toolUse: { toolUseId: "1", name: "f", input: {} } }] },
          {
            role: "user",
            content: [
              {
                toolResult: {
                  toolUseId: "1",
                  content: [
                    { text: "See" },
                    {
                      document: {
                        format: "txt",
                        name: "a",
                        source: { bytes: utf8("It is hunter2.") },
                      },
                    },
                  ],
                },
              },
            ],
          },
        ],
      },
      read: bedrock.readRequest,
      write: (messages: readonly Message[], onto: never) =>
        bedrock.writeRequest(messages, { onto }),
    },
    ...["media", "file-data"].map((type) => ({
      name: `the AI SDK, ${type}`,
      onto: sdk({ type, data, mediaType }),
      read: fromPrompt as Form["read"],
      write: (messages: readonly Message[], onto: never): Writing => toPrompt(messages, { onto }),
    })),
  ])("of $name it is shown and changed, too", ({ onto, read, write }) => {
    verifies("adapters:text-files");
    const { messages } = (read as Form["read"])(onto as never);
    expect(JSON.stringify(messages)).toContain('"content":"It is hunter2."');
    expect(write(messages, onto as never)).toEqual({ document: onto, lost: [] });
    const changed = withText(messages, "hunter2", "***");
    const { document, lost } = write(changed, onto as never);
    expect(lost).toEqual([]);
    expect((read as Form["read"])(document as never).messages).toEqual(changed);
  });

  it.each([
    [
      "Responses",
      (bytes: Buffer) => ({
        input: [
          { type: "function_call", call_id: "1", name: "f", arguments: "{}" },
          {
            type: "function_call_output",
            call_id: "1",
            output: [{ type: "input_file", file_data: url(bytes) }],
          },
        ],
      }),
      responses.readRequest,
      (messages: readonly Message[], onto: never) => responses.writeRequest(messages, { onto }),
    ],
    [
      "Bedrock",
      (bytes: Buffer) => ({
        modelId: "m",
        messages: [
          { role: "assistant", content: [{ toolUse: { toolUseId: "1", name: "f", input: {} } }] },
          {
            role: "user",
            content: [
              {
                toolResult: {
                  toolUseId: "1",
                  content: [
                    {
                      document: {
                        format: "txt",
                        name: "a",
                        source: { bytes: new Uint8Array(bytes) },
                      },
                    },
                  ],
                },
              },
            ],
          },
        ],
      }),
      bedrock.readRequest,
      (messages: readonly Message[], onto: never) => bedrock.writeRequest(messages, { onto }),
    ],
    [
      "the AI SDK",
      (bytes: Buffer) =>
        sdk({ type: "media", data: bytes.toString("base64"), mediaType: "text/plain" }),
      fromPrompt as Form["read"],
      (messages: readonly Message[], onto: never): Writing => toPrompt(messages, { onto }),
    ],
  ])("of %s, a document may become a file of text", (_name, ask, read, write) => {
    verifies("adapters:text-files");
    const bytes = (text: string) => Buffer.from(text, "latin1");
    const onto = ask(bytes("It is hé."));
    const { messages } = (read as Form["read"])(onto as never);
    const changed = withText(messages, base64(bytes("It is hé.")), base64(bytes("It is ***.")));
    const { document, lost } = write(changed, onto as never);
    expect(lost).toEqual([]);
    const again = (read as Form["read"])(document as never);
    expect(JSON.stringify(again.messages)).toContain('"content":"It is ***."');
  });

  it.each([
    ["a file of text", fileOf("It is hunter2."), [file]],
    ["another resource", { ...fileOf("a"), content: { ...fileOf("a").content, uri: "b" } }, "text"],
  ])("of OpenAI, %s is new", (_what, part, output) => {
    verifies("adapters:text-written");
    const onto = {
      input: [
        { type: "function_call", call_id: "1", name: "f", arguments: "{}" },
        { type: "function_call_output", call_id: "1", output: "See" },
      ],
    };
    const [call, answer] = responses.readRequest(onto).messages;
    const [was] = answer?.content ?? [];
    if (was?.content_type !== "tool_result") throw new Error("no result");
    const content = { ...was.content, content: [part] };
    const now = createMessage({ role: "tool", content: [{ ...was, content }] as never });
    const { document } = responses.writeRequest([call as Message, now], { onto });
    const [, item] = (document as typeof onto).input;
    const expected = output === "text" ? JSON.stringify([part]) : [{ ...file, filename: "a.txt" }];
    expect(item?.output).toEqual(expected);
  });
});

describe("a document in base64 that is a file of text", () => {
  const added = (media_type: string, bytes: Buffer) =>
    createMessage({
      role: "user",
      content: [
        document({ type: "base64", media_type, data: bytes.toString("base64"), title: "a" }),
      ],
    });
  it.each([
    ["Google", google],
    ["Bedrock", bedrock],
    ["Chat Completions", chatCompletions],
    ["Responses", responses],
  ] as const)("is written for %s, and reads back as that file", (_name, provider) => {
    verifies("adapters:text-written");
    for (const bytes of [Buffer.from("Ahoy"), Buffer.from("\uFEFFAhoy")]) {
      const { document, lost } = provider.writeRequest([added("text/csv", bytes)]);
      expect(lost).toEqual([]);
      expect(provider.readRequest(document).messages[0]?.content).toEqual([
        fileOf("Ahoy", "a", "text/csv"),
      ]);
    }
  });

  it.each(["v2", "v3", "v4"] as const)("is written for the AI SDK, %s, too", (version) => {
    verifies("adapters:text-written");
    const messages = [added("text/csv", Buffer.from("Ahoy"))];
    const { document, lost } = toPrompt(messages, { specificationVersion: version });
    expect(lost).toEqual([]);
    expect(fromPrompt(document).messages[0]?.content).toEqual([fileOf("Ahoy", "a", "text/csv")]);
  });

  it("is reported if the format says another type of it", () => {
    verifies("adapters:text-written");
    const { lost } = bedrock.writeRequest([added("text/csv;a=b", Buffer.from("Ahoy"))]);
    expect(lost).toMatchObject([{ path: "[0].content[0].content.media_type" }]);
  });

  it.each(forms)("of $name may become one as it is redacted", ({ ask, read, write }) => {
    verifies("adapters:text-files");
    const bytes = (text: string) => new Uint8Array(Buffer.from(text, "latin1"));
    const onto = ask(bytes("It is hé."));
    const [was, is] = ["It is hé.", "It is ***."].map((text) => base64(bytes(text)));
    const messages = withText(read(onto as never).messages, String(was), String(is));
    const { document, lost } = write(messages, onto as never);
    expect(lost).toEqual([]);
    expect(textIn(read(document as never))).toBe("It is ***.");
  });
});

describe("a new file of text", () => {
  const said = createMessage({ role: "user", content: [fileOf("Ahoy", "a", "text/csv")] });
  const url = `data:text/csv;base64,${base64(utf8("Ahoy"))}`;
  it.each([
    ["Google", google, `"data":"${base64(utf8("Ahoy"))}","mimeType":"text/csv"`],
    ["Bedrock", bedrock, '"source":{"text":"Ahoy"}'],
    ["Chat Completions", chatCompletions, url],
    ["Responses", responses, url],
  ] as const)("is written for %s", (_name, provider, expected) => {
    verifies("adapters:text-written");
    const { document, lost } = provider.writeRequest([said]);
    expect(lost).toEqual([]);
    expect(JSON.stringify(document)).toContain(expected);
    expect(provider.readRequest(document).messages).toEqual([said]);
  });

  it.each([
    ["v2", base64(utf8("Ahoy"))],
    ["v3", base64(utf8("Ahoy"))],
    ["v4", { type: "text", text: "Ahoy" }],
  ] as const)("is written for the AI SDK, %s", (specificationVersion, data) => {
    verifies("adapters:text-written");
    expect(toPrompt([said], { specificationVersion })).toEqual({
      document: [
        { role: "user", content: [{ type: "file", data, mediaType: "text/csv", filename: "a" }] },
      ],
      lost: [],
    });
  });

  it.each([{ uri: "file:///a" }, { resource_type: "memory" as const }, { mime_type: "a/b" }])(
    "is no resource with %j",
    (more) => {
      verifies("adapters:text-written");
      const content = [resource({ ...fileOf("a").content, ...more })];
      const other = createMessage({ role: "user", content });
      expect(google.writeRequest([other])).toMatchObject({
        document: { contents: [{ parts: [] }] },
        lost: [{ path: "[0].content[0]" }],
      });
    },
  );
});

it("a plugin that looks at texts sees a file of text", async () => {
  verifies("adapters:text-files");
  const secrets = definePlugin({
    name: "secrets",
    version: "1.0.0",
    hooks: {
      "cmf.llm_input": (message) =>
        JSON.stringify(message).includes("hunter2") ? deny("No password may leave") : undefined,
    },
  });
  const manager = await createPluginManager({ plugins: [secrets] });
  const { refusal } = await guardModel(google, manager)
    .begin()
    .judgeRequest(ofGoogle(base64(utf8("hunter2"))));
  expect(refusal?.reason).toBe("No password may leave");
});
