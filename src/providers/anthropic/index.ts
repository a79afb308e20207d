export { type MessagesEvent, toMessagesEvents } from "./events.ts";
export type { RequestExtensions, ResponseExtensions } from "./extensions.ts";
export { fromMessagesRequest, type RequestOptions, toMessagesRequest } from "./request.ts";
export { fromMessagesResponse, type ResponseOptions, toMessagesResponse } from "./response.ts";
export type { MessagesRequest, MessagesResponse } from "./schemas.ts";
export { messagesStream, type ResponseStream } from "./stream.ts";
