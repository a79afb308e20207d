/** Objects with exactly one of several groups of keys. */
import * as z from "zod";
import { withRule } from "../host.ts";

/** The keys of each form: all of them are present, and the other forms' own keys are absent. */
type Forms<Key> = readonly (readonly Key[])[];

/** The value of one of the forms, distinguished by which keys are `undefined`. */
type InForm<Always, Free, Form> = Form extends readonly (infer Key)[]
  ? Always & { [Each in keyof Free & Key]: Free[Each] } & {
      [Each in Exclude<keyof Free, Key>]?: undefined;
    }
  : never;

/**
 * An object that has the keys of `always`, and those keys of `free` that one of the `forms`
 * names. `words` describes the forms for a value that has none of them.
 */
export function exactlyOne<
  Always extends z.ZodRawShape,
  Free extends z.ZodRawShape,
  const Given extends Forms<keyof Free & string>,
>(always: Always, free: Free, forms: Given, words: string) {
  const optional = Object.entries(free).map(([key, schema]) => [key, z.optional(schema)]);
  const schema = z.strictObject({ ...always, ...Object.fromEntries(optional) });
  // The rule requires exactly one of the forms, which the schema's type cannot express.
  return withRule(schema, words, hasOneOf(forms)) as unknown as z.ZodType<
    InForm<z.output<z.ZodObject<Always>>, z.output<z.ZodObject<Free>>, Given[number]>,
    InForm<z.input<z.ZodObject<Always>>, z.input<z.ZodObject<Free>>, Given[number]>
  >;
}

function hasOneOf(forms: Forms<string>): (value: object) => boolean {
  const all = [...new Set(forms.flat())];
  return (value) => {
    const fields = new Map(Object.entries(value));
    const given = all.filter((key) => fields.get(key) !== undefined);
    return forms.some(
      (form) => form.length === given.length && form.every((key) => given.includes(key)),
    );
  };
}
