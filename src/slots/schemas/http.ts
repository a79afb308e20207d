import * as z from "zod";
import { headerMap } from "../../admit/index.ts";

/** Both generations: `headers` of the older form, the five other fields of the newer one. */
export const httpSchema = z.object({
  headers: headerMap().default({}),
  request_headers: headerMap().optional(),
  response_headers: headerMap().optional(),
  method: z.string().optional(),
  path: z.string().optional(),
  host: z.string().optional(),
  scheme: z.string().optional(),
});
