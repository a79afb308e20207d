/** Finds settings that are valid but probably not intended. */
import type { Mode, OnError } from "../../core/hooks/index.ts";
import { printable } from "../../operate/cli/index.ts";
import { literally, seemsForeign } from "../../providers/mcp/wiring.ts";
import { type CommandServer, endsOf, type GatewayConfig, isLocal } from "../config/index.ts";
import { changedLabel } from "../definitions/index.ts";
import { splitName } from "../router/index.ts";

export function oddSettings(config: GatewayConfig): readonly string[] {
  return [
    ...versionedUrls(config),
    ...unmatchedPatterns(config),
    ...paddedNames(config),
    ...ineffectivePlugins(config),
    ...pluginsWithoutInput(config),
    ...headersWithoutTls(config),
    ...unexpanded(config),
  ];
}

function versionedUrls({ models }: GatewayConfig): readonly string[] {
  return Object.entries(models).flatMap(([name, { url, path }]) => {
    const [, version] = /\/(v\d+(?:beta)?)\/?$/.exec(new URL(url).pathname) ?? [];
    if (version === undefined) return [];
    return [
      `models.${name}.url ends in "/${version}", which belongs to the paths of requests: ${path}/${version}/… would go to /${version}/${version}/…. Leave it out of the URL.`,
    ];
  });
}

/** Reports configured headers without https, since they probably contain a key. */
function* headersWithoutTls(config: GatewayConfig): Generator<string> {
  for (const { path, end } of endsOf(config)) {
    if (!("url" in end) || Object.keys(end.headers).length === 0) continue;
    const { protocol, hostname } = new URL(end.url);
    if (protocol !== "https:" && !isLocal(hostname))
      yield `${path.join(".")}.url is not https: its \`headers\` can be read by anybody on the network path.`;
  }
}

/** `${TOKEN}` anywhere, or `$TOKEN` alone. */
const shellVariable = /\$\{([A-Za-z_]\w*)\}|^\$([A-Z_][A-Z\d_]*)$/g;

/** Returns the names of the variables in a value. */
function variablesIn(value: unknown): readonly string[] {
  if (typeof value !== "string") return [];
  return [...value.matchAll(shellVariable)].map(([, braced, bare]) => String(braced ?? bare));
}

/** Reports variables as a shell writes them: the gateway does not expand any. */
function* unexpanded(config: GatewayConfig): Generator<string> {
  for (const { path, end } of endsOf(config)) {
    const place = path.join(".");
    const kind = "headers" in end ? "headers" : "env";
    for (const [name, value] of Object.entries("headers" in end ? end.headers : end.env))
      if (variablesIn(value).length > 0)
        yield `${place}.${kind}.${printable(name)} has a variable as a shell writes it, which is not expanded: write { "env": NAME } in place of the whole value.`;
    if ("args" in end) yield* unexpandedArguments(place, end);
  }
}

function* unexpandedArguments(place: string, { args, env }: CommandServer): Generator<string> {
  for (const [index, value] of args.entries()) {
    // A program that gets the variable, or that `-c` gives a text to run, may expand it itself.
    const isProgram = /^-\w*c$/.test(args[index - 1] ?? "");
    if (!isProgram && !variablesIn(value).every((name) => Object.hasOwn(env, name)))
      yield `${place}.args[${index}] has a variable as a shell writes it, which is not expanded: write the value, or pass it in \`env\`.`;
  }
}

type Options = Readonly<Record<string, unknown>>;

/** Returns the stock plugins, each with its options and its name for messages. */
function stockIn({ plugins }: Pick<GatewayConfig, "plugins">) {
  return plugins.flatMap((entry, index) => {
    if (typeof entry === "string" || !("use" in entry)) return [];
    const { use, options } = entry;
    return [{ use, options: (options ?? {}) as Options, place: `plugins[${index}] (${use})` }];
  });
}

/** Returns the patterns in a stock plugin's options. Malformed options are refused elsewhere. */
function patternsIn(use: string, options: Options) {
  const toolsIn = (record: unknown): readonly unknown[] => Object.keys(record ?? {});
  if (use === "allow-list") {
    const { tools, prompts, resources } = options;
    return { tools: toolsIn(tools), others: [prompts ?? [], resources ?? []].flat() };
  }
  if (use === "role-guard") return { tools: toolsIn(options.tools), others: [] };
  if (use !== "egress-guard") return { tools: [], others: [] };
  const { tools = [], ...others } = { ...((options.allow ?? options.refuse) as Options) };
  return { tools: [tools].flat(), others: Object.values(others).flat() };
}

/** Reports patterns in the options of stock plugins that most likely match nothing. */
function unmatchedPatterns(config: GatewayConfig): readonly string[] {
  const names = Object.keys(config.servers);
  const isPrefixed = (tool: unknown) =>
    typeof tool === "string" && names.includes(splitName(tool)?.server ?? "");
  const foreign = (isTool: boolean) => (pattern: unknown) =>
    typeof pattern === "string" && seemsForeign(pattern, isTool);
  return stockIn(config).flatMap(({ use, options, place }) => {
    const { tools, others } = patternsIn(use, options);
    const isForeign = tools.some(foreign(true)) || others.some(foreign(false));
    // Does not quote values, which may be secrets.
    return [
      ...(isForeign
        ? [`${place} has names that look like regular expressions or globs. ${literally}`]
        : []),
      ...(names.length > 1 && tools.some(isPrefixed)
        ? [
            `${place} lists tools with a server's prefix, but plugins see tool names without it: drop the prefix.`,
          ]
        : []),
    ];
  });
}

/** Reports names and roles with a space at either end: they are compared exactly. */
function* paddedNames(config: GatewayConfig): Generator<string> {
  const isPadded = (each: unknown) => typeof each === "string" && each !== each.trim();
  const text =
    "a name or role that begins or ends with a space, and most likely never matches: leave the space out.";
  if (config.identity.local?.roles.some(isPadded) === true)
    yield `identity.local.roles has ${text}`;
  for (const { use, options, place } of stockIn(config)) {
    const { tools, others } = patternsIn(use, options);
    const roles = use === "role-guard" ? Object.values(options.tools ?? {}).flat() : [];
    if ([...tools, ...others, ...roles].some(isPadded)) yield `${place} has ${text}`;
  }
}

const byMode: Partial<Record<Mode, string>> = {
  audit: "what it would refuse or change passes unchanged",
  fire_and_forget: "what it would refuse or change passes unchanged",
  transform: "what it would refuse passes",
};

const byOnError: Partial<Record<OnError, string>> = {
  ignore: "what it cannot judge, because it fails or is too slow, passes",
  disable: "after its first failure it is skipped until a reload",
};

/** Reports plugins whose settings let pass what they find. */
function ineffectivePlugins({ plugins }: GatewayConfig): readonly string[] {
  return plugins.flatMap((entry, index) => {
    if (typeof entry === "string" || "kind" in entry) return [];
    const { mode, onError, options } = entry;
    const source = "use" in entry ? entry.use : "package" in entry ? entry.package : entry.path;
    const place = `plugins[${index}] (${printable(source)})`;
    const said = (key: string, value: string, what: string | undefined) =>
      what === undefined ? [] : [`${place} has the ${key} "${value}": ${what}.`];
    // The option of the stock plugins that scan.
    const isRedacting = (options as Options | null | undefined)?.action === "redact";
    return [
      ...(mode === undefined ? [] : said("mode", mode, byMode[mode])),
      ...(mode === "concurrent" && isRedacting
        ? said("mode", mode, "it changes no message, so what it would redact passes unchanged")
        : []),
      ...(onError === undefined ? [] : said("onError", onError, byOnError[onError])),
    ];
  });
}

/** Reports stock plugins that judge by labels, roles or sessions that no request has. */
function pluginsWithoutInput(config: GatewayConfig): readonly string[] {
  const added = labelsAdded(config);
  return stockIn(config).flatMap(({ use, options: { labels, by }, place }) => {
    if (use === "rate-limit" && Array.isArray(by) && by.includes("session"))
      return [
        `${place} counts by session, but the gateway sets no \`agent.session_id\`: all sessions count together. Count by \`subject\`.`,
      ];
    if (use === "role-guard" && !hasRoles(config))
      return [`${place} judges by roles, but no caller has any: configure them in \`identity\`.`];
    if (use !== "egress-guard" || added === undefined || !Array.isArray(labels)) return [];
    if (labels.some((label) => added.has(label))) return [];
    const all = [...added].join(", ");
    return [
      `${place} blocks data with certain labels, but nothing here adds ${all === "" ? "any labels" : `one of them: the labels that can be added are ${all}`}.`,
    ];
  });
}

function hasRoles({ identity, listen }: GatewayConfig): boolean {
  if (listen === undefined) return (identity.local?.roles.length ?? 0) > 0;
  return identity.jwt !== undefined || identity.trustedHeaders?.roles !== undefined;
}

/** Returns all labels that can be added, or undefined if some may come from unknown sources. */
function labelsAdded(config: GatewayConfig): Set<unknown> | undefined {
  const { plugins, servers, labels } = config;
  const added = new Set<unknown>();
  if (labels.store !== "memory") return undefined;
  for (const { wireLabels, definitions } of Object.values(servers)) {
    if (wireLabels.ifc || wireLabels.annotations) return undefined;
    if (definitions === "label") added.add(changedLabel);
  }
  const stock = stockIn(config);
  if (stock.length < plugins.length) return undefined;
  for (const { use, options } of stock) {
    const { label, kindLabels, action } = options;
    if (use === "pii" && action !== "deny")
      for (const each of [label ?? "PII", ...Object.values(kindLabels ?? {})]) added.add(each);
    if (use === "secret-scanner" && action === "label") added.add(label ?? "SECRET");
  }
  return added;
}
