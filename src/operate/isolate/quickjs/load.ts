/**
 * Loads a plugin into QuickJS. The manifest here has stand-ins for its functions, which pass in the
 * JSON of a turn and take back the JSON of its answer; the codec stays outside, in this thread.
 */
import { dirname } from "node:path";
import {
  type ErrorCode,
  errorCodes,
  GlassineError,
  RejectError,
} from "../../../core/errors/index.ts";
import { allow, deny, type PluginContext } from "../../../core/hooks/index.ts";
import { health } from "../../../core/plugins/index.ts";
import type { Turn } from "../../../core/remote/index.ts";
import { checkPackage, during, type Load, type Loaded, loadedAs } from "../load.ts";
import { Engine, EngineSpent, HostThrew } from "./engine.ts";
import { moduleFiles } from "./module-files.ts";
import type { Answer, Question, SaidFunction, Settings } from "./questions.ts";

/** How long a handler without its own time limit may run. It cannot wait for anything. */
const turnMs = 200;
/** Added so that the host's own deadline comes first, unless it is a long one, which may be late. */
const afterMs = 25;
/** How long the top-level code of the files may run. */
const loadMs = 5_000;

/** What the guest says about a plugin. It is foreign: `definePlugin` checks it. */
interface Described {
  readonly fields: object;
  readonly hooks: Readonly<Record<string, { readonly handler: SaidFunction | null }>>;
  readonly healthCheck: SaidFunction | null;
  readonly configSchema?: "parse" | "safeParse";
}

/** @throws LoadFailure (as a rejection) */
export async function loadInQuickJs(given: Load): Promise<Loaded> {
  const { file, exportName, package: of, config, memoryMb = 64 } = given;
  await checkPackage(of);
  const files = moduleFiles(file, of?.folder ?? dirname(file));
  const guest = new Guest(() => Engine.open({ files, memoryMb, loadMs }), exportName);
  await during("import", async () => await guest.ready());
  files.seal();
  const { hooks, healthCheck, configSchema, fields } = guest.described;
  const entries = Object.entries(hooks).map(([hook, { handler, ...settings }]) => {
    const { timeoutMs } = settings as { readonly timeoutMs?: unknown };
    const budgetMs = typeof timeoutMs === "number" ? timeoutMs + afterMs : turnMs;
    const turn = (payload: object, context: PluginContext, extensions?: object) =>
      guest.turn(hook, { payload, context, extensions }, budgetMs);
    // Without the third parameter, as inside: its number decides who gets extensions.
    const withoutThird = (...given: Parameters<typeof turn>) => turn(...given);
    const standIn = handler && (handler.arity >= 3 ? turn : withoutThird);
    return [hook, { ...settings, handler: standIn }];
  });
  const loaded = await loadedAs(
    {
      ...fields,
      hooks: Object.fromEntries(entries),
      healthCheck: healthCheck === null ? undefined : (given: Settings) => guest.health(given),
      configSchema: configSchema && { parse: (value: unknown) => guest.config(value) },
    },
    config,
  );
  return { ...loaded, ready: () => guest.ready() };
}

class Guest {
  readonly #open: () => Promise<Engine>;
  readonly #exportName: string;
  #opening: Promise<void> | undefined;
  #engine: Engine | undefined;
  #described: Described | undefined;
  /**
   * The settings that the engine has. An unchanged configuration stays the same object. After a
   * failure they are sent again, because the engine may not have read them.
   */
  #config: unknown;
  #capabilities: string | undefined;

  constructor(open: () => Promise<Engine>, exportName: string) {
    this.#open = open;
    this.#exportName = exportName;
  }

  /** Known as soon as it is ready. */
  get described(): Described {
    return this.#described as Described;
  }

  /** Has to be awaited if the engine is not there yet, or was spent. */
  ready(): Promise<void> | undefined {
    if (this.#engine !== undefined) return undefined;
    this.#opening ??= this.#begin().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #begin(): Promise<void> {
    const engine = await this.#open();
    const answer = this.#ask({ do: "describe", exportName: this.#exportName }, loadMs, engine);
    const described = dataOf(answer) as Described;
    this.#described ??= described;
    // Only now: without its plugin, it could take no turn.
    this.#engine = engine;
  }

  turn(entry: string, { payload, context, extensions }: Turn, budgetMs: number): unknown {
    const { hook, request, operation, stream } = context;
    const settings = this.#changed(context);
    const answer = this.#ask(
      { do: "turn", entry, hook, request, operation, stream, payload, extensions, settings },
      budgetMs,
    );
    if (answer.is === "nothing") return undefined;
    if (answer.is === "allow") return allow();
    if (answer.is === "denial") return deny(answer.denial as never);
    if (answer.is === "error" && answer.code === "rejected") throw new RejectError(answer.message);
    return dataOf(answer);
  }

  health(context: Settings): unknown {
    const answer = this.#ask({ do: "health", settings: this.#changed(context) }, turnMs);
    if (answer.is !== "health") return dataOf(answer);
    return health(answer.status as never, answer.message);
  }

  config(value: unknown): unknown {
    const answer = dataOf(this.#ask({ do: "config", value }, turnMs));
    return (answer as { readonly data?: unknown }).data;
  }

  /** The settings, or `undefined` if the engine already has them. */
  #changed({ plugin, capabilities, config }: Settings): Settings | undefined {
    const text = capabilities.join();
    if (text === this.#capabilities && config === this.#config) return undefined;
    this.#capabilities = text;
    this.#config = config;
    return { plugin, capabilities, config };
  }

  #ask(question: Question, budgetMs: number, engine = this.#engine): Answer {
    try {
      if (engine === undefined) throw new Error("The plugin is starting again.");
      const answer = JSON.parse(engine.ask(JSON.stringify(question), budgetMs)) as Answer;
      if (answer.is === "error") this.#capabilities = undefined;
      return answer;
    } catch (error) {
      this.#capabilities = undefined;
      if (error instanceof EngineSpent || error instanceof HostThrew) this.#engine = undefined;
      if (error instanceof HostThrew)
        setImmediate(() => {
          // Ends the thread; the host starts another one.
          throw error;
        });
      throw error;
    }
  }
}

/** @throws what the plugin threw: its message, and its code if this library knows it */
function dataOf(answer: Answer): unknown {
  if (answer.is === "value") return answer.value;
  if (answer.is !== "error") throw new Error("The plugin's answer does not match the question.");
  const { code, message } = answer;
  if (Object.hasOwn(errorCodes, code)) throw new GlassineError(code as ErrorCode, message);
  throw new Error(message);
}
