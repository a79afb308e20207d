/** Laws of OpenAI fields that messages do not show: they are reported when read and when lost. */
import fc from "fast-check";
import { createMessage, type Message } from "glassine/messages";
import {
  chatStream,
  fromChatRequest,
  fromChatResponse,
  fromResponsesRequest,
  fromResponsesResponse,
  responsesStream,
  toChatRequest,
  toChatResponse,
  toResponsesRequest,
  toResponsesResponse,
} from "glassine/openai";
import { describe, expect, it } from "vitest";
import { pathOf } from "../src/providers/rewrite/index.ts";
import { verifies } from "../test/support/verifies.ts";
import { jsonCopy } from "./support/data.ts";
import { chatRequests, chatResponses } from "./support/openai-chat.ts";
import { chunksOf, draws } from "./support/openai-chat-stream.ts";
import { isReported, planted } from "./support/openai-planted.ts";
import { responses, responsesRequests } from "./support/openai-responses.ts";
import { eventsOf } from "./support/openai-responses-stream.ts";
import { outcomeOf } from "./support/outcome.ts";
import { expectSome } from "./support/runs.ts";
import { touched, touches } from "./support/touches.ts";

const rich = { rich: true };
const mark = "§hidden§";
const field = "x_hidden";
const textOf = (value: unknown) => JSON.stringify(value);

const cases = [
  {
    name: "a chat request",
    documents: chatRequests(rich) as fc.Arbitrary<object>,
    from: fromChatRequest,
    to: toChatRequest,
  },
  {
    name: "a chat completion",
    documents: chatResponses(rich) as fc.Arbitrary<object>,
    from: fromChatResponse,
    to: toChatResponse,
  },
  {
    name: "a request of Responses",
    documents: responsesRequests(rich) as fc.Arbitrary<object>,
    from: fromResponsesRequest,
    to: toResponsesRequest,
  },
  {
    name: "a response",
    documents: responses(rich) as fc.Arbitrary<object>,
    from: fromResponsesResponse,
    to: toResponsesResponse,
  },
] as const;

/** Fields that are settings as a whole, whatever they contain. The end of a stream repeats them. */
const settings: readonly unknown[] = ["metadata", "usage", "incomplete_details", "logprobs"];

/** Fields of a chunk that are reported as a whole. */
const wholes: readonly unknown[] = ["usage", "logprobs", "x_note"];

/** Fields that are known somewhere, and one that is unknown everywhere. */
const fields = fc.constantFrom(
  field,
  field,
  "parsed",
  "parsed_arguments",
  "logprobs",
  "annotations",
);

/** One part changed, or one part or message removed. */
function edited(messages: readonly Message[], [one, two]: readonly number[], touch: never) {
  if (messages.length === 0) return undefined;
  const at = (one as number) % messages.length;
  const message = messages[at] as Message;
  const { content } = message;
  const place = (two as number) % Math.max(1, content.length);
  const part = content[place];
  if (part === undefined || (one as number) % 5 === 0) return messages.toSpliced(at, 1);
  const changed = (two as number) % 3 === 0 ? undefined : touched(part, touch);
  const now = changed === undefined ? content.toSpliced(place, 1) : content.with(place, changed);
  const outcome = outcomeOf(() => createMessage({ ...message, content: now }));
  return outcome.ok ? messages.with(at, outcome.value) : undefined;
}

describe.each(cases)("$name", ({ documents, from, to }) => {
  it("reports any field inserted anywhere when it is read", () => {
    verifies("openai:left");
    fc.assert(
      fc.property(documents, fc.nat(), (base, place) => {
        const { document, keys } = planted(base, place, field, mark);
        const read = outcomeOf(() => from(document));
        if (!read.ok) return;
        const { messages, extensions, left } = read.value;
        if (textOf([messages, extensions]).includes(mark)) return;
        const paths = left.map(({ path }) => path);
        const path = pathOf(...keys);
        expect([isReported(path, paths), path, paths]).toEqual([true, path, paths]);
      }),
    );
  });

  it("keeps any field inserted anywhere, or reports that it is lost", () => {
    verifies("adapters:gone", "openai:stale");
    let met = 0;
    fc.assert(
      fc.property(
        documents,
        fields,
        fc.nat(),
        fc.tuple(fc.nat(), fc.nat()),
        touches,
        (base, name, place, at, touch) => {
          const { document, keys } = planted(base, place, name, [{ says: mark }]);
          const read = outcomeOf(() => from(document));
          if (!read.ok || textOf(read.value).includes(mark)) return;
          const after = edited(read.value.messages, at, touch as never);
          const written = after && outcomeOf(() => to(after, { onto: document }));
          if (!written?.ok || textOf(written.value.document).includes(mark)) return;
          met += 1;
          const { lost } = written.value;
          const below = lost.flatMap(({ path }) => (path.startsWith("onto") ? [path] : []));
          const names = lost.map(({ reason }) => reason.split(" ")[0]);
          const isNamed = keys.some((key) => names.includes(String(key)));
          expect([isNamed || isReported(`onto.${pathOf(...keys)}`, below), keys, lost]).toEqual([
            true,
            keys,
            lost,
          ]);
        },
      ),
    );
    expectSome(met);
  });
});

/** Fields that are bound to text or to a call's arguments, each with a copy of them. */
function withCopies(document: unknown): unknown {
  if (Array.isArray(document)) return document.map(withCopies);
  if (typeof document !== "object" || document === null) return document;
  const json = Object.fromEntries(
    Object.entries(document).map(([key, value]) => [key, withCopies(value)]),
  );
  const text = textOf(document);
  const { type, message, output, role, reasoning, reasoning_content, reasoning_details } = json;
  const thoughts = [reasoning, reasoning_content, reasoning_details];
  const isText = ["text", "output_text", "refusal", "summary_text"].includes(String(type));
  const isCall = "arguments" in json || ("input" in json && "name" in json);
  return {
    ...json,
    ...(isText && { parsed: { text }, annotations: [{ text }], logprobs: [{ token: text }] }),
    ...(isCall && { parsed_arguments: { text } }),
    ...(role === "assistant" && type === undefined && { parsed: { text } }),
    ...(message !== undefined && { logprobs: { content: [{ token: textOf(message) }] } }),
    ...(Array.isArray(output) && "created_at" in json && { output_parsed: { text } }),
    ...(type === "reasoning" && { encrypted_content: text }),
    ...(type === "reasoning.text" && { signature: text }),
    ...(Array.isArray(reasoning_details) && {
      reasoning_details: [
        ...reasoning_details,
        { type: "reasoning.encrypted", data: textOf(thoughts), index: 9 },
      ],
    }),
  };
}

const redacted = "[redacted]";

/** Each string of the parts is different, except for ids of parts and calls. */
function redact(message: Message): Message {
  const fixed = ["content_type", "type", "tool_call_id", "name", "tool_name", "media_type"];
  return JSON.parse(textOf(message), (key, value) =>
    typeof value !== "string" || fixed.includes(key) ? value : value.replaceAll(mark, redacted),
  );
}

/** Removes the parts that contain the mark. */
function without(message: Message): Message {
  const content = message.content.filter((part) => !textOf(part).includes(mark));
  return { ...message, content };
}

it.each(cases)(
  "what is written over $name contains no copy of what was changed in a message",
  (each) => {
    verifies("openai:stale");
    let met = 0;
    const { documents, from, to } = each;
    fc.assert(
      fc.property(documents, fc.nat(), fc.boolean(), (base, place, isTaken) => {
        const onto = withCopies(marked(base, place)) as object;
        const read = outcomeOf(() => from(onto));
        if (!read.ok || !textOf(read.value.messages).includes(mark)) return;
        const edit = isTaken ? without : redact;
        const after = outcomeOf(() => read.value.messages.map((each) => createMessage(edit(each))));
        const written = after.ok ? outcomeOf(() => to(after.value, { onto })) : after;
        if (!written.ok || textOf(after).includes(mark)) return;
        met += 1;
        expect(textOf(written.value.document)).not.toContain(mark);
        const hasCopy = textOf(onto).split(mark).length > 2;
        expect([hasCopy, written.value.lost]).not.toEqual([true, []]);
      }),
    );
    expectSome(met);
  },
);

/** One string of a document with the mark in it, or in the JSON that it contains. */
function marked(document: object, place: number): object {
  const texts = ["text", "content", "refusal", "reasoning", "reasoning_content", "summary"];
  const isText = (key: string, value: unknown) =>
    typeof value === "string" && [...texts, "arguments", "input"].includes(key);
  let count = 0;
  JSON.stringify(document, (key, value) => {
    if (isText(key, value)) count += 1;
    return value;
  });
  let left = count === 0 ? -1 : place % count;
  return JSON.parse(textOf(document), (key, value) => {
    if (!isText(key, value)) return value;
    left -= 1;
    if (left !== -1) return value;
    return key === "arguments" ? textOf({ a: mark }) : `${value}${mark}`;
  });
}

describe("in a stream", () => {
  it("a field inserted anywhere into a chunk of a chat completion is reported, or refused", () => {
    verifies("openai:stream-unknown");
    fc.assert(
      fc.property(chatResponses(rich), draws, fc.nat(), fc.nat(), (response, draw, at, place) => {
        const chunks = jsonCopy(chunksOf(response, draw)) as readonly object[];
        const which = at % chunks.length;
        const { document: odd, keys } = planted(chunks[which] as object, place, field, mark);
        if (keys.some((key) => wholes.includes(key))) return;
        const stream = chatStream({ choices: response.choices.length });
        const outcome = outcomeOf(() => {
          for (const chunk of chunks.with(which, odd)) stream.push(chunk);
        });
        if (!outcome.ok) return;
        const reported = stream.current.left.map(({ path }) => path).join();
        if (/reasoning_details\[\d+\](,|$)/.test(reported)) return;
        expect(reported).toContain(field);
        expect(stream.current.left).toEqual(fromChatResponse(stream.document).left);
      }),
    );
  });

  it("a field inserted anywhere into an event of a response is reported, or refused", () => {
    verifies("openai:stream-unknown");
    fc.assert(
      fc.property(responses(rich), draws, fc.nat(), fc.nat(), (response, draw, at, place) => {
        const events = jsonCopy(eventsOf(response, draw)) as readonly object[];
        const which = at % events.length;
        const { document: odd, keys } = planted(events[which] as object, place, field, mark);
        const stream = responsesStream();
        let isShown = false;
        const outcome = outcomeOf(() => {
          for (const event of events.with(which, odd)) {
            stream.push(event);
            if (event === odd) isShown = textOf(stream.current.messages).includes(mark);
          }
        });
        if (!outcome.ok || isShown) return;
        const { left, messages } = stream.current;
        if (textOf([messages, stream.document]).includes(mark)) return;
        if (keys.some((key) => settings.includes(key))) return;
        const reported = left.map(({ path }) => path);
        // Nothing else is reported about an item or field that is reported as a whole.
        const { output_index } = odd as { output_index?: number };
        const within = reported.filter((each) => !each.startsWith("events"));
        if (within.includes(`output[${output_index}]`)) return;
        if (within.some((each) => each.split(".").at(-1) === keys[1])) return;
        const path = pathOf("events", which, ...keys);
        expect([isReported(path, reported), path, reported]).toEqual([true, path, reported]);
      }),
    );
  });
});
