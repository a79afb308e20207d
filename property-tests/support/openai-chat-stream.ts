/** Chat completions as streams, cut anywhere. Made without the library. */
import fc from "fast-check";
import type OpenAI from "openai";

type Chat = OpenAI.Chat.Completions.ChatCompletion;
export type Chunk = OpenAI.Chat.Completions.ChatCompletionChunk;
type Delta = Chunk["choices"][number]["delta"] & { audio?: object };
type Calls = NonNullable<Delta["tool_calls"]>;

/** A source of numbers that decide where to cut and what comes next. */
export type Draw = (below: number) => number;

export const draws: fc.Arbitrary<Draw> = fc.infiniteStream(fc.nat(1000)).map((stream) => {
  return (below) => (stream.next().value as number) % below;
});

/** A string in pieces, cut between any two UTF-16 units. Some pieces are empty. */
export function cut(text: string, draw: Draw): readonly string[] {
  const pieces: string[] = [];
  let rest = text;
  while (rest !== "") {
    const length = draw(Math.min(rest.length, 3) + 1);
    pieces.push(rest.slice(0, length));
    rest = rest.slice(length);
  }
  return pieces;
}

/** Merges several rows into one, keeping the order within each. */
export function interleave<T>(rows: readonly (readonly T[])[], draw: Draw): readonly T[] {
  const left = rows.map((row) => [...row]);
  const out: T[] = [];
  for (let open = left.filter((row) => row.length > 0); open.length > 0; ) {
    out.push((open[draw(open.length)] as T[]).shift() as T);
    open = left.filter((row) => row.length > 0);
  }
  return out;
}

/** What OpenAI adds to events unless `include_obfuscation` is false. The SDK's types lack it. */
export const padding = (draw: Draw): object =>
  draw(2) === 0 ? {} : { obfuscation: "aB3xY9".slice(draw(6)) };

/** The chunks of a response: texts in pieces, parallel calls and choices interleaved. */
export function chunksOf(response: Chat, draw: Draw): readonly Chunk[] {
  const { usage, choices, ...facts } = response;
  const chunk = (list: Chunk["choices"]): Chunk => ({
    ...facts,
    object: "chat.completion.chunk",
    choices: list,
    ...padding(draw),
  });
  const rows = choices.map(({ index, message, logprobs, finish_reason }) => [
    ...deltasOf(message, draw).map((delta, at) =>
      chunk([{ index, delta, finish_reason: null, logprobs: at === 0 ? logprobs : null }]),
    ),
    chunk([{ index, delta: {}, finish_reason }]),
  ]);
  const last = usage === undefined ? [] : [{ ...chunk([]), usage }];
  return [...interleave(rows, draw), ...last];
}

interface Reasoning {
  readonly reasoning_content?: string | null;
  readonly reasoning?: string | null;
  readonly reasoning_details?: readonly Detail[];
}
type Detail = { readonly [key: string]: unknown };

/** A reasoning detail: its text in pieces, its signature at the end. */
function piecesOf(detail: Detail, draw: Draw): readonly Detail[] {
  const key = ["text", "summary"].find((each) => typeof detail[each] === "string");
  if (key === undefined) return [detail];
  const { type, index, signature, ...others } = detail;
  const begun = { type, index, ...others };
  return [
    { ...begun, [key]: "" },
    ...cut(detail[key] as string, draw).map((piece) => ({ type, index, [key]: piece })),
    ...("signature" in detail ? [{ type, index, signature }] : []),
  ];
}

function deltasOf(message: Chat["choices"][number]["message"], draw: Draw): readonly Delta[] {
  const { content, refusal, tool_calls: calls = [], function_call: legacy, audio } = message;
  const { reasoning_content, reasoning, reasoning_details } = message as Reasoning;
  const details = (reasoning_details ?? []).map((detail) => piecesOf(detail, draw));
  const detailHeads = details.flatMap((pieces) => pieces.slice(0, 1));
  const detailBodies = details.map((pieces) => pieces.slice(1));
  const begun: Delta = {
    role: "assistant",
    content: content === null ? null : "",
    refusal: refusal === null ? null : "",
  };
  const spoken = interleave<Delta>(
    [
      cut(content ?? "", draw).map((piece) => ({ content: piece })),
      cut(refusal ?? "", draw).map((piece) => ({ refusal: piece })),
      ...Object.entries({ reasoning_content, reasoning }).map(([key, text]) => [
        ...(text === undefined ? [] : [{ [key]: text === null ? null : "" }]),
        ...cut(text ?? "", draw).map((piece) => ({ [key]: piece })),
      ]),
      [...detailHeads, ...interleave(detailBodies, draw)].map(
        (detail) => ({ reasoning_details: [detail] }) as Delta,
      ),
    ],
    draw,
  );
  const sound = audio
    ? [
        { audio: { id: audio.id, transcript: "", data: "" } },
        ...cut(audio.transcript, draw).map((transcript) => ({ audio: { transcript } })),
        ...cut(audio.data, draw).map((data) => ({ audio: { data } })),
        { audio: { expires_at: audio.expires_at } },
      ]
    : [];
  const heads: Calls = calls.map((call, index) => {
    if (call.type === "function") {
      return { ...call, index, function: { ...call.function, arguments: "" } };
    }
    const { input: _, ...custom } = call.custom;
    // The SDK's types do not have the chunks of custom tools.
    return { ...call, index, custom } as never;
  });
  const bodies = calls.map((call, index) =>
    call.type === "function"
      ? cut(call.function.arguments, draw).map((text) => ({ index, function: { arguments: text } }))
      : cut(call.custom.input, draw).map((input) => ({ index, custom: { input } }) as never),
  );
  const called = [...heads, ...interleave<Calls[number]>(bodies, draw)].map((each) => ({
    tool_calls: [each],
  }));
  const older = legacy
    ? [
        { function_call: { ...legacy, arguments: "" } },
        ...cut(legacy.arguments, draw).map((text) => ({ function_call: { arguments: text } })),
      ]
    : [];
  return [begun, ...spoken, ...sound, ...called, ...older];
}
