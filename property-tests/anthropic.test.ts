/** Laws of `glassine/anthropic`: reading and writing lose nothing, streamed or not. */
import type Anthropic from "@anthropic-ai/sdk";
import fc from "fast-check";
import {
  anthropic,
  fromMessagesRequest,
  fromMessagesResponse,
  messagesStream,
  toMessagesEvents,
  toMessagesRequest,
  toMessagesResponse,
} from "glassine/anthropic";
import { createMessage, type Message } from "glassine/messages";
import { adapterLaws } from "glassine/testing";
import { describe, expect, it } from "vitest";
import { isRemoved, pathOf } from "../src/providers/rewrite/index.ts";
import { verifies } from "../test/support/verifies.ts";
import { plainRequests, plainResponses, requests, responses } from "./support/anthropic.ts";
import { boundMark, markBound, withEachTextChanged } from "./support/anthropic-bound.ts";
import { cutEvents, cuts, hasNames, strays, withStray } from "./support/anthropic-streams.ts";
import { reach } from "./support/data.ts";
import { edits, editWith, messages } from "./support/edits.ts";
import { hostiles, Watch } from "./support/hostile.ts";
import { outcomeOf } from "./support/outcome.ts";
import { casesOf, expectSome, share } from "./support/runs.ts";

const wire = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

describe("a request", () => {
  it("is unchanged when written over itself", () => {
    fc.assert(
      fc.property(requests, (request) => {
        const { messages } = fromMessagesRequest(request);
        const { document, lost } = toMessagesRequest(messages, { onto: request });
        expect(JSON.stringify(document)).toBe(JSON.stringify(request));
        expect(lost).toEqual([]);
      }),
    );
  });

  it("survives a round trip without itself if messages contain all of it", () => {
    fc.assert(
      fc.property(plainRequests, (request) => {
        const { messages, extensions, left } = fromMessagesRequest(request);
        expect(left.filter(({ path }) => !path.endsWith("source"))).toEqual([]);
        const { document, lost } = toMessagesRequest(messages, { extensions });
        expect(document).toEqual(wire(request));
        expect(lost).toEqual([]);
      }),
    );
  });

  it("reads back as the messages that were written, unless something was lost", () => {
    let whole = 0;
    fc.assert(
      fc.property(fc.array(messages, { maxLength: 4 }), (list) => {
        const { document, lost } = toMessagesRequest(list);
        if (!lost.every(isRemoved)) return;
        whole += 1;
        expect(fromMessagesRequest(document).messages).toEqual(list);
      }),
    );
    expectSome(whole);
  });

  it("reads back as the edited messages, unless something was lost", () => {
    let changed = 0;
    fc.assert(
      fc.property(requests, edits, (request, plan) => {
        const before = fromMessagesRequest(request).messages;
        const after = editWith(before, plan);
        const { document, lost } = toMessagesRequest(after, { onto: request });
        if (!lost.every(isRemoved)) return;
        if (JSON.stringify(before) !== JSON.stringify(after)) changed += 1;
        expect(fromMessagesRequest(document).messages).toEqual(after);
      }),
    );
    expectSome(changed);
  });
});

describe("reordered messages of a request", () => {
  it("read back in that order, unless something was lost", () => {
    verifies("anthropic:lost");
    let moved = 0;
    fc.assert(
      fc.property(requests, fc.nat(), fc.nat(), (request, from, to) => {
        const before = fromMessagesRequest(request).messages;
        if (before.length < 2) return;
        const at = from % before.length;
        const message = before[at] as Message;
        const after = before.toSpliced(at, 1).toSpliced(to % before.length, 0, message);
        const { document, lost } = toMessagesRequest(after, { onto: request });
        if (!lost.every(isRemoved)) return;
        if (JSON.stringify(before) !== JSON.stringify(after)) moved += 1;
        expect(fromMessagesRequest(document).messages).toEqual(after);
      }),
    );
    expectSome(moved);
  });
});

describe("a response", () => {
  it("is unchanged when written over itself", () => {
    fc.assert(
      fc.property(responses, (response) => {
        const { messages } = fromMessagesResponse(response);
        const { document, lost } = toMessagesResponse(messages, { onto: response });
        expect(JSON.stringify(document)).toBe(JSON.stringify(response));
        expect(lost).toEqual([]);
      }),
    );
  });

  it("survives a round trip without itself if a message and its slots contain all of it", () => {
    fc.assert(
      fc.property(plainResponses, (response) => {
        const { messages, extensions, left } = fromMessagesResponse(response);
        expect(left).toEqual([]);
        const { document, lost } = toMessagesResponse(messages, { extensions });
        expect(document).toEqual(wire(response));
        expect(lost).toEqual([]);
      }),
    );
  });

  it("reads back as the message that was written, unless something was lost", () => {
    let whole = 0;
    fc.assert(
      fc.property(messages, responses, edits, (fresh, response, plan) => {
        const after = editWith(fromMessagesResponse(response).messages, plan).slice(0, 1);
        for (const [list, onto] of [
          [[fresh], undefined],
          [after, response],
        ] as const) {
          const { document, lost } = toMessagesResponse(list, onto === undefined ? {} : { onto });
          if (!lost.every(isRemoved) || list.length === 0) continue;
          whole += 1;
          expect(fromMessagesResponse(document).messages).toEqual(list);
        }
      }),
    );
    expectSome(whole);
  });
});

/** A copy in which each free string contains its own path. */
function marked(
  value: unknown,
  closed: ReadonlySet<string>,
  into: Map<string, Path>,
  path: Path = [],
): unknown {
  if (typeof value === "string") {
    if (closed.has(String(path.at(-1)))) return value;
    const mark = `§${into.size}§`;
    into.set(mark, path);
    return mark;
  }
  if (Array.isArray(value)) {
    return value.map((item, i) => marked(item, closed, into, [...path, i]));
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, marked(item, closed, into, [...path, key])]),
  );
}
type Path = readonly (string | number)[];

/** The marked strings that are neither in `shown` nor at or below a reported path. */
function unreported(
  marks: ReadonlyMap<string, Path>,
  shown: unknown,
  reported: readonly { readonly path: string }[],
): readonly Path[] {
  const text = JSON.stringify(shown);
  const paths = new Set(reported.map(({ path }) => path));
  const isReported = (path: Path) =>
    path.some((_, i) => paths.has(pathOf(...path.slice(0, i + 1))));
  return [...marks].flatMap(([mark, path]) =>
    text.includes(mark) || isReported(path) ? [] : [path],
  );
}

describe("nothing is dropped silently", () => {
  const ofDocuments = new Set(["type", "role", "stop_reason", "media_type"]);
  const ofMessages = new Set([
    "channel",
    "content_type",
    "resource_type",
    "role",
    "type",
    "schema_version",
  ]);

  it.each([
    ["request", requests as fc.Arbitrary<unknown>, fromMessagesRequest],
    ["response", responses as fc.Arbitrary<unknown>, fromMessagesResponse],
  ] as const)("each text of a %s is shown, or reported as left over", (_, documents, read) => {
    fc.assert(
      fc.property(documents, (document) => {
        const marks = new Map<string, Path>();
        const { messages, extensions, left } = read(marked(document, ofDocuments, marks));
        expect(unreported(marks, [messages, extensions], left)).toEqual([]);
      }),
    );
  });

  it.each([
    ["request", toMessagesRequest],
    ["response", toMessagesResponse],
  ] as const)("each text of messages is in the %s, or reported as lost", (_, write) => {
    fc.assert(
      fc.property(fc.array(messages, { maxLength: 4 }), (list) => {
        const marks = new Map<string, Path>();
        const { document, lost } = write(marked(list, ofMessages, marks) as Message[]);
        expect(unreported(marks, document, lost)).toEqual([]);
      }),
    );
  });
});

describe("a changed text", () => {
  it.each([
    ["request", requests as fc.Arbitrary<object>, fromMessagesRequest, toMessagesRequest],
    ["response", responses as fc.Arbitrary<object>, fromMessagesResponse, toMessagesResponse],
  ] as const)(
    "leaves no copy of itself, no signature and no citation in a %s, and that is reported",
    (_, documents, from, to) => {
      verifies("anthropic:sealed", "anthropic:stale", "anthropic:citations", "anthropic:signature");
      let met = 0;
      fc.assert(
        fc.property(documents, (document) => {
          const { marked, count } = markBound(document);
          const onto = marked as never;
          const { document: now, lost } = to(withEachTextChanged(from(onto).messages), { onto });
          expect(JSON.stringify(now)).not.toContain(boundMark);
          if (count === 0) return;
          met += 1;
          expect(lost).not.toEqual([]);
        }),
      );
      expectSome(met);
    },
  );
});

describe("a stream", () => {
  it("returns the response that it streams, however it is split", () => {
    fc.assert(
      fc.property(responses, cuts, (response, plan) => {
        const stream = messagesStream();
        for (const event of cutEvents(response, plan)) stream.push(event);
        expect(stream.done).toBe(true);
        expect(JSON.stringify(stream.document)).toBe(JSON.stringify(response));
        expect(stream.current).toEqual(fromMessagesResponse(response));
      }),
    );
  });

  it("reports each input with a duplicate key, and shows the last value", () => {
    verifies("anthropic:arguments");
    let met = 0;
    fc.assert(
      fc.property(responses, cuts, (response, plan) => {
        const stream = messagesStream();
        for (const event of cutEvents(response, { ...plan, twice: true })) stream.push(event);
        expect(stream.current.messages).toEqual(fromMessagesResponse(response).messages);
        const reported = new Set(stream.current.left.map(({ path }) => path));
        for (const [at, block] of response.content.entries()) {
          if (!("input" in block) || !hasNames(block.input)) continue;
          met += 1;
          expect(reported).toContain(`content[${at}].input`);
        }
      }),
    );
    expectSome(met);
  });

  it("reports each unknown field anywhere, and shows the same", () => {
    verifies("anthropic:stream-unknown");
    fc.assert(
      fc.property(responses, cuts, strays, (response, plan, stray) => {
        const stream = messagesStream();
        const { events, index } = withStray(cutEvents(response, plan), stray, "a_stray");
        for (const event of events) stream.push(event);
        const { messages, extensions, left } = stream.current;
        const whole = fromMessagesResponse(response);
        expect({ messages, extensions }).toEqual({
          messages: whole.messages,
          extensions: whole.extensions,
        });
        // Nothing else is reported about a block that no part shows.
        const isReported = left.some(
          ({ path, kind }) =>
            kind === "content" && (path.endsWith("a_stray") || path === `content[${index}]`),
        );
        expect([left, isReported]).toEqual([left, true]);
      }),
    );
  });

  it("reports each input until the end of its call", () => {
    verifies("anthropic:streamed");
    let met = 0;
    fc.assert(
      fc.property(responses, cuts, (response, plan) => {
        const stream = messagesStream();
        let open: number | undefined;
        for (const event of cutEvents(response, plan)) {
          stream.push(event);
          const { type, index } = event as { type: string; index: number };
          if (type === "content_block_start") open = index;
          if (type === "content_block_stop") open = undefined;
          if (open === undefined || !("input" in (response.content[open] ?? {}))) continue;
          met += 1;
          const paths = stream.current.left.map(({ path }) => path);
          expect(paths.some((path) => path.startsWith(`content[${open}]`))).toBe(true);
        }
      }),
      share(1 / 4),
    );
    expectSome(met);
  });

  it("shows a prefix of its final content at each event", () => {
    const textsOf = (content: Message["content"]) =>
      content.map((part) => ("text" in part ? part.text : ""));
    fc.assert(
      fc.property(responses, cuts, (response, plan) => {
        const stream = messagesStream();
        const whole = textsOf(fromMessagesResponse(response).messages[0]?.content ?? []);
        for (const event of cutEvents(response, plan)) {
          stream.push(event);
          const soFar = textsOf(stream.current.messages[0]?.content ?? []);
          expect(soFar.every((text, i) => whole[i]?.startsWith(text))).toBe(true);
        }
      }),
      share(1 / 4),
    );
  });

  it("of a changed response returns the changed one", () => {
    fc.assert(
      fc.property(responses, edits, (response, plan) => {
        const after = editWith(fromMessagesResponse(response).messages, plan).slice(0, 1);
        const { document } = toMessagesResponse(after, { onto: response });
        const stream = messagesStream();
        for (const event of toMessagesEvents(document)) stream.push(event);
        expect(JSON.stringify(stream.document)).toBe(JSON.stringify(document));
      }),
    );
  });
});

describe("what a plugin writes", () => {
  /** The fields that newly written blocks may have, by type. */
  const fields: Readonly<Record<string, readonly string[]>> = {
    text: ["type", "text"],
    image: ["type", "source"],
    document: ["type", "source", "title", "context"],
    search_result: ["type", "source", "title", "content"],
    tool_use: ["type", "id", "name", "input", "toolset_name"],
    tool_result: ["type", "tool_use_id", "content", "is_error"],
  };
  const strangers = (block: Anthropic.ContentBlockParam | { type: string }): readonly string[] => {
    const known = fields[block.type] ?? [];
    const own = Object.keys(block).filter((name) => !known.includes(name));
    const inner = block.type === "tool_result" || block.type === "search_result";
    const content = inner && "content" in block ? block.content : undefined;
    return [...own, ...(Array.isArray(content) ? content.flatMap(strangers) : [])];
  };

  it("becomes blocks with known fields only: no whole block can be injected", () => {
    fc.assert(
      fc.property(fc.array(messages, { maxLength: 4 }), (list) => {
        const { document } = toMessagesRequest(list);
        const turns = document.messages as readonly { content: string | { type: string }[] }[];
        const all = turns.flatMap(({ content }) => (typeof content === "string" ? [] : content));
        expect(all.flatMap(strangers)).toEqual([]);
      }),
    );
  });

  it("is the same without the original document", () => {
    fc.assert(
      fc.property(fc.array(messages, { maxLength: 3 }), (list) => {
        const again = wire(list).map((message) => createMessage(message));
        expect(toMessagesRequest(again)).toEqual(toMessagesRequest(list));
      }),
      share(1 / 4),
    );
  });
});

describe("any input", () => {
  // Created inside the law: fast-check would run their code.
  const strange: fc.Arbitrary<(watch: Watch) => unknown> = fc.oneof(
    fc
      .anything({ withDate: true, withMap: true, withTypedArray: true, withBigInt: true })
      .map((value) => () => value),
    hostiles.map(({ make }) => make),
  );
  const turn = (content: unknown) => ({ messages: [{ role: "user", content }] });
  const body = (content: unknown) => ({ type: "message", role: "assistant", content });
  const places = fc.constantFrom<(value: unknown) => unknown>(
    (value) => value,
    (value) => ({ messages: value }),
    turn,
    (value) => turn([value]),
    (value) => turn([{ type: value, text: value }]),
    (value) => turn([{ type: "document", source: value }]),
    (value) => turn([{ type: "tool_result", tool_use_id: "1", content: [value] }]),
    (value) => turn([{ type: "web_search_tool_result", tool_use_id: "1", content: value }]),
    (value) => body(value),
    (value) => body([{ type: "tool_use", id: "1", name: "a", input: value }]),
    (value) => ({ ...body([]), usage: value, stop_reason: value }),
    (value) => ({ type: value }),
    (value) => ({ type: "message_start", message: value }),
    (value) => ({ type: "content_block_start", index: 0, content_block: value }),
    (value) => ({ type: "content_block_delta", index: value, delta: {} }),
    (value) => ({ type: "content_block_delta", index: 0, delta: value }),
    (value) => ({
      type: "content_block_delta",
      index: 0,
      delta: { type: "text_delta", text: value },
    }),
    (value) => ({ type: "message_delta", delta: value, usage: value }),
  );

  it("L24: any document or event of the Messages API is read, or refused with a listed code, and runs no code", () => {
    fc.assert(
      fc.property(strange, places, (make, place) => {
        const watch = new Watch();
        const value = place(make(watch));
        const onto = value as object;
        const stream = messagesStream();
        stream.push({ type: "message_start", message: body([]) });
        const block = { type: "text", text: "" };
        stream.push({ type: "content_block_start", index: 0, content_block: block });
        for (const act of [
          () => toMessagesRequest(fromMessagesRequest(value).messages, { onto }),
          () => toMessagesResponse(fromMessagesResponse(value).messages, { onto }),
          () => toMessagesEvents(value),
          () => stream.push(value),
          () => stream.current,
        ]) {
          outcomeOf<unknown>(act);
        }
        expect(watch.ran).toBe(0);
      }),
    );
  });

  it("L26: what the Anthropic adapter returns is deeply frozen, and its inputs are unchanged", () => {
    const before = [Object.prototype, Array.prototype].map((shared) => Reflect.ownKeys(shared));
    fc.assert(
      fc.property(requests, responses, (request, response) => {
        toMessagesRequest(fromMessagesRequest(request).messages, { onto: request });
        const stream = messagesStream();
        for (const event of toMessagesEvents(response)) stream.push(event);
        const { document } = toMessagesResponse(stream.current.messages, { onto: response });
        for (const object of [...reach(document), ...reach(stream.current)]) {
          expect(Object.isFrozen(object)).toBe(true);
        }
      }),
      share(1 / 4),
    );
    expect([Object.prototype, Array.prototype].map((shared) => Reflect.ownKeys(shared))).toEqual(
      before,
    );
  });
});

describe("the provider", () => {
  const pieced = ["text", "thinking", "partial_json"];
  const laws = adapterLaws(anthropic, {
    requests,
    answers: responses,
    words: ["type", "role", "stop_reason", "media_type"],
    pieceIn(event) {
      const { type, delta = {} } = event as { readonly type: string; readonly delta?: object };
      const name = pieced.find((key) => Object.hasOwn(delta, key));
      return type === "content_block_delta" && name !== undefined ? ["delta", name] : undefined;
    },
  });
  it.each(casesOf(laws))("%s: %s", async (_id, _text, check) => {
    await check();
  });
});
