/** The types of an envelope: what a grant shows, and what a plugin may write. */
import {
  addLabels,
  amend,
  appendHop,
  type Capability,
  createExtensions,
  declassify,
  type Extensions,
  encodeExtensions,
  filterExtensions,
  getHeader,
  type HopInput,
  mergeExtensions,
  removeHeader,
  setCustom,
  setHeader,
  type View,
  withSlots,
} from "glassine";
import { describe, expectTypeOf, it } from "vitest";

declare const extensions: Extensions;
const hop = { subject_id: "s", subject_type: "user" };
type SlotsOf<V> = Extract<keyof V, keyof Extensions & string>;
type Always =
  | "request"
  | "security"
  | "mcp"
  | "completion"
  | "provenance"
  | "llm"
  | "framework"
  | "meta"
  | "custom";

describe("what is not granted is not there", () => {
  it("among the slots", () => {
    expectTypeOf<SlotsOf<View>>().toEqualTypeOf<Always>();
    expectTypeOf<SlotsOf<View<"read_agent">>>().toEqualTypeOf<Always | "agent">();
    expectTypeOf<SlotsOf<View<"write_headers">>>().toEqualTypeOf<Always | "http">();
    expectTypeOf<SlotsOf<View<"append_delegation" | "read_headers">>>().toEqualTypeOf<
      Always | "delegation" | "http"
    >();
    const view = filterExtensions(extensions, ["read_agent"]);
    expectTypeOf(view.agent).toEqualTypeOf<Extensions["agent"]>();
    // @ts-expect-error: read_headers is not granted.
    view.http;
    // @ts-expect-error: read_delegation is not granted.
    view.delegation;
  });

  it("among the fields of security and subject", () => {
    type Fields<C extends Capability> = keyof NonNullable<View<C>["security"]>;
    type Ungated = "classification" | "objects" | "data" | "auth_method";
    expectTypeOf<Fields<never>>().toEqualTypeOf<Ungated>();
    expectTypeOf<Fields<"read_labels">>().toEqualTypeOf<Ungated | "labels">();
    expectTypeOf<Fields<"append_labels">>().toEqualTypeOf<Ungated | "labels">();
    expectTypeOf<Fields<"read_client">>().toEqualTypeOf<Ungated | "client">();
    expectTypeOf<Fields<"read_workload">>().toEqualTypeOf<
      Ungated | "caller_workload" | "this_workload"
    >();

    type Subject<C extends Capability> = keyof NonNullable<
      NonNullable<View<C>["security"]>["subject" & keyof NonNullable<View<C>["security"]>]
    >;
    expectTypeOf<Subject<"read_subject">>().toEqualTypeOf<"id" | "type">();
    expectTypeOf<Subject<"read_roles">>().toEqualTypeOf<"id" | "type" | "roles">();
    expectTypeOf<Subject<"read_claims" | "read_teams">>().toEqualTypeOf<
      "id" | "type" | "claims" | "teams"
    >();
    const view = filterExtensions(extensions, ["read_roles"]);
    expectTypeOf(view.security?.subject?.roles).toEqualTypeOf<readonly string[] | undefined>();
    // @ts-expect-error: read_claims is not granted.
    view.security?.subject?.claims;
    // @ts-expect-error: read_labels is not granted.
    view.security?.labels;
  });

  it("and a name that does not exist grants nothing, at compile time", () => {
    // @ts-expect-error: misspelt; it is read_labels.
    filterExtensions(extensions, ["read_label"]);
    // @ts-expect-error: misspelt; it is append_labels.
    mergeExtensions(extensions, {}, ["append_label"]);
    expectTypeOf(filterExtensions(null, ["read_labels"])).toEqualTypeOf<null>();
  });
});

describe("labels", () => {
  it("always exist in a view that reads them", () => {
    const view = filterExtensions(extensions, ["read_labels"]);
    expectTypeOf(view.security.labels).toEqualTypeOf<readonly string[]>();
    expectTypeOf(filterExtensions(extensions, ["append_labels"]).security.labels).toEqualTypeOf<
      readonly string[]
    >();
    expectTypeOf<View<"read_agent">["security"]>().extract<undefined>().toEqualTypeOf<undefined>();
    // @ts-expect-error: without a security slot there are labels, and nothing else of it.
    view.security.objects.tool;
    expectTypeOf(view.security.objects?.tool?.permissions).toEqualTypeOf<
      readonly string[] | undefined
    >();
  });

  it("are read-only, like everything in a view", () => {
    const view = filterExtensions(extensions, ["append_labels", "write_headers"]);
    // @ts-expect-error: a view is frozen; use addLabels or amend.
    view.security.labels.push("PII");
    // @ts-expect-error: a view is frozen; use setHeader or amend.
    view.http = {};
    // @ts-expect-error: a view is frozen; use setCustom or amend.
    Object.assign(view.custom ?? {}, {}).a = 1;
  });

  it("are added only by plugins that may append them", () => {
    const may = filterExtensions(extensions, ["append_labels"]);
    expectTypeOf(addLabels(may, "PII")).toEqualTypeOf<View<"append_labels">>();
    expectTypeOf(addLabels(may, ["PII", "EU"]).security.labels).toEqualTypeOf<readonly string[]>();
    // @ts-expect-error: read_labels does not append.
    addLabels(filterExtensions(extensions, ["read_labels"]), "PII");
    // @ts-expect-error: nothing is granted.
    addLabels(filterExtensions(extensions, []), "PII");
    // @ts-expect-error: a label is a string.
    addLabels(may, 5);
  });
});

describe("the other helpers", () => {
  it("require their capability, and return the type they received", () => {
    const writer = filterExtensions(extensions, ["write_headers", "append_delegation"]);
    expectTypeOf(setHeader(writer, "a", "1")).toEqualTypeOf<typeof writer>();
    expectTypeOf(removeHeader(writer, "a")).toEqualTypeOf<typeof writer>();
    expectTypeOf(appendHop(writer, hop)).toEqualTypeOf<typeof writer>();
    expectTypeOf(getHeader(writer, "a")).toEqualTypeOf<string | undefined>();
    const reader = filterExtensions(extensions, ["read_headers", "read_delegation"]);
    expectTypeOf(setCustom(reader, "a", 1)).toEqualTypeOf<typeof reader>();
    // @ts-expect-error: read_headers does not write.
    setHeader(reader, "a", "1");
    // @ts-expect-error: read_headers does not write.
    removeHeader(reader, "a");
    // @ts-expect-error: read_delegation does not append.
    appendHop(reader, hop);
    // @ts-expect-error: a hop has a subject.
    appendHop(writer, { subject_type: "user" });
    expectTypeOf<HopInput["timestamp"]>().toEqualTypeOf<string | undefined>();
  });

  it("accept the host's own envelope", () => {
    expectTypeOf(addLabels(extensions, "PII")).toEqualTypeOf<Extensions>();
    expectTypeOf(
      declassify(extensions, { labels: [], reason: "r", authority: "a" }).extensions,
    ).toEqualTypeOf<Extensions>();
    // @ts-expect-error: a declassification has a reason.
    declassify(extensions, { labels: ["PII"], authority: "a" });
  });
});

describe("the draft of amend", () => {
  it("lets a plugin add labels and hops, and do nothing else to them", () => {
    amend(
      filterExtensions(extensions, ["append_labels", "append_delegation", "read_subject"]),
      (draft) => {
        expectTypeOf(draft.security.labels.push("PII", "EU")).toEqualTypeOf<number>();
        draft.delegation.chain.push(hop);
        // @ts-expect-error: labels are not replaced.
        draft.security.labels = [];
        // @ts-expect-error: labels are not taken away.
        draft.security.labels.pop();
        // @ts-expect-error: nor changed.
        draft.security.labels[0] = "x";
        // @ts-expect-error: hops are not taken away.
        draft.delegation.chain.splice(0, 1);
        // @ts-expect-error: the chain is not replaced.
        draft.delegation.chain = [];
        // @ts-expect-error: a hop that is there is not changed.
        draft.delegation.chain[0].subject_id = "x";
        // @ts-expect-error: depth follows from the chain.
        draft.delegation.depth = 1;
        // @ts-expect-error: the subject never changes.
        draft.security.subject = { id: "u", type: "user" };
        // @ts-expect-error: nor does a field of it.
        if (draft.security.subject) draft.security.subject.id = "x";
        // @ts-expect-error: nor classification.
        draft.security.classification = "public";
        // @ts-expect-error: read_roles is not granted.
        draft.security.subject?.roles;
      },
    );
  });

  it("lets a plugin write headers, and not the rest of the request", () => {
    amend(filterExtensions(extensions, ["write_headers"]), (draft) => {
      draft.http.headers["x-a"] = "1";
      delete draft.http.headers["x-b"];
      draft.http.headers = {};
      draft.http.request_headers = { a: "1" };
      draft.http.response_headers = { a: "1" };
      // @ts-expect-error: a header is a string.
      draft.http.headers["x-a"] = 1;
      // @ts-expect-error: the method never changes.
      draft.http.method = "POST";
      // @ts-expect-error: nor does the path.
      draft.http.path = "/";
    });
    amend(filterExtensions(extensions, ["read_headers"]), (draft) => {
      // @ts-expect-error: read_headers does not write.
      if (draft.http) draft.http.headers = {};
      // @ts-expect-error: nor does it write one header.
      if (draft.http) draft.http.headers["x-a"] = "1";
    });
  });

  it("leaves custom writable, and hides what is not granted", () => {
    amend(filterExtensions(extensions, []), (draft) => {
      draft.custom.mine = { list: [1, { deep: null }] };
      delete draft.custom.other;
      // @ts-expect-error: custom holds JSON.
      draft.custom.mine = () => 0;
      // @ts-expect-error: the request never changes.
      if (draft.request) draft.request.request_id = "x";
      // @ts-expect-error: a slot is not replaced.
      draft.request = {};
      // @ts-expect-error: read_agent is not granted.
      draft.agent;
      // @ts-expect-error: append_labels is not granted, so nothing is lent.
      draft.security.labels;
    });
  });

  it("is done when its recipe returns: a promise is refused", () => {
    const view = filterExtensions(extensions, ["append_labels"]);
    // @ts-expect-error: await first, then amend.
    amend(view, async (draft) => {
      draft.security.labels.push("PII");
    });
    // The value of an arrow function is not treated as a result.
    amend(view, (draft) => draft.security.labels.push("PII"));
    amend(view, (draft) => void draft.security.labels.push("PII"));
    amend(view, (draft): unknown => draft.security.labels.push("PII"));
  });

  it("of a payload is writable, and returns the payload's type", () => {
    const payload = { name: "t", args: { a: 1 } } as const satisfies object;
    const free: { readonly name: string; readonly list: readonly number[] } = {
      name: "n",
      list: [],
    };
    expectTypeOf(amend(payload, () => {})).toEqualTypeOf<typeof payload>();
    amend(free, (draft) => {
      draft.name = "x";
      draft.list.push(1);
      // @ts-expect-error: a number goes in there.
      draft.list.push("x");
    });
  });
});

describe("the host's input", () => {
  it("accepts null for absent, and needs no defaults", () => {
    createExtensions({
      agent: null,
      http: { method: null },
      security: { labels: ["a"], subject: null },
    });
    createExtensions({
      security: { subject: { id: "u", type: "user" } },
      delegation: { chain: [hop] },
    });
    createExtensions(extensions);
    withSlots(extensions, { custom: { a: [null] }, meta: null });
    // @ts-expect-error: there is no such slot.
    createExtensions({ secruity: {} });
    createExtensions({ security: { subject: { id: "u" } } });
    // @ts-expect-error: there is no such type of subject.
    createExtensions({ security: { subject: { id: "u", type: "robot" } } });
    // @ts-expect-error: labels may be left out, not null.
    createExtensions({ security: { labels: null } });
    // @ts-expect-error: a turn is a number.
    createExtensions({ agent: { turn: "1" } });
  });

  it("returns a deeply read-only envelope", () => {
    const made = createExtensions({ custom: { a: { b: [1] } }, http: { headers: { a: "1" } } });
    expectTypeOf(made).toEqualTypeOf<Extensions>();
    expectTypeOf(encodeExtensions(made)).toEqualTypeOf<string>();
    expectTypeOf(made.http?.headers).toEqualTypeOf<Readonly<Record<string, string>> | undefined>();
    // @ts-expect-error: frozen.
    if (made.http) made.http.headers.a = "2";
    // @ts-expect-error: frozen.
    made.custom = {};
  });
});
