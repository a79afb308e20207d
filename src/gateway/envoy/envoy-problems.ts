/** Finds settings of Envoy or agentgateway that let something pass unjudged. */
import { isRecord } from "../../core/data/index.ts";
import { GlassineError } from "../../core/errors/index.ts";
import { printable } from "../../operate/trust/index.ts";
import { documentsIn } from "./yaml.ts";

export interface EnvoyProblem {
  /** Whether traffic could pass unjudged. Production does not start then. */
  readonly isOpen: boolean;
  readonly text: string;
}

type Fields = Readonly<Record<string, unknown>>;

/** An Envoy runtime flag that makes it end its streams to the gateway instead of resetting them. */
export const gracefulClose = "envoy.reloadable_features.ext_proc_graceful_grpc_close";

const failsOpen =
  "`failure_mode_allow` (`failOpen`) is true: traffic that glassine could not judge passes. Set it to false.";

const chosenAgain =
  "Envoy chooses the route again by the path and headers that glassine wrote, so a call may go to another server than the one it was judged for.";

/** What is wrong with each setting that lets something pass if it is true. */
const openIfTrue = {
  failure_mode_allow: failsOpen,
  fail_open: failsOpen,
  observability_mode:
    "`observability_mode` is true: Envoy does not wait for answers, so nothing is refused. Set it to false.",
  disable_immediate_response:
    "`disable_immediate_response` is true: Envoy ignores refusals. Set it to false.",
};

/**
 * Searches configurations of Envoy, Envoy Gateway, Istio or agentgateway, or Envoy's own dumps, at
 * any depth of nesting. Keys are the API's, in snake case or camel case.
 */
export function envoyProblems(documents: readonly unknown[]): readonly EnvoyProblem[] {
  const objects = documents.flatMap((each) => [...objectsIn(withoutTypedStructs(each))]);
  const names = filterNames(objects);
  const texts = new Set(objects.flatMap((fields) => [...openIn(fields, names)]));
  for (const text of openBeside(objects)) texts.add(text);
  for (const text of openInProducts(documents, objects)) texts.add(text);
  const hasProcessor = objects.some(isProcessor);
  if (!hasProcessor && !objects.some(isOfAgentgateway))
    texts.add("it has no external processing: no traffic goes through glassine.");
  const problems = [...texts].map((text) => ({ isOpen: true, text }));
  return hasProcessor && resetsStreams(documents, objects)
    ? [...problems, { isOpen: false, text: resets }]
    : problems;
}

const resets = `Envoy resets each stream at its end, and Node refuses streams after 1000 resets of a connection: set the runtime flag ${gracefulClose} to true, or \`max_requests_per_connection: 500\` for the cluster of glassine.`;

/** Whether Envoy resets streams, on connections that live long enough for that to matter. */
function resetsStreams(documents: readonly unknown[], objects: readonly Fields[]): boolean {
  // Envoy Gateway holds its bootstrap patch as a string, so search the text.
  if (new RegExp(`${gracefulClose}\\W+true`).test(JSON.stringify(documents))) return false;
  return !objects.some(
    (fields) =>
      isTrue(fields[gracefulClose]) || requestsIn(at(fields, "max_requests_per_connection")) <= 900,
  );
}

/** Says, for each setting of an object that lets something pass unjudged, what to do about it. */
function* openIn(fields: Fields, names: FilterNames): Generator<string> {
  const { extProc, webhook, promptGuard } = fields;
  for (const name of Object.keys(fields)) {
    const other = camelCase(name);
    if (other !== name && Object.hasOwn(fields, other))
      yield `\`${printable(name)}\` is also given as \`${printable(other)}\`, and either may have effect: leave one out.`;
  }
  if (isRecord(extProc)) yield* openInAgentgateway(extProc);
  if (isWebhook(webhook)) yield* openInWebhook(webhook);
  if (isRecord(promptGuard)) yield* openInStreams(promptGuard);
  // External authorization has a setting of the same name, which is about itself.
  if (!isOfType(fields, ".ExtAuthz"))
    for (const [name, text] of Object.entries(openIfTrue)) if (isTrue(at(fields, name))) yield text;
  if ((isTrue(fields.disabled) && isOfProcessor(fields, names)) || isOffIn(fields, names))
    yield "external processing is `disabled` somewhere: nothing is judged there.";
  if (isTrue(at(fields, "is_optional")) && isOfProcessor(fields, names))
    yield "`is_optional` is true for external processing: an Envoy without it lets everything pass. Set it to false.";
  if (isBehindMatcher(fields))
    yield "a matcher decides what goes through external processing: nothing else is judged. Put the filter in the chain itself.";
  if (isOfType(fields, ".HttpConnectionManager")) yield* openInAddress(fields);
  const filters = at(fields, "http_filters");
  if (Array.isArray(filters)) yield* openAfter(filters);
  if (modeName(at(fields, "route_cache_action"), routeCacheActions) === "CLEAR")
    yield `\`route_cache_action\` is CLEAR: ${chosenAgain} Leave it out.`;
  yield* openInHeaders(fields);
  const mode = at(fields, "processing_mode");
  if (isRecord(mode)) yield* openInMode(mode);
  else if (isFilter(fields))
    yield "`processing_mode` is not set: Envoy does not send bodies to glassine, so they are not judged.";
}

/**
 * Returns the problems in a configuration of Envoy, Envoy Gateway, Istio or agentgateway. `file` is
 * its name for errors.
 *
 * @throws GlassineError `config_unreadable` if it is neither YAML nor JSON
 */
export function problemsInText(text: string, file: string): readonly EnvoyProblem[] {
  try {
    return envoyProblems(documentsIn(text));
  } catch (error) {
    // The lines after the first quote the file.
    const [line = ""] = (error as Error).message.split("\n", 1);
    const fault = line.replace(/:$/, ".");
    throw new GlassineError(
      "config_unreadable",
      `${printable(file)} is neither YAML nor JSON: ${printable(fault)}`,
    );
  }
}

/** Envoy's modes by their numbers, which it accepts as well as their names. */
const bodyModes = ["NONE", "STREAMED", "BUFFERED", "BUFFERED_PARTIAL", "FULL_DUPLEX_STREAMED"];
const headerModes = ["DEFAULT", "SEND", "SKIP"];
const routeCacheActions = ["DEFAULT", "CLEAR", "RETAIN"];

/** Returns the name of a mode, which may be given as a number or in lower case. */
function modeName(mode: unknown, names: readonly string[]): string {
  return names[Number(mode)] ?? String(mode).toUpperCase();
}

function* openInMode(mode: Fields): Generator<string> {
  for (const side of ["request", "response"]) {
    // Envoy Gateway has a nested object for each side.
    const nested = at(mode, side);
    const body = modeName(
      at(mode, `${side}_body_mode`) ?? (isRecord(nested) ? at(nested, "body") : undefined) ?? 0,
      bodyModes,
    );
    if (!["FULLDUPLEXSTREAMED", "BUFFERED"].includes(body.replaceAll("_", "")))
      yield `the body mode of the ${side} is ${body}, in which bodies cannot be judged: set FULL_DUPLEX_STREAMED or BUFFERED.`;
    if (modeName(at(mode, `${side}_header_mode`), headerModes) === "SKIP")
      yield `the header mode of the ${side} is SKIP: set SEND.`;
    // Envoy Gateway has no setting for trailers.
    if (!isRecord(nested) && modeName(at(mode, `${side}_trailer_mode`), headerModes) !== "SEND")
      yield `trailers of the ${side} are not sent to glassine, so they pass unjudged: set ${side}_trailer_mode to SEND.`;
  }
}

/** Finds listeners that lead to the same servers without external processing. */
function* openBeside(objects: readonly Fields[]): Generator<string> {
  const managers = objects.filter((fields) => isOfType(fields, ".HttpConnectionManager"));
  const isJudged = (manager: Fields) => [...objectsIn(manager)].some(isFilter);
  // A dump has the routes that Envoy gets by name apart from the listeners, and the others twice.
  const inline = [...managers, ...objects.map((fields) => at(fields, "static_route_configs"))];
  const ofListeners = new Set(inline.flatMap((each) => [...objectsIn(each)]));
  const named = objects.filter(
    (fields) => Array.isArray(at(fields, "virtual_hosts")) && !ofListeners.has(fields),
  );
  const destinations = (manager: Fields) => destinationsOf(manager, named);
  const judged = new Set(managers.filter(isJudged).flatMap(destinations));
  // A TCP proxy names its clusters as a route does.
  const proxies = objects.filter((fields) => isOfType(fields, ".TcpProxy"));
  const others = [
    ...managers.filter((manager) => !isJudged(manager)),
    ...proxies.map((route) => ({ route })),
  ];
  if (others.flatMap(destinations).some((each) => judged.has(each)))
    yield "a listener leads to a server of glassine without external processing: nothing is judged there. Remove it, or add the filter.";
}

/** The clusters that routes lead to, and the names under which Envoy gets routes. */
function destinationsOf(manager: Fields, named: readonly Fields[]): readonly unknown[] {
  const own = [...objectsIn(manager)];
  const names: readonly unknown[] = own
    .map((fields) => at(fields, "route_config_name"))
    .filter((name) => name !== undefined);
  const routes = named.filter(({ name }) => names.includes(name));
  const clusters = [...own, ...objectsIn(routes)].flatMap((fields) => {
    const route = isRecord(fields.route) ? fields.route : {};
    const weighted = at(route, "weighted_clusters");
    const parts = isRecord(weighted) ? [...objectsIn(weighted.clusters)] : [];
    return [route.cluster, ...parts.map(({ name }) => name)];
  });
  return [...names, ...clusters].filter((each) => each !== undefined);
}

/** Finds filters after external processing that make Envoy choose the route again. */
function* openAfter(filters: readonly unknown[]): Generator<string> {
  const first = filters.findIndex((each) => [...objectsIn(each)].some(isFilter));
  if (first < 0) return;
  for (const fields of objectsIn(filters.slice(first + 1))) {
    const isCleared = at(fields, "clear_route_cache");
    if (isTrue(isCleared))
      yield `\`clear_route_cache\` is true in a filter after external processing: ${chosenAgain} Put that filter first, or leave it out.`;
    const isKept =
      modeName(at(fields, "route_cache_action"), routeCacheActions) === "RETAIN" ||
      isTrue(at(fields, "disable_clear_route_cache"));
    if (isFilter(fields) && !isKept)
      yield `an external processor after another one can clear the route cache: ${chosenAgain} Set \`route_cache_action: RETAIN\` for the last.`;
    const callsIt = () => JSON.stringify(fields).includes("clearRouteCache");
    if (isOfType(fields, ".lua.v3.Lua") && (isCleared !== false || callsIt()))
      yield `a Lua filter after external processing clears the route cache: ${chosenAgain} Put it first, or set \`clear_route_cache: false\` and do not call \`clearRouteCache\`.`;
  }
}

/** Finds where the address that glassine gets is what a header says. */
function* openInAddress(manager: Fields): Generator<string> {
  const isOfConnection =
    isTrue(at(manager, "use_remote_address")) &&
    Number(at(manager, "xff_num_trusted_hops") ?? 0) === 0 &&
    [at(manager, "original_ip_detection_extensions") ?? []].flat().length === 0;
  if ([...objectsIn(manager)].some(reportsAddress) && !isOfConnection)
    yield "`source.address` is what a header says, which callers can send, and `identity.trustedHeaders` believes it: set `use_remote_address: true`, without `xff_num_trusted_hops` and `original_ip_detection_extensions`, or leave it out of `request_attributes`.";
}

/** Finds the same in the words of Envoy Gateway and Istio. */
function* openInProducts(
  documents: readonly unknown[],
  objects: readonly Fields[],
): Generator<string> {
  if (!objects.some(reportsAddress)) return;
  if (objects.some(({ clientIPDetection }) => isRecord(clientIPDetection)))
    yield "`clientIPDetection` makes `source.address` what a header says, and `identity.trustedHeaders` believes it: leave it out, or leave `source.address` out of `attributes`.";
  // Istio also takes its settings as a string, in an annotation, so search the text.
  if (/numTrustedProxies\W+[1-9]/.test(JSON.stringify(documents)))
    yield "`numTrustedProxies` makes `source.address` what a header says, and `identity.trustedHeaders` believes it: leave it out, or leave `source.address` out of `request_attributes`.";
}

/** Whether this is a filter, or the settings of a product, with which glassine gets an address. */
function reportsAddress(fields: Fields): boolean {
  const attributes = at(fields, "request_attributes") ?? fields.attributes;
  return Array.isArray(attributes) && attributes.includes("source.address");
}

const forwardRules = ["allowed_headers", "disallowed_headers"];
const mutationRules = ["disallow_all", "disallow_system", "disallow_expression"];

/** Finds what keeps headers from glassine, or its changes to headers from taking effect. */
function* openInHeaders(fields: Fields): Generator<string> {
  const forwarded = at(fields, "forward_rules");
  if (isRecord(forwarded) && forwardRules.some((each) => isRecord(at(forwarded, each))))
    yield "`forward_rules` keeps headers from glassine, so they pass unjudged and are not removed: leave it out.";
  const rules = at(fields, "mutation_rules");
  // If such a change is an error, Envoy refuses the request.
  if (!isRecord(rules) || isTrue(at(rules, "disallow_is_error"))) return;
  for (const each of mutationRules)
    if (isTrue(at(rules, each)) || isRecord(at(rules, each)))
      yield `\`${each}\` in \`mutation_rules\` makes Envoy ignore changes to headers, so what glassine removes or replaces passes: leave it out.`;
}

const agentgatewayModes = [
  ["requestBodyMode", "requestHeaderMode"],
  ["responseBodyMode", "responseHeaderMode"],
] as const;

/** agentgateway's defaults are safe: it fails closed, sends headers and streams bodies. */
function* openInAgentgateway(extProc: Fields): Generator<string> {
  yield* openOnFailure("`extProc`", extProc);
  const options = extProc.processingOptions;
  if (!isRecord(options)) return;
  for (const [bodyMode, headerMode] of agentgatewayModes) {
    const body = String(options[bodyMode] ?? "fullDuplexStreamed");
    if (!["fullduplexstreamed", "buffered"].includes(body.toLowerCase()))
      yield `\`${bodyMode}\` is ${body}, in which bodies cannot be judged: set fullDuplexStreamed or buffered.`;
    if (String(options[headerMode]).toLowerCase() === "skip")
      yield `\`${headerMode}\` is skip: set send.`;
  }
}

function* openOnFailure(what: string, { failureMode }: Fields): Generator<string> {
  if (String(failureMode).toLowerCase() === "failopen")
    yield `\`failureMode\` of ${what} is failOpen: traffic that glassine could not judge passes. Set it to failClosed.`;
}

function* openInWebhook(webhook: Fields): Generator<string> {
  yield* openOnFailure("the webhook", webhook);
  const { messageFormat, minSizeBytes } = webhook;
  if (String(messageFormat).toLowerCase() === "raw")
    yield "`messageFormat` of the webhook is raw, which has no rejection: leave it out.";
  if (Number(minSizeBytes ?? 0) > 0)
    yield "`minSizeBytes` of the webhook lets short texts pass: leave it out.";
}

function* openInStreams({ response, streaming }: Fields): Generator<string> {
  const isAsked = [...objectsIn(response)].some((each) => isWebhook(each.webhook));
  if (isAsked && String(streaming).toLowerCase() !== "enabled")
    yield "`streaming` of `promptGuard` is not enabled: streams of models pass unjudged.";
}

/** Whether agentgateway asks glassine here, by external processing or its webhook. */
function isOfAgentgateway({ extProc, webhook }: Fields): boolean {
  return isRecord(extProc) || isWebhook(webhook);
}

/** Whether `value` is agentgateway's webhook, rather than another setting of that name. */
function isWebhook(value: unknown): value is Fields {
  return isRecord(value) && (isRecord(value.target) || isRecord(value.backendRef));
}

function isOfType(fields: Fields, end: string): boolean {
  const type = fields["@type"];
  return typeof type === "string" && type.endsWith(end);
}

function isFilter(fields: Fields): boolean {
  return isOfType(fields, ".ext_proc.v3.ExternalProcessor");
}

/** The names of filters of external processing, and of everything else that has a name. */
interface FilterNames {
  readonly processors: ReadonlySet<unknown>;
  readonly others: ReadonlySet<unknown>;
}

function filterNames(objects: readonly Fields[]): FilterNames {
  const processors = new Set<unknown>();
  const others = new Set<unknown>();
  for (const fields of objects) {
    const config = at(fields, "typed_config");
    if (typeof fields.name !== "string") continue;
    (isRecord(config) && isFilter(config) ? processors : others).add(fields.name);
  }
  return { processors, others };
}

/** Whether this is a route's settings for the filter, or the filter's own entry. */
function isOfProcessor(fields: Fields, { processors }: FilterNames): boolean {
  return isOfType(fields, ".ExtProcPerRoute") || processors.has(fields.name);
}

/**
 * Whether a route's settings, which are by the names of filters, switch external processing off. A
 * name that no known filter has may be that of a filter in another file.
 */
function isOffIn(fields: Fields, { processors, others }: FilterNames): boolean {
  const isOther = (name: string) =>
    !processors.has(name) && (others.has(name) || /^envoy\.filters\.http\.(?!ext_proc)/.test(name));
  return Object.entries(fields).some(
    ([name, settings]) =>
      isRecord(settings) &&
      isOfType(settings, ".route.v3.FilterConfig") &&
      isTrue(settings.disabled) &&
      !isOther(name),
  );
}

/** Whether this is the filter within one that runs it, or not, by what matches. */
function isBehindMatcher(fields: Fields): boolean {
  const isConditional =
    isOfType(fields, ".ExtensionWithMatcher") || isOfType(fields, ".ExecuteFilterAction");
  return isConditional && [...objectsIn(fields)].some(isFilter);
}

/** Whether this is the filter, or a policy of Envoy Gateway. */
function isProcessor(fields: Fields): boolean {
  return isFilter(fields) || Array.isArray(fields.extProc);
}

function* objectsIn(value: unknown): Generator<Fields> {
  if (Array.isArray(value)) for (const each of value) yield* objectsIn(each);
  if (!isRecord(value)) return;
  yield value;
  for (const each of Object.values(value)) yield* objectsIn(each);
}

/** Replaces each `TypedStruct`, another form of typed settings, by the settings in it. */
function withoutTypedStructs(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutTypedStructs);
  if (!isRecord(value)) return value;
  const type = at(value, "type_url");
  const fields =
    typeof type === "string" && isRecord(value.value) ? { ...value.value, "@type": type } : value;
  const entries = Object.entries(fields).map(([key, each]) => [key, withoutTypedStructs(each)]);
  return Object.fromEntries(entries);
}

function at(fields: Fields, name: string): unknown {
  return fields[name] ?? fields[camelCase(name)];
}

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** Accepts what Envoy takes for true, quoted or not, and the form in which it reports a runtime flag. */
function isTrue(value: unknown): boolean {
  if (isRecord(value)) return isTrue(value.final_value);
  return value === true || (typeof value === "string" && /^(?:true|t|yes|y|on|1)$/i.test(value));
}

function requestsIn(value: unknown): number {
  return Number((isRecord(value) ? value.value : value) ?? Number.POSITIVE_INFINITY);
}
