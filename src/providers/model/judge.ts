/** Runs hooks on the messages to and from a model, one message after the other. */
import { underPayloadLimits } from "../../core/data/index.ts";
import { ownValue } from "../../core/data/intrinsics.ts";
import { brandOf, replaceSlots } from "../../core/envelope/index.ts";
import { GlassineError } from "../../core/errors/index.ts";
import type { StreamPlan, StreamProgress } from "../../core/hooks/index.ts";
import { createMessage, freezePayload, type Message } from "../../core/messages/index.ts";
import type { HookManager, HookResult } from "../guard/index.ts";
import { isJsonObject, isSameJsonText } from "../rewrite/index.ts";
import { type HookState, invokeWith } from "./hook-state.ts";
import { denialOf, Refused } from "./refusals.ts";

/** The hooks of an exchange. */
export const hooks = {
  input: "cmf.llm_input",
  output: "cmf.llm_output",
  toolCall: "cmf.tool_pre_invoke",
} as const;

type Hook = (typeof hooks)[keyof typeof hooks];

/** Runs hooks for one exchange; `onResult` gets each result. */
export class Judge {
  readonly #manager: HookManager;
  readonly #state: HookState;
  #stream: StreamProgress | undefined;
  readonly #onResult: (hook: Hook, result: HookResult) => void;

  constructor(
    manager: HookManager,
    state: HookState,
    onResult: (hook: Hook, result: HookResult) => void,
  ) {
    this.#manager = manager;
    this.#state = state;
    this.#onResult = onResult;
  }

  /**
   * Returns the messages as plugins left them. Throws `Refused` for a denial. A request without
   * messages is judged as an empty message, so that none passes unseen by policies and limits.
   */
  async messages(hook: Hook, messages: readonly Message[]): Promise<readonly Message[]> {
    if (!this.#manager.handles(hook)) return messages;
    if (messages.length === 0 && hook === hooks.input) {
      const empty = createMessage({ role: "user" });
      const left = await this.#run(hook, empty, true);
      return left === empty ? messages : [left];
    }
    const judged: Message[] = [];
    for (const message of messages) judged.push(await this.#run(hook, message, true));
    return judged;
  }

  /** Returns when text of the answer may be forwarded. From here on, the answer is streamed. */
  plan(): StreamPlan {
    const { tenant } = this.#state;
    if (!this.#manager.handles(hooks.output)) return { mode: "none", window: 0, sentence: false };
    this.#stream = { done: true };
    return this.#manager.streamPlan(hooks.output, tenant === undefined ? {} : { tenant });
  }

  /** Returns a message of a streamed answer that is not complete yet, as plugins left it. */
  async part(message: Message, slots: object): Promise<Message> {
    this.addSlots(slots);
    this.#stream = { done: false };
    try {
      return await this.#run(hooks.output, message, true);
    } finally {
      this.#stream = { done: true };
    }
  }

  /** Returns an answer's message with each of its tool calls as plugins left it. */
  async toolCalls(message: Message): Promise<Message> {
    if (!this.#manager.handles(hooks.toolCall)) return message;
    const content: Message["content"][number][] = [];
    for (const part of message.content) {
      content.push(part.content_type === "tool_call" ? await this.#toolCall(part) : part);
    }
    if (isSameJsonText(content, message.content)) return message;
    const changed = createMessage({ ...message, content });
    if (!this.#manager.handles(hooks.output)) return changed;
    // The plugins that allowed the answer judge the changed one again.
    const again = await this.#run(hooks.output, changed, "only");
    if (again !== changed) throw fault("no further change by a plugin that saw the message again");
    return changed;
  }

  async #toolCall(part: Message["content"][number]): Promise<Message["content"][number]> {
    const asked = createMessage({ role: "assistant", content: [part] });
    const [call, ...more] = (await this.#run(hooks.toolCall, asked, true)).content;
    if (call?.content_type === "tool_call" && more.length === 0) return call;
    throw fault("one tool call");
  }

  async #run(hook: Hook, message: Message, recheck: true | "only"): Promise<Message> {
    // Frozen first, so that the same object comes back unless a plugin changed it.
    const payload = underPayloadLimits(this.#manager.payloadLimits, () => freezePayload(message));
    const result = await invokeWith(this.#manager, this.#state, hook, payload, {
      // What is passed on must be what was allowed.
      recheck,
      ...(this.#stream !== undefined && hook === hooks.output && { stream: this.#stream }),
    });
    this.#onResult(hook, result);
    if (result.continueProcessing !== true) throw new Refused(denialOf(result.violation));
    if (!isJsonObject(result.payload)) throw fault("a message as payload");
    // The manager has checked it against the schema of messages.
    return result.payload as object as Message;
  }

  /**
   * Adds the slots that an answer sets. Only `completion` replaces an existing slot: the others
   * belong to the host.
   */
  addSlots(slots: object): void {
    const { extensions } = this.#state;
    const current: object = isJsonObject(extensions) ? extensions : {};
    const known = brandOf(extensions)?.kind.slots.names;
    const added = Object.entries(slots).filter(([name]) => {
      const isFree = name === "completion" || (ownValue(current, name) ?? null) === null;
      return isFree && (known === undefined || known.includes(name));
    });
    if (added.length === 0) return;
    const changes = Object.fromEntries(added);
    this.#state.extensions =
      known === undefined ? { ...current, ...changes } : replaceSlots(current, changes);
  }
}

function fault(expected: string): GlassineError {
  return new GlassineError("payload_shape", `The guard of a model expected ${expected}.`);
}
