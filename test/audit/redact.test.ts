// Only in test:all: it redacts texts of every large size.

import { createPluginManager, definePlugin, deny } from "glassine";
import { redactText } from "glassine/audit";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { eventOf, recordOf } from "./support.ts";

const redact = (text: string) => redactText(text, []);

describe("what follows a sensitive word", () => {
  it.each([
    ["Authorization: Bearer abc", "Authorization: [REDACTED]"],
    ["AUTHORIZATION=Bearer abc", "AUTHORIZATION=[REDACTED]"],
    [
      "proxy-authorization: Digest a=b, c=d\nHost: h",
      "proxy-authorization: [REDACTED]\\u{a}Host: h",
    ],
    ["authorization Bearer abc def", "authorization [REDACTED] def"],
    ["sent bearer abc to h", "sent bearer [REDACTED] to h"],
    ["bearer:abc", "bearer:[REDACTED]"],
    ["token=abc", "token=[REDACTED]"],
    ["token abc", "token [REDACTED]"],
    ["Tokens: abc", "Tokens: [REDACTED]"],
    ["access_token = abc def", "access_token = [REDACTED] def"],
    ["client_secret:abc", "client_secret:[REDACTED]"],
    ["AWS_SECRET_ACCESS_KEY=abc", "AWS_SECRET_ACCESS_KEY=[REDACTED]"],
    ["password\tabc", "password\\u{9}[REDACTED]"],
    ["PassWord:\u00a0abc", "PassWord:\u00a0[REDACTED]"],
    ["api key abc", "api key [REDACTED]"],
    ["api_key=abc", "api_key=[REDACTED]"],
    ["X-Api-Key: abc", "X-Api-Key: [REDACTED]"],
    ["apiKey: abc", "apiKey: [REDACTED]"],
    ["API KEYS = abc", "API KEYS = [REDACTED]"],
    ["Cookie: a=b; c=d\r\nHost: h", "Cookie: [REDACTED]\\u{d}\\u{a}Host: h"],
    ["set-cookie: id=abc; Path=/", "set-cookie: [REDACTED]"],
    ["token => abc", "token => [REDACTED]"],
    ["<password>abc</password>", "<password>[REDACTED]"],
  ])("is removed from %j", (text, expected) => {
    verifies("audit:redacted-words");
    expect(redact(text)).toBe(expected);
  });

  it.each([
    ['{"token":"a b","user":"bob"}', '{"token":"[REDACTED]","user":"bob"}'],
    ['{"Authorization":"Bearer a","Accept":"x"}', '{"Authorization":"[REDACTED]","Accept":"x"}'],
    ['{\\"token\\":\\"a\\\\\\"b\\",\\"n\\":1}', '{\\"token\\":\\"[REDACTED]\\",\\"n\\":1}'],
    ["{ password: 'a b', n: 1 }", "{ password: '[REDACTED]', n: 1 }"],
    ["headers['cookie'] = `a b`;", "headers['cookie'] = `[REDACTED]`;"],
    ['token: ["a]", "b"] rest', "token: [REDACTED] rest"],
    ["secret (a (b) c) rest", "secret [REDACTED] rest"],
    ['token: {"a":{"b":"c"}} rest', "token: [REDACTED] rest"],
    ['token="never closed, and more', 'token="[REDACTED]'],
    ["token: [never closed", "token: [REDACTED]"],
    ["secret key: abc def", "secret [REDACTED] def"],
    ['token "name": "value" rest', "token [REDACTED] rest"],
    ["token value = abc rest", "token [REDACTED] rest"],
    ['Cookie: "a": "b" c\nHost: h', "Cookie: [REDACTED]\\u{a}Host: h"],
    ["token: basic abc rest", "token: [REDACTED] rest"],
    ["bearer token abc rest", "bearer [REDACTED] rest"],
    ["secret access key: abc rest", "secret [REDACTED] rest"],
    ["the password is abc rest", "the password [REDACTED] rest"],
    ["the password is not abc rest", "the password [REDACTED] rest"],
    ["the password was not valid-abc rest", "the password [REDACTED] rest"],
    ["password is not set.abc rest", "password [REDACTED] rest"],
    ["password is not restapi key abc rest", "password [REDACTED] rest"],
  ])("is removed completely from %j", (text, expected) => {
    verifies("audit:redacted-values");
    expect(redact(text)).toBe(expected);
  });

  it.each([
    [
      "X-CSRF-Token\r\nCookie: a=b; c=d\nHost: h",
      "X-CSRF-Token\\u{d}\\u{a}Cookie: [REDACTED]\\u{a}Host: h",
    ],
    ["token: Authorization: Digest a=b, c=d", "token: Authorization: [REDACTED]"],
    ["password is set-cookie = a=b; c=d", "password [REDACTED] set-cookie = [REDACTED]"],
    ['Cookie: authorization="a"; c=d', "Cookie: [REDACTED]"],
    ["bearer token is not valid", "bearer [REDACTED] is not valid"],
  ])("is removed as the value of its own header from %j", (text, expected) => {
    verifies("audit:redacted-nothing");
    expect(redact(text)).toBe(expected);
  });

  it.each([
    "API_KEY is not set",
    "API key not found: set it, and start again",
    '{"error":"the secret was not configured."}',
  ])("is left unchanged if it says that there is none: %j", (text) => {
    verifies("audit:redacted-nothing");
    expect(redact(text)).toBe(text);
  });

  it.each([
    "tokenizer failed",
    "token",
    "no token.",
    "secretary",
    'the option "token" is missing',
    "password\u002dless login",
    'token=""',
    "the api is down",
    "keys: a, b",
  ])("is left unchanged without a value: %j", (text) => {
    expect(redact(text)).toBe(text);
  });
});

describe("what was redacted", () => {
  it.each([
    'Set-Cookie: \\\\"\\":// api key',
    'token "a": b rest "c"',
    'http://token="a b"@c',
    "token abc def ghi",
    `${"x".repeat(480)} token="${"y".repeat(40)}" z`,
    `${"x".repeat(490)} token \n\n\n`,
    "token= abc",
    ...Array.from({ length: 30 }, (_, index) => `${"x".repeat(480 + index)} token is not set`),
  ])("is not changed by redacting it again: %j", (text) => {
    for (const secrets of [[], ["c d"], ["= a"], ["/b"]]) {
      const line = redactText(text, secrets);
      expect(redactText(line, secrets)).toBe(line);
    }
  });
});

describe("URLs and PEM blocks", () => {
  it.each([
    ["GET https://u:p@h/ failed", "GET https://[REDACTED]@h/ failed"],
    ["postgres://u@h:5/db?x=a@b", "postgres://[REDACTED]@h:5/db?x=a@b"],
    ["https://u:p@w@h", "https://[REDACTED]@h"],
    ['"https://u:p@h"', '"https://[REDACTED]@h"'],
    ["https://h/@scope/name", "https://h/@scope/name"],
    ["https://@h", "https://@h"],
    ["http://a:1@b and http://c:2@d", "http://[REDACTED]@b and http://[REDACTED]@d"],
  ])("a user is removed from %j", (text, expected) => {
    verifies("audit:redacted-urls");
    expect(redact(text)).toBe(expected);
  });

  it.each([
    ["a -----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY----- b", "a [REDACTED] b"],
    ["-----BEGIN X-----abc-----END X----- and -----BEGIN Y-----", "[REDACTED] and [REDACTED]"],
    ["key=-----BEGIN RSA PRIVATE KEY----- MII -----END RSA PRIVATE KEY-----", "key=[REDACTED]"],
    ["token -----BEGIN K----- a b c -----END K----- d", "token [REDACTED] d"],
    ["-----BEGIN K----- never ends", "[REDACTED]"],
    ["-----BEGIN-----END -----BEGIN K-----abc-----END K-----", "[REDACTED] [REDACTED]"],
    ["-----BEGIN K-----a-----END and no dashes", "[REDACTED] and no dashes"],
  ])("a PEM block is removed from %j", (text, expected) => {
    verifies("audit:redacted-pem");
    expect(redact(text)).toBe(expected);
  });
});

describe("a line", () => {
  it("has only printable characters", () => {
    verifies("audit:redacted-line");
    expect(redact("a\nb\r\u2028\u2029\u0085\u200b\u202e\0\ud800 \udc00c")).toBe(
      "a\\u{a}b\\u{d}\\u{2028}\\u{2029}\\u{85}\\u{200b}\\u{202e}\\u{0}\\u{d800} \\u{dc00}c",
    );
    expect(redact("ä \u{1f512} a\\nb")).toBe("ä \u{1f512} a\\nb");
  });

  it("is cut after 500 units, without splitting a character or marker", () => {
    const long = "x".repeat(495);
    expect(redact("x".repeat(500))).toBe("x".repeat(500));
    expect(redact("x".repeat(501))).toBe(`${"x".repeat(500)}…`);
    expect(redact(`${"x".repeat(500)}…`)).toBe(`${"x".repeat(500)}…`);
    expect(redact(`${"x".repeat(499)}\u{1f512}`)).toBe(`${"x".repeat(499)}…`);
    expect(redact(`${long}\nabc`)).toBe(`${long}\\u{a}…`);
    expect(redact(`${long}x\nabc`)).toBe(`${long}x…`);
    expect(redact(`${long} token abc`)).toBe(`${long} toke…`);
    expect(redact(`${"x".repeat(480)} token abc def gh`)).toBe(
      `${"x".repeat(480)} token [REDACTED] de…`,
    );
    expect(redact(`${"x".repeat(488)} token abc`)).toBe(`${"x".repeat(488)} token …`);
  });
});

/** The reason of a denial as the violation has it. */
async function deniedFor(reason: string): Promise<string> {
  const hooks = { evaluate: () => deny(reason) };
  const plugin = definePlugin({ name: "denies", version: "1.0.0", hooks });
  const manager = await createPluginManager({ plugins: [plugin] });
  const { violation } = await manager.invoke("evaluate", { role: "user" });
  return violation?.reason ?? "";
}

describe("secrets of the host", () => {
  it("are removed everywhere, even if they overlap", () => {
    verifies("audit:redacted-secrets");
    expect(redactText("a hunter2 b hunter2c", ["hunter2"])).toBe("a [REDACTED] b [REDACTED]c");
    expect(redactText("xababab!", ["abab", "b!"])).toBe("x[REDACTED]");
    expect(redactText("aaaaab", ["aaaab", "aaaa"])).toBe("[REDACTED]");
    expect(redactText("banana", ["anan", "", " "])).toBe("b[REDACTED]a");
    expect(redactText("key is a\nb.", ["a\nb"])).toBe("key is [REDACTED].");
    expect(redactText("[RED] and token x", ["RED"])).toBe("[[REDACTED]] and token [REDACTED]");
    expect(redactText("x[REDACTED]y", ["x[REDACTED]y"])).toBe("[REDACTED][REDACTED][REDACTED]");
    expect(redactText("a… b…", ["…"])).toBe("a[REDACTED] b…");
  });

  it("of up to three characters are removed as whole words", () => {
    verifies("audit:redacted-short");
    expect(redactText("abc, cab and abc. xabc", ["abc"])).toBe(
      "[REDACTED], cab and [REDACTED]. xabc",
    );
    expect(redactText("banana a7 a -a-", ["a"])).toBe("banana a7 [REDACTED] -[REDACTED]-");
    expect(redactText("äb b", ["b"])).toBe("äb [REDACTED]");
    expect(redactText("hunter2ab", ["hunter2", "ab"])).toBe("[REDACTED]");
    expect(redactText("-x-x", ["-x"])).toBe("[REDACTED]");
  });

  it("are removed in any case, line by line, and as encoded in JSON and URLs", () => {
    verifies("audit:redacted-forms");
    const secret = 'line1 s3cr3t/€\nline2-"key"\n';
    const forms = [
      secret,
      secret.toUpperCase(),
      JSON.stringify({ secret }),
      `https://host/?a=${encodeURIComponent(secret.trim())}`,
      "the first is line1 s3cr3t/€",
      'the second is LINE2-"key"',
    ];
    for (const form of forms) {
      const line = redactText(form, [secret]);
      expect(line).toContain("[REDACTED]");
      expect(line.toLowerCase()).not.toMatch(/s3cr3t|line2/);
    }
    expect(redactText("a\ud800bc.", ["a\ud800bc"])).toBe("[REDACTED].");
  });

  it("are removed where a denial has spaces instead of their unprintable characters", async () => {
    verifies("audit:redacted-forms");
    const of = async (secret: string) => redactText(await deniedFor(`key ${secret} ok`), [secret]);
    for (const secret of ["pass\tphrase-1234", "ab\ncd\n\u200befg\nhij", "\u200bhunter2\r\n"])
      expect(await of(secret)).toMatch(/^key +\[REDACTED\] +ok$/);
  });

  it("are removed where they were cut", async () => {
    verifies("audit:redacted-cut");
    const secret = "hunter2-correct-horse";
    for (let length = 470; length < 510; length++) {
      const reason = await deniedFor(`${"x".repeat(length)} ${secret}`);
      const line = redactText(reason, [secret]);
      expect(line).not.toContain("hunt");
      expect(redactText(line, [secret])).toBe(line);
    }
    const cut = (text: string, secrets: string[]) => redactText(text, secrets);
    expect(cut("It was hunter2-c… (from a plugin)", [secret])).toBe(
      "It was [REDACTED]… (from a plugin)",
    );
    expect(cut("It was hun…", [secret])).toBe("It was hun…");
    expect(cut("It was hunter2-c", [secret])).toBe("It was hunter2-c");
    expect(cut("It was passhunt…", [secret, "password"])).toBe("It was …");
    expect(cut("It was abtoken…", ["tokenizer", "ab"])).toBe("It was [REDACTED]…");
    expect(cut("It was \u{1f512}hunt…", ["\udd12hunter2"])).toBe("It was …");
  });

  it("do not hide the word before a value", () => {
    expect(redactText("token=abc", ["ken"])).not.toContain("abc");
    expect(redactText("token= abc", ["= a"])).not.toContain("bc");
  });
});

it("refuses what is not a string, with a code", () => {
  for (const given of [
    [5, []],
    ["a", "b"],
    ["a", [5]],
    ["a", [null]],
  ] as never[]) {
    const [text, secrets] = given as [string, string[]];
    expect(() => redactText(text, secrets)).toThrow(
      expect.objectContaining({ name: "GlassineError", code: "options_invalid" }),
    );
  }
});

describe("hostile texts", () => {
  const size = 1024 * 1024;
  const filled = (part: string) => part.repeat(Math.ceil(size / part.length));
  // Quadratic work on a string of this size would exceed the test's time limit.
  it.each([
    "token",
    "token ",
    "token=",
    "authorization:",
    "cookie=[",
    'secret="',
    "api ",
    "api key ",
    "\\",
    '\\"',
    "\n",
    "\u00a0",
    "[",
    "{(",
    "[[REDACTED]",
    "[REDACTED",
    "://",
    "://a",
    "a://@",
    "-----BEGIN",
    "-----END",
    "-----BEGIN-----END",
    "-",
    "\\u{a}",
    "\\u{",
    "\ud800",
    "…",
    "K",
    "tokentoken_",
    "ä",
    "bearer: bearer ",
    "token\n",
    "'",
    ":",
    "token'",
    "(token)",
    "token is not set",
    "token not ",
    "not ",
    "token not set!",
    "token cookie",
  ])("of a mebibyte of %j are redacted", (part) => {
    verifies("audit:redacted-linear");
    const line = redactText(`error: ${filled(part)}`, [`${part.repeat(500)}!`, "hunter2"]);
    expect(line.length).toBeLessThanOrEqual(501);
    expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
  });

  it("do not hide a secret behind a mebibyte that is removed", () => {
    const text = `token=${filled("x")} hunter2 password ${filled("y")} hunter2`;
    expect(redactText(text, ["hunter2"])).toBe(
      "token=[REDACTED] [REDACTED] password [REDACTED] [REDACTED]",
    );
  });
});

describe("a record", () => {
  it("has nothing of what comes after 10 000 units, nor part of a URL there", async () => {
    verifies("audit:redacted-linear");
    const shownOf = async (text: string) =>
      (await recordOf(eventOf({ metadata: { text } }))).metadata.text;
    const url = "https://ada:hunter2@host/";
    expect(await shownOf(`token=${"x".repeat(9_000)} ${url}`)).toBe(
      "token=[REDACTED] https://[REDACTED]@host/",
    );
    expect(await shownOf(`token=${"x".repeat(9_980)} ${url}`)).toBe("token=[REDACTED]…");
    expect(await shownOf(`token=${"x".repeat(20_000)} ${url}`)).toBe("token=[REDACTED]…");
  });

  it("PH-104: has no credential, one line, and at most 501 characters of an error", async () => {
    const pem = "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----";
    const error = `Authorization: Bearer abc\nGET https://u:p@h/\n${pem}\n${"x".repeat(10_000)}`;
    const { metadata } = await recordOf(
      eventOf({
        eventType: "plugin.handler_error",
        metadata: {
          plugin_name: "aaa",
          hook: "recall_filter",
          request: "q-1",
          handler_name: "aaa.handler",
          error_type: "Error",
          error,
        },
      }),
    );
    const text = metadata.error as string;
    expect(
      text.startsWith("Authorization: [REDACTED]\\u{a}GET https://[REDACTED]@h/\\u{a}[REDACTED]"),
    ).toBe(true);
    expect(text).toHaveLength(501);
    expect(text).not.toMatch(/\n|abc|u:p|MIIE/);
  });
});
