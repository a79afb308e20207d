/** Laws of MCP documents and messages: they survive a round trip, or losses are reported. */
import fc from "fast-check";
import * as mcp from "glassine/mcp";
import { createMessage, type Message, type MessageInput } from "glassine/messages";
import { adapterLaws } from "glassine/testing";
import { describe, expect, it } from "vitest";
import { isRemoved, pathOf } from "../src/providers/rewrite/index.ts";
import { isObject, jsonCopy, type Level } from "./support/data.ts";
import { answeredResults, askingResults, type Kind, kinds } from "./support/mcp-documents.ts";
import { messageDocuments } from "./support/messages.ts";
import { outcomeOf } from "./support/outcome.ts";
import { expectSome, share } from "./support/runs.ts";

/** A copy with a mark at each of the paths. */
function masked(
  value: unknown,
  places: ReadonlySet<string>,
  path: readonly (string | number)[] = [],
): unknown {
  if (path.length > 0 && places.has(pathOf(...path))) return "LEFT";
  if (Array.isArray(value)) return value.map((item, i) => masked(item, places, [...path, i]));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, masked(item, places, [...path, key])]),
  );
}

/** Without marked values, also if the other side has nothing there. */
function comparable(value: unknown, left: readonly mcp.Left[]): unknown {
  const marked = masked(value, new Set(left.map(({ path }) => path)));
  return JSON.parse(JSON.stringify(marked), (_, item: unknown) => {
    if (!isObject(item) || Array.isArray(item)) return item;
    return Object.fromEntries(Object.entries(item).filter(([, field]) => field !== "LEFT"));
  });
}

/** A message changed by a hook: parts dropped, duplicated, moved, or with other strings. */
const edited = (messages: readonly Message[], others: readonly Message[], seed: number) =>
  messages.flatMap((message, place): Message[] => {
    const turn = (seed + place) % 5;
    const other = others[place % Math.max(1, others.length)];
    if (turn === 0) return [message];
    if (turn === 1)
      return [
        createMessage({ ...message, content: [...message.content].reverse() } as MessageInput),
      ];
    if (turn === 2 && other !== undefined) return [other, message];
    if (turn === 3)
      return [createMessage({ ...message, content: message.content.slice(1) } as MessageInput)];
    return other === undefined ? [] : [other];
  });

describe.each(kinds)("$name", (kind: Kind) => {
  const { documents, from, over, fresh, canonical, unshown = [] } = kind;

  it("is generated according to the SDKs' own types", () => {
    fc.assert(
      fc.property(documents, (document) => {
        expect(kind.schemas.some((schema) => schema.safeParse(document).success)).toBe(true);
      }),
    );
  });

  it("is unchanged when written over itself, for every document", () => {
    fc.assert(
      fc.property(documents, (document) => {
        const { messages } = from(document);
        const { document: again, lost } = over(messages, document);
        expect(again).toEqual(jsonCopy(document));
        expect(lost).toEqual([]);
      }),
    );
  });

  it("survives a round trip without itself, except for what was reported as left over", () => {
    let whole = 0;
    fc.assert(
      fc.property(documents, (document) => {
        const { messages, left } = from(document);
        const { document: again } = fresh(messages, document);
        const beside = left.filter(({ path }) => !unshown.includes(path));
        if (beside.length === 0) whole += 1;
        expect(comparable(again, left)).toEqual(comparable(canonical(document), left));
        if (beside.length === 0) expect(again).toEqual(jsonCopy(canonical(document)));
      }),
    );
    expectSome(whole);
  });

  it("returns each message that it can express, fresh and over any document", () => {
    let said = 0;
    fc.assert(
      fc.property(
        documents,
        documents,
        fc.array(messageDocuments, { maxLength: 2 }),
        fc.nat(9),
        (document, another, random, seed) => {
          const strangers = random.map((message) => createMessage(message as MessageInput));
          const others = seed % 2 === 0 ? from(another).messages : strangers;
          const messages = edited(from(document).messages, others, seed);
          for (const write of [() => fresh(messages, another), () => over(messages, document)]) {
            const outcome = outcomeOf(write);
            if (!outcome.ok || !outcome.value.lost.every(isRemoved)) continue;
            said += 1;
            expect(jsonCopy(from(outcome.value.document).messages)).toEqual(jsonCopy(messages));
          }
        },
      ),
    );
    expectSome(said);
  });

  it("is deeply frozen, and never changes its input", () => {
    fc.assert(
      fc.property(documents, (document) => {
        const before = JSON.stringify(document);
        const read = from(document);
        const { document: again, lost } = over(read.messages, document);
        expect(JSON.stringify(document)).toBe(before);
        expect([read, again, lost].every(isFrozenDeep)).toBe(true);
      }),
    );
  });
});

function isFrozenDeep(value: unknown): boolean {
  return !isObject(value) || (Object.isFrozen(value) && Object.values(value).every(isFrozenDeep));
}

const messagesOf = ({ inputs }: mcp.Inputs) =>
  Object.fromEntries(Object.entries(inputs).map(([key, input]) => [key, input.messages]));

describe("a result that asks for input", () => {
  it("is unchanged when written over itself, with a message for each known request", () => {
    let known = 0;
    fc.assert(
      fc.property(askingResults, (result) => {
        const read = mcp.fromInputRequests(result);
        const written = mcp.toInputRequests(messagesOf(read), { onto: result });
        expect(written.document).toEqual(jsonCopy(result));
        expect(written.lost).toEqual([]);
        const requests = Object.entries((result.inputRequests ?? {}) as Level);
        expect(Object.keys(read.inputs)).toEqual(requests.map(([key]) => key));
        for (const input of Object.values(read.inputs)) {
          if (input.method === "vendor/else") {
            expect(input.left).toMatchObject([{ path: "(root)", kind: "content" }]);
          } else known += 1;
        }
      }),
    );
    expectSome(known);
  });

  it("has answers that are unchanged when written over themselves", () => {
    fc.assert(
      fc.property(answeredResults, ({ asked, params }) => {
        const read = mcp.fromInputResponses(params, { asked });
        const written = mcp.toInputResponses(messagesOf(read), { asked, onto: params });
        expect(written.document).toEqual(jsonCopy(params));
        expect(written.lost).toEqual([]);
      }),
    );
  });
});

describe("the laws of an adapter", () => {
  const pairs = new Map(kinds.map((kind) => [kind.name, kind]));
  const words = ["type", "role", "resultType", "stopReason"];

  it.each([
    ["the params of tools/call", "the result of tools/call"],
    ["the params of prompts/get", "the result of prompts/get"],
    ["the params of resources/read", "the result of resources/read"],
    ["the params of sampling/createMessage", "the result of sampling/createMessage"],
    // Not elicitation: with another action it is not a valid document, and is refused.
  ])("hold for %s and %s", async (request, answer) => {
    const asked = pairs.get(request);
    const answered = pairs.get(answer);
    if (asked === undefined || answered === undefined) throw new Error("no such documents");
    const laws = adapterLaws(
      {
        readRequest: (document) => asked.from(document as object),
        writeRequest: (messages, { onto }) => asked.over(messages, onto),
        readAnswer: (document) => answered.from(document as object),
        writeAnswer: (messages, { onto }) => answered.over(messages, onto),
      },
      { requests: asked.documents, answers: answered.documents, words },
    );
    expect(laws.map(({ id }) => id)).toEqual(["C1", "C2", "C3", "C5"]);
    for (const { id, check } of laws) await check(share(id === "C5" ? 1 / 20 : 1 / 2));
  });
});
