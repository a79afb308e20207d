/** The answer of a model with this many characters of text, as JSON. */
export function longAnswer(length: number): string {
  const message = { role: "assistant", content: "x".repeat(length) };
  return JSON.stringify({
    id: "c",
    object: "chat.completion",
    created: 1,
    model: "m",
    choices: [{ index: 0, message, finish_reason: "stop" }],
  });
}
