/** The fields of a response beside its output: how they are read, and what a new one has there. */
import type { Json } from "../../core/data/index.ts";
import {
  type AnswerFacts,
  type AnswersTable,
  type Collector,
  type Lost,
  type OldDocument,
  type Reading,
  removedItem,
  type StopReason,
  sameList,
} from "../rewrite/index.ts";
import { reportNested } from "./dialects.ts";
import { isInstant, reportUsage, responseExtensions, secondsOf } from "./extensions.ts";
import { itemFields, pathIn } from "./items.ts";
import {
  given,
  isSameJsonText,
  type JsonObject,
  numberAt,
  objectsIn,
  stringAt,
  withFields,
} from "./json.ts";
import { reportRepeated } from "./repeated.ts";
import { itemKind } from "./shapes.ts";
import { callItems, itemIn, resultItems } from "./tool-items.ts";

const shownCounts = ["input_tokens", "output_tokens", "total_tokens"];

const usualFields: JsonObject = {
  object: "response",
  status: "completed",
  error: null,
  incomplete_details: null,
  instructions: null,
  metadata: {},
  parallel_tool_calls: true,
  temperature: 1,
  tool_choice: "auto",
  tools: [],
  top_p: 1,
};

/** The fields of a response that ended at its limit. */
const cut = { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } } as const;

function isTooLong(response: JsonObject): boolean {
  return isSameJsonText(given(response, "incomplete_details"), cut.incomplete_details);
}

export function answerExtensions(response: JsonObject): AnswerFacts<"openai"> {
  const created = numberAt(response, "created_at");
  return responseExtensions(response, "openai.responses", stopReasonOf(response), created);
}

function stopReasonOf(response: JsonObject): StopReason | undefined {
  const status = stringAt(response, "status");
  if (status === "incomplete") return isTooLong(response) ? "max_tokens" : undefined;
  if (status !== "completed") return undefined;
  const items = objectsIn(response.output);
  const answered = new Set(
    items.flatMap((item) => {
      const kind = itemIn(resultItems, itemKind(item));
      return kind === undefined ? [] : [stringAt(item, kind.id)];
    }),
  );
  const waits = items.some((item) => {
    const kind = itemIn(callItems, itemKind(item));
    return kind?.waits && !answered.has(stringAt(item, kind.id));
  });
  return waits ? "call" : "end";
}

/** Reports fields of a response that need rules of their own. Returns the fields it dealt with. */
export function reportAnswer(response: JsonObject, reading: Reading): readonly string[] {
  reportUsage(response, shownCounts, reading.left);
  const shown = Object.entries(response).filter(([key, value]) => isShown(response, key, value));
  const repeated = reportRepeated(response, reading.left);
  return [...reportNested(response, [], reading), ...repeated, ...shown.map(([key]) => key)];
}

function isShown(response: JsonObject, key: string, value: Json): boolean {
  if (["id", "model", "output", "usage"].includes(key)) return true;
  if (key === "created_at") return typeof value === "number" && isInstant(value);
  if (key === "output_text") return value === outputText(objectsIn(response.output));
  const isCut = response.status === "incomplete" && isTooLong(response);
  if (isCut && (key === "status" || key === "incomplete_details")) return true;
  return Object.hasOwn(usualFields, key) && isSameJsonText(usualFields[key], value);
}

/** The `output_text` that the SDK adds to a response: all texts in one. */
function outputText(items: readonly JsonObject[]): string {
  const blocks = items.flatMap((item) => (item.type === "message" ? objectsIn(item.content) : []));
  return blocks
    .map((block) => (block.type === "output_text" ? stringAt(block, "text") : ""))
    .join("");
}

/** Shows all items as one message. */
export const answers: AnswersTable = {
  choices: {
    turns: "output",
    place: "answer",
    isOne: true,
    roles: { assistant: "assistant" },
    sections: {
      read: ({ output }) => [{ items: objectsIn(output), at: 0, role: "assistant" }],
      pathsOf: (section) => objectsIn(section.items).map((_, i) => pathIn(section, "output", i)),
      write: (sections, old) => {
        const all = sections.flatMap(({ items }) => objectsIn(items));
        return { output: sameList(objectsIn(old?.output), all) };
      },
    },
    content: itemFields("output"),
  },
  freshAnswer: ({ completion, llm, provenance }) =>
    withFields<JsonObject>(undefined, {
      id: provenance?.message_id ?? "",
      created_at: secondsOf(completion?.created_at),
      model: completion?.model ?? llm?.model_id ?? "",
      ...usualFields,
      ...(completion?.stop_reason === "max_tokens" && cut),
      output: [],
      usage: completion?.tokens as JsonObject | undefined,
    }),
};

/** If the output changed, updates the SDK's copy of its texts, and drops what it parsed from them. */
export function finishAnswer(
  response: JsonObject,
  before: OldDocument | undefined,
  { add }: Collector<Lost>,
): JsonObject {
  const old = before?.document;
  if (old === undefined || isSameJsonText(old.output, response.output)) return response;
  for (const key of ["output_text", "output_parsed"]) {
    const value = given(old, key);
    if (value !== undefined && !isShown(old, key, value)) add(removedItem(key));
  }
  const text = outputText(objectsIn(response.output));
  return withFields(response, {
    ...(Object.hasOwn(old, "output_text") && { output_text: text }),
    output_parsed: undefined,
  });
}
