/** Made-up secrets and personal data, assembled here so that no file contains them literally. */
const run = (units: string, length: number) => units.repeat(length).slice(0, length);

/** Strings that are secrets as a whole, by kind. */
export const secrets: Readonly<Record<string, readonly string[]>> = {
  "anthropic-key": [`sk-ant-${run("aB3_", 40)}`],
  "aws-access-key": [`AKIA${run("Q2W3", 16)}`, `ASIA${run("ZX90", 16)}`],
  "assigned-secret": ["k9Xw2Lp7Qz4Vt1Rb"],
  "github-token": [`ghp_${run("aB3d", 36)}`, `github_pat_${run("aB3_", 50)}`],
  "gitlab-token": [`glpat-${run("aB3-", 20)}`],
  "google-key": [`AIza${run("aB3_", 35)}`, `ya29.${run("aB3_", 30)}`],
  "huggingface-token": [`hf_${run("aBcD", 34)}`],
  jwt: [`eyJ${run("hbGc", 20)}.eyJ${run("zdWI", 20)}.${run("aB3_", 30)}`],
  "npm-token": [`npm_${run("aB3d", 36)}`],
  "openai-key": [`sk-proj-${run("aB3_", 48)}`, `sk-${run("aB3d", 48)}`],
  "private-key": [
    `-----BEGIN ${"RSA "}PRIVATE KEY-----\n${run("aB3+", 64)}\n-----END RSA PRIVATE KEY-----`,
    `-----BEGIN ${""}PRIVATE KEY-----\n${run("aB3+", 64)}`,
  ],
  "pypi-token": [`pypi-${run("aB3_", 60)}`],
  "shopify-token": [`shpat_${run("0a1f", 32)}`],
  "slack-token": [`xoxb-${run("123-aB", 30)}`],
  "stripe-key": [`sk_live_${run("aB3d", 24)}`],
};

/** Strings that are personal data as a whole, by kind. */
export const pii: Readonly<Record<string, readonly string[]>> = {
  card: ["4111 1111 1111 1111", "5555555555554444", "3782-822463-10005", "30569309025904"],
  email: [
    "ada@example.org",
    "o'neil+x@mail.example.co.uk",
    "jürgen@bücher.example",
    "ada@x.xn--p1ai",
  ],
  iban: ["DE89 3704 0044 0532 0130 00", "GB29NWBK60161331926819", "no9386011117947"],
  ip: ["192.0.2.17", "2001:db8::8a2e:370:7334", "2001:0db8:0:0:0:8a2e:0370:7334"],
  phone: [
    "+49 (0)30 901820",
    "+14155550123",
    "+1 (415) 555-0123",
    "(415) 555-0123",
    "415-555-0123",
  ],
  ssn: ["078-05-1120", "219 09 9999"],
};

/** Strings that look similar but are harmless. */
export const harmless = [
  "The task-management-in-a-large-organisation-takes-long",
  "commit 3f2a9c1e5b7d8f6a4c2e0b1d3f5a7c9e1b3d5f7a",
  "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
  "the password is: please ask",
  "token = undefined",
  "std::vector<int> at 12:34:56, version 1.2.3 of 2026-01-31",
  "order 1700000000000, invoice 4111 1111 1111 1112",
  "DE89 3704 0044 0532 0130 01",
  "000-12-3456, 666-12-3456, 900-12-3456, 123-00-4567",
  "@decorator, a @ b, x@y",
  "npm install @acme/tools@4.0.65 zod@4.1.0-beta.12 v8@10.2",
  "256.1.1.1, 1.2.3.4.5, ::1",
  "http://127.0.0.1:3000, 0.0.0.0, 224.0.0.251, 255.255.255.0",
];
