/** Laws of redaction: the result is one short line without the secrets, whatever the text. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { redactText } from "../src/core/observe/index.ts";
import { verifies } from "../test/support/verifies.ts";
import { expectSome } from "./support/runs.ts";

const marker = "[REDACTED]";
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** What redaction looks for, parts of it, and its surroundings. */
const fragments = fc.constantFrom(
  "token",
  "Token ",
  "secret",
  "password",
  "PASSWORDS",
  "cookie",
  "Set-Cookie: ",
  "bearer ",
  "Bearer",
  "authorization",
  "Authorization: ",
  "proxy-authorization=",
  "api key",
  "api_key",
  "api",
  "key",
  "apikey=",
  "AWS_SECRET_ACCESS_KEY",
  "tokenizer",
  "basic ",
  "Digest",
  " is ",
  " not ",
  "not set",
  "=",
  ":",
  " = ",
  " : ",
  ": ",
  "=>",
  ">",
  "==",
  "::",
  " ",
  "  ",
  "\u00a0",
  "\u3000",
  "\n",
  "\r\n",
  "\t",
  "\u2028",
  "\u0085",
  "\0",
  "\u200b",
  '"',
  "'",
  "`",
  '\\"',
  '\\\\"',
  "\\",
  "\\n",
  "\\u{a}",
  "\\u{",
  "\\u{zz}",
  "\\u{10ffff}",
  "[",
  "]",
  "{",
  "}",
  "(",
  ")",
  "<",
  ",",
  ";",
  "&",
  "?",
  "#",
  "/",
  ".",
  "-",
  "_",
  "://",
  "https://",
  "http://u:p@",
  "@",
  "user:pw@host/",
  "postgres://",
  "-----BEGIN",
  "-----BEGIN RSA PRIVATE KEY-----",
  "-----END",
  "-----END X-----",
  "-----",
  marker,
  "[REDACTED",
  "REDACTED]",
  "[R",
  "…",
  "……",
  "\ud800",
  "\udc00",
  "\u{1f512}",
  "ä",
  "K",
  "hunter2",
  "abc",
  "a",
  "s3cr3t",
  "x".repeat(40),
  "y".repeat(300),
  "z".repeat(490),
);
const texts = fc
  .array(fc.oneof({ weight: 8, arbitrary: fragments }, fc.string({ maxLength: 4 })), {
    maxLength: 24,
    size: "max",
  })
  .map((parts) => parts.join(""));

/** Often a part of the text, or of a marker. */
const secretsOf = (text: string) =>
  fc.array(
    fc.oneof(
      fragments,
      fc.string({ minLength: 1, maxLength: 3 }),
      fc
        .tuple(fc.nat(text.length), fc.integer({ min: 1, max: 12 }))
        .map(([from, length]) => text.slice(from, from + length)),
    ),
    { maxLength: 3 },
  );
const cases = texts.chain((text) => fc.tuple(fc.constant(text), secretsOf(text)));

describe("the result of redactText", () => {
  it("L61: redacted text is one printable line of at most 500 characters and an ellipsis", () => {
    fc.assert(
      fc.property(cases, ([text, secrets]) => {
        const line = redactText(text, secrets);
        expect(line).not.toMatch(unprintable);
        expect(line.length).toBeLessThanOrEqual(501);
        if (line.length === 501) expect(line.endsWith("…")).toBe(true);
      }),
    );
  });

  it("L62: redacted text is not changed by redacting it again", () => {
    verifies("audit:redacted-again");
    fc.assert(
      fc.property(cases, ([text, secrets]) => {
        const line = redactText(text, secrets);
        expect(redactText(line, secrets)).toBe(line);
      }),
      { examples: [[["a \u{1f512}b", ["\ud83d"]]], [["a \u{1f512}b", ["\udd12"]]]] },
    );
  });

  const inWord = (before: string, after: string) =>
    /[\p{L}\p{N}]/u.test(before.slice(-1)) && /[\p{L}\p{N}]/u.test(after.slice(0, 1));

  /** Without an ellipsis at the end, which redaction may have added. */
  const withoutEllipsis = (secret: string) =>
    secret
      .trim()
      .replace(/(?<=.)(\s*…)+$/su, "")
      .trim();

  it("L63: redacted text contains no secret, except where a marker or the ellipsis is part of it, or a short one within a word", () => {
    let taken = 0;
    fc.assert(
      fc.property(cases, ([text, secrets]) => {
        const line = redactText(text, secrets);
        const pieces = line.replace(/…$/u, "").split(marker);
        for (const secret of secrets.map(withoutEllipsis)) {
          if (secret === "" || unprintable.test(secret)) continue;
          if (text.includes(secret)) taken += 1;
          for (const piece of pieces) {
            if (secret.length >= 4) expect(piece).not.toContain(secret);
            else {
              for (let at = piece.indexOf(secret); at >= 0; at = piece.indexOf(secret, at + 1)) {
                const end = at + secret.length;
                const isPart =
                  inWord(piece.slice(0, at), secret) || inWord(secret, piece.slice(end));
                expect([piece, secret, isPart]).toEqual([piece, secret, true]);
              }
            }
          }
        }
      }),
      { examples: [[["abc……=={", ["bc……"]]]] },
    );
    expectSome(taken);
  });

  const canary = "c4n4ry";
  const mixed = (word: string) =>
    fc
      .array(fc.boolean(), { minLength: word.length, maxLength: word.length })
      .map((upper) => [...word].map((c, i) => (upper[i] ? c.toUpperCase() : c)).join(""));
  const words = fc
    .constantFrom(
      "authorization",
      "bearer",
      "token",
      "secret",
      "password",
      "api key",
      "api_key",
      "cookie",
      "apikey",
      "x-api-key",
      "access_token",
      "set-cookie",
      "client_secret",
      "tokens",
    )
    .chain(mixed);
  /** A word and its value in the forms of headers, assignments, JSON and prose. */
  const forms = fc.tuple(words, fc.string({ maxLength: 6 })).chain(([word, odd]) => {
    const value = odd.replace(/[\s\p{C}"'`()[\]{}\\]/gu, "") + canary;
    return fc.constantFrom(
      `${word}: ${value}`,
      `${word}=${value}`,
      `${word} ${value}`,
      `${word} = ${value}`,
      `${word}:\t${value}`,
      `${word}: Bearer ${value}`,
      `${word}: Basic ${value}`,
      `${word} is ${value}`,
      `${word} is not ${value}`,
      `${word} was not set${value}`,
      `${word} not valid.${value}`,
      `${word}\nCookie: a=b; ${value}`,
      `"${word}": "${value}"`,
      `'${word}' : '${value}'`,
      `{"${word}":["${value}"]}`,
      `\\"${word}\\":\\"${value}\\"`,
      `https://user:${value.replace(/[/?#]/g, "")}@host/`,
      `-----BEGIN ${word}-----\n${value}\n-----END ${word}-----`,
    );
  });
  const before = fc
    .array(fragments, { maxLength: 6 })
    .map((parts) => `${parts.join("")} `)
    // A quote or bracket opened before may close within the value, and is redacted up to there.
    .filter((text) => !/["'`([{]/.test(text));

  it("L64: redacted text contains no value that follows a sensitive word, in any notation", () => {
    let shown = 0;
    fc.assert(
      fc.property(before, forms, texts, (start, form, rest) => {
        const line = redactText(`${start}${form}\n${rest}`, []);
        expect(line).not.toContain(canary);
        if (line.includes(marker)) shown += 1;
      }),
    );
    expectSome(shown);
  });
});
