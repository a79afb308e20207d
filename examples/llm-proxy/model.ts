/** Stands in for the provider: streams a telephone number split across two chunks. */
export async function model(): Promise<Response> {
  const chunks = ["Call 555-", "0100."].map((content) => ({ content }));
  const events = [{ role: "assistant" }, ...chunks, {}].map((delta, at, { length }) => {
    const choice = { index: 0, delta, finish_reason: at === length - 1 ? "stop" : null };
    const event = { id: "c", object: "chat.completion.chunk", created: 1, choices: [choice] };
    return `data: ${JSON.stringify(event)}\n\n`;
  });
  const headers = { "content-type": "text/event-stream" };
  return new Response([...events, "data: [DONE]\n\n"].join(""), { headers });
}
