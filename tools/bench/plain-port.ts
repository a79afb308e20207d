/**
 * The filter as one would port it from the reference without thinking of speed: a table says
 * which capabilities open what, a grant is a set of texts and is asked where it matters, a slot
 * that is not shown has no key, and every object that is made is frozen once. It shows what
 * `filterExtensions` shows.
 */
import type { Capability, Extensions } from "glassine";

/** Plain data without absent keys. */
export type PlainExtensions = { readonly [Slot in keyof Extensions]?: Extensions[Slot] };

type Security = NonNullable<Extensions["security"]>;
type Subject = NonNullable<Security["subject"]>;
type Granted = ReadonlySet<Capability>;
type Writable<T> = { -readonly [Key in keyof T]?: T[Key] };

/** By what is gated: the capability that reads it, and those that bring that one. */
const gates = {
  agent: { read: "read_agent", broughtBy: [] },
  http: { read: "read_headers", broughtBy: ["write_headers"] },
  delegation: { read: "read_delegation", broughtBy: ["append_delegation"] },
  labels: { read: "read_labels", broughtBy: ["append_labels"] },
  client: { read: "read_client", broughtBy: [] },
  workload: { read: "read_workload", broughtBy: [] },
  subject: {
    read: "read_subject",
    broughtBy: ["read_roles", "read_permissions", "read_teams", "read_claims"],
  },
} as const satisfies Record<string, Gate>;

interface Gate {
  readonly read: Capability;
  readonly broughtBy: readonly Capability[];
}

function isOpen({ read, broughtBy }: Gate, granted: Granted): boolean {
  return granted.has(read) || broughtBy.some((name) => granted.has(name));
}

export function plainFilter(extensions: PlainExtensions, granted: Granted): PlainExtensions {
  const view: Writable<PlainExtensions> = {};
  if (extensions.request !== undefined) view.request = extensions.request;
  if (extensions.agent !== undefined && isOpen(gates.agent, granted)) view.agent = extensions.agent;
  if (extensions.http !== undefined && isOpen(gates.http, granted)) view.http = extensions.http;
  const security = filterSecurity(extensions.security, granted);
  if (security !== undefined) view.security = security;
  if (extensions.delegation !== undefined && isOpen(gates.delegation, granted)) {
    view.delegation = extensions.delegation;
  }
  if (extensions.mcp !== undefined) view.mcp = extensions.mcp;
  if (extensions.completion !== undefined) view.completion = extensions.completion;
  if (extensions.provenance !== undefined) view.provenance = extensions.provenance;
  if (extensions.llm !== undefined) view.llm = extensions.llm;
  if (extensions.framework !== undefined) view.framework = extensions.framework;
  if (extensions.meta !== undefined) view.meta = extensions.meta;
  if (extensions.custom !== undefined) view.custom = extensions.custom;
  return Object.freeze(view);
}

const noLabels: readonly string[] = Object.freeze([]);

function filterSecurity(security: Security | undefined, granted: Granted): Security | undefined {
  const view: Writable<Security> = {};
  let visible = false;
  if (isOpen(gates.labels, granted)) {
    view.labels = security?.labels ?? noLabels;
    visible = true;
  }
  if (security === undefined) return visible ? (Object.freeze(view) as Security) : undefined;
  if (security.classification !== undefined) {
    view.classification = security.classification;
    visible = true;
  }
  const subject = filterSubject(security.subject, granted);
  if (subject !== undefined) {
    view.subject = subject;
    visible = true;
  }
  view.objects = security.objects;
  view.data = security.data;
  if (Object.keys(security.objects).length > 0) visible = true;
  if (Object.keys(security.data).length > 0) visible = true;
  if (security.client !== undefined && isOpen(gates.client, granted)) {
    view.client = security.client;
    visible = true;
  }
  if (isOpen(gates.workload, granted)) {
    if (security.caller_workload !== undefined) {
      view.caller_workload = security.caller_workload;
      visible = true;
    }
    if (security.this_workload !== undefined) {
      view.this_workload = security.this_workload;
      visible = true;
    }
  }
  if (security.auth_method !== undefined) {
    view.auth_method = security.auth_method;
    visible = true;
  }
  return visible ? (Object.freeze(view) as Security) : undefined;
}

function filterSubject(subject: Subject | undefined, granted: Granted): Subject | undefined {
  if (subject === undefined) return undefined;
  if (!isOpen(gates.subject, granted)) return undefined;
  const view: Writable<Subject> = { id: subject.id, type: subject.type };
  if (granted.has("read_roles")) view.roles = subject.roles;
  if (granted.has("read_permissions")) view.permissions = subject.permissions;
  if (granted.has("read_teams")) view.teams = subject.teams;
  if (granted.has("read_claims")) view.claims = subject.claims;
  return Object.freeze(view) as Subject;
}
