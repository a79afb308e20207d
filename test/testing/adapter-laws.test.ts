// Only in test:all: it plants faults and runs every law on them.
import { anthropic } from "glassine/anthropic";
import type { ModelProvider } from "glassine/http";
import { type AdapterFixtures, adapterLaws } from "glassine/testing";
import { describe, expect, it } from "vitest";

const run = { numRuns: 10, seed: 7, shrinkingMs: 100 };

const fixtures: AdapterFixtures = {
  requests: [
    {
      model: "m",
      max_tokens: 9,
      system: "Be brief.",
      messages: [
        { role: "user", content: "Whose is it?" },
        { role: "assistant", content: [{ type: "tool_use", id: "1", name: "look", input: {} }] },
        {
          role: "user",
          content: [{ type: "tool_result", tool_use_id: "1", content: "It is hers." }],
        },
      ],
      tools: [{ name: "look", description: "Looks." }],
    },
  ],
  answers: [
    {
      type: "message",
      role: "assistant",
      content: [{ type: "text", text: "It is hers." }],
      stop_reason: "end_turn",
    },
  ],
  words: ["type", "role", "stop_reason"],
  pieceIn: (event) =>
    JSON.stringify(event).includes('"text_delta"') ? ["delta", "text"] : undefined,
};

/** Returns the laws that a provider with these changes breaks. */
async function brokenBy(changes: Partial<ModelProvider>): Promise<readonly string[]> {
  const broken: string[] = [];
  for (const { id, check } of adapterLaws({ ...anthropic, ...changes }, fixtures)) {
    await check(run).catch(() => broken.push(id));
  }
  return broken;
}

const { readRequest, writeRequest, writeAnswer, stream } = anthropic;
type Stream = ReturnType<typeof stream>;

/** Returns a stream that handles each event with `push`. */
function streamWith(
  push: (event: object, to: Stream) => void,
): () => ReturnType<ModelProvider["stream"]> {
  return () => {
    const to = stream();
    return {
      push: (event) => push(event, to),
      get current() {
        return to.current;
      },
      get document() {
        return to.document;
      },
      get done() {
        return to.done;
      },
    };
  };
}

describe("the laws of an adapter", () => {
  it("hold for a provider that comes with the library", async () => {
    expect(await brokenBy({})).toEqual([]);
  });

  it("find a field that is not written back", async () => {
    const found = await brokenBy({
      writeRequest(messages, options) {
        const { document, lost } = writeRequest(messages, options);
        const { max_tokens: _, ...rest } = document as { readonly max_tokens?: unknown };
        return { document: rest, lost };
      },
    });
    expect(found).toEqual(["C1"]);
  });

  it("find an edit that leaves the old string", async () => {
    const ignored = await brokenBy({
      writeAnswer: (_, { onto }) => ({ document: onto, lost: [] }),
    });
    expect(ignored).toEqual(["C2"]);
    const copied = await brokenBy({
      writeAnswer(messages, options) {
        const { document, lost } = writeAnswer(messages, options);
        const isSame = JSON.stringify(document) === JSON.stringify(options.onto);
        return { document: isSame ? document : { ...document, before: options.onto }, lost };
      },
    });
    expect(copied).toEqual(["C2"]);
  });

  it("find a string that is neither shown nor reported", async () => {
    const found = await brokenBy({
      readRequest: (document, options) => {
        const read = readRequest(document, options);
        return { ...read, left: read.left.filter(({ path }) => path !== "tools") };
      },
    });
    expect(found).toEqual(["C3"]);
  });

  it("find a stream that depends on where it is cut", async () => {
    const found = await brokenBy({
      stream: streamWith((event, to) => {
        if (!JSON.stringify(event).includes('"text":"h"')) to.push(event);
      }),
    });
    expect(found).toEqual(["C4"]);
  });

  it("find work that grows with the square of a document, or of a stream", async () => {
    const ofDocument = await brokenBy({
      readRequest: (document, options) => {
        const read = readRequest(document, options);
        for (const _ of read.messages) read.messages.slice();
        return read;
      },
    });
    expect(ofDocument).toEqual(["C5"]);
    const events: object[] = [];
    const ofStream = await brokenBy({
      stream: () => {
        events.length = 0;
        return streamWith((event, to) => {
          events.push(event);
          events.slice();
          to.push(event);
        })();
      },
    });
    expect(ofStream).toEqual(["C6"]);
  });

  it("refuse what is not a fixture", () => {
    expect(() => adapterLaws(anthropic, { ...fixtures, documents: [] } as AdapterFixtures)).toThrow(
      "documents",
    );
  });

  it.each<[object | null, object, string]>([
    [null, {}, "a provider that reads and writes requests and answers, got null."],
    [{ readRequest }, {}, "a provider that reads and writes requests and answers, got an object."],
    [anthropic, { requests: undefined }, "an arbitrary of fast-check as requests, got nothing."],
    [anthropic, { requests: [] }, "an arbitrary of fast-check as requests, got an empty array."],
    [anthropic, { answers: { type: "message" } }, "of fast-check as answers, got an object."],
    [anthropic, { words: undefined }, "adapterLaws expects an array as words, got nothing."],
    [anthropic, { pieceIn: ["delta"] }, "a function as pieceIn, got an array."],
  ])("refuse what they cannot use (%#)", (provider, changes, message) => {
    const invalid = expect.objectContaining({
      code: "options_invalid",
      message: expect.stringContaining(message),
    });
    expect(() => adapterLaws(provider as never, { ...fixtures, ...changes })).toThrow(invalid);
  });
});
