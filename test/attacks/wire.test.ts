/** The wire: text that is damaged, ambiguous, too large, or mislabelled. */
import {
  createExtensions,
  decodeExtensions,
  encodeExtensions,
  isGlassineError,
  mergeExtensions,
} from "glassine";
import { createMessage, decodeMessage, encodeMessage } from "glassine/messages";
import { decodeError, decodeResult, decodeTask } from "glassine/remote";
import { describe, expect, it } from "vitest";
import { attack } from "./attack.ts";

/** Every function that decodes text, and its code for invalid input. */
const doors: readonly (readonly [string, (text: string) => unknown, string])[] = [
  ["decodeExtensions", decodeExtensions, "extensions_invalid"],
  ["decodeMessage", decodeMessage, "message_invalid"],
  ["decodeTask", decodeTask, "document_invalid"],
  ["decodeResult", decodeResult, "result_shape"],
  ["decodeError", decodeError, "document_invalid"],
];

/** The code of a refusal and of its first problem. */
function codesOf(read: () => unknown): readonly (string | undefined)[] {
  try {
    read();
    return [];
  } catch (error) {
    if (!isGlassineError(error)) throw error;
    return [error.code, error.data.problems?.[0]?.code];
  }
}

attack(
  "A-185",
  "Send a duplicate key, so that a check reads one value and the host the other",
  "the last one counts, and only what was read is used and forwarded",
  () => {
    it("also if one is escaped", () => {
      const text = '{"security":{"labels":["first"],"lab\\u0065ls":["last"]}}';
      const { extensions } = decodeExtensions(text);
      expect(extensions.security?.labels).toEqual(["last"]);
      expect(encodeExtensions(extensions)).not.toContain("first");
    });

    it("in a message and in a result", () => {
      const { message } = decodeMessage('{"role":"user","role":"tool","content":[]}');
      expect([message.role, encodeMessage(message)]).toEqual([
        "tool",
        '{"schema_version":"2.0","role":"tool","content":[]}',
      ]);
      const twice = '{"continue_processing":true,"continue_processing":false}';
      expect(decodeResult(twice).violation?.code).toBe("denied");
    });
  },
);

attack(
  "A-186",
  "Send invalid numbers, or numbers that no float can represent",
  "refused with `snapshot_type` if not finite, with the shape's code if an integer is not exact; `-0` is read as 0; invalid JSON is refused with `syntax_invalid`",
  () => {
    it("1e400, -0 and beyond 2^53", () => {
      const problem = (text: string) => codesOf(() => decodeExtensions(text));
      expect(problem('{"custom":{"n":1e400}}')).toEqual(["extensions_invalid", "snapshot_type"]);
      expect(problem('{"agent":{"turn":9007199254740993}}')).toEqual([
        "extensions_invalid",
        "extensions_shape",
      ]);
      const { extensions } = decodeExtensions('{"custom":{"n":-0}}');
      expect(Object.is(extensions.custom?.n, 0)).toBe(true);
      expect(codesOf(() => decodeResult('{"retry_delay_ms":9007199254740993}'))).toEqual([
        "result_shape",
        "result_shape",
      ]);
      expect(codesOf(() => decodeResult('{"metadata":{"n":-1e400}}'))).toEqual([
        "result_shape",
        "snapshot_type",
      ]);
    });

    it.each(["01", "1.", "+1", "NaN", ".5", "0x1", "1_000", "Infinity"])("%s", (number) => {
      for (const [, decode] of doors) {
        expect(codesOf(() => decode(`{"a":${number}}`))).toEqual(["syntax_invalid", undefined]);
      }
    });
  },
);

attack(
  "A-187",
  "Send an unknown slot or field",
  "from the wire it is dropped and reported, or refused with `slot_unknown` when strict; from a plugin an unknown slot, or field of a closed slot, is refused with `slot_unknown`",
  () => {
    const document = { evil: { a: 1 }, security: { evil: 1 }, request: { evil: 1 } };

    it("from the wire", () => {
      const { extensions, dropped } = decodeExtensions(document);
      expect(JSON.stringify(extensions)).not.toContain("evil");
      expect(dropped).toEqual(["evil", "security.evil", "request.evil"]);
      expect(codesOf(() => decodeExtensions(document, { strict: true }))).toEqual([
        "slot_unknown",
        "slot_unknown",
      ]);
      const reply = decodeResult({
        continue_processing: true,
        modified_extensions: { evil: { a: 1 } },
        evil: 1,
      });
      expect(reply.result).toEqual({ modifiedExtensions: {} });
      expect(reply.dropped).toEqual(["evil", "modified_extensions.evil"]);
    });

    it("from a plugin", () => {
      const before = createExtensions({});
      for (const proposal of [{ evil: {} }, { security: { evil: 1 } }]) {
        expect(codesOf(() => mergeExtensions(before, proposal, []))[0]).toBe("slot_unknown");
      }
      const open = mergeExtensions(before, { request: { evil: 1 } }, []);
      expect(open.extensions).toBe(before);
    });
  },
);

attack(
  "A-188",
  "Send a message whose version is not a string",
  "refused with `message_invalid`; any string is accepted, and its absence too",
  () => {
    it.each([[null], [2], [{}], [["2.0"]], [true]])("%j", (version) => {
      const document = { role: "user", schema_version: version };
      expect(codesOf(() => decodeMessage(document))[0]).toBe("message_invalid");
      expect(codesOf(() => createMessage(document as never))[0]).toBe("message_invalid");
    });

    it("any string, and none", () => {
      const versionOf = (document: object) => decodeMessage(document).message.schema_version;
      expect(versionOf({ role: "user", schema_version: "99" })).toBe("99");
      expect(versionOf({ role: "user" })).toBe("2.0");
    });
  },
);

attack(
  "A-189",
  "Send an object without a required field",
  "refused, with the path of the field",
  () => {
    it.each([
      [{ completion: { tokens: {} } }, "completion.tokens.input_tokens"],
      [{ mcp: { tool: {} } }, "mcp.tool.name"],
      [{ delegation: { chain: [{}] } }, "delegation.chain[0].subject_id"],
    ])("%j", (document, path) => {
      expect(() => decodeExtensions(document)).toThrow(`${path}: expected a value, got nothing`);
    });

    it("in a message, a task, a result and an error", () => {
      expect(() => decodeMessage({})).toThrow("role: expected");
      expect(() => decodeTask({})).toThrow("hook: expected a value, got nothing");
      expect(() => decodeResult({ violation: {} })).toThrow("violation.reason: expected a value");
      expect(() => decodeError({})).toThrow("message: expected a value, got nothing");
    });
  },
);

attack(
  "A-190",
  "Send text that is invalid Unicode, starts with a byte-order mark, or is bytes",
  "a lone surrogate is refused with `snapshot_string` or, in a key, `snapshot_key`; a byte-order mark is invalid JSON; bytes are refused",
  () => {
    it.each(doors)("%s", (_name, decode, code) => {
      expect(codesOf(() => decode("\ufeff{}"))).toEqual(["syntax_invalid", undefined]);
      const bytes = new TextEncoder().encode("{}");
      expect(codesOf(() => decode(bytes as never))[0]).toBe(code);
      const utf16 = [..."{}"].map((character) => `${character}\u0000`).join("");
      expect(codesOf(() => decode(utf16))).toEqual(["syntax_invalid", undefined]);
    });

    it.each([
      ["a value", '{"custom":{"a":"\\ud800"}}', "snapshot_string"],
      ["a key", '{"custom":{"\\udc00":1}}', "snapshot_key"],
    ])("a lone surrogate in %s", (_name, text, problem) => {
      expect(codesOf(() => decodeExtensions(text))).toEqual(["extensions_invalid", problem]);
      const reply = `{"modified_extensions":${text}}`;
      expect(codesOf(() => decodeResult(reply))).toEqual(["result_shape", problem]);
    });
  },
);

attack(
  "A-191",
  "Send `__proto__`, `constructor`, `prototype` or `toString` as keys",
  "ordinary data when decoded; `__proto__` from a plugin is refused with `snapshot_key`",
  () => {
    const text =
      '{"custom":{"__proto__":{"polluted":1},"constructor":2,"prototype":3,"toString":4}}';

    it("in decoded data", () => {
      const { extensions } = decodeExtensions(text);
      expect(Object.keys(extensions.custom ?? {})).toEqual([
        "__proto__",
        "constructor",
        "prototype",
        "toString",
      ]);
      expect(encodeExtensions(extensions)).toBe(text);
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    });

    it("in what a plugin in another process returns", () => {
      const { result } = decodeResult(`{"modified_extensions":${text}}`);
      const { modifiedExtensions } = result as { readonly modifiedExtensions: object };
      expect(JSON.stringify(modifiedExtensions)).toBe(text);
      const merge = () => mergeExtensions(createExtensions({}), modifiedExtensions, []);
      expect(codesOf(merge)[0]).toBe("snapshot_key");
      const slots = '{"__proto__":{"custom":{"a":1}},"constructor":{}}';
      const reply = decodeResult(`{"modified_extensions":${slots}}`);
      expect(reply.result).toEqual({ modifiedExtensions: {} });
      expect(reply.dropped).toHaveLength(2);
    });
  },
);

attack(
  "A-192",
  "Send a million brackets, a string beyond every limit, or endless keys",
  "refused with `snapshot_limit`: the length before the text is parsed, depth and count before anything is kept",
  () => {
    describe.each(doors)("%s", (_name, decode, code) => {
      it("a string over its limit is not parsed", () => {
        // Not even JSON, but the limit applies first.
        const text = "[".repeat(40_000_000);
        expect(codesOf(() => decode(text))).toEqual([code, "snapshot_limit"]);
      });
    });

    it("deep brackets and many keys", () => {
      const deep = `{"custom":{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}}`;
      const keys = Array.from({ length: 30_000 }, (_, at) => `"k${at}":1`).join();
      for (const text of [deep, `{"custom":{${keys}}}`]) {
        expect(codesOf(() => decodeExtensions(text))).toEqual([
          "extensions_invalid",
          "snapshot_limit",
        ]);
      }
      const reply = `{"modified_extensions":${deep}}`;
      expect(codesOf(() => decodeResult(reply))).toEqual(["result_shape", "snapshot_limit"]);
    });
  },
);

attack(
  "A-193",
  "Send more than one document, comments, or non-standard JSON",
  "refused with `syntax_invalid`",
  () => {
    it.each([
      "{} x",
      "{}{}",
      "{}\u0000",
      "// a\n{}",
      "{/**/}",
      '{"a":1,}',
      "[1,]",
      "{'a':1}",
      "{a:1}",
      "",
    ])("%j", (text) => {
      for (const [, decode] of doors) {
        expect(codesOf(() => decode(text))).toEqual(["syntax_invalid", undefined]);
      }
    });
  },
);

attack(
  "A-194",
  "Send labels unsorted and more than once",
  "sorted and deduplicated when read, and written so; reading that again changes nothing",
  () => {
    it("in extensions", () => {
      const { extensions } = decodeExtensions(
        '{"security":{"labels":["b","a","b","\\uff61","𝒳"]}}',
      );
      const text = encodeExtensions(extensions);
      expect(extensions.security?.labels).toEqual(["a", "b", "\uff61", "𝒳"]);
      expect(encodeExtensions(decodeExtensions(text).extensions)).toBe(text);
    });
  },
);
