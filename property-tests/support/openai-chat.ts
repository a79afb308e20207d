/** Documents of Chat Completions, in the types of OpenAI's own SDK. */
import fc from "fast-check";
import type OpenAI from "openai";
import { jsonValues, keys, texts, urls as webUrls } from "./schema-values.ts";

type Chat = OpenAI.Chat.Completions.ChatCompletion;
type Request = OpenAI.Chat.Completions.ChatCompletionCreateParamsNonStreaming;
type Param = OpenAI.Chat.Completions.ChatCompletionMessageParam;
type Part = OpenAI.Chat.Completions.ChatCompletionContentPart;
type TextPart = OpenAI.Chat.Completions.ChatCompletionContentPartText;
type Call = OpenAI.Chat.Completions.ChatCompletionMessageToolCall;
type Arb<T> = fc.Arbitrary<T>;

/** What a document can hold beyond what messages show. */
export interface Extras {
  /** Settings, refusals, custom tools, unknown blocks, broken arguments. */
  readonly rich: boolean;
}

/** Optional fields, in a record that leaves them out at random. */
export function partial<T extends object>(
  fields: { [K in keyof T]-?: Arb<T[K]> },
): Arb<Partial<T>> {
  return fc.record(fields, { requiredKeys: [] }) as unknown as Arb<Partial<T>>;
}

export function merged<A extends object, B extends object>(
  left: Arb<A>,
  right: Arb<B>,
): Arb<A & B> {
  return fc.tuple(left, right).map(([a, b]) => ({ ...a, ...b }));
}

/** Fields only where a document is rich. */
export const only = <T extends object>(
  { rich }: Extras,
  fields: { [K in keyof T]-?: Arb<T[K]> },
) => (rich ? partial<T>(fields) : (fc.constant({}) as Arb<Partial<T>>));

const argumentObjects = fc.dictionary(keys, jsonValues, { maxKeys: 3 });
/** Argument strings: as a model writes them, with spaces, or not a JSON object at all. */
export const argumentTexts = (extras: Extras): Arb<string> => {
  const compact = argumentObjects.map((value) => JSON.stringify(value));
  if (!extras.rich) return compact;
  const spaced = argumentObjects.map((value) => JSON.stringify(value, null, 2));
  return fc.oneof(
    compact,
    spaced,
    fc.constantFrom("", "{", "[1]", "null", '{"a":"\\ud800"}'),
    fc.constantFrom(...inexact),
    texts,
  );
};

/** Strings from which another program may read other arguments than `JSON.parse` does. */
export const inexact: readonly string[] = [
  '{"to":"evil","to":"ok"}',
  '{"a":[{"b":1,"\\u0062":2}]}',
  '{ "account": 9007199254740993 }',
  '{"least":1e-400,"pi":3.14159265358979323846}',
];

/**
 * A document as it is sent on: inexact arguments as they were parsed, unless they are to be
 * approved; all else unchanged.
 */
export function asSentOn(document: object): unknown {
  return JSON.parse(JSON.stringify(document), (_key, each) => {
    const isCall = inexact.includes(each?.arguments) && each.type !== "mcp_approval_request";
    return isCall ? { ...each, arguments: JSON.stringify(JSON.parse(each.arguments)) } : each;
  });
}

const ids = fc.constantFrom("call_1", "call_2", "call_3", "call___proto__");
export const names = fc.oneof(fc.constantFrom("get_weather", "constructor", "__proto__"), texts);
export const urls = fc.oneof(
  fc.constantFrom("https://a.example/p.png", "data:image/png;base64,AAEC", "data:,x"),
  webUrls,
);
const breakpoint = fc.constant({ mode: "explicit" as const });

const textPart = (extras: Extras): Arb<TextPart> =>
  merged(
    fc.record({ type: fc.constant("text" as const), text: texts }),
    only<{ prompt_cache_breakpoint: { mode: "explicit" } }>(extras, {
      prompt_cache_breakpoint: breakpoint,
    }),
  );

const userPart = (extras: Extras): Arb<Part> => {
  const image = fc.record({
    type: fc.constant("image_url" as const),
    image_url: merged(
      fc.record({ url: urls }),
      only<{ detail: "auto" | "low" | "high" }>(extras, {
        detail: fc.constantFrom("auto", "low", "high"),
      }),
    ),
  });
  const audio = fc.record({
    type: fc.constant("input_audio" as const),
    input_audio: fc.record({
      data: fc.base64String(),
      format: fc.constantFrom("wav" as const, "mp3" as const),
    }),
  });
  const file = fc.record({
    type: fc.constant("file" as const),
    file: merged(
      merged(
        fc.record({
          file_data: fc.constantFrom(
            "data:application/pdf;base64,AAEC",
            "AAEC",
            "data:text/plain;base64,QWRh",
          ),
        }),
        partial<{ filename: string }>({ filename: texts }),
      ),
      only<{ file_id: string }>(extras, { file_id: texts }),
    ),
  });
  const stranger = fc.constant({ type: "hologram", depth: 3 } as unknown as Part);
  const elsewhere = fc.constant<Part>({ type: "file", file: { file_id: "file-1" } });
  const known = [textPart(extras), image, audio, file];
  return fc.oneof(...known, ...(extras.rich ? [stranger, elsewhere] : []));
};

/** A string, or a list of parts. One plain text in a list means the same as the string alone. */
const contents = <P extends { type: string }>(part: Arb<P>): Arb<string | P[]> =>
  fc.oneof(
    texts,
    fc
      .array(part, { minLength: 1, maxLength: 4 })
      .filter(([first, second]) => !(first?.type === "text" && !second)),
  );

/** Adds an unknown field. */
const strange = <T extends object>(extras: Extras, json: Arb<T>): Arb<T> =>
  merged(json, only(extras, { x_note: jsonValues }));

const calls = (extras: Extras): Arb<Call> => {
  const called = fc.record({ name: names, arguments: argumentTexts(extras) });
  const ofFunction = fc.record({
    id: ids,
    type: fc.constant("function" as const),
    function: strange(extras, called),
  });
  const custom = fc.record({
    id: ids,
    type: fc.constant("custom" as const),
    custom: strange(extras, fc.record({ name: names, input: texts })),
  });
  return strange(extras, extras.rich ? fc.oneof(ofFunction, custom) : ofFunction) as Arb<Call>;
};

const legacy = (extras: Extras) =>
  strange(extras, fc.record({ name: names, arguments: argumentTexts(extras) }));

/** Reasoning as other servers add it. A stream would join details of one kind and index. */
interface Reasoning {
  reasoning_content?: string | null;
  reasoning?: string | null;
  reasoning_details?: readonly object[];
}
const detail = fc.oneof(
  merged(
    fc.record({ type: fc.constant("reasoning.text"), text: texts }),
    partial<{ format: string; signature: string | null }>({
      format: fc.constant("anthropic-claude-v1"),
      signature: fc.option(texts),
    }),
  ),
  fc.record({ type: fc.constant("reasoning.summary"), summary: texts, id: texts }),
  fc.record({ type: fc.constant("reasoning.encrypted"), data: fc.base64String() }),
  fc.constant({ type: "reasoning.hologram", depth: 3 }),
);
const reasoning = partial<Reasoning>({
  reasoning_content: fc.option(texts),
  reasoning: fc.option(texts),
  reasoning_details: fc
    .array(detail, { minLength: 1, maxLength: 3 })
    .map((list) => list.map(({ type, ...each }, index) => ({ type, index, ...each }))),
});

const assistantParam = (extras: Extras): Arb<Param> => {
  const content = extras.rich
    ? fc.option(contents(fc.oneof(textPart(extras), refusalPart)))
    : fc.option(contents(textPart(extras)));
  const spoken = fc.record({ role: fc.constant("assistant" as const), content });
  const called = fc.oneof(
    partial<{ tool_calls: Call[] }>({
      tool_calls: fc.array(calls(extras), { minLength: 1, maxLength: 3 }),
    }),
    fc.record({ function_call: legacy(extras) }),
  );
  return merged(
    merged(merged(spoken, called), extras.rich ? reasoning : fc.constant({})),
    only<{ refusal: string | null; name: string; audio: { id: string } | null }>(extras, {
      refusal: fc.option(texts),
      name: texts,
      audio: fc.option(fc.record({ id: texts })),
    }),
  );
};
const refusalPart = fc.record({ type: fc.constant("refusal" as const), refusal: texts });

const params = (extras: Extras): Arb<Param> => {
  const instructing = fc.record({
    role: fc.constantFrom("system" as const, "developer" as const),
    content: contents(textPart(extras)),
  });
  const user = merged(
    fc.record({ role: fc.constant("user" as const), content: contents(userPart(extras)) }),
    only<{ name: string }>(extras, { name: texts }),
  );
  const tool = fc.record({
    role: fc.constant("tool" as const),
    tool_call_id: ids,
    content: fc.oneof(texts, fc.array(textPart(extras), { maxLength: 3 })),
  });
  const ofFunction = fc.record({
    role: fc.constant("function" as const),
    name: names,
    content: texts,
  });
  const stranger = fc.constant({ role: "oracle", content: "?" } as unknown as Param);
  const known = [instructing, user, assistantParam(extras), tool, ofFunction];
  return fc.oneof(...known, ...(extras.rich ? [stranger] : []));
};

/** Requests. Messages and extensions show all of those that are not rich. */
export const chatRequests = (extras: Extras): Arb<Request> =>
  merged(
    fc.record({
      model: fc.constant("gpt-4.1"),
      messages: fc.array(params(extras), { maxLength: 6 }),
    }),
    only<Request>(extras, {
      temperature: fc.constantFrom(0, 1, null),
      tools: fc.constant([{ type: "function" as const, function: { name: "get_weather" } }]),
      stream: fc.constantFrom(false, null),
      user: texts,
      metadata: fc.dictionary(keys, texts, { maxKeys: 2 }),
      logit_bias: fc.dictionary(keys, fc.integer(), { maxKeys: 2 }),
    } as never),
  ) as Arb<Request>;

const usages = fc.record({
  prompt_tokens: fc.nat(1000),
  completion_tokens: fc.nat(1000),
  total_tokens: fc.nat(2000),
});
const logprob = fc.record({
  token: texts,
  bytes: fc.option(fc.array(fc.nat(255), { maxLength: 3 })),
  logprob: fc.constantFrom(-0.5, -1, 0),
  top_logprobs: fc.constant<OpenAI.Chat.Completions.ChatCompletionTokenLogprob.TopLogprob[]>([]),
});
const logprobLists = fc.option(fc.array(logprob, { maxLength: 3 }));

const choices = (extras: Extras): Arb<Chat["choices"][number]> => {
  const said = merged(
    merged(
      fc.record({
        role: fc.constant("assistant" as const),
        content: fc.option(texts),
        refusal: extras.rich ? fc.option(texts) : fc.constant(null),
      }),
      partial<{ tool_calls: Call[] }>({
        tool_calls: fc.array(calls(extras), { minLength: 1, maxLength: 3 }),
      }),
    ),
    only<{
      function_call: { name: string; arguments: string };
      audio: OpenAI.Chat.Completions.ChatCompletionAudio;
    }>(extras, {
      function_call: legacy(extras),
      audio: fc.record({
        id: texts,
        data: fc.base64String(),
        expires_at: fc.nat(),
        transcript: texts,
      }),
    }),
  );
  const message = merged(said, extras.rich ? reasoning : fc.constant({}));
  return fc
    .record({
      message,
      logprobs: extras.rich
        ? fc.option(fc.record({ content: logprobLists, refusal: logprobLists }))
        : fc.constant(null),
      finish: fc.constantFrom("stop" as const, "length" as const, "content_filter" as const),
    })
    .map(({ message, logprobs, finish }) => ({
      index: 0,
      message,
      logprobs,
      finish_reason:
        extras.rich && finish !== "stop"
          ? finish
          : message.tool_calls !== undefined
            ? ("tool_calls" as const)
            : ("stop" as const),
    }));
};

/** Chat completions with one choice or several. */
export const chatResponses = (extras: Extras): Arb<Chat> =>
  merged(
    fc.record({
      id: texts,
      object: fc.constant("chat.completion" as const),
      created: fc.nat(4_000_000_000),
      model: fc.constant("gpt-4.1"),
      choices: fc
        .array(choices(extras), { minLength: 1, maxLength: 3 })
        .map((list) => list.map((choice, index) => ({ ...choice, index }))),
    }),
    merged(
      partial<{ usage: OpenAI.CompletionUsage }>({ usage: usages }),
      only<{ system_fingerprint: string; service_tier: "default" | null }>(extras, {
        system_fingerprint: texts,
        service_tier: fc.constantFrom("default" as const, null),
      }),
    ),
  );
