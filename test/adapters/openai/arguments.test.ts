/** Arguments of calls, which are JSON text. */
import fc from "fast-check";
import { fromChatRequest, toChatRequest } from "glassine/openai";
import { describe, expect, it } from "vitest";

const unreadable = "The arguments are not a JSON object that messages can show.";
const ambiguous = "It has a duplicate key.";
const inexact = "It has a number that cannot be represented exactly.";

const requestOf = (text: string) => {
  const call = { id: "c", type: "function", function: { name: "f", arguments: text } };
  return { model: "m", messages: [{ role: "assistant", tool_calls: [call] }] };
};

/** What messages show of a call's arguments, what is reported, and what is sent on. */
function read(text: string) {
  const request = requestOf(text);
  const { messages, left } = fromChatRequest(request);
  const [part] = messages[0]?.content ?? [];
  if (part?.content_type !== "tool_call") throw new Error("It is not a call.");
  const { document } = toChatRequest(messages, { onto: request });
  const { messages: sent } = document as unknown as ReturnType<typeof requestOf>;
  return {
    shown: JSON.stringify(part.content.arguments),
    reports: left.map(({ reason }) => reason),
    sent: sent[0]?.tool_calls[0]?.function.arguments,
  };
}

describe("arguments in text", () => {
  it.each([
    ['{"a":1,"__proto__":2}', '{"a":1,"__proto__":2}'],
    ["", "{}"],
    [" \n", "{}"],
  ])("are shown, and sent on as they are: %j", (text, shown) => {
    expect(read(text)).toEqual({ shown, reports: [], sent: text });
  });

  it.each(["{", "[1]", "null", "3", '"a"', "{} {}", "{'a': 1}", '{"a":1e400}'])(
    "%j is not an object that can be shown",
    (text) => {
      expect(read(text)).toEqual({ shown: "{}", reports: [unreadable], sent: text });
    },
  );

  it.each([
    ['{"a":1,"a":2}', '{"a":2}'],
    ['{"a":1,"\\u0061":1}', '{"a":1}'],
    ['{"b":[{"c":{"a":1,"a":2}}]}', '{"b":[{"c":{"a":2}}]}'],
    ['{"__proto__":1,"__proto__":2}', '{"__proto__":2}'],
  ])("%j has a name twice: the last alone is shown and sent", (text, shown) => {
    expect(read(text)).toEqual({ shown, reports: [ambiguous], sent: shown });
  });

  it.each([
    "9007199254740993",
    "1e-400",
    "0.10000000000000000001",
    "3.14159265358979323846",
    "-12345678901234567890",
  ])("%s is not the number that is shown, which is sent", (number) => {
    const text = `{"a":["\\"1",{"b":${number}}]}`;
    const { reports, sent } = read(text);
    // Only of a decimal, nothing but the last digits is lost.
    expect(reports).toEqual(number.includes(".") ? [] : [inexact]);
    expect(sent).toBe(JSON.stringify(JSON.parse(text)));
  });

  it.each([
    "0",
    "-0",
    "-0.000",
    "1.0",
    "1E+2",
    "100e-2",
    "0e999",
    "9007199254740992",
    "90071992547409920000",
    "0.30000000000000004",
    "5e-324",
    "1.7976931348623157e308",
  ])("%s is read exactly, however it is written", (number) => {
    const text = `{"a": ${number} , "b":${number}}`;
    expect(read(text)).toMatchObject({ reports: [], sent: text });
  });

  it("are sent as they are only if each number is the one that its digits say", () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.nat(30), (digits, places) => {
        const text = `{"a":${digits}e-${places}}`;
        const { a } = JSON.parse(text) as { a: number };
        const [mantissa = "", power = "0"] = String(a).split("e");
        const [whole = "", fraction = ""] = mantissa.split(".");
        const shift = Number(power) - fraction.length + places;
        const shown = BigInt(whole + fraction);
        const isSame =
          shift < 0
            ? shown === digits * 10n ** BigInt(-shift)
            : shown * 10n ** BigInt(shift) === digits;
        expect(read(text).sent).toBe(isSame ? text : JSON.stringify({ a }));
      }),
    );
  });

  it("may be as long as text can be", () => {
    const long = "x".repeat(10_000_000);
    expect(read(`{"a":"${long}"}`).reports).toEqual([]);
    const { sent } = read(`{"a":"${long}","b":0.${"1".repeat(10_000)}}`);
    expect(sent?.endsWith('","b":0.1111111111111111}')).toBe(true);
  });

  it("are said to have a name twice only if they have", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: "binary-ascii" }), fc.jsonValue()), (values) => {
        for (const text of [JSON.stringify(values), JSON.stringify(values, null, "\t")])
          expect(read(text).reports).not.toContain(ambiguous);
        const named = JSON.stringify({ a: values }).slice(1);
        expect(read(`{"a":1,${named}`).reports).toEqual([ambiguous]);
      }),
    );
  });

  it("may nest as deep as text can be parsed", () => {
    const { reports } = read(`{"a":${"[".repeat(2000)}{"b":1,"b":2}${"]".repeat(2000)}}`);
    expect(reports).toEqual([unreadable]);
  });
});
