/** Which options and metadata of a provider are settings. Any other counts as content. */
import { isRecord } from "../../core/data/index.ts";
import { type FieldReporter, reportUnshown } from "../rewrite/index.ts";
import { fieldNames } from "./host-values.ts";

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

/** The fields of a provider, wherever they are. */
export const providerFields: ReadonlyMap<string, ByProvider> = new Map([
  ["providerOptions", optionSettings],
  ["providerMetadata", metadataSettings],
]);

export function isSetting(field: string, value: unknown): boolean {
  if (field === "tools") return Array.isArray(value) && value.length === 0;
  const known = providerFields.get(field);
  if (known === undefined || !isRecord(value)) return false;
  return fieldNames(value).every((provider) => {
    const options = value[provider];
    const names = known.get(provider) ?? [];
    return isRecord(options) && fieldNames(options).every((name) => names.includes(name));
  });
}

/** A null is a setting, too: messages do not keep its form. */
export const reportField: FieldReporter = (left, path, value, isKnown) =>
  reportUnshown(
    left,
    path,
    value ?? "",
    isKnown || value === null || isSetting(String(path.at(-1)), value),
  );
