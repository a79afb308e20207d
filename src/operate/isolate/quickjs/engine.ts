/**
 * Runs a plugin inside QuickJS, compiled to WebAssembly. Each engine is its own WebAssembly module,
 * so that any damage is gone with it.
 */
import type { QuickJSContext, QuickJSHandle, QuickJSRuntime } from "quickjs-emscripten";
import { loadQuickJs } from "./library.ts";
import { entryName, explained, type ModuleFiles } from "./module-files.ts";

/** Measured: with a stack of 16 MiB for the thread, as `quickJsLink` asks for, 512 KiB work as well. */
const stackBytes = 384 * 1024;

/** What the module itself declares as its memory: 16 MiB, for its stack and data. */
const ownPages = 256;
const pagesInMb = 16;
/** What the module can address: 2 GiB. */
const mostPages = 32_768;

/** The types of this package are without those of browsers. */
const { WebAssembly } = globalThis as unknown as {
  readonly WebAssembly: {
    readonly Memory: new (pages: { initial: number; maximum: number }) => never;
  };
};

/** How many jobs run between two checks of the time. */
const jobsAtOnce = 1_000;

/** The plugin failed, or cannot be loaded. */
class PluginFault extends Error {}
/** The engine cannot continue, but a new one can. */
export class EngineSpent extends PluginFault {}
/** The host's own engine threw inside the module, so the thread can no longer be trusted. */
export class HostThrew extends Error {}

export interface EngineOptions {
  readonly files: ModuleFiles;
  readonly memoryMb: number;
  /** How long it may take to load. */
  readonly loadMs: number;
}

export class Engine {
  readonly #context: QuickJSContext;
  readonly #runtime: QuickJSRuntime;
  readonly #maxQuestion: number;
  #ask!: QuickJSHandle;
  #answered!: QuickJSHandle;
  #deadline = 0;
  #isLate = false;

  private constructor(context: QuickJSContext, { files, memoryMb }: EngineOptions) {
    this.#context = context;
    this.#runtime = context.runtime;
    // A string and what is made from it take several times its length.
    this.#maxQuestion = (memoryMb * 1024 * 1024) / 4;
    // This build counts small allocations only in part, so `wasmMemory` has a limit, too.
    this.#runtime.setMemoryLimit(memoryMb * 1024 * 1024);
    this.#runtime.setMaxStackSize(stackBytes);
    this.#runtime.setInterruptHandler(() => {
      this.#isLate ||= performance.now() > this.#deadline;
      return this.#isLate;
    });
    this.#runtime.setModuleLoader(
      (name) => files.textOf(name),
      (base, requested) => files.nameOf(base, requested),
    );
  }

  /** @throws Error that says why the plugin cannot be loaded */
  static async open(options: EngineOptions): Promise<Engine> {
    const library = (await loadQuickJs()) as typeof import("quickjs-emscripten");
    const { newQuickJSWASMModuleFromVariant, newVariant, RELEASE_SYNC } = library;
    const maximum = Math.min(ownPages + options.memoryMb * pagesInMb, mostPages);
    const wasmMemory = new WebAssembly.Memory({ initial: ownPages, maximum });
    const variant = newVariant(RELEASE_SYNC, { wasmMemory });
    const module = await newQuickJSWASMModuleFromVariant(variant);
    const engine = new Engine(module.newContext(), options);
    engine.#within(options.loadMs, () => engine.#load(options.files));
    return engine;
  }

  /**
   * Returns the JSON text that the plugin's side answers. Its content is foreign.
   *
   * @throws EngineSpent, HostThrew
   */
  ask(question: string, budgetMs: number): string {
    if (question.length > this.#maxQuestion)
      throw new PluginFault(
        `The turn has ${question.length} characters, and the plugin's memory allows at most ${this.#maxQuestion}. Raise memoryMb.`,
      );
    return this.#within(budgetMs, () => this.#asked(question, budgetMs));
  }

  #asked(question: string, budgetMs: number): string {
    const spent = () => {
      const why = this.#isLate
        ? `ran for ${budgetMs} ms and was interrupted`
        : "needs more memory than memoryMb allows";
      return new EngineSpent(`The plugin ${why}. It starts again and loses its state.`);
    };
    const line = this.#context.newString(question);
    const now = this.#call(this.#ask, spent, line);
    line.dispose();
    if (this.#runtime.hasPendingJob()) this.#runJobs(spent);
    const answer = now === "" ? this.#call(this.#answered, spent) : now;
    if (answer === "spent") throw spent();
    if (answer === "")
      throw new PluginFault(
        "The plugin returned a promise that nothing settles: there are no timers.",
      );
    return answer;
  }

  #call(fn: QuickJSHandle, spent: () => PluginFault, ...args: QuickJSHandle[]): string {
    const result = this.#context.callFunction(fn, this.#context.undefined, ...args);
    // The guest catches what plugins throw, so no code inside could have caught this error.
    if (result.error) throw spent();
    const text = this.#context.getString(result.value);
    result.value.dispose();
    return text;
  }

  #runJobs(spent: () => PluginFault): void {
    while (this.#runtime.hasPendingJob()) {
      const done = this.#runtime.executePendingJobs(jobsAtOnce);
      if (done.error || performance.now() > this.#deadline) {
        this.#isLate ||= performance.now() > this.#deadline;
        throw spent();
      }
    }
  }

  #load(files: ModuleFiles): void {
    const text = files.textOf(entryName);
    const result = this.#context.evalCode(text, entryName, { type: "module" });
    if (result.error) throw this.#loadError(result.error);
    const late = () => this.#loadError(undefined);
    if (this.#runtime.hasPendingJob()) this.#runJobs(late);
    const state = this.#context.getPromiseState(result.value);
    if (state.type === "rejected") throw this.#loadError(state.error);
    if (state.type === "pending")
      throw new PluginFault("The plugin waits at its top for a promise that nothing settles.");
    this.#ask = this.#context.getProp(state.value, "ask");
    this.#answered = this.#context.getProp(state.value, "answered");
  }

  #loadError(error: QuickJSHandle | undefined): PluginFault {
    if (this.#isLate) return new PluginFault("The plugin took too long to load.");
    if (error === undefined) return new PluginFault("The plugin cannot be loaded.");
    const isText = this.#context.typeof(error) === "string";
    const message = isText ? error : this.#context.getProp(error, "message");
    if (this.#context.typeof(message) !== "string")
      return new PluginFault("The plugin threw something without a message while it was loaded.");
    return new PluginFault(explained(this.#context.getString(message)));
  }

  /** Distinguishes what the host's engine threw from what was thrown here. */
  #within<T>(budgetMs: number, work: () => T): T {
    this.#deadline = performance.now() + budgetMs;
    this.#isLate = false;
    try {
      return work();
    } catch (error) {
      if (error instanceof PluginFault) throw error;
      throw new HostThrew("The plugin broke its engine, and its thread ends.", { cause: error });
    }
  }
}
