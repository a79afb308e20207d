/** Messages as a prompt or as `ModelMessage[]`, over the list that they came from. */

import type { ContentPart, Message } from "../../core/messages/index.ts";
import {
  type Collector,
  type Lost,
  pairMessages,
  pathOf,
  type ReportRemoved,
} from "../rewrite/index.ts";
import { type Fields, fieldOf, hostCopy } from "./host-values.ts";
import { isDoubtful, newPart, type ReportRemovedAt } from "./overlay.ts";
import type { Place } from "./place.ts";
import type { ListFormat, ShownMessage } from "./read-list.ts";
import { rewriteList } from "./rewrite-list.ts";
import { isProviderField, isSetting } from "./settings.ts";
import { providerCallsIn } from "./stored.ts";
import type { SpecificationVersion } from "./types.ts";
import { writeParts } from "./write-parts.ts";

/** What is written, over what, and where to report what cannot be expressed. */
export interface ListWork {
  readonly format: ListFormat;
  readonly version: SpecificationVersion;
  /** The list that the messages came from, and what they show of it. */
  readonly onto: readonly unknown[];
  readonly shown: readonly ShownMessage[];
  readonly lost: Collector<Lost>;
  readonly removed: ReportRemoved;
}

interface Work extends ListWork {
  readonly providerCalls: ReadonlySet<unknown>;
}

export function writeList(messages: readonly Message[], given: ListWork): readonly unknown[] {
  const { onto, shown, removed } = given;
  const work = {
    ...given,
    providerCalls: providerCallsIn(onto.flatMap((each) => fieldOf(each, "content") ?? [])),
  };
  const places = shown.map(({ at }) => at);
  const before = shown.map(({ message }) => message);
  return rewriteList(onto.length, places, pairMessages(before, messages), {
    make: ({ item, at, isSame }, index) => {
      const old = at === undefined ? undefined : shown[at];
      const raw = old === undefined ? undefined : onto[old.at];
      const content = fieldOf(raw, "content");
      const isSent = !Array.isArray(content) || !content.some(isDoubtful);
      if (isSame && isSent) return hostCopy(raw);
      return writeMessage(item, index, raw, old, work);
    },
    keep: (place) => hostCopy(onto[place]),
    removed: (place) => removed(pathOf(place)),
  });
}

const nothing = { parts: [], places: [] } as const;

function writeMessage(
  message: Message,
  index: number,
  raw: unknown,
  old: ShownMessage | undefined,
  { format, version, providerCalls, lost, removed }: Work,
): unknown {
  const reportLost = (reason: string, ...keys: readonly (string | number)[]) =>
    lost.add({ path: pathOf(index, ...keys), reason });
  reportLostFields(message, reportLost);
  const role = message.role === "developer" ? "system" : message.role;
  if (role !== message.role) reportLost("The format has no such role; written as system.", "role");
  const place = (at: number): Place => ({
    format,
    version,
    role,
    providerCalls,
    reportLost: (reason, ...keys) => reportLost(reason, "content", at, ...keys),
  });
  return Object.freeze({ ...settingsOf(raw, role, reportLost), role, content: contentOf() });

  function contentOf(): unknown {
    const parts = message.content;
    const content = fieldOf(raw, "content");
    if (role === "system" && !Array.isArray(content)) return systemText(parts, reportLost);
    const isText = typeof content === "string" && parts.length === 1;
    if (isText && parts[0]?.content_type === "text") return parts[0].text;
    if (Array.isArray(content)) {
      const inside: ReportRemovedAt = (...keys) =>
        removed(pathOf(...(old ? [old.at] : []), "content", ...keys));
      return writeParts({ raws: content, shown: old ?? nothing, removed: inside }, parts, place);
    }
    return Object.freeze(parts.flatMap((part, at) => newPart(part, place(at)) ?? []));
  }
}

/**
 * The fields beside role and content. Options that may stand for what the assistant said, or sign
 * it, go with it.
 */
function settingsOf(
  raw: unknown,
  role: string,
  reportLost: (reason: string, key: string) => void,
): Fields {
  const fields = Object.entries(hostCopy(raw) ?? {}).filter(([name, value]) => {
    const isStale = role === "assistant" && isProviderField(name) && !isSetting(name, value);
    if (isStale)
      reportLost(
        "The message changed, so options that may describe the old one are dropped.",
        "content",
      );
    return !isStale;
  });
  return Object.fromEntries(fields);
}

/** What only some formats have. */
function reportLostFields(
  { channel, schema_version }: Message,
  reportLost: (reason: string, key: string) => void,
): void {
  if (channel !== undefined) reportLost("A message has no channel.", "channel");
  if (schema_version !== "2.0") reportLost("A message has no version.", "schema_version");
}

/** The one text of a system message. */
function systemText(
  parts: readonly ContentPart[],
  reportLost: (reason: string, ...keys: readonly (string | number)[]) => void,
): string {
  const texts = parts.flatMap((part, at) => {
    if (part.content_type === "text") return [part.text];
    reportLost("A system message has text only.", "content", at);
    return [];
  });
  if (texts.length !== 1)
    reportLost("A system message has one text, so all texts were joined.", "content");
  return texts.join("\n\n");
}
