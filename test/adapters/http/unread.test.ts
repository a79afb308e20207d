/** What `guardFetch` keeps of an answer whose caller forgot it. */
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { guardFetch } from "glassine/http";
import { chatCompletions } from "glassine/openai";
import { expect, it } from "vitest";
import { done, eventsText, managerOf } from "./support/stand-in.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

it("keeps nothing of a stream that nobody reads, although its caller could have aborted it", async () => {
  const choices = [{ index: 0, delta: { content: "Hi" }, finish_reason: "stop" }];
  const chunk = { id: "c", object: "chat.completion.chunk", choices };
  const events = eventsText([chunk], done);
  const headers = { "content-type": "text/event-stream" };
  const manager = await managerOf({ "cmf.llm_output": () => undefined });
  const ask = guardFetch(manager, {
    provider: chatCompletions,
    fetch: async () => new Response(events, { headers }),
  });
  const body = JSON.stringify({ stream: true, messages: [{ role: "user", content: "Hi" }] });
  const forgotten = async () => {
    const { signal } = new AbortController();
    const { status } = await ask("https://model.test/v1/chat/completions", {
      method: "POST",
      body,
      signal,
    });
    expect(status).toBe(200);
    return new WeakRef(signal);
  };
  const signals: WeakRef<AbortSignal>[] = [];
  for (let i = 0; i < 20; i++) signals.push(await forgotten());

  let kept = signals.length;
  for (let i = 0; i < 50 && kept > 1; i++) {
    await setImmediate();
    collect();
    kept = signals.filter((signal) => signal.deref() !== undefined).length;
  }
  // The last one may still be on the stack.
  expect(kept).toBeLessThanOrEqual(1);
});
