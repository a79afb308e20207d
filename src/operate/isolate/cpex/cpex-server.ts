/**
 * Offers a plugin of this library to a CPEX host: accepts the tasks that CPEX's worker accepts, and
 * answers them in the same way. Source: the module `cpex.framework.isolated.worker` of the Python
 * package `cpex` 0.1.4.
 *
 * The plugin runs behind its own manager, because that version's Python manager accepts whatever
 * extensions a plugin returns.
 */
import * as z from "zod/mini";
import {
  createExtensions,
  createPluginManager,
  decodeTask,
  definePlugin,
  encodeInvokeResult,
  type Manager,
  resolveCapabilities,
} from "../../../core/host/index.ts";
import { describeThrown } from "../../../core/observe/index.ts";
import type { Plugin } from "../../../core/plugins/index.ts";
import { keptByRequest } from "../kept-by-request.ts";
import { cpexCapabilities, cpexHooks, neededFeatures, workerProtocol } from "./worker-lines.ts";

export { linesTo } from "../lines.ts";

type Invoked = Awaited<ReturnType<Manager["invoke"]>>;
type Item = Exclude<Parameters<typeof createPluginManager>[0]["plugins"][number], Plugin>;

interface Served {
  readonly plugin: Plugin;
  readonly manager: Manager;
}

/** Creates the plugin's manager for a configuration of the host, with the item that it gets. */
export type Serve = (config: unknown, itemOf: (plugin: Plugin) => Item) => Promise<Served>;

export interface CpexServerOptions {
  readonly serve: Serve;
  readonly write: (text: string) => void;
  /** Receives what an operator should know but the protocol has no place for. */
  readonly warn: (text: string) => void;
}

/** The id in the answer to a line that has none. */
const noId = "unknown";

const text = z.string();
const names = z.array(text);
const optionalText = z.nullish(text);
const anyObject = z.record(text, z.unknown());

const anyLine = z.looseObject({ request_id: z._default(text, noId) });

/** The other fields that every task has. */
const anyTask = z.looseObject({ task_type: text, config: optionalText });

const hookTask = z.looseObject({
  hook_type: text,
  config: text,
  payload: anyObject,
  extensions: z.nullish(anyObject),
  context: z.looseObject({
    global_context: z.looseObject({
      request_id: text,
      tenant_id: optionalText,
      server_id: optionalText,
    }),
  }),
});

/** How the host has configured the plugin. */
const settings = z.looseObject({
  capabilities: z._default(names, []),
  config: z.nullish(anyObject),
});

interface Made {
  /** The JSON text of the configuration that it was created for. */
  readonly text: string;
  readonly served: Promise<Served & { readonly capabilities: readonly string[] }>;
}

export function cpexServer({ serve, write, warn }: CpexServerOptions) {
  const open = new Set<Promise<void>>();
  const scopeOf = keptByRequest((): { context?: Invoked["context"] } => ({}));
  let made: Made | undefined;
  let end: () => void = () => {};
  const shutdown = new Promise<void>((resolve) => {
    end = resolve;
  });
  const send = (id: string, fields: object) =>
    write(`${JSON.stringify({ ...fields, request_id: id })}\n`);

  /** A CPEX host has one configuration per plugin. If it changes, the plugin is created anew. */
  function madeFor(config: string): Made {
    if (made?.text === config) return made;
    const { capabilities: granted, config: given } = read(
      settings,
      parsed(config, "config"),
      "config",
    );
    const configured = given === null || given === undefined ? {} : { config: given };
    const before = made;
    const grant = (plugin: Plugin) => grantOf(plugin, granted);
    const served = serve(given ?? undefined, (plugin) => ({
      plugin,
      grant: grant(plugin),
      ...configured,
    })).then((found) => ({ ...found, capabilities: grant(found.plugin) }));
    const own = { text: config, served };
    made = own;
    void closed(before);
    // The next task tries again: isolated code may have been too slow to start.
    served.catch(() => {
      if (made === own) made = undefined;
    });
    return own;
  }

  async function answer(task: z.output<typeof anyTask>): Promise<object> {
    if (task.task_type === "capabilities") return await greet(task.config);
    if (task.task_type === "load_and_run_hook") return await run(read(hookTask, task, "task"));
    throw new Error(`There are no tasks of the type ${task.task_type}.`);
  }

  /** With a configuration, also checks that the plugin accepts it, and lists its hooks. */
  async function greet(config: string | null | undefined): Promise<object> {
    const served = typeof config === "string" ? await madeFor(config).served : undefined;
    return {
      status: "success",
      protocol_version: workerProtocol,
      features: neededFeatures,
      // CPEX is not installed here.
      cpex_version: null,
      ...(served === undefined ? {} : { hooks: hooksOf(served.manager) }),
    };
  }

  async function run(task: z.output<typeof hookTask>): Promise<object> {
    const { hook_type: hook, config, payload, extensions, context } = task;
    const { request_id: request, tenant_id: tenant, server_id: server } = context.global_context;
    const { plugin, manager, capabilities } = await madeFor(config).served;
    if (!hooksOf(manager).includes(hook))
      throw new Error(`The plugin ${plugin.name} has no handler for ${hook}.`);
    const { name, version } = plugin;
    const turn = decodeTask({
      hook,
      payload,
      context: { request_id: request },
      config: { name, version, capabilities },
      ...(extensions === null || extensions === undefined ? {} : { extensions }),
    });
    const scope = scopeOf(request);
    const result = await manager.invoke(hook as "evaluate", turn.payload as never, {
      ...(turn.extensions === undefined ? {} : { extensions: createExtensions(turn.extensions) }),
      ...(scope.context === undefined ? { request } : { context: scope.context }),
      ...(typeof tenant === "string" ? { tenant } : {}),
      ...(typeof server === "string" ? { server } : {}),
    });
    scope.context = result.context;
    for (const { path, code } of result.rejections)
      warn(`${name} was not allowed to change ${path} on ${hook}: ${code}`);
    expectSaid(result);
    const { as_returned: _, ...document } = JSON.parse(encodeInvokeResult(result, { hook }));
    return document;
  }

  async function handleLine(line: string): Promise<void> {
    let id = noId;
    try {
      const named = read(anyLine, parsed(line, "task"), "task");
      id = named.request_id;
      const task = read(anyTask, named, "task");
      if (task.task_type !== "shutdown") {
        send(id, await answer(task));
        return;
      }
      // Those before it: it is not among them yet.
      await Promise.all(open);
      send(id, { status: "success", message: "Shutting down" });
      end();
    } catch (error) {
      send(id, { status: "error", message: describeThrown(error).text });
    }
  }

  return {
    /** Resolves when the host asks for a shutdown. */
    shutdown,
    /** Handles a line, given without its line break. */
    handle(line: string): void {
      if (line.trim() === "") return;
      const one = handleLine(line);
      open.add(one);
      void one.then(() => open.delete(one));
    },
    /** Finishes all open answers, then closes the plugin. */
    async close(): Promise<void> {
      await Promise.all(open);
      await closed(made);
    },
  };
}

/** What a CPEX host needs to know about a plugin: its hooks and capabilities that exist there. */
export async function cpexFacts(plugin: Plugin): Promise<{
  readonly hooks: readonly string[];
  readonly capabilities: readonly string[];
  /** Capabilities that it asks for and cannot have there. */
  readonly without: readonly string[];
}> {
  const { name, version } = plugin;
  const hooks = Object.fromEntries(plugin.hooks.map((hook) => [hook, () => undefined]));
  // Has no code or configuration: it only shows in which hooks the plugin's entries take part.
  const stand = definePlugin({ name, version, hooks } as never);
  const manager = await createPluginManager({ plugins: [stand] });
  const served = hooksOf(manager);
  await manager.close();
  const isKnown = (name: string) => cpexCapabilities.includes(name);
  return {
    hooks: served,
    capabilities: plugin.capabilities.filter(isKnown),
    without: plugin.capabilities.filter((name) => !isKnown(name)),
  };
}

const hooksOf = (manager: Manager): readonly string[] =>
  cpexHooks.filter((hook) => manager.handles(hook as "evaluate"));

/** The capabilities that both the plugin and its host's configuration name. */
function grantOf(plugin: Plugin, granted: readonly string[]): readonly never[] {
  const known = granted.filter((name) => cpexCapabilities.includes(name));
  const requested: readonly string[] = resolveCapabilities(plugin.capabilities as never);
  return resolveCapabilities(known as never).filter((name) => requested.includes(name)) as never;
}

/**
 * Throws if a failure, not the plugin's own answer, denied the turn: a CPEX host handles failures
 * with its own `on_error`.
 *
 * @throws Error
 */
function expectSaid({ violation, executions }: Invoked): void {
  if (violation === undefined) return;
  const decisive = executions.find(({ effectiveAllow }) => !effectiveAllow);
  if (violation.plugin !== undefined && decisive?.requestedAllow === false) return;
  throw new Error(`${violation.code}: ${violation.reason}`);
}

/** @throws Error which does not quote the text, unlike the parser's: it may contain secrets */
function parsed(json: string, what: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new Error(`${what} is not JSON.`);
  }
}

/** @throws Error which says where the data is not as expected */
function read<Schema extends z.ZodMiniType>(
  schema: Schema,
  data: unknown,
  what: string,
): z.output<Schema> {
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = [what, ...(issue?.path ?? [])].join(".");
  throw new Error(`${path} is not what the CPEX worker accepts: ${issue?.message}`);
}

/** Ignores failures, which have already been reported to the caller that caused them. */
async function closed(made: Made | undefined): Promise<void> {
  await made?.served.then(({ manager }) => manager.close()).catch(() => {});
}
