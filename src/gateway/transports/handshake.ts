/** The messages that a caller sends once for a whole session, which a new connection must repeat. */
import { isRequest, type Message } from "./transport.ts";

export class Handshake {
  initialize: Message | undefined;
  initialized: Message | undefined;
  /** The latest `logging/setLevel`. */
  level: Message | undefined;

  /** Keeps a message of the caller if it is one of these. */
  note(message: Message): void {
    if (message.method === "initialize") this.initialize = message;
    else if (message.method === "notifications/initialized") this.initialized = message;
    else if (message.method === "logging/setLevel" && isRequest(message)) this.level = message;
  }
}
