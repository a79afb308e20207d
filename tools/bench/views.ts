/** V: reading a few properties of each view, against computing all of them up front. */
import assert from "node:assert/strict";
import { createMessage, type Message, type PartInfo, partsOf } from "glassine/messages";
import { type Comparison, newLane, type Side } from "./harness.ts";
import { partAt, realisticEnvelope } from "./workloads.ts";

export const viewComparisons: readonly Comparison[] = [
  {
    id: "V4",
    workload: "views of 100 parts, 4 properties read, vs all of them up front",
    goal: 0.7,
    sides: async () => [await sideOf(lazily), await sideOf(upFront)],
  },
];

export const parts = 100;
const text = "x".repeat(20);

/** The message of the views. */
export const message: Message = createMessage({
  role: "assistant",
  content: Array.from({ length: parts }, (_, i) => partAt(i, text)),
});

/** What is read of a view: enough to be checked, too little to be kept. */
interface Read {
  uris: number;
  names: number;
  args: number;
  bytes: number;
}

/** What there is to be read. */
export const expected: Read = { uris: 80, names: 80, args: 40, bytes: 0 };
for (const part of message.content) expected.bytes += sizeOf(part);

/** The size of a part as this benchmark knows it: all of its text is ASCII. */
function sizeOf(part: Message["content"][number]): number {
  if (part.content_type === "text") return part.text.length;
  if (part.content_type === "resource") return (part.content.content ?? "").length;
  if (part.content_type === "tool_result") return JSON.stringify(part.content.content).length;
  if (part.content_type === "tool_call" || part.content_type === "prompt_request") {
    return JSON.stringify(part.content.arguments).length;
  }
  throw new Error(`No part of kind ${part.content_type} here.`);
}

type Four = Pick<PartInfo, "uri" | "name" | "args" | "sizeBytes">;

function add(read: Read, { uri, name, args, sizeBytes }: Four): void {
  if (uri !== undefined) read.uris += 1;
  if (name !== undefined) read.names += 1;
  if (args !== undefined) read.args += 1;
  read.bytes += sizeBytes ?? 0;
}

/** Four properties of each view, read. */
export function lazily(): Read {
  const read: Read = { uris: 0, names: 0, args: 0, bytes: 0 };
  for (const view of partsOf(message, { extensions: realisticEnvelope })) add(read, view);
  return read;
}

function upFront(): Read {
  const read: Read = { uris: 0, names: 0, args: 0, bytes: 0 };
  const views = partsOf(message, { extensions: realisticEnvelope }).map(everythingOf);
  for (const view of views) add(read, view);
  return read;
}

/** Every property of a view, computed. */
function everythingOf(view: PartInfo) {
  return {
    kind: view.kind,
    role: view.role,
    hook: view.hook,
    action: view.action,
    isPre: view.isPre,
    isPost: view.isPost,
    isTool: view.isTool,
    isPrompt: view.isPrompt,
    isResource: view.isResource,
    isText: view.isText,
    isMedia: view.isMedia,
    name: view.name,
    uri: view.uri,
    mimeType: view.mimeType,
    content: view.content,
    hasContent: view.hasContent,
    sizeBytes: view.sizeBytes,
    args: view.args,
    properties: view.properties,
    environment: view.environment,
    requestId: view.requestId,
    subject: view.subject,
    roles: view.roles,
    permissions: view.permissions,
    teams: view.teams,
    labels: view.labels,
    headers: view.headers,
    agentInput: view.agentInput,
    sessionId: view.sessionId,
    conversationId: view.conversationId,
    turn: view.turn,
    agentId: view.agentId,
    parentAgentId: view.parentAgentId,
    object: view.object,
    dataPolicy: view.dataPolicy,
  } satisfies {
    readonly [Key in keyof PartInfo as PartInfo[Key] extends Helper ? never : Key]: unknown;
  };
}
type Helper = (word: string) => unknown;

async function sideOf(operation: () => Read): Promise<Side> {
  const { callEach } = await newLane();
  return {
    run: (times) => callEach(times, operation),
    check: (last) => assert.deepEqual(last, expected),
  };
}
