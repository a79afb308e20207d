export {
  type AnswerFacts,
  type LimitOptions,
  type ModelFacts,
  notAllowed,
  type Read,
  type StreamLimits,
  type TableProvider,
  type TableStream,
  type WriteAnswerOptions,
  type WriteRequestOptions,
  type Written,
} from "../rewrite/index.ts";
export { google } from "./event-array.ts";
export {
  fromGenerateRequest,
  fromGenerateResponse,
  generateStream,
  toGenerateEvents,
  toGenerateRequest,
  toGenerateResponse,
} from "./generate-content.ts";
export type { GenerateEvent, GenerateRequest, GenerateResponse } from "./schemas.ts";
