/** Converts Responses requests and answers, streamed or not, to messages, and back. */
import {
  defineProvider,
  type EventTexts,
  plainEvents,
  sameList,
  type TableProvider,
  type TurnTable,
} from "../rewrite/index.ts";
import { roles } from "./blocks.ts";
import { settingsAt } from "./dialects.ts";
import { denied, errorOf } from "./errors.ts";
import { answerBlocks, requestBlocks } from "./item-blocks.ts";
import { itemFields, pathIn, sectionsOf } from "./items.ts";
import { given, type JsonObject, objectsIn, stringAt } from "./json.ts";
import { formats, reader } from "./read.ts";
import { repeatedIn } from "./repeated.ts";
import { answerExtensions, answers, finishAnswer, reportAnswer } from "./response-facts.ts";
import { responsesEvents } from "./responses-events.ts";
import { ResponsesStream } from "./responses-stream.ts";
import { reportFormats, requestSettings, responseSettings } from "./settings.ts";
import { responsesRequestSchema, responsesResponseSchema } from "./shapes.ts";
import { reportApproved } from "./tool-items.ts";

const textDelta =
  /^response\.(?:output_text|refusal|reasoning_text|reasoning_summary_text)\.delta$/;

const eventTexts: EventTexts = {
  answerOf: () => 0,
  textOf(event) {
    const { type, delta, output_index, content_index, summary_index } = event as JsonObject;
    if (typeof delta !== "string" || !textDelta.test(String(type))) return undefined;
    return { of: [type, output_index, content_index ?? summary_index].join(" "), text: delta };
  },
  withText: (event, delta) => ({ ...event, delta }),
  atPlace: (event, place) => ({ ...event, sequence_number: place }),
};

/** The section of a plain string, which stands in place of a list of items. */
function textAlone(form: "instructions" | "input", role: string, content: string): JsonObject {
  return { form, role, items: [{ type: "message", role, content }] };
}

/** The messages of a request: `instructions` is one, before those of the input. */
const messages: TurnTable = {
  turns: "input",
  roles,
  sections: {
    read(request) {
      const instructions = stringAt(request, "instructions");
      const input = given(request, "input");
      return [
        ...(instructions === undefined ? [] : [textAlone("instructions", "system", instructions)]),
        ...(typeof input === "string"
          ? [textAlone("input", "user", input)]
          : sectionsOf(objectsIn(input))),
      ];
    },
    // A plain string has no other fields.
    pathsOf: (section) =>
      section.form === undefined
        ? objectsIn(section.items).map((_, i) => pathIn(section, "input", i))
        : [],
    write(sections, old) {
      const [first] = sections;
      // A model reads `instructions` first: after another section, they become an item of `input`.
      const isFirst = first?.form === "instructions";
      const others = isFirst ? sections.slice(1) : sections;
      const [only] = others;
      const isText = others.length === 1 && only?.form === "input";
      const all = others.flatMap((section) => objectsIn(section.items));
      const before = objectsIn(old?.input);
      const items = sameList(before, all);
      const input = isText ? items[0]?.content : items;
      const none = old?.input === null ? null : [];
      const has = (field: string) => old !== undefined && Object.hasOwn(old, field);
      return {
        ...(has("instructions") && {
          instructions: isFirst ? objectsIn(first.items)[0]?.content : null,
        }),
        ...((old === undefined || has("input") || others.length > 0) && {
          input: others.length === 0 ? none : input,
        }),
      };
    },
  },
  content: itemFields("input"),
};

/** Responses, for `guardModel` and `guardFetch`. */
export const responses: TableProvider<"openai"> = /* @__PURE__ */ defineProvider({
  vendor: "openai",
  guard: {
    name: "openai.responses",
    repeatedIn,
    requests: ["POST /responses"],
    eventTexts,
    namesEvents: true,
    denied,
    // The SDK raises an error only if an event has the field `error`.
    deniedEvent: (refusal) => ({ ...errorOf(refusal), type: "error", error: errorOf(refusal) }),
  },
  calls: "Responses",
  blocks: requestBlocks,
  request: {
    ...messages,
    check: reader(responsesRequestSchema, formats.responsesRequest),
    settings: [...requestSettings, ...settingsAt("request")],
    model: "model",
    report(request, reading) {
      reportFormats(request, reading);
      if (stringAt(request, "instructions") !== undefined) {
        const reason = "Shown as a system message.";
        reading.left.add({ path: "instructions", kind: "setting", reason });
      }
      return ["instructions"];
    },
    finish(request, old, lost) {
      reportApproved(objectsIn(old?.document.input), objectsIn(request.input), lost);
      return request;
    },
  },
  answer: {
    ...answers,
    check: reader(responsesResponseSchema, formats.responsesResponse),
    blocks: answerBlocks,
    settings: [...responseSettings, ...settingsAt("answer")],
    extensions: answerExtensions,
    report: reportAnswer,
    finish: finishAnswer,
  },
  stream: ({ request: _, ...limits }, reading) => new ResponsesStream(limits, reading),
  events: plainEvents(responsesEvents),
});

/**
 * Reads the body of a request to Responses: `instructions` as a system message, then `input`.
 * Consecutive items of the assistant become one message; each tool result becomes a `tool` message.
 *
 * @throws GlassineError `document_invalid`
 * @see spec `openai:responses-request`, `openai:left`
 * @example
 * ```ts
 * import { fromResponsesRequest } from "glassine/openai";
 *
 * const { messages } = fromResponsesRequest({ instructions: "Be brief", input: "Ahoy" });
 * console.log(messages.map(({ role }) => role)); // [ 'system', 'user' ]
 * ```
 */
export const fromResponsesRequest = responses.readRequest;

/**
 * Writes messages as the body of a request to Responses.
 *
 * @throws GlassineError `document_invalid` for an `onto` that is not such a request
 * @throws GlassineError `message_invalid`
 * @throws GlassineError `options_invalid`
 * @see spec `openai:onto`, `openai:lost`
 */
export const toResponsesRequest = responses.writeRequest;

/**
 * Reads a response as one assistant message with all of its output. Model, usage, time and stop
 * reason are for the `completion` slot.
 *
 * @throws GlassineError `document_invalid`
 * @see spec `openai:responses-response`, `openai:stop-reason`
 */
export const fromResponsesResponse = responses.readAnswer;

/**
 * Writes an assistant message as a response.
 *
 * @throws GlassineError `document_invalid` for an `onto` that is not a response
 * @throws GlassineError `message_invalid`
 * @throws GlassineError `options_invalid`
 * @see spec `openai:onto`, `openai:stale`
 */
export const toResponsesResponse = responses.writeAnswer;

/**
 * Assembles the events of a streamed response.
 *
 * `current` is what `fromResponsesResponse` returns for the response so far. The last event is
 * `response.completed`, `response.incomplete`, `response.failed` or `error`, and must agree with
 * what was streamed. `left` reports unknown events and unknown fields of events. `Document` is the
 * type of `document`, such as the SDK's `Response`.
 *
 * @throws GlassineError `options_invalid`
 * @see spec `openai:stream-same`, `openai:stream-refused`
 * @example
 * ```ts
 * import { responsesStream } from "glassine/openai";
 *
 * const stream = responsesStream();
 * const item = { type: "message", role: "assistant", content: [{ type: "output_text", text: "A" }] };
 * stream.push({ type: "response.output_item.added", output_index: 0, item });
 * const at = { output_index: 0, content_index: 0 };
 * stream.push({ type: "response.output_text.delta", ...at, delta: "hoy" });
 * console.log(stream.current.messages[0]?.content); // [ { content_type: 'text', text: 'Ahoy' } ]
 * ```
 */
export const responsesStream = responses.stream;

/**
 * Returns the events that stream a response, in order: each item with its parts and texts, then the
 * end that fits its status, which is `response.completed` unless that is `incomplete` or `failed`.
 * The type parameter is the type of an event, such as the SDK's `ResponseStreamEvent`.
 *
 * @throws GlassineError `document_invalid`
 * @see spec `openai:stream-events`
 */
export const toResponsesEvents = responses.toEvents;
