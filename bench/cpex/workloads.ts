/** The workloads as both sides take them. */
import { type Capability, encodeExtensions } from "glassine";
import { realisticEnvelope } from "../workloads.ts";

/** The realistic envelope on the wire. */
export const envelope = JSON.parse(encodeExtensions(realisticEnvelope)) as object;

/** The grant of all twelve capabilities that CPEX knows. */
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
