/** Host and Origin: which pages in a browser, and which names of this machine, get through. */
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { attack } from "../../attacks/attack.ts";
import { gatewayWith, type HeaderInput, listensElsewhere, send } from "./support.ts";

/** Lets everybody in who gets through. It takes 8080 for its port. */
async function gatewayAt(listen: object = {}) {
  const { url } = listensElsewhere();
  const made = await gatewayWith({ anonymous: true }, { port: 8080, ...listen });
  return { ...made, url };
}

/** The code of the refusal, or undefined. */
async function answerTo(headers: HeaderInput, listen?: object) {
  const response = await send(await gatewayAt(listen), headers);
  const answer = await text(response);
  if (answer.includes('"seen"')) return undefined;
  expect([400, 403]).toContain(response.statusCode);
  return response.statusCode === 403 ? JSON.parse(answer).error.data.code : "http_invalid";
}

it("says to the operator alone which header came, and which key takes it", async () => {
  const made = await gatewayAt();
  const foreign = await send(made, { host: "gateway.example" });
  const page = await send(made, { host: "localhost:8080", origin: "https://page.example" });
  const texts = [await text(foreign), await text(page)];
  expect(made.refusals()).toMatchObject([
    {
      code: "host_refused",
      text: expect.stringMatching(/"gateway\.example".*listen\.allowedHosts/),
    },
    {
      code: "origin_refused",
      text: expect.stringMatching(/"https:\/\/page\.example".*listen\.allowedOrigins/),
    },
  ]);
  expect(texts.join("")).not.toMatch(/example|allowed/);
});

describe("a gateway on a local address", () => {
  it.each([["localhost:8080"], ["127.0.0.1:8080"], ["[::1]:8080"], ["LOCALHOST:8080"]])(
    "is %s, for programs and for its own pages",
    async (host) => {
      expect(await answerTo({ host })).toBeUndefined();
      expect(await answerTo({ host, origin: `http://${host}` })).toBeUndefined();
    },
  );

  it("is also the address that it listens on", async () => {
    const other = { host: "127.9.8.7" };
    expect(await answerTo({ host: "127.9.8.7:8080" }, other)).toBeUndefined();
    expect(await answerTo({ host: "127.9.8.7:8080" })).toBe("host_refused");
  });

  it("needs no port where it listens on that of HTTP", async () => {
    const web = { port: 80 };
    for (const host of ["localhost", "127.0.0.1", "[::1]", "localhost:80"]) {
      expect(await answerTo({ host }, web)).toBeUndefined();
    }
    expect(await answerTo({ host: "localhost:8080" }, web)).toBe("host_refused");
  });
});

attack(
  "A-251",
  "Reach a local gateway from a page: foreign or `null` `Origin`, foreign `Host` (DNS rebinding), look-alike names, other spellings",
  "403 before the body is read, with `host_refused` or `origin_refused`; both headers are compared whole with a list",
  () => {
    const foreign = [
      "evil.test",
      "evil.test:8080",
      "localhost.evil.test:8080",
      "127.0.0.1.evil.test:8080",
      "127.0.0.1.nip.io:8080",
      "evillocalhost:8080",
      "localhost.:8080",
      "localhost",
      "localhost:80",
      "localhost:08080",
      "localhost:18080",
      "localhost:808",
      "127.0.0.1",
      "127.0.0.2:8080",
      "127.1:8080",
      "0177.0.0.1:8080",
      "0x7f.0.0.1:8080",
      "2130706433:8080",
      "0.0.0.0:8080",
      "[::1]",
      "[::1]:80",
      "[::]:8080",
      "*",
      "null",
    ];
    it.each(foreign.map((host) => [host]))("Host %j", async (host) => {
      expect(await answerTo({ host })).toBe("host_refused");
      expect(await answerTo({ host, origin: `http://${host}` })).toBe("host_refused");
    });

    it.each([
      ["evil.test#localhost:8080"],
      ["localhost:8080.evil.test"],
      ["localhost:"],
      ["localhost:8080:8080"],
      ["::1:8080"],
      ["[0:0:0:0:0:0:0:1]:8080"],
      ["[::ffff:127.0.0.1]:8080"],
      ["[::1%25lo]:8080"],
      ["user@localhost:8080"],
      ["http://localhost:8080"],
      ["localhost:8080/"],
      ["localhost:8080?"],
      [""],
      ["localhost\\@evil.test:8080"],
      ["localhost:8080, evil.test"],
      ["l\u00f6calhost:8080"],
      ["local host:8080"],
    ])("Host %j, which no request can have", async (host) => {
      expect(await answerTo({ host })).toBe("http_invalid");
      expect(await answerTo({ host, origin: `http://${host}` })).toBe("http_invalid");
    });

    it.each([
      [
        "two",
        [
          ["host", "localhost:8080"],
          ["host", "evil.test"],
        ],
      ],
      [
        "the same twice",
        [
          ["host", "localhost:8080"],
          ["host", "localhost:8080"],
        ],
      ],
    ] as const)("Host headers: %s", async (_name, headers) => {
      expect(await answerTo(headers)).toBe("host_refused");
    });

    it.each([
      ["null"],
      ["http://evil.test"],
      ["http://localhost.evil.test:8080"],
      ["http://localhost"],
      ["https://localhost:8080"],
      ["http://localhost:8081"],
      ["http://localhost:8080/"],
      ["http://127.0.0.1:8080"],
      ["http://localhost.:8080"],
      ["localhost:8080"],
      ["*"],
      [""],
      ["http://[::1]:8080"],
      ["file://"],
      ["chrome-extension://abc"],
      ["http://user@localhost:8080"],
      ["http://localhost:8080, http://evil.test"],
      ["http://localhost:8080 http://evil.test"],
    ])("Origin %j", async (origin) => {
      expect(await answerTo({ host: "localhost:8080", origin })).toBe("origin_refused");
    });

    it.each([{ host: "evil.test" }, { host: "localhost:8080", origin: "null" }])(
      "with %j, while the body does not come",
      async (headers) => {
        const { url } = await gatewayAt();
        const status = await new Promise((resolve, reject) => {
          const sent = request(
            url,
            { method: "POST", headers: { "content-length": "1000", ...headers } },
            (response) => {
              resolve(response.statusCode);
              sent.destroy();
            },
          );
          sent.on("error", reject);
          sent.flushHeaders();
        });
        expect(status).toBe(403);
      },
    );
  },
);

it("a gateway that others can reach has no names of its own", async () => {
  const open = { host: "0.0.0.0", allowedHosts: ["gateway.example.com"] };
  expect(await answerTo({ host: "localhost:8080" }, open)).toBe("host_refused");
  expect(await answerTo({ host: "0.0.0.0:8080" }, open)).toBe("host_refused");
});

describe("names that the operator allows", () => {
  const listen = {
    host: "0.0.0.0",
    allowedHosts: ["gateway.Example.com", "10.0.0.5:8443"],
    allowedOrigins: ["https://App.example.com", "vscode-webview://abc"],
  };

  it.each([
    [{ host: "gateway.example.com" }, undefined],
    [{ host: "Gateway.Example.com" }, undefined],
    [{ host: "10.0.0.5:8443" }, undefined],
    [{ host: "gateway.example.com", origin: "https://app.example.com" }, undefined],
    [{ host: "gateway.example.com", origin: "vscode-webview://abc" }, undefined],
    [{ host: "gateway.example.com:443" }, "host_refused"],
    [{ host: "a.gateway.example.com" }, "host_refused"],
    [{ host: "gateway.example.com." }, "host_refused"],
    [{ host: "localhost:8080" }, "host_refused"],
    [{ host: "gateway.example.com", origin: "http://app.example.com" }, "origin_refused"],
    [{ host: "gateway.example.com", origin: "https://app.example.com:443" }, "origin_refused"],
    [{ host: "gateway.example.com", origin: "https://a.app.example.com" }, "origin_refused"],
    [{ host: "gateway.example.com", origin: "http://gateway.example.com" }, "origin_refused"],
    [{ host: "gateway.example.com", origin: "null" }, "origin_refused"],
  ])("%j: %s", async (headers, code) => {
    expect(await answerTo(headers as Record<string, string>, listen)).toBe(code);
  });

  it.each([
    [{ allowedHosts: ["https://gateway.example.com"] }],
    [{ allowedHosts: ["*.example.com"] }],
    [{ allowedHosts: ["*"] }],
    [{ allowedHosts: [] }],
    [{ allowedHosts: ["gateway.example.com/mcp"] }],
    [{ allowedHosts: ["gateway.example.com."] }],
    [{ allowedHosts: ["a b"] }],
    [{ allowedOrigins: ["null"] }],
    [{ allowedOrigins: ["*"] }],
    [{ allowedOrigins: ["https://*"], allowedHosts: ["*"] }],
    [{ allowedOrigins: ["app.example.com"] }],
    [{ allowedOrigins: ["https://app.example.com/"] }],
    [{ allowedOrigins: ["https://app.example.com/path"] }],
  ])("%j are refused at the start", async (names) => {
    await expect(gatewayWith({}, names)).rejects.toMatchObject({ code: "config_invalid" });
  });
});
