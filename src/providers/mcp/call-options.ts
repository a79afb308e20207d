import { expectOptions, kindOf, readOption } from "../../core/data/index.ts";
import { isFiniteNumber } from "../../core/data/intrinsics.ts";
import { optionsInvalid } from "../../core/errors/index.ts";
import type { LimitOptions } from "../rewrite/index.ts";

/** What only the host knows about a JSON-RPC request: the document does not hold it. */
export interface RequestOptions extends LimitOptions {
  /** The request's id, which message parts hold as a string. */
  readonly id: string | number;
}

/** The request that an answer belongs to. */
export interface AnswerOptions extends RequestOptions {
  /** The name of the tool or prompt in the request: an answer never chooses it. */
  readonly name: string;
}

/** The document that the messages came from; what they do not show is taken from it. */
export interface Onto {
  readonly onto?: object | undefined;
}

export interface ServerOptions {
  /** Names the server in the `mcp` slot, and in prompt requests. */
  readonly serverId?: string | undefined;
}

/** Options after reading, with the id as a string. */
export type ReadOptions<Options extends RequestOptions> = Omit<Options, "id"> & {
  readonly id: string;
};

/** The options of all these functions together, so that one object can serve several. */
const known = ["asked", "completion", "id", "limits", "maxTokens", "name", "onto", "serverId"];

/** @throws GlassineError `options_invalid` */
export function expectKnown(options: unknown, call: string): void {
  expectOptions(options, known, call);
}

/** @throws GlassineError `options_invalid` */
export function readCallOptions<Options extends RequestOptions>(
  options: Options,
  call: string,
  isAnswer = false,
): ReadOptions<Options> {
  expectKnown(options, call);
  readOption(options, "serverId", "string");
  const read = { ...options, id: idText(options.id, call) };
  const { name } = options as Partial<AnswerOptions>;
  if (!isAnswer || typeof name === "string") return read;
  throw optionsInvalid(
    `${call} expects name, the name of the answered call, to be a string, got ${kindOf(name)}.`,
  );
}

function idText(id: unknown, call: string): string {
  if (typeof id === "string") return id;
  if (isFiniteNumber(id)) return String(id);
  throw optionsInvalid(
    `${call} expects id, the id of the request, to be a string or a number, got ${kindOf(id)}.`,
  );
}
