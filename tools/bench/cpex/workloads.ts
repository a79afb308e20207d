/** The workloads in the form that each side takes. */
import { type Capability, encodeExtensions } from "glassine";
import { realisticEnvelope } from "../workloads.ts";

/** The realistic envelope in its wire form. */
export const envelope = JSON.parse(encodeExtensions(realisticEnvelope)) as Wire;

interface Wire extends Readonly<Record<string, object>> {
  readonly http: { readonly headers: object };
  readonly security: { readonly subject: { readonly type: string } };
  readonly delegation: { readonly chain: readonly object[] };
}

/** The same in the crate's spelling. The crate recounts the hops in each merge, so set `depth`. */
export const crateEnvelope: object = inCrate(envelope);

function inCrate({ http, security, delegation, ...rest }: Wire): object {
  const { type: subject_type, ...subject } = security.subject;
  return {
    ...rest,
    http: { request_headers: http.headers },
    security: { ...security, subject: { ...subject, subject_type } },
    delegation: { ...delegation, depth: delegation.chain.length, delegated: true },
  };
}

/** A grant of all twelve capabilities that CPEX knows. */
export const allCapabilities = [
  "read_subject",
  "read_roles",
  "read_teams",
  "read_claims",
  "read_permissions",
  "read_agent",
  "read_headers",
  "write_headers",
  "read_labels",
  "append_labels",
  "read_delegation",
  "append_delegation",
] as const satisfies readonly Capability[];
