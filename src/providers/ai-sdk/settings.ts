/** Which options and metadata of a provider are settings. All others count as content. */
import { isRecord } from "../../core/data/index.ts";
import {
  type FieldReporter,
  type JsonObject,
  reportUnshown,
  valuedKeys,
} from "../rewrite/index.ts";

type ByProvider = ReadonlyMap<string, readonly string[]>;

/** Provider options that a model does not read, and that do not stand for what it reads. */
// Source: the AI SDK's pages of its providers.
const optionSettings: ByProvider = new Map([
  ["anthropic", ["cacheControl", "cache_control", "signature"]],
  ["bedrock", ["cachePoint", "signature"]],
  ["google", ["thoughtSignature"]],
  ["openai", ["imageDetail"]],
]);

/** In a result, an id is only a name: it takes effect when it is sent back as an option. */
const metadataSettings: ByProvider = new Map([
  ["anthropic", ["cacheCreationInputTokens", "signature", "stopSequence", "usage"]],
  ["bedrock", ["signature", "usage"]],
  ["google", ["thoughtSignature"]],
  ["openai", ["itemId", "reasoningEncryptedContent", "responseId", "serviceTier"]],
]);

/** Other names for these providers, which answers have instead or as well. */
const otherNames = new Map([
  ["amazonBedrock", "bedrock"],
  ["azure", "openai"],
  ["googleVertex", "google"],
  ["vertex", "google"],
]);

/** The fields with options and metadata of providers, at any level. */
export const providerFields: ReadonlyMap<string, ByProvider> = new Map([
  ["providerOptions", optionSettings],
  ["providerMetadata", metadataSettings],
]);

export function isSetting(field: string, value: unknown): boolean {
  if (field === "tools") return Array.isArray(value) && value.length === 0;
  const known = providerFields.get(field);
  if (known === undefined || !isRecord(value)) return false;
  return valuedKeys(value).every((provider) => {
    const options = value[provider];
    const names = known.get(otherNames.get(provider) ?? provider) ?? [];
    return isRecord(options) && valuedKeys(options).every((name) => names.includes(name));
  });
}

/** What the parts say that a provider adds to its answers, and that only tell how they came about. */
const customSettings: ByProvider = new Map([
  ["anthropic.message_start", ["id", "model", "usage"]],
  ["anthropic.fallback", ["type", "from", "to"]],
]);

/** Whether a part of the type `custom` is one of these, and nothing else. */
export function isCustomSetting(block: JsonObject): boolean {
  const known = customSettings.get(String(block.kind));
  if (block.type !== "custom" || known === undefined) return false;
  const isKnown = (options: unknown) =>
    isRecord(options) && valuedKeys(options).every((name) => known.includes(name));
  return valuedKeys(block).every(
    (name) =>
      ["type", "kind"].includes(name) ||
      (providerFields.has(name) && Object.values(Object(block[name])).every(isKnown)),
  );
}

/** Also reports null as a setting, because messages do not keep it apart from an absent field. */
export const reportField: FieldReporter = (left, path, value, isKnown) =>
  reportUnshown(
    left,
    path,
    value ?? "",
    isKnown || value === null || isSetting(String(path.at(-1)), value),
  );
