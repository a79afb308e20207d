/** Kinds that only the standard slots use, with the methods of zod's own classes. */
import * as z from "zod";
import { amount as amountOf, utf8Text as textOf, withKindOf } from "../../src/core/schema/index.ts";

export const amount = () => withKindOf(z.number().nonnegative(), amountOf());
export const utf8Text = () => withKindOf(z.custom<string>(), textOf());
