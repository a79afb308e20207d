import { document, image, text } from "glassine/messages";
import { type PiiLabelsOptions, piiLabels, secretScanner } from "glassine/plugins";
import { describe, expect, it } from "vitest";
import { connect } from "./support/connect.ts";
import { harmless, pii } from "./support/found.ts";
import { answering, calling, run } from "./support/run.ts";

const all = Object.entries(pii).flatMap(([kind, list]) =>
  list.map((each) => [kind, each] as const),
);
const scanned = (words: string, options?: PiiLabelsOptions) =>
  run(piiLabels(options), "cmf.llm_input", { role: "user", content: [text(words)] });

describe("piiLabels", () => {
  it.each(all)("finds a %s: %s", async (kind, data) => {
    for (const words of [data, `It is ${data}, thanks.`, `["${data}"]`]) {
      const result = await scanned(words);
      expect(result.extensions.security?.labels).toEqual(["PII"]);
      expect(result.metadata.pii).toEqual({ found: { [kind]: 1 } });
      expect(result.payload.content).toEqual([text(words)]);
    }
  });

  it.each(all)("takes a %s out: %s", async (kind, data) => {
    const result = await scanned(`It is ${data}, thanks.`, { action: "redact" });
    expect(result.payload.content).toEqual([text(`It is [REDACTED:${kind}], thanks.`)]);
    expect(result.extensions.security?.labels).toEqual(["PII"]);
  });

  it.each(harmless)("finds nothing in %j", async (words) => {
    expect((await scanned(words)).metadata).toEqual({});
  });

  it("finds cards among other digits", async () => {
    const [card = ""] = pii.card ?? [];
    for (const words of [`12 ${card}`, `${card} 12 34`, `1234 ${card} 123`, `${card} ${card}`])
      expect((await scanned(words)).metadata.pii).toMatchObject({
        found: { card: words.split(card).length - 1 },
      });
  });

  it("finds an IBAN only if it is a word, and an IP address before a colon", async () => {
    const [iban = ""] = pii.iban?.slice(1) ?? [];
    expect((await scanned(`a${iban} ${iban}b`)).metadata).toEqual({});
    for (const words of [
      "from 2001:db8::1:2: connection refused",
      "2001:db8:0:0:0:8a2e:370:7334:",
      "2001:db8:1::",
    ])
      expect((await scanned(words)).metadata.pii).toEqual({ found: { ip: 1 } });
  });

  it.each(all)("finds a %s after an escape: %s", async (kind, data) => {
    for (const before of ["\\n", "\\f", "\\t", "\\u00a0", "%20", "iban%3D"]) {
      const words = `{"note":"Pay to:${before}${data}\\n"}`;
      const { metadata, payload } = await scanned(words, { action: "redact" });
      expect(metadata.pii).toEqual({ found: { [kind]: 1 } });
      // A percent sign is a character of addresses.
      if (kind !== "email" || before.startsWith("\\"))
        expect(payload.content).toEqual([text(words.replace(data, `[REDACTED:${kind}]`))]);
    }
  });

  it("cuts no character in two where an address begins", async () => {
    const { payload } = await scanned(`a\u{1f600}${"b".repeat(63)}@example.org`, {
      action: "redact",
    });
    expect(payload.content).toEqual([text("a\u{1f600}[REDACTED:email]")]);
  });

  it("takes an escape for no separator of digits", async () => {
    const { payload } = await scanned("Tel: +1 212 555 0123\\n24 hours", { action: "redact" });
    expect(payload.content).toEqual([text("Tel: [REDACTED:phone]\\n24 hours")]);
    expect((await scanned("+1\\n2\\n3\\n4\\n5\\n6\\n7\\n8")).metadata).toEqual({});
  });

  it.each(all)("finds a %s after a percent sign: %s", async (kind, data) => {
    const { metadata } = await scanned(`LIKE '%${data}%'`);
    expect(metadata.pii).toEqual({ found: { [kind]: 1 } });
  });

  it("finds an IBAN that follows the word", async () => {
    for (const iban of pii.iban ?? [])
      expect((await scanned(`IBAN${iban}`)).metadata.pii).toEqual({ found: { iban: 1 } });
  });

  it("looks for nothing in the bytes of a picture", async () => {
    const [iban = ""] = pii.iban?.slice(1) ?? [];
    // As a camera's bytes can be: an IBAN between two slashes.
    const data = `${"/x0w".repeat(300)}/${iban}/`;
    const picture = image({ type: "base64", media_type: "image/jpeg", data });
    const block = { type: "image", mimeType: "image/jpeg", data };
    const untyped = image({ type: "base64", data });
    const result = answering("read", { content: [block] });
    for (const content of [[picture], [untyped], result.content]) {
      const message = { role: "tool", content } as never;
      const { extensions, payload } = await run(piiLabels(), "cmf.tool_post_invoke", message);
      expect([extensions, payload.content]).toEqual([{}, content]);
    }
    const short = answering("read", { mimeType: "image/jpeg", data: `/${iban}/`, other: data });
    const { metadata } = await run(piiLabels(), "cmf.tool_post_invoke", short);
    expect(metadata.pii).toEqual({ found: { iban: 2 } });
  });

  it("lets a picture pass that is as long as a message can be", async () => {
    const jpeg = Buffer.alloc(12_000_000, "/9j/4AAQSkZJRgABAQEAYABgAAD", "base64").toString(
      "base64",
    );
    const picture = image({ type: "base64", media_type: "image/jpeg", data: jpeg });
    for (const scanner of [piiLabels(), secretScanner()]) {
      const result = await run(scanner, "cmf.llm_input", { role: "user", content: [picture] });
      expect([result.violation, result.metadata]).toEqual([undefined, {}]);
    }
  });

  it("denies, and quotes nothing", async () => {
    const { violation } = await scanned("ada@example.org, 192.0.2.17", { action: "deny" });
    expect(violation).toMatchObject({
      code: "pii_found",
      reason: "The message has personal data, namely email, ip",
      details: { found: { email: 1, ip: 1 } },
    });
    expect(piiLabels({ action: "deny" }).capabilities).toEqual([]);
  });

  it("labels by kind, looks for some kinds alone, and labels nothing if it is not to", async () => {
    const kindLabels = { card: "PCI", email: "CONTACT" };
    const labels = async (options: PiiLabelsOptions) =>
      (await scanned("ada@example.org, 192.0.2.17", options)).extensions.security?.labels;
    expect(await labels({ kindLabels })).toEqual(["CONTACT", "PII"]);
    expect(await labels({ kindLabels, label: null })).toEqual(["CONTACT"]);
    expect(await labels({ kinds: ["card"] })).toBeUndefined();
    expect(await labels({ action: "redact", label: null })).toBeUndefined();
    expect(piiLabels({ action: "redact", label: null }).capabilities).toEqual([]);
    expect(() => piiLabels({ label: null })).toThrow("must have a label");
    const unused = { label: null, kinds: ["email"], kindLabels: { card: "PCI" } } as const;
    expect(() => piiLabels(unused)).toThrow("must have a label");
  });

  it("finds a card whose digits are a JSON number, and puts a string in its place", async () => {
    const paid = (options: PiiLabelsOptions, details: object) =>
      run(piiLabels(options), "cmf.tool_pre_invoke", calling("pay", { details }));
    const card = 4111111111111111;
    const { continueProcessing, violation } = await paid({ action: "deny" }, { cards: [card] });
    expect([continueProcessing, violation?.code]).toEqual([false, "pii_found"]);
    const { payload, metadata } = await paid({ action: "redact" }, { card, amount: 12.5, n: -0 });
    expect(metadata.pii).toEqual({ found: { card: 1 } });
    expect(JSON.stringify(payload.content)).toContain('{"card":"[REDACTED:card]","amount":12.5');
    const labelled = await paid({}, { card });
    expect(labelled.extensions.security?.labels).toEqual(["PII"]);
    expect(labelled.payload.content).toEqual(calling("pay", { details: { card } }).content);
  });

  it("takes no fraction for a card, whatever its digits are", async () => {
    const { extensions, payload } = await run(
      piiLabels({ action: "redact" }),
      "cmf.tool_pre_invoke",
      calling("rank", { score: 0.4111111111111111, other: 0.5552418945924038 }),
    );
    expect(extensions.security?.labels ?? []).toEqual([]);
    expect(payload.content).toEqual(
      calling("rank", { score: 0.4111111111111111, other: 0.5552418945924038 }).content,
    );
  });

  it("guards a server of the SDK", async () => {
    const { call, calls, close } = await connect([piiLabels({ action: "redact" })]);
    expect(await call("echo", { text: "ada@example.org" })).toEqual([
      { type: "text", text: "[REDACTED:email]" },
    ]);
    expect(calls).toEqual(["echo [REDACTED:email]"]);
    await close();
  });
});

describe("a file of text", () => {
  const email = "ada@example.org";
  const inFile = async (bytes: Buffer, options?: PiiLabelsOptions) => {
    const data = bytes.toString("base64");
    const content = [document({ type: "base64", media_type: "text/plain", data })];
    const { metadata, payload } = await run(piiLabels(options), "cmf.llm_input", {
      role: "user",
      content,
    });
    const [part] = payload.content as unknown as [{ content: { data: string } }];
    return { found: metadata.pii, bytes: Buffer.from(part.content.data, "base64") };
  };
  const texts: readonly (readonly [string, string, BufferEncoding])[] = [
    ["UTF-8", "It is héré, and long enough.", "utf8"],
    ["UTF-8 with a mark", "\uFEFFIt is here, and long enough.", "utf8"],
    ["Latin-1", "It is héré, and long enough.", "latin1"],
    ["few characters", "", "utf8"],
  ];

  it.each(texts)("in %s is searched once", async (_, text, encoding) => {
    const bytes = Buffer.from(`${text} ${email}`, encoding);
    expect(await inFile(bytes)).toEqual({ found: { found: { email: 1 } }, bytes });
    const redacted = Buffer.from(`${text} [REDACTED:email]`, encoding);
    expect((await inFile(bytes, { action: "redact" })).bytes).toEqual(redacted);
  });

  it.each(["It", ""])("of next to nothing has nothing: %j", async (text) => {
    const bytes = Buffer.from(text);
    expect(await inFile(bytes)).toEqual({ found: undefined, bytes });
  });

  it("of many bytes keeps each", async () => {
    const many = "é€😀".repeat(30_000);
    const { bytes } = await inFile(Buffer.from(`${many} ${email}`), { action: "redact" });
    expect(bytes.equals(Buffer.from(`${many} [REDACTED:email]`))).toBe(true);
  });
});

it("takes out all of what has something else in it", async () => {
  const words = "It is a.123-45-6789@example.org, thanks.";
  const { metadata, payload } = await scanned(words, { action: "redact" });
  expect(metadata.pii).toEqual({ found: { email: 1, ssn: 1 } });
  expect(payload.content).toEqual([text("It is [REDACTED:email], thanks.")]);
});
