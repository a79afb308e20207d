/** The operation `view` of `spec/vectors/README.md`, and how its answers are compared. */
import {
  type Message,
  type PartExtensions,
  type PartInfo,
  partsOf,
  serializePart,
  toPolicyInput,
} from "glassine/messages";
import { same, type VectorCase } from "./compare.ts";

type Probe = Readonly<Record<string, readonly string[]>>;
type Answers = Readonly<Record<string, unknown>>;

const forms: Readonly<Record<string, (view: PartInfo) => object>> = {
  full: (view) => serializePart(view),
  no_content: (view) => serializePart(view, { content: false }),
  no_context: (view) => serializePart(view, { context: false }),
  bare: (view) => serializePart(view, { content: false, context: false }),
  opa: (view) => toPolicyInput(view),
  opa_no_content: (view) => toPolicyInput(view, { content: false }),
};

/** For each kind of word, the helpers that take it, by their names in the vectors. */
const helpers: Readonly<Record<string, Readonly<Record<string, keyof PartInfo>>>> = {
  roles: { has_role: "hasRole" },
  permissions: { has_permission: "hasPermission" },
  labels: { has_label: "hasLabel" },
  headers: { has_header: "hasHeader", get_header: "getHeader" },
  args: { has_arg: "hasArg", get_arg: "getArg" },
  uri_patterns: { matches_uri_pattern: "matchesUriPattern" },
  properties: { get_property: "getProperty" },
};

/** Returns what the views of a case answer, under the names of the vectors. */
export function answersOf(
  vector: VectorCase,
  message: Message,
  extensions: PartExtensions | null,
): readonly Answers[] {
  const { hook, probe = {}, forms: names = [] } = vector;
  return partsOf(message, { hook, extensions }).map((view) => ({
    kind: view.kind,
    role: view.role,
    action: view.action,
    hook: view.hook,
    content: view.content,
    uri: view.uri,
    name: view.name,
    mime_type: view.mimeType,
    size_bytes: view.sizeBytes,
    args: view.args,
    properties: view.properties,
    is_pre: view.isPre,
    is_post: view.isPost,
    is_tool: view.isTool,
    is_prompt: view.isPrompt,
    is_resource: view.isResource,
    is_text: view.isText,
    is_media: view.isMedia,
    has_content: view.hasContent,
    accessors: {
      environment: view.environment,
      request_id: view.requestId,
      subject: view.subject,
      roles: view.roles,
      permissions: view.permissions,
      teams: view.teams,
      headers: view.headers,
      labels: view.labels,
      agent_input: view.agentInput,
      session_id: view.sessionId,
      conversation_id: view.conversationId,
      turn: view.turn,
      agent_id: view.agentId,
      parent_agent_id: view.parentAgentId,
      object: view.object,
      data_policy: view.dataPolicy,
    },
    ...(Object.keys(probe).length === 0 ? {} : { probe: probed(view, probe) }),
    forms: Object.fromEntries(names.map((name) => [name, forms[name]?.(view)])),
  }));
}

function probed(view: PartInfo, probe: Probe) {
  return Object.fromEntries(
    Object.entries(probe).flatMap(([kind, words]) =>
      Object.entries(helpers[kind] ?? {}).map(([name, helper]) => [
        name,
        Object.fromEntries(words.map((word) => [word, ask(view, helper, word)])),
      ]),
    ),
  );
}

function ask(view: PartInfo, helper: keyof PartInfo, word: string): unknown {
  return (view[helper] as (word: string) => unknown).call(view, word);
}

/** Compares JSON text by its value, ignoring its size; in the subject, empty equals absent. */
export function sameViews(expected: unknown, actual: unknown, vector: VectorCase): boolean {
  const views = expected as readonly Answers[];
  const given = actual as readonly Answers[];
  return (
    views.length === given.length &&
    views.every((view, at) => {
      const isJson = view.content_format === "json";
      const wanted = comparable(view, isJson);
      const got = comparable(given[at] ?? {}, isJson);
      return (
        same(wanted.rest, got.rest, vector, ["view"]) &&
        same(wanted.subject, got.subject, vector, ["security", "subject"])
      );
    })
  );
}

function comparable(view: Answers, isJson: boolean) {
  const { content_format: _, accessors = {}, forms: written = {}, ...others } = view;
  const { subject = null, ...flat } = accessors as Answers;
  const parsed = (form: Answers): Answers => {
    if (typeof form.input === "object") return { input: parsed(form.input as Answers) };
    if (!isJson || typeof form.content !== "string") return form;
    const { size_bytes: __, ...rest } = form;
    return { ...rest, content: JSON.parse(form.content) };
  };
  const all = Object.entries(written as Readonly<Record<string, Answers>>);
  const inForms = Object.fromEntries(all.map(([name, form]) => [name, parsed(form)]));
  return { subject, rest: { ...parsed(others), accessors: flat, forms: inForms } };
}
