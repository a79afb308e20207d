/** A guard with a real manager, whose plugins record the labels they see. */
import {
  addLabels,
  createExtensions,
  createPluginManager,
  definePlugin,
  deny,
  type Extensions,
  type PluginContext,
  type View,
} from "glassine";
import type { LabelStore } from "glassine/labels";
import type { GuardOptions } from "glassine/mcp";
import { settle } from "./fake-manager.ts";
import { type Json, rawGuard, request } from "./raw.ts";

interface Seen {
  readonly point: string;
  readonly labels: readonly string[];
}

/** What the plugin does at a point: labels to add, or a reason to deny. */
export type Acts = Record<string, { readonly add?: string; readonly deny?: string }>;

export async function labelled(options: GuardOptions<Extensions> = {}, acts: Acts = {}) {
  const seen: Seen[] = [];
  const marker = definePlugin({
    name: "marker",
    version: "1.0.0",
    capabilities: ["append_labels"],
    hooks: { message_pre_invoke: mark, message_post_invoke: mark },
  });

  function mark(_message: unknown, { hook }: PluginContext, view: View<"append_labels">) {
    seen.push({ point: hook, labels: view.security.labels });
    const add = acts[hook]?.add;
    return add === undefined ? undefined : { modifiedExtensions: addLabels(view, add) };
  }
  const judge = definePlugin({
    name: "judge",
    version: "1.0.0",
    hooks: {
      message_pre_invoke: (_message, { hook }) => denied(acts[hook]?.deny),
      message_post_invoke: (_message, { hook }) => denied(acts[hook]?.deny),
    },
  });
  const manager = await createPluginManager({ plugins: [marker, judge] });
  const errors: { readonly point: string; readonly code: unknown }[] = [];
  const parts = await rawGuard(manager, {
    ...options,
    onResult: ({ point, error }) => {
      if (error !== undefined) errors.push({ point, code: (error as { code?: unknown }).code });
    },
  } as GuardOptions);
  let id = 100;

  /** Sends a request, answers it if it was passed on, and returns what the client received. */
  async function ask(method: string, params: object, outcome: object): Promise<Json | undefined> {
    const own = id++;
    const sentBefore = parts.sent().length;
    await parts.guard.send(request(own, method, params));
    await settle();
    if (parts.sent().length > sentBefore) parts.peer({ jsonrpc: "2.0", id: own, ...outcome });
    await settle();
    return parts.received().find((message) => message.id === own);
  }
  const tool = (name: string, outcome: object = { result: { content: [] } }) =>
    ask("tools/call", { name }, outcome);
  /** The labels that a hook saw on its last run. */
  const labelsAt = (point: string) => seen.findLast((each) => each.point === point)?.labels;
  return { ...parts, ask, tool, seen, labelsAt, errors };
}

function denied(reason: string | undefined) {
  return reason === undefined ? undefined : deny({ code: "no_way", reason });
}

/** A store that logs its calls in order, and fails if the test says so. */
export function notingStore(inner: LabelStore) {
  const log: string[] = [];
  const faults: { load?: Error; append?: Error } = {};
  const store: LabelStore = {
    async load(session) {
      log.push(`load ${session}`);
      if (faults.load !== undefined) throw faults.load;
      return inner.load(session);
    },
    async append(session, labels) {
      log.push(`append ${session} ${labels.join("+")}`);
      if (faults.append !== undefined) throw faults.append;
      return inner.append(session, labels);
    },
  };
  return { store, log, faults };
}

/** An envelope with data policies. */
export function withPolicies(data: object, labels: readonly string[] = []): Extensions {
  return createExtensions({ security: { labels, data } } as never);
}
