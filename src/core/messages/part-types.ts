/** The kinds and actions of parts, and what is known of a part's caller. */
import type { Json } from "../data/index.ts";
import type { ExtensionsOf, StandardSlots } from "../slots/index.ts";
import type { ContentPart } from "./message-types.generated.ts";

/** The kind of a part: its `content_type`. */
export type PartKind = ContentPart["content_type"];

/** A part of one kind. */
export type Part<Kind extends PartKind> = Extract<ContentPart, { readonly content_type: Kind }>;

/** What a part does, from the Common Message Format. */
export type PartAction = (typeof partActions)[number];
export const partActions = Object.freeze([
  "read",
  "write",
  "execute",
  "invoke",
  "send",
  "receive",
  "generate",
] as const);

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

/** The caller, reduced to what the extensions show. */
export type PartSubject = Pick<Subject, "id" | "type"> & Partly<Subject>;
/** What a host says about the entity that a part names. */
export type ObjectProfile = Security["objects"][string];
/** What may be done with the data of the entity that a part names. */
export type DataPolicy = Security["data"][string];

/** Strings by name, such as headers. */
export interface TextMap {
  readonly [name: string]: string;
}
/** JSON values by name, such as arguments and properties. */
export interface JsonMap {
  readonly [name: string]: Json;
}
