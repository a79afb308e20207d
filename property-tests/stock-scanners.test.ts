/** Laws of the scanners of `glassine/plugins`. */
import fc from "fast-check";
import { createPluginManager, type Plugin } from "glassine";
import { createMessage, document, toolResult } from "glassine/messages";
import { piiLabels, secretScanner } from "glassine/plugins";
import { pluginLaws } from "glassine/testing";
import { describe, expect, it } from "vitest";
import { pii, secrets } from "../test/stock-plugins/support/found.ts";
import { expectSome } from "./support/runs.ts";

/** Forms of base64 that decoders accept. */
const forms = fc.constantFrom<(bytes: Buffer) => string>(
  (bytes) => bytes.toString("base64"),
  (bytes) => bytes.toString("base64url"),
  (bytes) => bytes.toString("base64").replace(/.{8}/g, "$&\r\n"),
);

/** Encodings of texts. */
const encodings = fc.constantFrom<(text: string) => Buffer>(
  (text) => Buffer.from(text),
  (text) => Buffer.from(text, "latin1"),
  (text) => Buffer.from(text, "utf16le"),
  (text) => Buffer.from(`\uFEFF${text}`, "utf16le").swap16(),
);

/** Strings that scanners look for, cut and joined, with other strings around them. */
function textsOf(found: Readonly<Record<string, readonly string[]>>) {
  const whole = fc.constantFrom(...Object.values(found).flat());
  const cut = fc.tuple(whole, fc.nat(60)).map(([text, at]) => text.slice(at));
  const glue = fc.constantFrom("", " ", ".", "-", "1", "a", "+", "@", ":", "password=", '"', "]");
  const piece = fc.oneof(whole, cut, glue, fc.string({ maxLength: 5 }));
  const text = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(""));
  const encoded = fc.tuple(text, forms).map(([each, form]) => form(Buffer.from(each)));
  return fc.oneof({ weight: 4, arbitrary: text }, { weight: 1, arbitrary: encoded });
}

const keys = fc.constantFrom("text", "password", "api_key", "token");
const scanners: readonly (readonly [
  name: string,
  redact: () => Plugin,
  deny: () => Plugin,
  found: Readonly<Record<string, readonly string[]>>,
])[] = [
  [
    "secretScanner",
    () => secretScanner({ action: "redact" }),
    () => secretScanner({ action: "deny" }),
    secrets,
  ],
  ["piiLabels", () => piiLabels({ action: "redact" }), () => piiLabels({ action: "deny" }), pii],
];

it("secretScanner judges a value by its name, whether in data or in JSON text", async () => {
  const manager = await createPluginManager({ plugins: [secretScanner()] });
  const code = async (content: Record<string, string>) => {
    const part = toolResult({ tool_call_id: "1", tool_name: "read", content });
    const message = createMessage({ role: "tool", content: [part] });
    return (await manager.invoke("cmf.tool_post_invoke", message)).violation?.code;
  };
  const words = [
    "a",
    "next",
    "page",
    "api",
    "key",
    "token",
    "secret",
    "pass",
    "word",
    "s",
    "_",
    "-",
  ];
  const names = fc
    .array(fc.constantFrom(...words, ...words.map((word) => word.toUpperCase())), { maxLength: 12 })
    .map((parts) => parts.join(""));
  let found = 0;
  await fc.assert(
    fc.asyncProperty(names, fc.stringMatching(/^[0-9A-Za-z+/_-]{10,20}$/), async (name, value) => {
      const inData = await code({ [name]: value });
      expect(await code({ text: JSON.stringify({ [name]: value }) })).toBe(inData);
      if (inData !== undefined) found += 1;
    }),
  );
  expectSome(found);
});

describe.each(scanners)("%s", (_name, redact, deny, found) => {
  it("finds nothing in what it redacted, and changes it no further", async () => {
    const redacting = await createPluginManager({ plugins: [redact()] });
    const denying = await createPluginManager({ plugins: [deny()] });
    let changed = 0;
    await fc.assert(
      fc.asyncProperty(fc.dictionary(keys, textsOf(found), { maxKeys: 3 }), async (content) => {
        const part = toolResult({ tool_call_id: "1", tool_name: "read", content });
        const message = createMessage({ role: "tool", content: [part] });
        const once = await redacting.invoke("cmf.tool_post_invoke", message);
        expect(once.continueProcessing).toBe(true);
        const twice = await redacting.invoke("cmf.tool_post_invoke", once.payload);
        expect(twice.payload).toEqual(once.payload);
        const judged = await denying.invoke("cmf.tool_post_invoke", once.payload);
        expect(judged.violation).toBeUndefined();
        // It found something exactly where the other one denies.
        const first = await denying.invoke("cmf.tool_post_invoke", message);
        expect(first.continueProcessing).toBe(once.payload === message);
        if (once.payload !== message) changed += 1;
      }),
    );
    expectSome(changed);
  });

  it("finds the same in any encoding of a file of text, and takes it out", async () => {
    const redacting = await createPluginManager({ plugins: [redact()] });
    const denying = await createPluginManager({ plugins: [deny()] });
    const ascii = Object.values(found)
      .flat()
      .filter((each) => /^[ -~]+$/.test(each));
    let changed = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...ascii),
        fc.string({ unit: fc.constantFrom("é", " ", "ÿ", "\n", "\0", "a"), maxLength: 12 }),
        encodings,
        forms,
        async (each, before, encode, form) => {
          const text = `${before} password=${each}`;
          const data = form(encode(text));
          const part = document({ type: "base64", media_type: "text/plain", data });
          const message = createMessage({ role: "user", content: [part] });
          const denied = await denying.invoke("cmf.llm_input", message);
          expect(denied.continueProcessing).toBe(false);
          const { payload, violation } = await redacting.invoke("cmf.llm_input", message);
          if (violation !== undefined) return;
          changed += 1;
          expect((await denying.invoke("cmf.llm_input", payload)).violation).toBeUndefined();
          expect(JSON.stringify(payload)).not.toContain(data);
        },
      ),
    );
    expectSome(changed);
  });

  it.each(pluginLaws({ plugin: redact() }))("$id: $text", (law) => law.check({ numRuns: 20 }));
});
