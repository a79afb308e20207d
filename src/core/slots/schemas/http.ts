import * as z from "zod";
import { headerMap } from "../../schema/index.ts";
import { optionalText } from "./leaves.ts";

/** Both generations: `headers` of the older form, the five other fields of the newer one. */
export const httpSchema = z.object({
  headers: headerMap().default({}),
  request_headers: headerMap().optional(),
  response_headers: headerMap().optional(),
  method: optionalText,
  path: optionalText,
  host: optionalText,
  scheme: optionalText,
});
