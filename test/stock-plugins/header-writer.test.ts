import { type HeaderWriterOptions, headerWriter } from "glassine/plugins";
import { describe, expect, it } from "vitest";
import { connect } from "./support/connect.ts";
import { calling, run } from "./support/run.ts";

const ada = {
  id: "ada",
  type: "user" as const,
  roles: ["staff", "admin"],
  claims: { tenant: "acme", bad: "a\nb" },
};

async function written(
  headers: HeaderWriterOptions["headers"],
  {
    missing,
    subject = ada,
    before = {},
  }: Partial<HeaderWriterOptions> & { subject?: object; before?: Record<string, string> } = {},
) {
  const writer = headerWriter({ headers, ...(missing && { missing }) });
  const result = await run(writer, "cmf.tool_pre_invoke", calling("read"), {
    http: { headers: before },
    security: { subject },
  });
  expect(result.rejections).toEqual([]);
  return result.violation?.code ?? { ...result.extensions.http?.headers };
}

describe("headerWriter", () => {
  it("writes fixed values and those of the subject", async () => {
    expect(
      await written({
        "x-gateway": "glassine",
        "x-user": { from: "subject.id" },
        "x-type": { from: "subject.type" },
        "x-roles": { from: "subject.roles" },
        "x-tenant": { from: "claims.tenant" },
      }),
    ).toEqual({
      "x-gateway": "glassine",
      "x-user": "ada",
      "x-type": "user",
      "x-roles": "admin,staff",
      "x-tenant": "acme",
    });
  });

  it("replaces what the request had under the name, in any case", async () => {
    const headers = { "x-user": { from: "subject.id" } } as const;
    expect(await written(headers, { before: { "X-User": "root", a: "b" } })).toEqual({
      "X-User": "ada",
      a: "b",
    });
  });

  it.each([
    ["no id", { from: "subject.id" }, { roles: [] }],
    ["no such claim", { from: "claims.constructor" }, ada],
    ["a line break", { from: "claims.bad" }, ada],
    ["no roles", { from: "subject.roles" }, { id: "ada" }],
    ["a comma in a role", { from: "subject.roles" }, { id: "ada", roles: ["a,b"] }],
    ["characters beyond Latin-1", { from: "subject.id" }, { id: "愛" }],
    ["a blank before an id", { from: "subject.id" }, { id: " ada" }],
    ["a blank after a claim", { from: "claims.tenant" }, { claims: { tenant: "acme\t" } }],
  ] as const)(
    "denies for want of a value, or removes the header: %s",
    async (_, value, subject) => {
      expect(await written({ "x-user": value }, { subject })).toBe("header_value_missing");
      const before = { "x-user": "root" };
      expect(await written({ "x-user": value }, { subject, before, missing: "remove" })).toEqual(
        {},
      );
    },
  );

  it("declares the capabilities of what it writes, and no more", () => {
    const of = (headers: HeaderWriterOptions["headers"]) => headerWriter({ headers }).capabilities;
    expect(of({ a: "b" })).toEqual(["write_headers"]);
    expect(of({ a: { from: "subject.teams" } })).toEqual(["read_teams", "write_headers"]);
    expect(of({ a: { from: "subject.permissions" } })).toEqual([
      "read_permissions",
      "write_headers",
    ]);
    expect(of({ a: { from: "claims.x" } })).toEqual(["read_claims", "write_headers"]);
  });

  it.each([
    { "Content-Length": "1" },
    { host: "a" },
    { "a b": "c" },
    { a: "b\r\nc: d" },
    { a: { from: "subject.secret" } },
    { a: { from: "claims." } },
  ])("refuses the headers %j", (headers) => {
    expect(() => headerWriter({ headers } as never)).toThrow("headerWriter: ");
  });

  it("refuses two spellings of one header, of which one value would be lost", () => {
    expect(() => headerWriter({ headers: { "x-a": "1", "X-A": "2" } })).toThrow(
      'headerWriter: "headers" must have each header once, in whatever case.',
    );
  });

  it("says which header plugins may not write", () => {
    expect(() => headerWriter({ headers: { Host: "a" } })).toThrow(
      'headerWriter: "headers" "Host" must be a header that plugins may write.',
    );
  });

  it("lets calls to a server of the SDK pass, and none without a value", async () => {
    const session = { security: { subject: { id: "ada", type: "user" as const } } };
    const open = await connect([headerWriter({ headers: { a: { from: "subject.id" } } })], session);
    expect(await open.call("echo", { text: "hi" })).toEqual([{ type: "text", text: "hi" }]);
    await open.close();
    const writer = headerWriter({ headers: { a: { from: "claims.tenant" } } });
    await expect(connect([writer], session)).rejects.toThrow("no value for the header a");
  });
});
