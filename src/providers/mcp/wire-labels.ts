import { readLabels } from "../../core/labels/index.ts";
import type { Call } from "./call.ts";
import { copyJson, isObject, type JsonObject } from "./json.ts";
import type { GuardMemory } from "./memory.ts";
import type { WireLabels } from "./options.ts";
import type { Direction } from "./transport.ts";

const maxTools = 4096;
const maxNameUnits = 1024;

/**
 * Remembers the labels from tool annotations. They only grow: a tool cannot lose labels by being
 * listed again with better annotations. A tool beyond the limit, or one with a very long name,
 * counts as never listed.
 */
export class WireReader {
  readonly #mapping: WireLabels;
  readonly #memory: GuardMemory;

  constructor(mapping: WireLabels, memory: GuardMemory) {
    this.#mapping = mapping;
    this.#memory = memory;
  }

  get #tools(): Map<string, ReadonlySet<string>> {
    return this.#memory.annotationsBy(this.#mapping.annotations ?? this.#mapping);
  }

  /** Learns from the answer to a `tools/list`. */
  learn(direction: Direction, answer: JsonObject): void {
    const { annotations: read } = this.#mapping;
    const tools = isObject(answer.result) ? answer.result.tools : undefined;
    if (read === undefined || !Array.isArray(tools)) return;
    const all = this.#tools;
    for (const tool of tools) {
      if (!isObject(tool) || typeof tool.name !== "string") continue;
      if (tool.name.length > maxNameUnits) continue;
      const key = `${direction} ${tool.name}`;
      const known = all.get(key);
      if (known === undefined && all.size >= maxTools) continue;
      try {
        const labels = readLabels(read(copyJson(tool.annotations)));
        all.set(key, new Set([...(known ?? []), ...labels]));
      } catch {
        // Treated as not listed: unless it was listed before, calls are labelled as unannotated.
      }
    }
  }

  /** The labels from what the server claims. For an error, `meta` reads `undefined`. */
  labelsOf(call: Call, outcome: JsonObject): readonly string[] {
    const { meta, annotations } = this.#mapping;
    if (call.subject.isOther) return [];
    const { result } = outcome;
    const labels: string[] = [];
    if (meta !== undefined) {
      labels.push(...readLabels(meta(isObject(result) ? copyJson(result._meta) : undefined)));
    }
    if (annotations !== undefined && call.subject.isTool) {
      const name = call.subject.isTask ? call.taskTool : call.params.name;
      const known = name === undefined ? undefined : this.#tools.get(`${call.direction} ${name}`);
      labels.push(...(known ?? readLabels(annotations(undefined))));
    }
    return labels;
  }
}
