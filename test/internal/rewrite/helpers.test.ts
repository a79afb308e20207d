import fc from "fast-check";
import { contentStream } from "glassine/ai-sdk";
import { messagesStream } from "glassine/anthropic";
import { chatStream, responsesStream } from "glassine/openai";
import { describe, expect, it } from "vitest";
import {
  collector,
  isRemoved,
  type Left,
  type Lost,
  mediaFromUrl,
  parseArguments,
  pathOf,
  removedItem,
  removedReporter,
  StreamMeter,
  streamFault,
  TextPieces,
  urlOfMedia,
} from "../../../src/providers/rewrite/index.ts";
import { characters, urls } from "../../../src/testing/words.ts";
import { codeOf } from "../../data/support.ts";
import { verifies } from "../../support/verifies.ts";

describe("arguments in text", () => {
  it.each([
    ['{"a":1,"__proto__":2}', '{"a":1,"__proto__":2}'],
    ["", "{}"],
    [" \n", "{}"],
  ])("%j", (text, written) => {
    const parsed = parseArguments(text);
    expect(parsed).toMatchObject({ isWhole: true, isAmbiguous: false, isExact: true });
    expect(JSON.stringify(parsed.arguments)).toBe(written);
  });

  it.each(["{", "[1]", "null", "3", '"a"', "{} {}", "{'a': 1}"])("%j is invalid", (text) => {
    const faith = { isAmbiguous: false, isExact: true, isClose: true };
    expect(parseArguments(text)).toEqual({ arguments: {}, isWhole: false, ...faith });
  });

  it.each([
    ['{"a":1,"a":2}', { a: 2 }],
    ['{"a":1,"\\u0061":1}', { a: 1 }],
    ['{"b":[{"c":{"a":1,"a":2}}]}', { b: [{ c: { a: 2 } }] }],
    ['{"__proto__":1,"__proto__":2}', JSON.parse('{"__proto__":2}')],
  ])("%j has a name twice, and the last is read", (text, values) => {
    expect(parseArguments(text)).toMatchObject({
      arguments: values,
      isWhole: true,
      isAmbiguous: true,
      isExact: false,
    });
  });

  it.each([
    "9007199254740993",
    "1e-400",
    "0.10000000000000000001",
    "3.14159265358979323846",
    "-12345678901234567890",
    "1e400",
  ])("%s is not the number that is read, which is reported", (number) => {
    const parsed = parseArguments(`{"a":["\\"1",{"b":${number}}]}`);
    expect(parsed).toMatchObject({ isWhole: true, isAmbiguous: false, isExact: false });
    // Only of a decimal, nothing but the last digits is lost.
    expect(parsed.isClose).toBe(number.includes("."));
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
    expect(parseArguments(`{"a": ${number} , "b":${number}}`).isExact).toBe(true);
  });

  it("detect a number that is read as another by its digits alone", () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.nat(30), (digits, places) => {
        const text = `{"a":${digits}e-${places}}`;
        const { a } = JSON.parse(text) as { a: number };
        const [mantissa = "", power = "0"] = String(a).split("e");
        const [whole = "", fraction = ""] = mantissa.split(".");
        const shift = Number(power) - fraction.length + places;
        const read = BigInt(whole + fraction);
        const written = digits;
        const isSame =
          shift < 0
            ? read === written * 10n ** BigInt(-shift)
            : read * 10n ** BigInt(shift) === written;
        expect(parseArguments(text).isExact).toBe(isSame);
      }),
    );
  });

  it("may be as long as text can be", () => {
    const long = "x".repeat(10_000_000);
    const parsed = parseArguments(`{"a":"${long}","b":${"1".repeat(10_000)}}`);
    expect(parsed.isWhole).toBe(true);
    expect(parsed.isExact).toBe(false);
    expect(parseArguments(`{"a":"${long}"}`)).toMatchObject({ isWhole: true, isExact: true });
  });

  it("detect only real duplicate names", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: characters }), fc.jsonValue()), (values) => {
        for (const text of [JSON.stringify(values), JSON.stringify(values, null, "\t")]) {
          expect(parseArguments(text).isAmbiguous).toBe(false);
        }
        const named = JSON.stringify({ a: values }).slice(1);
        expect(parseArguments(`{"a":1,${named}`).isAmbiguous).toBe(true);
      }),
    );
  });

  it("may nest as deep as text can be parsed", () => {
    const text = `{"a":${"[".repeat(2000)}{"b":1,"b":2}${"]".repeat(2000)}}`;
    expect(parseArguments(text).isAmbiguous).toBe(true);
  });
});

describe("media in URLs", () => {
  it.each([
    ["https://a.example/p.png", { type: "url", data: "https://a.example/p.png" }],
    ["data:image/png;base64,AAEC", { type: "base64", data: "AAEC", media_type: "image/png" }],
    ["data:,hello", { type: "base64", data: "aGVsbG8=", media_type: "text/plain" }],
    ["data:a/b,%FF5%,€", { type: "base64", data: "/zUlLOKCrA==", media_type: "a/b" }],
    [
      "data:text/plain;charset=utf-8;base64,AA==",
      { type: "base64", data: "AA==", media_type: "text/plain;charset=utf-8" },
    ],
    ["data:;a=b;base64,AA%3D%3D", { type: "base64", data: "AA==", media_type: "text/plain;a=b" }],
    ["data:hello", { type: "url", data: "data:hello" }],
  ])("%s", (url, source) => {
    expect(mediaFromUrl(url)).toMatchObject(source);
  });

  it("are restored unchanged", () => {
    const usual = /^data:[\w.+-]+\/[\w.+-]+;base64,/;
    const type = fc.stringMatching(/^[\w.+-]+\/[\w.+-]+$/);
    const bytes = fc.base64String();
    const made = fc.tuple(type, bytes).map(([type, bytes]) => `data:${type};base64,${bytes}`);
    fc.assert(
      fc.property(fc.oneof(urls, fc.string(), made), (url) => {
        fc.pre(!/^\s*data:[^,]*,/i.test(url) || usual.test(url));
        expect(urlOfMedia(mediaFromUrl(url))).toBe(url);
      }),
    );
  });

  it("say the same when they are written, whatever they are", () => {
    const said = fc.stringMatching(/^[\w/;= "-]*(;base64)?$/);
    fc.assert(
      fc.property(
        said,
        fc.oneof(fc.base64String(), fc.string({ unit: characters })),
        (type, text) => {
          const source = mediaFromUrl(`data:${type},${text}`);
          fc.pre(!source.data.includes("%"));
          expect(source.type).toBe("base64");
          expect(mediaFromUrl(urlOfMedia(source))).toEqual(source);
        },
      ),
    );
  });

  it("are bytes of an unknown type if the type is missing", () => {
    expect(urlOfMedia({ type: "base64", data: "AA==" })).toBe(
      "data:application/octet-stream;base64,AA==",
    );
  });
});

describe("reports", () => {
  it("are frozen, in order, and have paths", () => {
    const left = collector<Left>();
    left.add({ path: pathOf("messages", 0, "a b"), kind: "content", reason: "Unknown." });
    const list = left.list();
    expect(list).toEqual([
      { path: pathOf("messages", 0, "a b"), kind: "content", reason: "Unknown." },
    ]);
    expect(Object.isFrozen(list) && Object.isFrozen(list[0])).toBe(true);
    left.add({ path: "b", kind: "setting", reason: "More." });
    expect(list).toHaveLength(1);
  });

  it("are listed up to a thousand per kind, then counted", () => {
    verifies("adapters:reports-bounded");
    const left = collector<Left>();
    for (let i = 0; i < 5000; i++) left.add({ path: pathOf(i), kind: "setting", reason: "A." });
    left.add({ path: "b", kind: "content", reason: "B." });
    const list = left.list();
    expect(list).toHaveLength(1002);
    expect(list.slice(-3)).toEqual([
      { path: "[999]", kind: "setting", reason: "A." },
      { path: "b", kind: "content", reason: "B." },
      { path: "(root)", kind: "setting", reason: "4000 more of this kind." },
    ]);
    const named = collector<Left>();
    for (let i = 0; i < 1001; i++) named.add({ path: `ontology${i}`, kind: "content", reason: "" });
    expect(named.list().at(-1)?.path).toBe("(root)");
    const lost = collector<Lost>();
    for (let i = 0; i < 1002; i++) {
      lost.add({ path: pathOf(i), reason: "A." });
      lost.add(removedItem(`messages[${i}]`));
    }
    expect(lost.list().slice(2000)).toEqual([
      { path: "(root)", reason: "2 more of this kind." },
      { path: "onto", reason: "2 more of this kind." },
    ]);
    expect(lost.list().filter(isRemoved)).toHaveLength(1001);
  });

  it("are made for each removed item, even if hidden parts are not all listed", () => {
    const left = collector<Left>();
    const reported: Lost[] = [];
    const gone = (path: string) =>
      removedReporter(left.list(), (item) => reported.push(item))(path);
    for (let i = 0; i < 1000; i++) left.add({ path: pathOf(i, "a"), kind: "setting", reason: "" });
    gone("[2000]");
    expect(reported).toEqual([]);
    left.add({ path: "[1000].a", kind: "setting", reason: "" });
    gone("[2000]");
    expect(reported).toEqual([{ ...removedItem("[2000]"), kind: "setting" }]);
    left.add({ path: "[2000].b", kind: "content", reason: "" });
    gone("[2000]");
    expect(reported.slice(1)).toEqual([removedItem("[2000]")]);
  });
});

describe("the content of streams", () => {
  it("is limited by events and by text", () => {
    const meter = new StreamMeter({ maxEvents: 2, textUnits: 3 });
    const text = new TextPieces(meter, "delta");
    meter.countEvent();
    text.add("ab");
    text.add("c");
    expect(text.text).toBe("abc");
    expect(codeOf(() => text.add("d"))).toBe("stream_limit");
    meter.countEvent();
    expect(codeOf(() => meter.countEvent())).toBe("stream_limit");
    expect(new TextPieces(meter, "delta").text).toBe("");
  });

  it("may split a character, but keeps no lone half", () => {
    const text = new TextPieces(new StreamMeter(), "delta.text");
    text.add("a\ud83d");
    expect(text.text).toBe("a");
    expect(codeOf(() => text.end())).toBe("stream_invalid");
    text.add("\ude00b");
    text.end();
    expect(text.text).toBe("a😀b");
    expect(codeOf(() => text.add("\ude00"))).toBe("stream_invalid");
    expect(codeOf(() => text.add("\ud83dx"))).toBe("stream_invalid");
    expect(text.text).toBe("a😀b");
  });

  it.each([0, -1, 1.5, Number.NaN, "3", null])("is limited by whole numbers, not %j", (limit) => {
    expect(codeOf(() => new StreamMeter({ maxEvents: limit as number }))).toBe("options_invalid");
    expect(codeOf(() => new StreamMeter({ textUnits: limit as number }))).toBe("options_invalid");
  });

  it("is reported with the place of the fault", () => {
    expect(streamFault("delta.index", "a part that has begun")).toMatchObject({
      code: "stream_invalid",
      message: "The stream is not readable at delta.index: expected a part that has begun.",
    });
    expect(streamFault("delta", "a string", [["sk-canary"]]).message).toBe(
      "The stream is not readable at delta: expected a string, got an array.",
    );
  });

  it("does not grow once an event was refused", () => {
    const meter = new StreamMeter();
    const taken: number[] = [];
    meter.event({}, "event", () => taken.push(1));
    expect(meter.isBroken).toBe(false);
    const fault = streamFault("delta", "a string");
    const refuse = () =>
      meter.event({}, "event", () => {
        throw fault;
      });
    expect(refuse).toThrow(fault);
    expect(() => meter.event({}, "event", () => taken.push(2))).toThrow(fault);
    expect(meter.isBroken).toBe(true);
    expect(taken).toEqual([1]);
  });

  it("is refused if it is a string, with advice", () => {
    const streams = [chatStream(), responsesStream(), messagesStream(), contentStream()];
    for (const stream of streams) {
      expect(() => stream.push("[DONE]" as never)).toThrow(
        /^The stream is not readable at (?:event|chunk): expected an object \(parse the JSON of each `data:` line; `\[DONE\]` is not an event\), got a string\.$/,
      );
      expect(stream.done).toBe(false);
    }
  });
});
