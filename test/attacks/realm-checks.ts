/** Rules of payloads and slots in a realm where zod cannot record its findings. */
import { definePlugin } from "glassine";
import { defineHost } from "glassine/host";
import { createMessage } from "glassine/messages";
import { expect, it } from "vitest";
import * as z from "zod";
import { codeOf } from "../data/support.ts";
import { manage } from "../dispatch/support.ts";

const { push } = Array.prototype;

function forget(): void {
  Array.prototype.push = () => 0;
}

function remember(): void {
  Array.prototype.push = push;
}

function without<T>(run: () => T): T {
  forget();
  try {
    return run();
  } finally {
    remember();
  }
}

const ids = { resource_request_id: "1", uri: "u", resource_type: "file" } as const;
const parts = {
  "content beside a blob": {
    content_type: "resource",
    content: { ...ids, content: "a", blob: "b" },
  },
  "a range that ends before it starts": {
    content_type: "resource_ref",
    content: { ...ids, range_start: 5, range_end: 1 },
  },
} as const;

/** The rules of the standard schemas do not use zod. */
export function messagesWithPush(): void {
  it.each(Object.keys(parts))("accepts no invalid %s without `push`", async (name) => {
    const content = [parts[name as keyof typeof parts]];
    expect(without(() => codeOf(() => createMessage({ role: "user", content })))).toBe(
      "message_invalid",
    );
    const evil = definePlugin({
      name: "evil",
      version: "1.0.0",
      hooks: {
        evaluate(_message) {
          forget();
          return { modifiedPayload: { content } as never };
        },
      },
    });
    const manager = await manage([evil]);
    try {
      const result = await manager.invoke("evaluate", { role: "user" });
      expect(result.violation?.code).toBe("payload_shape");
      expect(result.payload.content).toEqual([]);
    } finally {
      remember();
    }
  });
}

const isGood = (value: unknown) => value !== "evil";
const schemas: Record<string, z.ZodType> = {
  "a refinement": z.string().refine(isGood),
  "a refinement of what is optional": z.string().optional().refine(isGood),
  "a check by superRefine": z.string().superRefine((text, at) => {
    if (!isGood(text)) at.addIssue("no");
  }),
  "a bound": z.string().max(3),
  "a refinement inside a union": z.union([z.number(), z.string().refine(isGood)]),
  "a refinement before a transform": z
    .string()
    .refine(isGood)
    .transform((text) => text),
};

/** A host's checks are called one by one, and zod alone is never trusted. */
export function hostChecksWithPush(): void {
  it.each(Object.keys(schemas))("enforces a host's %s without `push`", (name) => {
    const schema = z.object({ a: schemas[name] as z.ZodType });
    const host = defineHost({
      slots: {
        mine: {
          tier: "mutable",
          read: "everyone",
          write: "everyone",
          description: "Mine.",
          schema,
        },
      },
    });
    const empty = host.createExtensions({});
    const merge = () => host.mergeExtensions(empty, { mine: { a: "evil" } }, []);
    expect(without(() => codeOf(merge))).toBe("extensions_shape");
  });
}
