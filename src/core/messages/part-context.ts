/** What the extensions say about a part. What they do not show looks absent. */
import { ownValue } from "../data/intrinsics.ts";
import { type HeaderMap, joinedHeaders } from "../envelope/index.ts";
import type { DataPolicy, ObjectProfile, PartExtensions, PartSubject } from "./part-types.ts";

const noTexts: readonly string[] = Object.freeze([]);
// Without a prototype nothing patched answers for a header.
const noHeaders: HeaderMap = Object.freeze({ __proto__: null } as object as HeaderMap);

export function subjectIn(extensions: PartExtensions | undefined): PartSubject | undefined {
  // Where a subject is shown, so are the fields that every capability for it opens.
  return extensions?.security?.subject as PartSubject | undefined;
}

export function subjectSet(
  extensions: PartExtensions | undefined,
  field: "roles" | "permissions" | "teams",
): readonly string[] {
  return extensions?.security?.subject?.[field] ?? noTexts;
}

export function labelsIn(extensions: PartExtensions | undefined): readonly string[] {
  return extensions?.security?.labels ?? noTexts;
}

export function headersIn(extensions: PartExtensions | undefined): HeaderMap {
  return joinedHeaders(extensions?.http as Parameters<typeof joinedHeaders>[0]) ?? noHeaders;
}

/** Names an entity: by its name, or else, as a resource, by its URI. */
export interface EntityKeys {
  readonly name: string | undefined;
  readonly uri: string | undefined;
}

export function profileIn(
  extensions: PartExtensions | undefined,
  keys: EntityKeys,
): ObjectProfile | undefined {
  return entityIn(extensions?.security?.objects, keys) as ObjectProfile | undefined;
}

export function policyIn(
  extensions: PartExtensions | undefined,
  keys: EntityKeys,
): DataPolicy | undefined {
  return entityIn(extensions?.security?.data, keys) as DataPolicy | undefined;
}

/** Keys are data: `constructor` names an entity only where somebody wrote it. */
function entityIn(map: object | undefined, { name, uri }: EntityKeys): unknown {
  return partNamed(map, name) ?? partNamed(map, uri);
}

/** The empty string names nothing. */
function partNamed(map: object | undefined, key: string | undefined): unknown {
  return key ? ownValue(map, key) : undefined;
}
