import { createPluginManager } from "glassine";
import type { AuditEvent } from "glassine/audit";
import {
  createMessage,
  document,
  image,
  promptResult,
  resource,
  resourceRef,
  text,
} from "glassine/messages";
import { type SecretScannerOptions, secretScanner } from "glassine/plugins";
import { describe, expect, it } from "vitest";
import { connect } from "./support/connect.ts";
import { harmless, secrets } from "./support/found.ts";
import { answering, calling, run } from "./support/run.ts";

const all = Object.entries(secrets).flatMap(([kind, list]) =>
  list.map((secret) => [kind, secret] as const),
);
const [, key] = all.find(([kind]) => kind === "aws-access-key") as [string, string];
const said = (words: string) => ({ role: "user" as const, content: [text(words)] });
const scanned = async (words: string, options?: SecretScannerOptions) =>
  run(secretScanner(options), "cmf.llm_input", said(words));

describe("secretScanner", () => {
  it.each(all)(
    "denies a message with a secret of the kind %s, and quotes none of it",
    async (kind, secret) => {
      const { violation, ...result } = await scanned(`my password: ${secret} is here`);
      expect(violation?.code).toBe("secret_found");
      expect(violation?.reason).toContain(kind);
      const shown = JSON.stringify([violation, result.executions, result.metadata]);
      expect(shown).not.toContain(secret.slice(4, 16));
    },
  );

  it("is recorded with the kind, and without the secret", async () => {
    const records: AuditEvent[] = [];
    const audit = { sink: (event: AuditEvent) => void records.push(event) };
    const manager = await createPluginManager({ plugins: [secretScanner()], audit });
    await manager.invoke("cmf.llm_input", createMessage(said(`my password: ${key}`)));
    await manager.close();
    const denied = records.find(({ eventType }) => eventType === "plugin.handler_denied");
    expect(denied?.metadata.reason).toBe("The message has a secret, namely aws-access-key");
    expect(JSON.stringify(records)).not.toContain(key);
  });

  it("has an example of every kind", () => {
    const kinds = Object.keys(secrets).sort().join(", ");
    const unknown = () => secretScanner({ kinds: ["unknown"] as never });
    expect(unknown).toThrow(`must be one of ${kinds}.`);
  });

  it.each(harmless)("lets %j pass", async (words) => {
    expect((await scanned(words)).continueProcessing).toBe(true);
  });

  it.each([
    ["an argument", "cmf.tool_pre_invoke", calling("read", { a: [{ b: `x ${key}` }] })],
    ["a key of an argument", "cmf.tool_pre_invoke", calling("read", { [key]: 1 })],
    ["the name of a tool", "cmf.tool_pre_invoke", calling(key)],
    ["a result", "cmf.tool_post_invoke", answering("read", { content: [{ text: key }] })],
    ["a list", "cmf.mcp_response", answering("tools/list", { tools: [{ title: key }] })],
    ["a notification", "cmf.mcp_notification", calling("notifications/message", { data: key })],
    ["an answer", "cmf.llm_output", { role: "assistant", content: [text(key)] }],
    ["an evaluated message", "evaluate", said(key)],
    [
      "a URI",
      "cmf.resource_pre_fetch",
      {
        role: "user",
        content: [
          resourceRef({
            resource_request_id: "1",
            uri: `https://a.example/?k=${key}`,
            resource_type: "uri",
          }),
        ],
      },
    ],
    [
      "a resource in base64",
      "cmf.resource_post_fetch",
      {
        role: "user",
        content: [
          resource({
            resource_request_id: "1",
            uri: "file:///a",
            resource_type: "blob",
            blob: btoa(`key: ${key} and more of it`),
          }),
        ],
      },
    ],
    [
      "a prompt",
      "cmf.prompt_post_fetch",
      {
        role: "tool",
        content: [
          promptResult({
            prompt_request_id: "1",
            prompt_name: "greet",
            messages: [{ role: "user", content: [text(key)] }] as never,
          }),
        ],
      },
    ],
  ] as const)("finds a secret in %s", async (_, hook, message) => {
    expect((await run(secretScanner(), hook, message)).violation?.code).toBe("secret_found");
  });

  it("takes secrets out of texts and of base64, and leaves everything else", async () => {
    const scanner = secretScanner({ action: "redact" });
    const picture = image({
      type: "base64",
      data: btoa("\u0089PNG\r\n\u001a\n"),
      media_type: "image/png",
    });
    const result = await run(scanner, "cmf.tool_post_invoke", {
      role: "tool",
      content: [
        ...(answering("read", { a: `${key}, ${key}.`, b: 1, c: null }).content as never[]),
        picture,
        resource({
          resource_request_id: "1",
          uri: "file:///a",
          resource_type: "blob",
          blob: btoa(`key: ${key} and more of it`),
        }),
      ],
    });
    const [answer, media, blob] = result.payload.content;
    expect(answer).toMatchObject({
      content: {
        tool_name: "read",
        content: { a: "[REDACTED:aws-access-key], [REDACTED:aws-access-key].", b: 1, c: null },
      },
    });
    expect(media).toEqual(picture);
    expect(blob?.content_type === "resource" && atob(blob.content.blob ?? "")).toBe(
      "key: [REDACTED:aws-access-key] and more of it",
    );
    expect(result.metadata["secret-scanner"]).toEqual({ found: { "aws-access-key": 3 } });
  });

  it("denies what it cannot take out", async () => {
    const scanner = secretScanner({ action: "redact" });
    const { violation } = await run(scanner, "cmf.tool_pre_invoke", calling("read", { [key]: 1 }));
    expect(violation?.reason).toBe(
      "The message has a secret, in a name, a key or a URI, namely aws-access-key",
    );
  });

  it("labels, by default as SECRET, and changes nothing else", async () => {
    for (const label of ["SECRET", "KEYS"]) {
      const result = await scanned(key, { action: "label", label });
      expect(result.extensions.security?.labels).toEqual([label]);
      expect(result.payload.content).toEqual([text(key)]);
    }
    expect((await scanned("Ahoy", { action: "label" })).extensions).toEqual({});
  });

  it("finds values by the names that they have", async () => {
    const random = "k9Xw2Lp7Qz4Vt1Rb";
    const found = async (args: Record<string, unknown>) =>
      !(await run(secretScanner(), "cmf.tool_pre_invoke", calling("read", args)))
        .continueProcessing;
    expect(await found({ api_key: random })).toBe(true);
    expect(await found({ clientSecret: [random] })).toBe(true);
    expect(await found({ text: `AWS_SECRET_ACCESS_KEY="${random}"` })).toBe(true);
    expect(await found({ text: `authorization: Bearer ${random}` })).toBe(true);
    expect(await found({ headers: { Authorization: `Bearer ${random}` } })).toBe(true);
    for (const before of [
      "",
      " ",
      " Bearer ",
      "Basic ",
      "Token ",
      "ApiKey \t",
      "Api-Key ",
      "Negotiate ",
      "DPoP ",
    ]) {
      const Authorization = `${before}${random}`;
      expect(await found({ Authorization: `${Authorization}\n` })).toBe(true);
      expect(await found({ text: `authorization:${Authorization}` })).toBe(true);
    }
    expect(await found({ headers: { Authorization: "Bearer of good news 2026" } })).toBe(false);
    expect(await found({ text: `auth: token = "${random}"` })).toBe(true);
    expect(await found({ text: random })).toBe(false);
    expect(await found({ next_page_token: random, progressToken: random })).toBe(false);
    expect(await found({ password: "correct horse battery staple" })).toBe(false);
  });

  it("keeps the scheme of a header, and white space around it", async () => {
    const args = { Authorization: " Token  k9Xw2Lp7Qz4Vt1Rb\n" };
    const scanner = secretScanner({ action: "redact" });
    const { payload } = await run(scanner, "cmf.tool_pre_invoke", calling("read", args));
    const Authorization = " Token  [REDACTED:assigned-secret]\n";
    expect(payload.content).toEqual(calling("read", { Authorization }).content);
    const again = await run(scanner, "cmf.tool_pre_invoke", calling("read", { Authorization }));
    expect(again.metadata).toEqual({});
  });

  it.each([
    ["postgres://app:«k9Xw2Lp7Qz4Vt1Rb»@db.example/users", true],
    ["amqp://:«1k9Xw2Lp7Qz4Vt1Rb»@mq.example", true],
    ["postgres://app:«7$k9Xw2Lp7Qz4Vt1Rb»@db.example", true],
    [`https://aws:«${"k9Xw2Lp7Qz4Vt1Rb".repeat(40)}»@a.example/pypi/simple/`, true],
    ["docker://node:20.11.1-bookworm-slim@sha256:9f8e7d6c5b4a", false],
    ["https://a.example,2026-01-01T12:30Z,jane.doe@example.com", false],
    ["https://a.example;id:AB-1234;jane.doe@example.com", false],
    ["http://localhost:8080/k9Xw2Lp7Qz4Vt1Rb@next", false],
    ["1,http://host:8080,jane.doe@example.com", false],
    ["http://localhost:3000\\nContact:bob@example.com", false],
    ["postgres://${user}:${password12345}@db.example", false],
  ])("finds the password in a URL, which is in guillemets, in %j", async (marked, isSecret) => {
    const words = marked.replaceAll(/[«»]/g, "");
    const { payload } = await scanned(words, { action: "redact" });
    const expected = marked.replace(/«.*»/, "[REDACTED:assigned-secret]");
    expect(payload.content).toEqual([text(expected)]);
    expect(expected === words).toBe(!isSecret);
  });

  const named: readonly (readonly [name: string, isSecret: boolean])[] = [
    ["password", true],
    ["DB_PASSWORD", true],
    ["clientSecret", true],
    ["api_key", true],
    ["AWS_SECRET_ACCESS_KEY", true],
    ["secretKey", true],
    ["x-api-key", true],
    ["refresh_token", true],
    ["user.credentials", true],
    ["nextPageToken", false],
    ["progressToken", false],
    ["continuation_token", false],
    ["primary_key", false],
    ["partition_key", false],
    ["public_key", false],
    ["idempotency_key", false],
    ["key", false],
    ["monkey", false],
  ];
  const places: Readonly<Record<string, (name: string, value: string) => Record<string, unknown>>> =
    {
      "an argument": (name, value) => ({ [name]: value }),
      "a list of names and values": (name, value) => ({ env: [{ name, value }] }),
      "a list of keys and values": (key, value) => ({ headers: [{ key, value: [value] }] }),
      JSON: (name, value) => ({ text: JSON.stringify({ [name]: value }, null, 1) }),
      "JSON in JSON": (name, value) => ({
        text: JSON.stringify({ a: JSON.stringify({ [name]: value }) }),
      }),
      YAML: (name, value) => ({ text: `a: b\n${name}: ${value}` }),
      "an assignment": (name, value) => ({ text: `export ${name}="${value}"` }),
      "a query": (name, value) => ({ text: `https://a.example/?b=c&${name}=${value}` }),
    };
  it.each(Object.keys(places))("tells names of secrets from others in %s", async (place) => {
    const found = async (name: string) => {
      const args = places[place]?.(name, "k9Xw2Lp7Qz4Vt1Rb") ?? {};
      const { violation } = await run(
        secretScanner(),
        "cmf.tool_pre_invoke",
        calling("read", args),
      );
      return [name, violation?.code === "secret_found"] as const;
    };
    expect(await Promise.all(named.map(([name]) => found(name)))).toEqual(named);
  });

  it("finds tokens of one's own", async () => {
    const patterns = { "acme-key": { prefix: "acme.", characters: "hex", min: 8 } } as const;
    const options = { kinds: [], patterns };
    expect((await scanned("acme.0123abcd", options)).violation?.reason).toContain("acme-key");
    expect((await scanned("acmeX0123abcd", options)).continueProcessing).toBe(true);
    expect((await scanned("acme.0123abc", options)).continueProcessing).toBe(true);
    expect((await scanned(key, options)).continueProcessing).toBe(true);
  });

  it("refuses to look for nothing", () => {
    expect(() => secretScanner({ kinds: [] })).toThrow(
      "secretScanner: the options must have kinds or patterns to look for.",
    );
  });

  it("is not stopped by a text as long as a message can be", async () => {
    const long = "A1b2".repeat(4_000_000);
    expect((await scanned(`AKIA${long}`)).violation?.code).toBe("secret_found");
    // Nobody has so long a password.
    expect((await scanned(`password=${long}`)).violation).toBeUndefined();
  });

  it.each([
    { prefix: "a", characters: "hex", min: 8 },
    { prefix: "acme", characters: "any", min: 8 },
    { prefix: "acme", characters: "hex", min: 0 },
    { prefix: "acme", characters: "hex", min: 8, flags: "i" },
    { prefix: "REDACT", characters: "letters", min: 1 },
  ])("refuses the pattern %j", (pattern) => {
    expect(() => secretScanner({ patterns: { mine: pattern } } as never)).toThrow('"patterns"');
  });

  it("says what the name of a kind may be", () => {
    const pattern = { prefix: "acme", characters: "hex", min: 8 } as const;
    expect(() => secretScanner({ patterns: { "a b": pattern } })).toThrow(
      'secretScanner: "patterns" "a b" must be a kind: up to 64 lower-case letters, digits and -, beginning with a letter.',
    );
  });

  it("guards a server of the SDK, in both directions", async () => {
    const deny = await connect([secretScanner()]);
    expect(await deny.call("echo", { text: key })).toMatchObject({ code: "secret_found" });
    expect(deny.calls).toEqual([]);
    await deny.close();
    const redact = await connect([secretScanner({ action: "redact" })]);
    expect(await redact.call("echo", { text: `a ${key}` })).toEqual([
      { type: "text", text: "a [REDACTED:aws-access-key]" },
    ]);
    expect(redact.calls).toEqual(["echo a [REDACTED:aws-access-key]"]);
    await redact.close();
  });
});

describe("a file of text", () => {
  const file = (data: string, media_type = "text/plain") =>
    ({ role: "user", content: [document({ type: "base64", data, media_type })] }) as const;
  const scannedFile = (data: string, options?: SecretScannerOptions, type?: string) =>
    run(secretScanner(options), "cmf.llm_input", file(data, type));
  const base64 = (text: string, encoding?: BufferEncoding) =>
    Buffer.from(text, encoding).toString("base64");
  const bigEndian = (text: string) => Buffer.from(text, "utf16le").swap16().toString("base64");

  const forms: readonly (readonly [string, string])[] = [
    ["without padding", base64(`xx ${key}`).replace(/=+$/, "")],
    ["with the alphabet for URLs", Buffer.from(`key?>~ÿ ${key}`).toString("base64url")],
    ["with line breaks", base64(`key: ${key} and more`).replace(/.{10}/g, "$&\r\n")],
  ];

  const encoded: typeof forms = [
    ...forms,
    ["in Latin-1", base64(`clé: ${key}`, "latin1")],
    ["in UTF-16", base64(`key: ${key}`, "utf16le")],
    ["in UTF-16, big-endian", bigEndian(`key: ${key}`)],
    ["in UTF-16 with a mark", base64(`\uFEFF鍵は ${key} です`, "utf16le")],
    ["in UTF-16 of many other characters", base64(`${"鍵".repeat(200)} ${key}`, "utf16le")],
    ["with a NUL", base64(`k\0: ${key}`)],
    ["at an odd place of UTF-16", btoa(`x${atob(base64(key, "utf16le"))}`)],
    ["behind a mark of UTF-16", btoa(`\xFF\xFE${key}`)],
    ["in base64 of base64", base64(base64(`clé: ${key}`))],
    ["as it is", key],
  ];

  it.each(encoded)("is read %s", async (_how, data) => {
    expect((await scannedFile(data)).violation?.code).toBe("secret_found");
  });

  it.each(forms)("of unknown type is read %s", async (_how, data) => {
    expect((await scannedFile(data, {}, "application/x-unknown")).violation?.code).toBe(
      "secret_found",
    );
    expect((await scanned(data)).violation?.code).toBe("secret_found");
  });

  it.each([
    ["Latin-1", (text: string) => Buffer.from(`clé: ${text}`, "latin1")],
    ["UTF-16", (text: string) => Buffer.from(`\uFEFFclé: ${text}`, "utf16le")],
    ["UTF-16, big-endian", (text: string) => Buffer.from(`clé: ${text}`, "utf16le").swap16()],
    ["UTF-8 with a mark", (text: string) => Buffer.from(`\uFEFFclé: ${text}`)],
    ["UTF-8 with a NUL", (text: string) => Buffer.from(`\0clé: ${text}`)],
  ])("is redacted in its encoding, %s", async (_encoding, encoded) => {
    const redact = { action: "redact" } as const;
    const { payload } = await scannedFile(encoded(key).toString("base64"), redact);
    const expected = encoded("[REDACTED:aws-access-key]").toString("base64");
    expect(payload).toMatchObject(file(expected));
    const forUrls = encoded(`${key}ÿÿ`).toString("base64url");
    const again = await scannedFile(forUrls, redact);
    expect(again.payload).toMatchObject(
      file(encoded("[REDACTED:aws-access-key]ÿÿ").toString("base64url")),
    );
  });

  it("is read although its base64 has what looks like a secret", async () => {
    const secret = base64(`the key is ${key}, `);
    const data = `${secret.slice(0, 44)}${key}AAAA`;
    const { payload, metadata } = await scannedFile(data, { action: "redact" });
    expect(metadata["secret-scanner"]).toEqual({ found: { "aws-access-key": 2 } });
    expect(JSON.stringify(payload)).not.toContain(secret.slice(12, 38));
  });

  it("of mixed encodings is refused where it would be redacted", async () => {
    const mixed = btoa(`x${atob(base64(key, "utf16le"))}`);
    const { violation } = await scannedFile(mixed, { action: "redact" });
    expect(violation?.reason).toBe(
      "The message has a secret, in a file of mixed encodings, namely aws-access-key",
    );
  });

  it.each(["deny", "redact", "label"] as const)(
    "that cannot be read is refused, with the action %s",
    async (action) => {
      const { violation } = await scannedFile("§§§§", { action });
      expect(violation?.code).toBe("file_unreadable");
    },
  );

  it("in a result is read, and a text beside a media type is one", async () => {
    const found = async (content: unknown) =>
      (await run(secretScanner(), "cmf.tool_post_invoke", answering("read", content))).violation
        ?.code;
    const data = base64(`clé: ${key}`, "latin1");
    expect(await found({ mimeType: "text/plain", blob: data })).toBe("secret_found");
    expect(await found([{ content: { type: "base64", media_type: "text/csv", data } }])).toBe(
      "secret_found",
    );
    expect(await found({ mimeType: "image/png", data })).toBeUndefined();
    expect(await found({ mimeType: "text/plain", data: "Ahoy, all of you!" })).toBeUndefined();
    expect(await found({ mimeType: "text/plain", data: key })).toBe("secret_found");
  });

  it.each([
    ["without a media type", (long: string) => ({ data: long })],
    ["that is no base64", (long: string) => ({ mimeType: "image/png", data: `${long}-+` })],
    [
      "that is too long for base64",
      (long: string) => ({ mimeType: "image/png", data: `${long}A` }),
    ],
    ["that is a text by its type", (long: string) => ({ mimeType: "text/plain", data: long })],
    ["that encodes a text", (long: string) => ({ mimeType: "image/png", data: base64(long) })],
    ["of text", (long: string) => ({ mimeType: "text/plain", blob: base64(long) })],
    ["of an empty type", (long: string) => ({ mimeType: "", blob: long })],
  ])("hides no secret in a long field %s", async (_what, argument) => {
    const args = argument(`${key}${"-".repeat(1280 - key.length)}`);
    const { violation } = await run(secretScanner(), "cmf.tool_pre_invoke", calling("t", args));
    expect(violation?.code).toBe("secret_found");
  });

  it("that cannot be read is refused in a resource and in a message of a prompt, too", async () => {
    const content = { resource_request_id: "1", uri: "file:///a", resource_type: "file" } as const;
    const blob = resource({ ...content, mime_type: "text/html", blob: "§§§§" });
    const messages = [{ role: "user", content: file("§§§§").content }] as const;
    const prompt = promptResult({ prompt_request_id: "1", prompt_name: "p", messages });
    for (const part of [blob, prompt]) {
      const message = { role: "user", content: [part] } as const;
      const { violation } = await run(secretScanner(), "cmf.llm_input", message);
      expect(violation?.code).toBe("file_unreadable");
    }
  });

  it.each([`data:text/html;base64,${base64("<p>hi</p>")}`, "<p>hi</p>", "§§§§"])(
    "in arguments or a result is a text if it is no base64: %j",
    async (data) => {
      for (const action of ["deny", "redact", "label"] as const) {
        const scanner = (value: object) => [
          run(secretScanner({ action }), "cmf.tool_post_invoke", answering("read", value)),
          run(secretScanner({ action }), "cmf.tool_pre_invoke", calling("upload", { value })),
        ];
        const value = { type: "base64", mimeType: "text/html", data };
        for (const result of await Promise.all(scanner(value)))
          expect(result.violation).toBeUndefined();
        for (const result of await Promise.all(scanner({ ...value, data: `${data} ${key}` })))
          expect(action === "deny" ? result.violation?.code : result.metadata).toEqual(
            action === "deny" ? "secret_found" : expect.anything(),
          );
      }
    },
  );

  it("without a secret passes as it is", async () => {
    for (const data of [base64("clé", "latin1"), base64("Ahoy", "utf16le"), "", base64("a\0b")]) {
      const result = await scannedFile(data, { action: "redact" });
      expect(result.payload).toMatchObject(file(data));
    }
  });
});
