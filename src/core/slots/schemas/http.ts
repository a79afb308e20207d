import * as z from "zod/mini";
import { headerMap } from "../../schema/index.ts";
import { optionalText } from "./leaves.ts";

/** Both generations: `headers` of the older one, the other fields of the newer one. */
export const httpSchema = z.object({
  headers: z._default(headerMap(), {}),
  request_headers: z.optional(headerMap()),
  response_headers: z.optional(headerMap()),
  method: optionalText,
  path: optionalText,
  host: optionalText,
  scheme: optionalText,
});
