/** What JSON-RPC says of a request beside its params: the host knows it, the document does not. */
export interface RequestOptions {
  /** The request's id, which its parts carry. For JSON-RPC ids that are numbers, their text. */
  readonly id: string;
}

/** The request that an answer is for. */
export interface AnswerOptions extends RequestOptions {
  /** The tool's or prompt's name in the request that was made: an answer never chooses it. */
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

/** The server, in a slot or part that can name it. */
export function serverOf({ serverId }: ServerOptions): { readonly server_id?: string } {
  return serverId === undefined ? {} : { server_id: serverId };
}
