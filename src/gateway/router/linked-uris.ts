/** Finds the resources that a result links to or contains. */
import { isMessage, type Message } from "../transports/index.ts";

/** Reads the result of a tool, a prompt, a resource or a finished task. */
export function urisIn(result: Message): readonly unknown[] {
  const { content, messages, contents } = result;
  return [
    ...blocksIn(content),
    ...listIn(messages).flatMap((message) => blocksIn(message.content)),
    ...listIn(contents).map(({ uri }) => uri),
    ...(isMessage(result.result) ? blocksIn(result.result.content) : []),
  ];
}

function blocksIn(content: unknown): readonly unknown[] {
  const blocks = Array.isArray(content) ? listIn(content) : listIn([content]);
  return blocks.flatMap(({ type, uri, resource }) => {
    if (type === "resource_link") return [uri];
    return type === "resource" && isMessage(resource) ? [resource.uri] : [];
  });
}

function listIn(value: unknown): readonly Message[] {
  return Array.isArray(value) ? value.filter(isMessage) : [];
}
