/** The types of part views. */
import { type Capability, type Extensions, filterExtensions, type Json, type View } from "glassine";
import { defineHost } from "glassine/host";
import {
  type DataPolicy,
  type Message,
  type ObjectProfile,
  type PartAction,
  type PartExtensions,
  type PartInfo,
  type PartKind,
  type PartsOptions,
  type PolicyInput,
  partsOf,
  type SerializedContext,
  type SerializedPart,
  type SerializeOptions,
  serializePart,
  toPolicyInput,
} from "glassine/messages";
import { describe, expectTypeOf, it } from "vitest";

declare const message: Message;
declare const extensions: Extensions;
declare const view: PartInfo;

describe("views are made of", () => {
  it("a message, and extensions of any host or any cut of them", () => {
    expectTypeOf(partsOf(message)).toEqualTypeOf<readonly PartInfo[]>();
    expectTypeOf(partsOf).parameter(1).toEqualTypeOf<PartsOptions | undefined>();
    expectTypeOf<Extensions>().toExtend<PartExtensions>();
    expectTypeOf<View>().toExtend<PartExtensions>();
    expectTypeOf<View<"read_subject">>().toExtend<PartExtensions>();
    expectTypeOf<View<"append_labels" | "read_headers">>().toExtend<PartExtensions>();
    expectTypeOf<View<Capability>>().toExtend<PartExtensions>();
    partsOf(message, { extensions: filterExtensions(extensions, ["read_roles"]), hook: "h" });
    const host = defineHost({});
    partsOf(message, { extensions: host.createExtensions({}) });
  });

  it("nothing else", () => {
    // @ts-expect-error: extensions are not labels.
    partsOf(message, { extensions: { security: { labels: "PII" } } });
    // @ts-expect-error: no such option.
    partsOf(message, { extension: extensions });
    // @ts-expect-error: a hook is a string.
    partsOf(message, { hook: 1 });
  });
});

describe("a view", () => {
  it("has literal kinds and actions", () => {
    expectTypeOf<PartKind>().toEqualTypeOf<Message["content"][number]["content_type"]>();
    expectTypeOf(view.kind).toEqualTypeOf<PartKind>();
    expectTypeOf(view.action).toEqualTypeOf<PartAction>();
    // @ts-expect-error: not an action.
    if (view.action === "delete") return;
  });

  it("marks what may be absent", () => {
    expectTypeOf(view.uri).toEqualTypeOf<string | undefined>();
    expectTypeOf(view.labels).toEqualTypeOf<readonly string[]>();
    expectTypeOf(view.getArg("a")).toEqualTypeOf<Json | undefined>();
    expectTypeOf(view.subject?.id).toEqualTypeOf<string | undefined>();
    expectTypeOf(view.subject?.roles).toEqualTypeOf<readonly string[] | undefined>();
    expectTypeOf(view.object).toEqualTypeOf<ObjectProfile | undefined>();
    expectTypeOf(view.dataPolicy).toEqualTypeOf<DataPolicy | undefined>();
    expectTypeOf<ObjectProfile["managed_by"]>().toEqualTypeOf<string>();
  });

  it("is read-only", () => {
    // @ts-expect-error: nothing of a view can be written.
    view.uri = "x";
    // @ts-expect-error: sets are read-only.
    view.labels.push("PII");
  });
});

describe("serialised", () => {
  it("accepts views and marks what may be absent", () => {
    expectTypeOf(serializePart(view)).toEqualTypeOf<SerializedPart>();
    expectTypeOf(serializePart).parameter(1).toEqualTypeOf<SerializeOptions | undefined>();
    expectTypeOf(toPolicyInput(view)).toEqualTypeOf<PolicyInput>();
    expectTypeOf<SerializedPart["extensions"]>().toEqualTypeOf<SerializedContext | undefined>();
    expectTypeOf<SerializedContext["data"]>().toEqualTypeOf<DataPolicy | undefined>();
    expectTypeOf<SerializedContext["object"]>().toEqualTypeOf<ObjectProfile | undefined>();
    // @ts-expect-error: claims are never serialised.
    if (serializePart(view).extensions?.subject?.claims) return;
    // @ts-expect-error: context is always in it.
    toPolicyInput(view, { context: false });
    // @ts-expect-error: a message is not a view.
    serializePart(message);
  });
});
