export { notAllowed } from "../rewrite/index.ts";
export {
  fromMessagesRequest,
  type RequestExtensions,
  type RequestOptions,
  toMessagesRequest,
} from "./request.ts";
export {
  fromMessagesResponse,
  messagesStream,
  type ResponseExtensions,
  type ResponseOptions,
  type ResponseStream,
  toMessagesEvents,
  toMessagesResponse,
} from "./response.ts";
export type { MessagesEvent, MessagesRequest, MessagesResponse } from "./schemas.ts";
export { anthropic } from "./tables.ts";
