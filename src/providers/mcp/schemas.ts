/** The fields of MCP documents that the adapter must know; any others are allowed, and stay. */
import * as z from "zod/mini";
import type { Json } from "../../core/data/index.ts";

const object = z.looseObject({});
/** An object whose values need no check: every document has been read as JSON. */
const values = z.catchall(z.object({}), z.custom<Json>());

/** Params of `tools/call` and of `prompts/get`. */
export const callSchema = z.looseObject({ name: z.string(), arguments: z.optional(values) });

/**
 * Result of `tools/call`. One that asks for input (2026-07-28), or is of the oldest MCP, has no
 * content.
 */
export const toolResultSchema = z.looseObject({
  content: z.optional(z.array(object)),
  isError: z.optional(z.boolean()),
});

const turn = z.looseObject({
  role: z.enum(["user", "assistant"]),
  content: z.union([object, z.array(object)]),
});

/** The `resultType` of a result that asks for input (2026-07-28). */
const asking = z.literal("input_required");

const description = z.optional(z.string());

/** Result of `prompts/get`. */
export const promptResultSchema = z.union([
  z.looseObject({ messages: z.array(turn), description }),
  z.looseObject({ resultType: asking, messages: z.optional(z.undefined()), description }),
]);

/** Params of `resources/read`. */
export const resourceRequestSchema = z.looseObject({ uri: z.string() });

const contents = z.union([
  z.looseObject({ uri: z.string(), text: z.nullish(z.string()), blob: z.optional(z.null()) }),
  z.looseObject({ uri: z.string(), text: z.optional(z.null()), blob: z.string() }),
]);

/** Result of `resources/read`. */
export const resourceResultSchema = z.union([
  z.looseObject({ contents: z.array(contents) }),
  z.looseObject({ resultType: asking, contents: z.optional(z.undefined()) }),
]);

/** Params of `sampling/createMessage`. */
export const samplingRequestSchema = z.looseObject({
  messages: z.array(turn),
  systemPrompt: z.optional(z.string()),
});

/** Result of `sampling/createMessage`. */
export const samplingResultSchema = z.looseObject({
  ...turn.shape,
  model: z.string(),
  stopReason: z.optional(z.string()),
});

/** Params of `elicitation/create`: a form, or a page to open. */
export const elicitationRequestSchema = z.union([
  z.looseObject({
    mode: z.optional(z.literal("form")),
    message: z.string(),
    requestedSchema: object,
  }),
  z.looseObject({ mode: z.literal("url"), message: z.string(), url: z.string() }),
]);

/** Result of `elicitation/create`. */
export const elicitationResultSchema = z.looseObject({
  action: z.enum(["accept", "decline", "cancel"]),
  content: z.nullish(object),
});

/** Params of `roots/list`, which may be omitted. */
export const rootsRequestSchema = object;

/** Result of `roots/list`. */
export const rootsResultSchema = z.looseObject({ roots: z.array(object) });

/** A result that asks for input, or the state of a task that does. */
export const inputRequestsSchema = z.looseObject({
  inputRequests: z.optional(
    z.record(z.string(), z.looseObject({ method: z.string(), params: z.optional(object) })),
  ),
});

/** Params of a request that is sent again with the input that was asked for. */
export const inputResponsesSchema = z.looseObject({
  inputResponses: z.optional(z.record(z.string(), object)),
});

/** The error of an answer. */
export const errorSchema = z.looseObject({ code: z.number(), message: z.string() });

/** A task: its state, and once it is done its outcome. */
export const taskSchema = z.looseObject({ taskId: z.string(), result: z.optional(object) });
