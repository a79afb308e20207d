/**
 * Describes one part: getters over its message's data, and no own properties.
 *
 * Views may get into the hands of several plugins. So the state is private to the class, where no
 * reflection reaches it, and the prototype is frozen, has no prototype and names no constructor.
 */
import { type Json, ownValue } from "../data/index.ts";
import { headerOf, joinedHeaders } from "../envelope/index.ts";
import { matchesPattern } from "./match-pattern.ts";
import type { ContentPart, Message } from "./message-types.generated.ts";
import { flowOf, present, ruleOf, utf8Size } from "./part-kinds.ts";
import type {
  DataPolicy,
  JsonMap,
  ObjectProfile,
  PartExtensions,
  PartInfo,
  PartSubject,
  TextMap,
} from "./part-types.ts";

const noNames: readonly string[] = Object.freeze([]);
// Without a prototype nothing patched answers for a header or property.
const empty: Readonly<Record<string, never>> = present({});

/** What the parts of one message have in common. */
export interface PartSource {
  readonly role: Message["role"];
  readonly hook: string | undefined;
  readonly extensions: PartExtensions | undefined;
}

export class LazyPartInfo implements PartInfo {
  readonly #part: ContentPart;
  readonly #of: PartSource;
  // Computed once, when they are first read. `null` is known to be absent.
  #content: string | null | undefined;
  #sizeBytes: number | null | undefined;
  #properties: JsonMap | undefined;
  #headers: TextMap | undefined;

  static {
    Reflect.deleteProperty(LazyPartInfo.prototype, "constructor");
    Object.setPrototypeOf(LazyPartInfo.prototype, null);
    Object.freeze(LazyPartInfo.prototype);
  }

  constructor(part: ContentPart, of: PartSource) {
    this.#part = part;
    this.#of = of;
    Object.freeze(this);
  }

  static made(value: unknown): value is LazyPartInfo {
    return typeof value === "object" && value !== null && #part in value;
  }

  get kind() {
    return this.#part.content_type;
  }
  get role() {
    return this.#of.role;
  }
  get hook() {
    return this.#of.hook;
  }
  get action() {
    return flowOf(this.kind, this.role).action;
  }
  get isPre() {
    return !this.isPost;
  }
  get isPost() {
    return flowOf(this.kind, this.role).isPost;
  }
  get isTool() {
    return ruleOf(this.kind).family === "tool";
  }
  get isPrompt() {
    return ruleOf(this.kind).family === "prompt";
  }
  get isResource() {
    return ruleOf(this.kind).family === "resource";
  }
  get isText() {
    return ruleOf(this.kind).family === "text";
  }
  get isMedia() {
    return ruleOf(this.kind).family === "media";
  }
  get name() {
    return ruleOf(this.kind).name?.(this.#part);
  }
  get uri() {
    return ruleOf(this.kind).uri?.(this.#part);
  }
  get mimeType() {
    return ruleOf(this.kind).mimeType?.(this.#part);
  }
  get args() {
    return ruleOf(this.kind).args?.(this.#part);
  }
  get content() {
    if (this.#content === undefined) {
      this.#content = ruleOf(this.kind).content?.(this.#part) ?? null;
    }
    return this.#content ?? undefined;
  }
  get hasContent() {
    return this.content !== undefined;
  }
  get sizeBytes() {
    if (this.#sizeBytes === undefined) {
      const { content } = this;
      const size = ruleOf(this.kind).size?.(this.#part);
      this.#sizeBytes = size ?? (content === undefined ? null : utf8Size(content));
    }
    return this.#sizeBytes ?? undefined;
  }
  get properties() {
    this.#properties ??= ruleOf(this.kind).properties?.(this.#part) ?? empty;
    return this.#properties;
  }

  get environment() {
    return this.#of.extensions?.request?.environment;
  }
  get requestId() {
    return this.#of.extensions?.request?.request_id;
  }
  get subject() {
    // Where a subject is shown, so are the fields that every capability for it opens.
    return this.#of.extensions?.security?.subject as PartSubject | undefined;
  }
  get roles() {
    return this.subject?.roles ?? noNames;
  }
  get permissions() {
    return this.subject?.permissions ?? noNames;
  }
  get teams() {
    return this.subject?.teams ?? noNames;
  }
  get labels() {
    return this.#of.extensions?.security?.labels ?? noNames;
  }
  get headers() {
    const http = this.#of.extensions?.http as Parameters<typeof joinedHeaders>[0];
    this.#headers ??= joinedHeaders(http) ?? empty;
    return this.#headers;
  }
  get agentInput() {
    return this.#of.extensions?.agent?.input;
  }
  get sessionId() {
    return this.#of.extensions?.agent?.session_id;
  }
  get conversationId() {
    return this.#of.extensions?.agent?.conversation_id;
  }
  get turn() {
    return this.#of.extensions?.agent?.turn;
  }
  get agentId() {
    return this.#of.extensions?.agent?.agent_id;
  }
  get parentAgentId() {
    return this.#of.extensions?.agent?.parent_agent_id;
  }
  get object() {
    return this.#entityIn(this.#of.extensions?.security?.objects) as ObjectProfile | undefined;
  }
  get dataPolicy() {
    return this.#entityIn(this.#of.extensions?.security?.data) as DataPolicy | undefined;
  }

  hasRole(role: string): boolean {
    return this.roles.includes(role);
  }
  hasPermission(permission: string): boolean {
    return this.permissions.includes(permission);
  }
  hasLabel(label: string): boolean {
    return this.labels.includes(label);
  }
  hasHeader(name: string): boolean {
    return this.getHeader(name) !== undefined;
  }
  getHeader(name: string): string | undefined {
    const { extensions } = this.#of;
    return extensions === undefined ? undefined : headerOf(extensions, name);
  }
  hasArg(name: string): boolean {
    return Object.hasOwn(this.args ?? empty, name);
  }
  getArg(name: string): Json | undefined {
    return ownValue(this.args, name) as Json | undefined;
  }
  getProperty(name: string): Json | undefined {
    return ownValue(this.properties, name) as Json | undefined;
  }
  matchesUriPattern(pattern: string): boolean {
    const { uri } = this;
    return uri !== undefined && uri !== "" && matchesPattern(pattern, uri);
  }

  /** What a map has for the part's name, or for a resource's URI; those of others are made up here. */
  #entityIn(map: object | undefined): unknown {
    return named(map, this.name) ?? named(map, this.isResource ? this.uri : undefined);
  }
}

/** Keys are data: `constructor` is one only where somebody wrote it. The empty string names nothing. */
function named(map: object | undefined, key: string | undefined): unknown {
  return key ? ownValue(map, key) : undefined;
}
