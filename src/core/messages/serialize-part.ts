/** Parts as data, spelled as on the wire: for logs, other processes and policy engines. */
import { expectOptions, isSensitiveHeader, readOption } from "../data/index.ts";
import { GlassineError } from "../errors/index.ts";
import { PartInfo } from "./part-info.ts";
import { present, ruleOf } from "./part-kinds.ts";
import type {
  DataPolicy,
  JsonMap,
  ObjectProfile,
  PartAction,
  PartKind,
  PartSubject,
  TextMap,
} from "./part-types.ts";

/** A part as data. What is absent is left out, and so are an empty name, URI and media type. */
export interface SerializedPart {
  readonly kind: PartKind;
  readonly role: PartInfo["role"];
  readonly is_pre: boolean;
  readonly is_post: boolean;
  readonly action: PartAction;
  /** Present even if it is the empty string. */
  readonly hook?: string;
  readonly uri?: string;
  readonly name?: string;
  readonly content?: string;
  readonly size_bytes?: number;
  readonly mime_type?: string;
  readonly arguments?: JsonMap;
  readonly properties?: JsonMap;
  readonly extensions?: SerializedContext;
}

/** What a serialized part says about the caller, without claims and sensitive headers. */
export interface SerializedContext {
  readonly subject?: {
    readonly id?: string;
    readonly type?: NonNullable<PartSubject["type"]>;
    readonly roles: readonly string[];
    readonly permissions: readonly string[];
    readonly teams: readonly string[];
  };
  readonly environment?: string;
  readonly labels?: readonly string[];
  readonly headers?: TextMap;
  readonly object?: ObjectProfile;
  readonly data?: DataPolicy;
  readonly agent?: JsonMap;
}

/** Options of `serializePart`. */
export interface SerializeOptions {
  /** Whether to include `content` and `size_bytes`. Default true. Arguments always are. */
  readonly content?: boolean | undefined;
  /** Whether to include `extensions`. Default true. */
  readonly context?: boolean | undefined;
}

/** Options of `toPolicyInput`. */
export type PolicyInputOptions = Pick<SerializeOptions, "content">;

/** A serialized part in the form that a policy engine such as OPA expects. */
export interface PolicyInput {
  readonly input: SerializedPart;
}

/**
 * Returns a part as frozen JSON data, spelled as on the wire. It never contains claims or the
 * headers `authorization`, `cookie`, `set-cookie`, `proxy-authorization` and `x-api-key`. Content
 * and arguments are not redacted.
 *
 * @throws GlassineError `part_invalid`, `options_invalid`
 * @see spec `part:serialized`, `part:sensitive-headers`
 * @example
 * ```ts
 * import { createExtensions } from "glassine";
 * import { createMessage, serializePart, text, partsOf } from "glassine/messages";
 *
 * const message = createMessage({ role: "user", content: [text("Ahoy")] });
 * const headers = { Authorization: "Bearer made-up", Accept: "text/plain" };
 * const extensions = createExtensions({ http: { headers } });
 * const [data] = partsOf(message, { extensions }).map((part) => serializePart(part));
 * console.log(data?.is_pre, data?.content, data?.size_bytes); // true Ahoy 4
 * console.log(JSON.stringify(data?.extensions)); // {"headers":{"Accept":"text/plain"}}
 * ```
 */
export function serializePart(part: PartInfo, options: SerializeOptions = {}): SerializedPart {
  expectPart(part, "serializePart");
  expectOptions(options, ["content", "context"], "serializePart");
  const withContent = readOption(options, "content", "boolean") ?? true;
  const withContext = readOption(options, "context", "boolean") ?? true;
  return serialized(part, withContent, withContext);
}

/**
 * Returns a serialized part, with context, under `input`, as a policy engine expects it.
 *
 * @throws GlassineError `part_invalid`, `options_invalid`
 * @see spec `part:policy-input`
 * @example
 * ```ts
 * import { createMessage, text, toPolicyInput, partsOf } from "glassine/messages";
 *
 * const message = createMessage({ role: "user", content: [text("Ahoy")] });
 * const [policy] = partsOf(message).map((part) => toPolicyInput(part, { content: false }));
 * console.log(JSON.stringify(policy)); // {"input":{"kind":"text","role":"user","is_pre":true,"is_post":false,"action":"send"}}
 * ```
 */
export function toPolicyInput(part: PartInfo, options: PolicyInputOptions = {}): PolicyInput {
  expectPart(part, "toPolicyInput");
  expectOptions(options, ["content"], "toPolicyInput");
  const withContent = readOption(options, "content", "boolean") ?? true;
  return present({ input: serialized(part, withContent, true) });
}

function expectPart(value: unknown, call: string): asserts value is PartInfo {
  if (PartInfo.made(value)) return;
  throw new GlassineError("part_invalid", `${call} expects a PartInfo that partsOf returned.`, {
    call,
  });
}

function serialized(part: PartInfo, withContent: boolean, withContext: boolean): SerializedPart {
  return present({
    kind: part.kind,
    role: part.role,
    is_pre: part.isPre,
    is_post: part.isPost,
    action: part.action,
    hook: part.hook,
    uri: filled(part.uri),
    name: filled(part.name),
    content: withContent ? part.content : undefined,
    size_bytes: withContent ? part.sizeBytes : undefined,
    mime_type: filled(part.mimeType),
    arguments: part.args,
    properties: ruleOf(part.kind).properties === undefined ? undefined : part.properties,
    extensions: withContext ? orNothing(contextOf(part)) : undefined,
  });
}

function contextOf(part: PartInfo): SerializedContext {
  const { subject, object, dataPolicy } = part;
  return present({
    subject: subject === undefined ? undefined : subjectOf(part, subject),
    environment: filled(part.environment),
    labels: part.labels.length === 0 ? undefined : part.labels,
    headers: orNothing(withoutSensitive(part.headers)),
    object: object === undefined ? undefined : profileOf(object),
    data: dataPolicy === undefined ? undefined : policyOf(dataPolicy),
    agent: orNothing(agentOf(part)),
  });
}

function subjectOf({ roles, permissions, teams }: PartInfo, { id, type }: PartSubject) {
  return present({ id, type, roles, permissions, teams });
}

function withoutSensitive(headers: TextMap): TextMap {
  const shown = Object.entries(headers).filter(([name]) => !isSensitiveHeader(name));
  return present(Object.fromEntries(shown));
}

function profileOf({ managed_by, permissions, trust_domain, data_scope }: ObjectProfile) {
  return present({ managed_by, permissions, trust_domain, data_scope });
}

function policyOf(policy: DataPolicy): DataPolicy {
  const { apply_labels, allowed_actions, denied_actions, retention } = policy;
  return present({
    apply_labels,
    allowed_actions,
    denied_actions,
    retention: retention === undefined ? undefined : (present(retention) as typeof retention),
  });
}

function agentOf(part: PartInfo): JsonMap {
  return present({
    input: filled(part.agentInput),
    session_id: filled(part.sessionId),
    conversation_id: filled(part.conversationId),
    turn: part.turn,
    agent_id: filled(part.agentId),
    parent_agent_id: filled(part.parentAgentId),
  });
}

function filled(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}

function orNothing<T extends object>(record: T): T | undefined {
  return Object.keys(record).length === 0 ? undefined : record;
}
