/**
 * Which fields that messages do not show are settings. Any other field counts as content: what it
 * does is not known.
 */
import { fieldNames, fieldOf, isFields } from "./host-values.ts";
import type { Notes } from "./notes.ts";

/** Settings by what has them. */
const settings = {
  result: ["request", "warnings"],
  finishReason: [],
  usage: ["cachedInputTokens", "raw", "reasoningTokens"],
  response: ["body", "headers", "id"],
  message: [],
  part: ["dynamic", "preliminary", "providerExecuted"],
  output: [],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** What has fields. */
type Owner = keyof typeof settings;

type ByProvider = ReadonlyMap<string, readonly string[]>;

/** Options of a provider that neither are read by a model nor stand for what is. */
// Source: the AI SDK's pages of its providers.
const optionSettings: ByProvider = new Map([
  ["anthropic", ["cacheControl", "cache_control", "signature"]],
  ["bedrock", ["cachePoint", "signature"]],
  ["openai", ["imageDetail"]],
]);

/** In a result an id is only a name: it acts when it is sent back as an option. */
const metadataSettings: ByProvider = new Map([
  ["anthropic", ["cacheCreationInputTokens", "signature", "stopSequence", "usage"]],
  ["bedrock", ["signature", "usage"]],
  ["openai", ["itemId", "responseId", "serviceTier"]],
]);

const providerFields: ReadonlyMap<string, ByProvider> = new Map([
  ["providerOptions", optionSettings],
  ["providerMetadata", metadataSettings],
]);

export function isProviderField(name: string): boolean {
  return providerFields.has(name);
}

/** Tells of each field that is not read. */
export function reportUnread(
  raw: unknown,
  read: readonly string[],
  owner: Owner,
  notes: Notes,
): void {
  if (!isFields(raw)) return;
  for (const name of fieldNames(raw)) {
    if (read.includes(name)) continue;
    const kind = isSetting(name, fieldOf(raw, name), owner) ? "setting" : "content";
    notes.reportLeft(kind, "Messages have no such field.", name);
  }
}

/** Null says nothing. */
export function isSetting(name: string, value: unknown, owner: Owner = "message"): boolean {
  if (value === null) return true;
  const known = providerFields.get(name);
  if (known === undefined) return (settings[owner] as readonly string[]).includes(name);
  return isFields(value) && fieldNames(value).every((each) => areKnown(value[each], known, each));
}

function areKnown(options: unknown, known: ByProvider, provider: string): boolean {
  const names = known.get(provider) ?? [];
  return isFields(options) && fieldNames(options).every((name) => names.includes(name));
}
