/** The parts of a `Content` and the message parts that they map to. */
// Source: the types of @google/genai 2.32.0, dist/genai.d.ts: Part and the types of its fields.
import {
  type BlockKind,
  type BlockTable,
  base64OfText,
  type FieldRule,
  isJsonObject,
  type JsonObject,
  objectIn,
  stringAt,
  stringIn,
  textFile,
  textFileKind,
  unwritable,
} from "../rewrite/index.ts";

/** The namespace of tools that the provider runs itself. */
const namespace = "google";

/** A part's settings, of any kind. A signature stands for thoughts that nobody can read. */
const partSettings = [
  "thought",
  "thoughtSignature",
  "videoMetadata",
  "mediaResolution",
  "mediaProcessing",
];

/** Matches an id that `idAt` made up for a missing one. */
const madeUpId = /#\d+$/;

/**
 * The id of a call or a result. If it is missing, the tool's name and a number stand for it, so
 * that the first result of a tool belongs to its first call.
 */
function idAt(
  at: string,
  side: "call" | "result",
  toolOf: (block: JsonObject) => string,
): FieldRule {
  return {
    at,
    isRelative: true,
    read(value, _path, { counts }, block) {
      if (typeof value === "string" && value !== "") return value;
      const tool = toolOf(block);
      const count = (counts.get(`${side} ${tool}`) ?? 0) + 1;
      counts.set(`${side} ${tool}`, count);
      return `${tool}#${count}`;
    },
    write: (value) => (madeUpId.test(String(value)) ? undefined : value),
  };
}

const inField = (field: string, name: string) => (block: JsonObject) =>
  stringIn(objectIn(block[field]), name);

/** Shows missing arguments as an empty object. */
function args(at: string): FieldRule {
  return {
    at,
    read: (value) => (isJsonObject(value) ? value : {}),
    write: (value) => value,
  };
}

/** What a function returned: the value of `output`, or the response if it has any other field. */
const output: FieldRule = {
  at: "functionResponse.response",
  read: (value) => (isWrapped(value) ? value.output : value),
  write(value, old) {
    if (value === undefined) return {};
    const isObject = isJsonObject(value) && !isWrapped(value) && !isWrapped(old?.value);
    return isObject ? value : { output: value };
  },
};

function isWrapped(value: unknown): value is JsonObject {
  return isJsonObject(value) && Object.hasOwn(value, "output") && Object.keys(value).length === 1;
}

/** A function failed if its response has the field `error`. */
const failed: FieldRule = {
  read: (_value, _path, _reading, block) =>
    Object.hasOwn(objectIn(objectIn(block.functionResponse).response), "error"),
};

/** Two block kinds for media whose type begins with `type`: as bytes, and stored elsewhere. */
function medium(part: "image" | "audio" | "video" | "document", type: string) {
  const when = (field: string) => (block: JsonObject) =>
    inField(field, "mimeType")(block).startsWith(type);
  const title = (field: string) => (part === "document" ? { title: `${field}.displayName` } : {});
  const common = { part, settings: partSettings, reason: "The media type is missing." };
  return {
    [part]: {
      ...common,
      identifiedBy: ["inlineData"],
      condition: when("inlineData"),
      fields: {
        media_type: "inlineData.mimeType",
        data: "inlineData.data",
        ...title("inlineData"),
      },
      fixedFields: { type: "base64" },
      needs: ["media_type"],
    },
    [`${part}File`]: {
      ...common,
      identifiedBy: ["fileData"],
      condition: when("fileData"),
      fields: { media_type: "fileData.mimeType", data: "fileData.fileUri", ...title("fileData") },
      fixedFields: { type: "url" },
      needs: part === "document" ? [] : ["media_type"],
    },
  } satisfies { readonly [name: string]: BlockKind };
}

const ofText = textFileKind({
  at: "inlineData.data",
  fileIn({ inlineData }) {
    const { data, mimeType } = objectIn(inlineData);
    return textFile(String(data), String(mimeType));
  },
  write: (text) => base64OfText(String(text)),
});

const media = {
  textFile: {
    ...ofText,
    identifiedBy: ["inlineData"],
    fields: { ...ofText.fields, mime_type: "inlineData.mimeType", name: "inlineData.displayName" },
    settings: partSettings,
  },
  ...medium("image", "image/"),
  ...medium("audio", "audio/"),
  ...medium("video", "video/"),
  // Media of any other type.
  ...medium("document", ""),
};

const ran = {
  settings: partSettings,
  note: "The provider runs this itself; messages show it as a call or its result.",
  reason: "Calls and results of the provider's own tools cannot be added.",
} as const;
const ranCall = {
  ...ran,
  part: "tool_call",
  isRunByProvider: true,
  fixedFields: { namespace },
} as const;
const ranResult = { ...ran, part: "tool_result" } as const;
const codeExecution = "code_execution";

export const blocks: BlockTable = {
  namespace,
  kinds: {
    thinking: {
      part: "thinking",
      matches: { thought: true },
      identifiedBy: ["text"],
      fields: { text: "text" },
      settings: partSettings,
    },
    text: {
      part: "text",
      identifiedBy: ["text"],
      fields: { text: "text" },
      settings: partSettings,
    },
    functionCall: {
      part: "tool_call",
      identifiedBy: ["functionCall"],
      condition: ({ functionCall }) => objectIn(functionCall).name !== undefined,
      fields: {
        tool_call_id: idAt("functionCall.id", "call", inField("functionCall", "name")),
        name: "functionCall.name",
        arguments: args("functionCall.args"),
      },
      settings: partSettings,
    },
    functionResponse: {
      part: "tool_result",
      identifiedBy: ["functionResponse"],
      fields: {
        tool_call_id: idAt("functionResponse.id", "result", inField("functionResponse", "name")),
        tool_name: "functionResponse.name",
        content: output,
        is_error: failed,
      },
      settings: [
        ...partSettings,
        "functionResponse.scheduling",
        // A result that arrives in several responses is read as several results.
        "functionResponse.willContinue",
      ],
    },
    executableCode: {
      ...ranCall,
      identifiedBy: ["executableCode"],
      fields: {
        tool_call_id: idAt("executableCode.id", "call", () => codeExecution),
        name: { read: () => codeExecution },
        arguments: {
          at: "executableCode.code",
          read: (code) => (typeof code === "string" ? { code } : {}),
          write: (value) => stringAt(value, "code") ?? unwritable,
        },
      },
      settings: [...partSettings, "executableCode.language"],
    },
    codeExecutionResult: {
      ...ranResult,
      identifiedBy: ["codeExecutionResult"],
      fields: {
        tool_call_id: idAt("codeExecutionResult.id", "result", () => codeExecution),
        tool_name: { read: () => codeExecution },
        content: "codeExecutionResult.output",
        is_error: {
          at: "codeExecutionResult.outcome",
          read: (outcome) => typeof outcome === "string" && outcome !== "OUTCOME_OK",
        },
      },
    },
    toolCall: {
      ...ranCall,
      identifiedBy: ["toolCall"],
      fields: {
        tool_call_id: idAt("toolCall.id", "call", inField("toolCall", "toolType")),
        name: "toolCall.toolType",
        arguments: args("toolCall.args"),
      },
    },
    toolResponse: {
      ...ranResult,
      identifiedBy: ["toolResponse"],
      fields: {
        tool_call_id: idAt("toolResponse.id", "result", inField("toolResponse", "toolType")),
        tool_name: "toolResponse.toolType",
        content: {
          at: "toolResponse.response",
          read: (value) => value,
          write: (value) => (isJsonObject(value) ? value : { output: value ?? null }),
        },
      },
    },
    ...media,
  },
  // A signature stands for the thoughts that led to the content.
  resetOnEdit: { thoughtSignature: undefined },
  places: {
    turn: {
      name: "message",
      writes: ["text", "thinking", "functionCall", "functionResponse", ...Object.keys(media)],
    },
    system: { name: "system prompt", writes: ["text"], isClosed: true },
    answer: {
      name: "response",
      writes: ["text", "thinking", "functionCall", ...Object.keys(media)],
    },
  },
};
