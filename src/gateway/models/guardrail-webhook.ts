/**
 * The webhook that agentgateway calls about the text of model traffic: POST /request with a
 * prompt's messages, POST /response with what a model said. The response passes, masks or rejects.
 *
 * Rules:
 * - Any failure is answered with a rejection: anything else would fail open if agentgateway is
 *   configured to do so.
 * - agentgateway passes streams on without masking them, and does not say that an answer is a
 *   stream. So an answer with changes is rejected, unless the operator says that none are streamed.
 */
import * as z from "zod";
import { InUse } from "../../providers/guard/index.ts";
import { mediaTypeOf } from "../../providers/http/media-type.ts";
import {
  guardModel,
  type Judged,
  type ModelExchange,
  Refused,
  refusalOf,
} from "../../providers/model/index.ts";
import { chatCompletions } from "../../providers/openai/index.ts";
import type { ModelRefusal } from "../../providers/rewrite/index.ts";
import { documentIn, type Held } from "../transports/index.ts";
import type { ModelCaller, ModelRoute, RouteOptions } from "./model-route.ts";
import { requestText } from "./request-text.ts";

export interface WebhookOptions
  extends Omit<RouteOptions, "secrets" | "traceHeaders" | "inFlightBytes"> {
  /** Whether answers are masked too. Only safe if no answers are streamed. */
  readonly masksAnswers: boolean;
}

const message = z.looseObject({ role: z.string(), content: z.string() });
const promptSchema = z.object({ body: z.object({ messages: z.array(message) }) });
const answerSchema = z.object({
  body: z.object({ choices: z.array(z.looseObject({ message })) }),
});

type WebhookMessage = z.infer<typeof message>;

/** What agentgateway should do. It tells pass, mask and reject apart by these fields. */
type Action = { readonly reason?: string } | { readonly body: object; readonly reason: string };

/** Makes the webhook as a route, so that it is counted and closed like one. */
export function guardrailWebhook(options: WebhookOptions): ModelRoute {
  const { manager, store, tenant, access, onEnd, onHook, onNote } = options;
  // The text has no provider, so use the simplest messages, those of Chat Completions.
  const provider = { ...chatCompletions, name: "agentgateway.webhook" };
  const guard = guardModel(provider, manager, {
    envelope: ({ about }) => (about as ModelCaller).envelope,
    labels: { store, session: ({ about }) => (about as ModelCaller).labelSession },
    tenant,
    access,
    onEnd,
    onResult: onHook,
  });
  const inUse = new InUse();
  /** Reject the requests that are still being judged. */
  const stops = new Set<(refused: Refused) => void>();
  let isClosed = false;

  /**
   * Judges a request, unless the route is closed. Keeps nothing of it afterwards, as a race with one
   * promise for all requests would.
   */
  function unlessClosed(judging: Promise<Action>): Promise<Action> {
    return new Promise((resolve, reject) => {
      stops.add(reject);
      if (isClosed) reject(cutOff());
      void judging.then(resolve, reject).finally(() => stops.delete(reject));
    });
  }

  /** Resolves to undefined for what is not JSON. */
  async function posted(request: Request, held: Held): Promise<unknown> {
    const type = mediaTypeOf(request.headers.get("content-type"));
    if (request.method !== "POST" || type !== "application/json")
      throw new Refused(refusalOf("request_invalid"));
    return documentIn(await requestText(request, options, held));
  }

  async function onPrompt(document: unknown, exchange: ModelExchange): Promise<Action> {
    const { messages } = parsed(promptSchema, document).body;
    const asked = { messages: messages.map(shown) };
    const judged = judgedIn(await exchange.judgeRequest(asked));
    const written = [...exchange.withHeaders(new Headers()).keys()];
    if (written.length > 0) onNote("error", "webhook_headers_dropped", { headers: written });
    const texts = textsIn((judged as typeof asked).messages, asked.messages);
    const masked = messages.map((each, at) => ({ ...each, content: texts[at] as string }));
    return masks(messages, texts) ? { body: { messages: masked }, reason: changed } : {};
  }

  async function onAnswer(document: unknown, exchange: ModelExchange): Promise<Action> {
    const { choices } = parsed(answerSchema, document).body;
    const said = {
      choices: choices.map(({ message: { content } }, index) => ({
        index,
        finish_reason: "stop",
        message: { role: "assistant", content },
      })),
    };
    const judged = judgedIn(await exchange.judgeAnswer(said));
    const left = (judged as typeof said).choices.map((each) => each.message);
    const texts = textsIn(
      left,
      said.choices.map((each) => each.message),
    );
    const messages = choices.map((each) => each.message);
    if (!masks(messages, texts)) return {};
    if (!options.masksAnswers) throw new Refused(refusalOf("edit_unwritable", noMasks));
    const masked = choices.map((each, at) => ({
      ...each,
      message: { ...each.message, content: texts[at] as string },
    }));
    return { body: { choices: masked }, reason: changed };
  }

  const parts: Readonly<Record<string, typeof onPrompt>> = {
    "/request": onPrompt,
    [answerPath]: onAnswer,
  };
  const codes = new WeakMap<Response, string>();

  return {
    path: "/",
    provider: provider.name,
    async handle(request, caller, connection) {
      inUse.enter();
      connection.onSent(() => inUse.leave());
      const exchange = guard.begin({ about: caller, signal: request.signal });
      try {
        const part = parts[new URL(request.url).pathname];
        if (part === undefined) throw new Refused(refusalOf("request_unknown"));
        const judged = posted(request, connection.held).then((document) =>
          part(document, exchange),
        );
        const action = await unlessClosed(judged);
        exchange.end();
        return Response.json({ action });
      } catch (error) {
        const refusal = error instanceof Refused ? error.refusal : refusalOf("guard_failed");
        const hasLeft = request.signal.aborted;
        if (!(error instanceof Refused) && !hasLeft)
          onNote("error", "webhook_failed", { text: (error as Error).message });
        if (hasLeft && !(error instanceof Refused)) exchange.end(undefined, "aborted");
        else exchange.end(refusal);
        const response = rejected(refusal);
        codes.set(response, refusal.code);
        return response;
      }
    },
    errorTypeOf: (response) => codes.get(response),
    open: () => inUse.count,
    retire: () => inUse.free(),
    async close() {
      isClosed = true;
      for (const stop of stops) stop(cutOff());
    },
  };
}

const cutOff = () => new Refused(refusalOf("guard_failed"));

const answerPath = "/response";

/** Whether a request begins an exchange. Answers do not: a streamed one arrives in many pieces. */
export function beginsExchange(request: Request): boolean {
  return new URL(request.url).pathname !== answerPath;
}

const changed = "Changed by plugins";
const noMasks = "changes to answers are not passed on";

/** Turns a response that refuses a request early into the equivalent rejection. */
export async function rejectionFor(response: Response): Promise<Response> {
  const { status } = response;
  return rejection(await response.text(), status, `Refused with ${status}`);
}

function rejected(refusal: ModelRefusal): Response {
  const { status, reason } = refusal;
  const body = JSON.stringify(chatCompletions.denied(refusal));
  return rejection(body, status, reason);
}

function rejection(body: string, status: number, reason: string): Response {
  return Response.json({ action: { body, status_code: status, reason } });
}

/** Throws `Refused`. */
function parsed<Schema extends z.ZodType>(schema: Schema, document: unknown): z.infer<Schema> {
  const found = schema.safeParse(document);
  if (!found.success) throw new Refused(refusalOf("request_invalid"));
  return found.data;
}

/** Throws `Refused`. */
function judgedIn({ document, refusal }: Judged): object {
  if (refusal !== undefined) throw new Refused(refusal);
  return document;
}

/**
 * Returns a message as plugins see it. An unknown role becomes "user", the least trusted; so does a
 * tool's result, which does not say which call it answers.
 */
function shown({ role, content }: WebhookMessage): object {
  if (role === "model") return { role: "assistant", content };
  return { role: roles.has(role) ? role : "user", content };
}

const roles = new Set(["system", "developer", "assistant"]);

/** Returns the texts as plugins left them. Throws `Refused` if plugins changed more than text. */
function textsIn(left: readonly object[], shown: readonly object[]): readonly string[] {
  const texts = left.map((each) => textIn((each as { readonly content?: unknown }).content));
  const others = (all: readonly object[]) =>
    JSON.stringify(all.map((each) => ({ ...each, content: null })));
  if (texts.includes(undefined) || others(left) !== others(shown))
    throw new Refused(refusalOf("edit_unwritable"));
  return texts as readonly string[];
}

/** Returns a message's text, or undefined if it has other content. */
function textIn(content: unknown): string | undefined {
  if (typeof content === "string") return content;
  const blocks = z.array(z.looseObject({ type: z.literal("text"), text: z.string() }));
  const found = blocks.safeParse(content ?? []);
  return found.success ? found.data.map(({ text }) => text).join("") : undefined;
}

function masks(messages: readonly WebhookMessage[], texts: readonly string[]): boolean {
  return messages.some(({ content }, at) => content !== texts[at]);
}
