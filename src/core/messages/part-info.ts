/**
 * Describes one part: getters over its message's data, and no own properties.
 *
 * Several plugins may get hold of one object. So its state is private to the class, out of reach of
 * reflection, and the prototype is frozen, has no prototype and does not name its constructor.
 */
import type { Json } from "../data/index.ts";
import { none, ownValue } from "../data/intrinsics.ts";
import { headerOf, joinedHeaders } from "../envelope/index.ts";
import { matchesPattern } from "./match-pattern.ts";
import type { ContentPart, Message } from "./message-types.generated.ts";
import { flowOf, present, ruleOf, utf8Size } from "./part-kinds.ts";
import type {
  DataPolicy,
  JsonMap,
  ObjectProfile,
  PartAction,
  PartExtensions,
  PartKind,
  PartSubject,
  TextMap,
} from "./part-types.ts";

// Without a prototype, so that nothing patched can pass for a header or property.
const empty: Readonly<Record<string, never>> = present({});

/** What the parts of one message have in common. */
export interface PartSource {
  readonly role: Message["role"];
  readonly hook: string | undefined;
  readonly extensions: PartExtensions | undefined;
}

/**
 * One content part of a message, and what a guard needs to know about it.
 *
 * A value is computed when it is read, and kept if it takes work. Values are frozen data;
 * `undefined` means absent. The object has no own properties, so use `serializePart` to log it.
 *
 * @see spec `part:lazy`, `part:opaque`
 */
export class PartInfo {
  readonly #part: ContentPart;
  readonly #of: PartSource;
  // Computed once, when they are first read. `null` means known to be absent.
  #content: string | null | undefined;
  #sizeBytes: number | null | undefined;
  #properties: JsonMap | undefined;
  #headers: TextMap | undefined;

  static {
    Reflect.deleteProperty(PartInfo.prototype, "constructor");
    Object.setPrototypeOf(PartInfo.prototype, null);
    Object.freeze(PartInfo.prototype);
  }

  constructor(part: ContentPart, of: PartSource) {
    this.#part = part;
    this.#of = of;
    Object.freeze(this);
  }

  static made(value: unknown): value is PartInfo {
    return typeof value === "object" && value !== null && #part in value;
  }

  /** The part's `content_type`. */
  get kind(): PartKind {
    return this.#part.content_type;
  }
  /** The role of the message. */
  get role(): Message["role"] {
    return this.#of.role;
  }
  /** The hook that was passed to `partsOf`. It has no other effect. */
  get hook(): string | undefined {
    return this.#of.hook;
  }
  get action(): PartAction {
    return flowOf(this.kind, this.role).action;
  }
  /** Whether it is a request, or addressed to a model. The opposite of `isPost`. */
  get isPre(): boolean {
    return !this.isPost;
  }
  get isPost(): boolean {
    return flowOf(this.kind, this.role).isPost;
  }
  /** A tool call or tool result. */
  get isTool(): boolean {
    return ruleOf(this.kind).family === "tool";
  }
  /** A prompt request or prompt result. */
  get isPrompt(): boolean {
    return ruleOf(this.kind).family === "prompt";
  }
  /** A resource or a reference to one. */
  get isResource(): boolean {
    return ruleOf(this.kind).family === "resource";
  }
  /** Text or thinking. */
  get isText(): boolean {
    return ruleOf(this.kind).family === "text";
  }
  /** An image, video, audio or document. */
  get isMedia(): boolean {
    return ruleOf(this.kind).family === "media";
  }
  /** Name of the tool, prompt or resource. */
  get name(): string | undefined {
    return ruleOf(this.kind).name?.(this.#part);
  }
  /** `tool://namespace/name` or similar, with `_` for no namespace or server. Not escaped. */
  get uri(): string | undefined {
    return ruleOf(this.kind).uri?.(this.#part);
  }
  get mimeType(): string | undefined {
    return ruleOf(this.kind).mimeType?.(this.#part);
  }
  /** Arguments of a tool call or prompt request: the object in the message. */
  get args(): JsonMap | undefined {
    return ruleOf(this.kind).args?.(this.#part);
  }
  /** Text of the part; arguments and structured results as JSON text. */
  get content(): string | undefined {
    if (this.#content === undefined) {
      this.#content = ruleOf(this.kind).content?.(this.#part) ?? null;
    }
    return this.#content ?? undefined;
  }
  get hasContent(): boolean {
    return this.content !== undefined;
  }
  /**
   * Bytes of `content` in UTF-8; for a resource its declared size, or else its text's or blob's.
   */
  get sizeBytes(): number | undefined {
    if (this.#sizeBytes === undefined) {
      const { content } = this;
      const size = ruleOf(this.kind).size?.(this.#part);
      this.#sizeBytes = size ?? (content === undefined ? null : utf8Size(content));
    }
    return this.#sizeBytes ?? undefined;
  }
  /** Further facts about the part, spelled as on the wire: `tool_id`, `is_error` … */
  get properties(): JsonMap {
    this.#properties ??= ruleOf(this.kind).properties?.(this.#part) ?? empty;
    return this.#properties;
  }

  /** `request.environment` */
  get environment(): string | undefined {
    return this.#of.extensions?.request?.environment;
  }
  /** `request.request_id` */
  get requestId(): string | undefined {
    return this.#of.extensions?.request?.request_id;
  }
  /** `security.subject`, as far as the extensions show it. */
  get subject(): PartSubject | undefined {
    // If a subject is shown, so are the fields that every capability for it opens.
    return this.#of.extensions?.security?.subject as PartSubject | undefined;
  }
  get roles(): readonly string[] {
    return this.subject?.roles ?? none;
  }
  get permissions(): readonly string[] {
    return this.subject?.permissions ?? none;
  }
  get teams(): readonly string[] {
    return this.subject?.teams ?? none;
  }
  /** `security.labels` */
  get labels(): readonly string[] {
    return this.#of.extensions?.security?.labels ?? none;
  }
  /** Request headers of both generations, as `getHeader` finds them, including sensitive ones. */
  get headers(): TextMap {
    const http = this.#of.extensions?.http as Parameters<typeof joinedHeaders>[0];
    this.#headers ??= joinedHeaders(http) ?? empty;
    return this.#headers;
  }
  /** `agent.input` */
  get agentInput(): string | undefined {
    return this.#of.extensions?.agent?.input;
  }
  get sessionId(): string | undefined {
    return this.#of.extensions?.agent?.session_id;
  }
  get conversationId(): string | undefined {
    return this.#of.extensions?.agent?.conversation_id;
  }
  /** Counted from 0. */
  get turn(): number | undefined {
    return this.#of.extensions?.agent?.turn;
  }
  get agentId(): string | undefined {
    return this.#of.extensions?.agent?.agent_id;
  }
  get parentAgentId(): string | undefined {
    return this.#of.extensions?.agent?.parent_agent_id;
  }
  /** The entry in `security.objects` for the part's name, or else for a resource's URI. */
  get object(): ObjectProfile | undefined {
    return this.#entityIn(this.#of.extensions?.security?.objects) as ObjectProfile | undefined;
  }
  /** The entry in `security.data` for the part's name, or else for a resource's URI. */
  get dataPolicy(): DataPolicy | undefined {
    return this.#entityIn(this.#of.extensions?.security?.data) as DataPolicy | undefined;
  }

  /** Names are compared exactly. */
  hasRole(role: string): boolean {
    return this.roles.includes(role);
  }
  /** Names are compared exactly. */
  hasPermission(permission: string): boolean {
    return this.permissions.includes(permission);
  }
  /** Labels are compared exactly. */
  hasLabel(label: string): boolean {
    return this.labels.includes(label);
  }
  /** Ignores the case of the name. */
  hasHeader(name: string): boolean {
    return this.getHeader(name) !== undefined;
  }
  /** Ignores the case of the name; returns the first match in the order written. */
  getHeader(name: string): string | undefined {
    const { extensions } = this.#of;
    return extensions === undefined ? undefined : headerOf(extensions, name);
  }
  /** Whether the argument is present, even if it is null. */
  hasArg(name: string): boolean {
    return Object.hasOwn(this.args ?? empty, name);
  }
  getArg(name: string): Json | undefined {
    return ownValue(this.args, name) as Json | undefined;
  }
  getProperty(name: string): Json | undefined {
    return ownValue(this.properties, name) as Json | undefined;
  }
  /**
   * Whether the pattern matches the whole URI: `*` is any run without `/`, `**` any run, everything
   * else is literal. False for no URI or an empty one. For a given pattern, the time is linear in
   * the length of the URI.
   */
  matchesUriPattern(pattern: string): boolean {
    const { uri } = this;
    return uri !== undefined && uri !== "" && matchesPattern(pattern, uri);
  }

  /** Looks up the part's name, else a resource's URI; the URIs of other parts are made up here. */
  #entityIn(map: object | undefined): unknown {
    return named(map, this.name) ?? named(map, this.isResource ? this.uri : undefined);
  }
}

/** Keys are data: `constructor` exists only if somebody wrote it. An empty string is not a name. */
function named(map: object | undefined, key: string | undefined): unknown {
  return key ? ownValue(map, key) : undefined;
}
