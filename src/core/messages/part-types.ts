/** What there is to know about a content part, and what it is read from. */
import type { Json } from "../data/index.ts";
import type { ExtensionsOf, StandardSlots } from "../slots/index.ts";
import type { ContentPart, Message } from "./message-types.generated.ts";

/** The kind of a part: its `content_type`. */
export type PartKind = ContentPart["content_type"];

/** A part of one kind. */
export type Part<Kind extends PartKind> = Extract<ContentPart, { readonly content_type: Kind }>;

/** What a part does, from the Common Message Format. */
export type PartAction = "read" | "write" | "execute" | "invoke" | "send" | "receive" | "generate";

type Envelope = ExtensionsOf<StandardSlots>;
type Security = NonNullable<Envelope["security"]>;
type Subject = NonNullable<Security["subject"]>;

/** An object in which any field may be hidden. Maps and lists are whole. */
type Partly<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { readonly [Key in keyof T]?: Partly<T[Key]> | undefined }
    : T;

/** The slots that a `PartInfo` reads, in an envelope of any host or in a plugin's view. */
export type PartExtensions = Partly<Pick<Envelope, "request" | "agent" | "http" | "security">>;

/** The caller, cut to what the extensions show. */
export type PartSubject = Pick<Subject, "id" | "type"> & Partly<Subject>;
/** What a host says about the entity that a part names. */
export type ObjectProfile = Security["objects"][string];
/** What may be done with the data of the entity that a part names. */
export type DataPolicy = Security["data"][string];

/** Text by name: headers. */
export interface TextMap {
  readonly [name: string]: string;
}
/** JSON by name: arguments, properties. */
export interface JsonMap {
  readonly [name: string]: Json;
}

/**
 * One content part of a message, and what a guard needs to know about it.
 *
 * A value is computed when it is read, and kept if it takes work. Values are frozen data;
 * `undefined` means absent. The object has no own properties, so use `serializePart` to log it.
 *
 * @see spec `part:lazy`, `part:opaque`
 */
export interface PartInfo {
  /** The part's `content_type`. */
  readonly kind: PartKind;
  /** The role of the message. */
  readonly role: Message["role"];
  /** The hook that was passed to `partsOf`. It has no other effect. */
  readonly hook: string | undefined;
  readonly action: PartAction;
  /** Whether it is a request, or said to a model. The opposite of `isPost`. */
  readonly isPre: boolean;
  readonly isPost: boolean;
  /** A tool call or tool result. */
  readonly isTool: boolean;
  /** A prompt request or prompt result. */
  readonly isPrompt: boolean;
  /** A resource or a reference to one. */
  readonly isResource: boolean;
  /** Text or thinking. */
  readonly isText: boolean;
  /** An image, video, audio or document. */
  readonly isMedia: boolean;
  /** Name of the tool, prompt or resource. */
  readonly name: string | undefined;
  /** `tool://namespace/name` and the like, `_` for no namespace or server. Nothing is escaped. */
  readonly uri: string | undefined;
  readonly mimeType: string | undefined;
  /** Text of the part; arguments and structured results as JSON text. */
  readonly content: string | undefined;
  readonly hasContent: boolean;
  /**
   * Bytes of `content` in UTF-8; for a resource its declared size, else that of its text or blob.
   */
  readonly sizeBytes: number | undefined;
  /** Arguments of a tool call or prompt request: the object in the message. */
  readonly args: JsonMap | undefined;
  /** Further facts about the part, spelled as on the wire: `tool_id`, `is_error` … */
  readonly properties: JsonMap;

  /** `request.environment` */
  readonly environment: string | undefined;
  /** `request.request_id` */
  readonly requestId: string | undefined;
  /** `security.subject`, as far as the extensions show it. */
  readonly subject: PartSubject | undefined;
  readonly roles: readonly string[];
  readonly permissions: readonly string[];
  readonly teams: readonly string[];
  /** `security.labels` */
  readonly labels: readonly string[];
  /** Request headers of both generations, as `getHeader` finds them, including sensitive ones. */
  readonly headers: TextMap;
  /** `agent.input` */
  readonly agentInput: string | undefined;
  readonly sessionId: string | undefined;
  readonly conversationId: string | undefined;
  /** From 0. */
  readonly turn: number | undefined;
  readonly agentId: string | undefined;
  readonly parentAgentId: string | undefined;
  /** `security.objects` by the part's name; for a resource also by its URI. */
  readonly object: ObjectProfile | undefined;
  /** `security.data` by the part's name; for a resource also by its URI. */
  readonly dataPolicy: DataPolicy | undefined;

  /** Exact. */
  hasRole(role: string): boolean;
  /** Exact. */
  hasPermission(permission: string): boolean;
  /** Exact. */
  hasLabel(label: string): boolean;
  /** In any case. */
  hasHeader(name: string): boolean;
  /** In any case; the first one in the order written. */
  getHeader(name: string): string | undefined;
  /** Whether the argument is present, even if it is null. */
  hasArg(name: string): boolean;
  getArg(name: string): Json | undefined;
  getProperty(name: string): Json | undefined;
  /**
   * Whether the whole URI fits: `*` is any run without `/`, `**` any run, everything else is
   * itself. False without a URI, or with an empty one. For a given pattern the time is linear in the URI.
   */
  matchesUriPattern(pattern: string): boolean;
}
