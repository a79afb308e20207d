/** Laws of messages through the formats of OpenAI: what is not lost survives a round trip. */
import fc from "fast-check";
import type { Message } from "glassine/messages";
import * as openai from "glassine/openai";
import { expect, it } from "vitest";
import { isRemoved, type Lost } from "../src/providers/rewrite/index.ts";
import { answers, conversations } from "./support/conversations.ts";
import { jsonCopy } from "./support/data.ts";
import { chatRequests, chatResponses } from "./support/openai-chat.ts";
import { responses, responsesRequests } from "./support/openai-responses.ts";
import { expectSome } from "./support/runs.ts";

interface Pair {
  readonly from: (document: unknown) => { readonly messages: readonly Message[] };
  readonly to: (
    messages: readonly Message[],
    options?: { onto?: object },
  ) => { readonly document: object; readonly lost: readonly Lost[] };
}

function comesBack(of: fc.Arbitrary<readonly Message[]>, { from, to }: Pair): void {
  let whole = 0;
  fc.assert(
    fc.property(of, (messages) => {
      const { document, lost } = to(messages);
      const { messages: again } = from(document);
      if (!lost.every(isRemoved)) return;
      whole += 1;
      expect(jsonCopy(again)).toEqual(jsonCopy(messages));
    }),
  );
  expectSome(whole, 5);
}

const answer = answers.map((message) => [message]);
const pairs: readonly (readonly [string, fc.Arbitrary<readonly Message[]>, Pair])[] = [
  ["a chat request", conversations, { from: openai.fromChatRequest, to: openai.toChatRequest }],
  ["a chat completion", answer, { from: openai.fromChatResponse, to: openai.toChatResponse }],
  [
    "a request of Responses",
    conversations,
    { from: openai.fromResponsesRequest, to: openai.toResponsesRequest },
  ],
  ["a response", answer, { from: openai.fromResponsesResponse, to: openai.toResponsesResponse }],
];

for (const [name, of, pair] of pairs) {
  it(`messages that lose nothing in ${name} survive a round trip`, () => comesBack(of, pair));
}

/** Any messages over any document: the result reads back as the messages. */
function overwrites(documents: fc.Arbitrary<object>, of: typeof answer, { from, to }: Pair): void {
  let whole = 0;
  fc.assert(
    fc.property(documents, of, fc.nat(), (onto, messages, place) => {
      const old = from(onto).messages;
      const at = old.length === 0 ? 0 : place % old.length;
      const edited = [...old.slice(0, at), ...messages, ...old.slice(at + 1)];
      const { document, lost } = to(edited, { onto });
      const again = from(document).messages;
      if (!lost.every(isRemoved)) return;
      whole += 1;
      expect(jsonCopy(again)).toEqual(jsonCopy(edited));
    }),
  );
  expectSome(whole, 5);
}

const rich = { rich: true };
const documents = [
  chatRequests(rich),
  chatResponses(rich),
  responsesRequests(rich),
  responses(rich),
] as const;

for (const [at, [name, of, pair]] of pairs.entries()) {
  it(`messages that lose nothing when written over ${name} survive a round trip`, () =>
    overwrites(documents[at] as fc.Arbitrary<object>, of as typeof answer, pair));
}
