import { createPluginManager, definePlugin } from "glassine";
import { readPluginMode, readTrustSettings } from "glassine/node";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";

const standard = {
  signingRequired: true,
  unsignedAck: false,
  trustedPublishers: [],
  overridePublishers: [],
  publisherKeys: undefined,
  sigstoreTrustedRoot: undefined,
  sigstoreIssuer: undefined,
  autoDiscovery: true,
  mode: "dev",
};
const names = [
  "PLUGIN_SIGNING_REQUIRED",
  "PLUGIN_UNSIGNED_ACK",
  "PLUGIN_TRUSTED_PUBLISHERS",
  "PLUGIN_TRUST_OVERRIDE_PUBLISHERS",
  "PLUGIN_PUBLISHER_KEYS",
  "PLUGIN_SIGSTORE_TRUSTED_ROOT",
  "PLUGIN_SIGSTORE_ISSUER",
  "PLUGIN_AUTO_DISCOVERY_ENABLED",
  "PLUGIN_MODE",
];

/** Settings from variables whose names are given without the prefix. */
function settingsOf(variables: Record<string, string | undefined>) {
  const env = Object.entries(variables).map(([name, value]) => [`GLASSINE_${name}`, value]);
  return readTrustSettings(Object.fromEntries(env));
}

/** The message about variables that are all invalid. */
function refusalOf(variables: Record<string, string>): string {
  try {
    settingsOf(variables);
  } catch (error) {
    const { code, message, data } = error as {
      code: string;
      message: string;
      data: { settingProblems: readonly { variable: string }[] };
    };
    expect(code).toBe("setting_invalid");
    const reported = data.settingProblems.map(({ variable }) => variable).sort();
    expect(reported).toEqual(
      Object.keys(variables)
        .map((name) => `GLASSINE_${name}`)
        .sort(),
    );
    expect(message).not.toContain("\n");
    return message;
  }
  throw new Error("The settings are taken.");
}

describe("the settings", () => {
  it("have safe defaults if unset or empty", () => {
    verifies("signing:settings");
    expect(readTrustSettings({})).toEqual(standard);
    expect(settingsOf(Object.fromEntries(names.map((name) => [name, ""])))).toEqual(standard);
    expect(settingsOf(Object.fromEntries(names.map((name) => [name, undefined])))).toEqual(
      standard,
    );
    expect(Object.isFrozen(readTrustSettings({}))).toBe(true);
  });

  it("have the prefix of the host", () => {
    const env = { STIGMEM_PLUGIN_MODE: "production", GLASSINE_PLUGIN_MODE: "prod" };
    expect(readTrustSettings(env, "STIGMEM_").mode).toBe("production");
  });

  it("come from the environment itself, not from its prototype", () => {
    const env = Object.create({ GLASSINE_PLUGIN_SIGNING_REQUIRED: "false" }) as object;
    expect(readTrustSettings(env as never)).toEqual(standard);
  });

  it.each([
    ...["true", "1", "yes", "on", "TRUE", " Yes ", "\tON\n"].map((text) => [text, true] as const),
    ...["false", "0", "no", "off", "False", " nO ", "OFF"].map((text) => [text, false] as const),
  ])("accept the word %j", (text, value) => {
    verifies("signing:settings");
    expect(settingsOf({ PLUGIN_SIGNING_REQUIRED: text }).signingRequired).toBe(value);
    expect(settingsOf({ PLUGIN_AUTO_DISCOVERY_ENABLED: text }).autoDiscovery).toBe(value);
  });

  it.each([
    "flase",
    "2",
    "-1",
    "y",
    "n",
    "t",
    "truee",
    "enabled",
    " ",
    "null",
    "false;true",
    "ＦＡＬＳＥ",
  ])("PH-095: refuse the word %j, and name the variable", (text) => {
    verifies("signing:settings");
    const takes = "it takes true, false, 1, 0, yes, no, on or off";
    const message = refusalOf({ PLUGIN_SIGNING_REQUIRED: text });
    expect(message).toBe(`GLASSINE_PLUGIN_SIGNING_REQUIRED is '${text}'; ${takes}`);
    expect(refusalOf({ PLUGIN_AUTO_DISCOVERY_ENABLED: text })).toContain(takes);
  });

  it("report every invalid variable at once, on one line", () => {
    verifies("signing:settings");
    const message = refusalOf({
      PLUGIN_SIGNING_REQUIRED: "a\nb",
      PLUGIN_TRUSTED_PUBLISHERS: "e\u0301",
      PLUGIN_MODE: "prod",
      PLUGIN_MOD: "production",
    });
    expect(message.split("; ").length).toBeGreaterThan(4);
  });

  it("refuse a value that is not a string", () => {
    const env = { GLASSINE_PLUGIN_SIGNING_REQUIRED: false } as never;
    expect(() => readTrustSettings(env)).toThrow(
      "GLASSINE_PLUGIN_SIGNING_REQUIRED is not a string",
    );
  });
});

describe("PH-093: the acknowledgement", () => {
  const words = "i-understand-plugins-are-unsigned";
  it.each([
    [words, true],
    ["yes", false],
    ["true", false],
    [`${words} `, false],
    [` ${words}`, false],
    [words.toUpperCase(), false],
    [`'${words}'`, false],
    ["", false],
  ])("%j counts as given: %s", (text, given) => {
    verifies("signing:unsigned-allowed");
    expect(settingsOf({ PLUGIN_UNSIGNED_ACK: text }).unsignedAck).toBe(given);
  });
});

describe("PH-096: lists of identities", () => {
  it("are trimmed, without empty items", () => {
    verifies("signing:settings-lists");
    const text = " builder@example.com , ,release-bot@example.com";
    const { trustedPublishers, overridePublishers } = settingsOf({
      PLUGIN_TRUSTED_PUBLISHERS: text,
      PLUGIN_TRUST_OVERRIDE_PUBLISHERS: ",a,,b,a,",
    });
    expect(trustedPublishers).toEqual(["builder@example.com", "release-bot@example.com"]);
    expect(trustedPublishers).not.toContain("Builder@example.com");
    expect(overridePublishers).toEqual(["a", "b"]);
    for (const empty of [",", " , ,", " "])
      expect(settingsOf({ PLUGIN_TRUSTED_PUBLISHERS: empty }).trustedPublishers).toEqual([]);
  });

  it("accept a name with spaces, and an issuer with a subject", () => {
    const text = "Ada Lovelace <ada@example.com>,https://i.test#https://c.test/a@refs/heads/main";
    expect(settingsOf({ PLUGIN_TRUSTED_PUBLISHERS: text }).trustedPublishers).toEqual(
      text.split(","),
    );
  });

  it.each([
    ["a line feed", "a\nb", "a control character"],
    ["a tab", "a\tb", "a control character"],
    ["a NUL", "a\0b", "a control character"],
    ["a mark that nobody sees", "a\u200db", "an invisible one"],
    ["a filler that nobody sees", "a\u3164b", "an invisible one"],
    ["a turn of direction", "a\u202eb", "an invisible one"],
    ["a space that does not break", "a\u00a0b", "an invisible one"],
    ["half a character", "a\ud800b", "a control character"],
    ["another normal form", "Ame\u0301lie", "normal form C"],
    ["too many characters", "a".repeat(1025), "longer than 1024"],
    ["the word unsigned", "unsigned", "is reserved"],
  ])("refuse one with %s", (_name, identity, fault) => {
    verifies("signing:settings-lists", "signing:identity");
    for (const name of ["PLUGIN_TRUSTED_PUBLISHERS", "PLUGIN_TRUST_OVERRIDE_PUBLISHERS"]) {
      const message = refusalOf({ [name]: `fine@example.com,${identity}` });
      expect(message).toContain(`GLASSINE_${name} names '`);
      expect(message).toContain(fault);
    }
  });
});

describe("the file of publisher keys", () => {
  it("is any path that is not blank", () => {
    const path = " /etc/glassine/publishers.json";
    expect(settingsOf({ PLUGIN_PUBLISHER_KEYS: path }).publisherKeys).toBe(path);
    for (const text of [" ", "a\0b"])
      expect(refusalOf({ PLUGIN_PUBLISHER_KEYS: text })).toContain("it takes the path of a file");
  });
});

describe("the mode", () => {
  it.each([
    ["dev", "dev"],
    [" Production ", "production"],
    ["PRODUCTION", "production"],
    ["\tDev\n", "dev"],
  ])("%j is %s", (text, mode) => {
    verifies("signing:settings-mode");
    expect(settingsOf({ PLUGIN_MODE: text }).mode).toBe(mode);
    expect(readPluginMode(text)).toBe(mode);
  });

  it.each(["prod", "development", "dev,production", " ", "productioń", "it's"])(
    "%j is refused",
    (text) => {
      verifies("signing:settings-mode");
      const shown = text.replace("'", "\\u{27}");
      const message = `invalid plugin mode '${shown}': expected dev or production`;
      expect(refusalOf({ PLUGIN_MODE: text })).toBe(message);
      expect(() => readPluginMode(text)).toThrow(message);
    },
  );

  it("of an option may not be empty", () => {
    expect(() => readPluginMode("")).toThrow("invalid plugin mode '': expected dev or production");
  });
});

describe("A-233: a mistyped setting", () => {
  it.each([
    ["PLUGIN_SIGNING_REQUIERD", "PLUGIN_SIGNING_REQUIRED"],
    ["PLUGIN_SIGNING_REQUIRE", "PLUGIN_SIGNING_REQUIRED"],
    ["PLUGIN_SIGNINGREQUIRED", "PLUGIN_SIGNING_REQUIRED"],
    ["PLUGIN_signing_required", "PLUGIN_SIGNING_REQUIRED"],
    ["PLUGIN_UNSINGED_ACK", "PLUGIN_UNSIGNED_ACK"],
    ["PLUGIN_TRUSTED_PUBLISHER", "PLUGIN_TRUSTED_PUBLISHERS"],
    ["PLUGIN_TRUST_PUBLISHERS", "PLUGIN_TRUSTED_PUBLISHERS"],
    ["PLUGIN_TRUSTED_OVERRIDE_PUBLISHERS", "PLUGIN_TRUST_OVERRIDE_PUBLISHERS"],
    ["PLUGIN_PUBLISHERS_KEYS", "PLUGIN_PUBLISHER_KEYS"],
    ["PLUGIN_AUTO_DISCOVERY_ENABLE", "PLUGIN_AUTO_DISCOVERY_ENABLED"],
    ["PLUGIN_AUTODISCOVERY_ENABLED", "PLUGIN_AUTO_DISCOVERY_ENABLED"],
    ["PLUGIN_MOD", "PLUGIN_MODE"],
    ["PLUGIN_MODE_", "PLUGIN_MODE"],
    ["PLUGIN_NODE", "PLUGIN_MODE"],
    ["PLUGINS_MODE", "PLUGIN_MODE"],
    ["PLUGINMODE", "PLUGIN_MODE"],
    ["PULGIN_MODE", "PLUGIN_MODE"],
    ["PLUGN_MODE", "PLUGIN_MODE"],
    ["PLUGINS_mode", "PLUGIN_MODE"],
    ["PLUGINS_SIGNING_REQUIRED", "PLUGIN_SIGNING_REQUIRED"],
    ["PLUGINSIGNING_REQUIRED", "PLUGIN_SIGNING_REQUIRED"],
    ["PLUGINS_UNSIGNED_ACK", "PLUGIN_UNSIGNED_ACK"],
    ["MODE", "PLUGIN_MODE"],
    ["SIGNING_REQUIRED", "PLUGIN_SIGNING_REQUIRED"],
  ])("%s is refused", (name, meant) => {
    verifies("signing:settings-mistyped", "signing:settings-mistyped-prefix");
    expect(refusalOf({ [name]: "x" })).toBe(
      `'GLASSINE_${name}' is not a setting; did you mean GLASSINE_${meant}?`,
    );
  });

  it.each(["PLUGIN_", "PLUGIN_SIGNATURES", "PLUGIN_AB_KEY", "PLUGIN__KEY", "PLUGIN_GUARD_"])(
    "%s is refused: it is not plugin configuration either",
    (name) => {
      verifies("signing:settings-mistyped");
      expect(refusalOf({ [name]: "x" })).toBe(
        `'GLASSINE_${name}' is neither a setting nor plugin configuration of the form NAME_KEY`,
      );
    },
  );

  it("is not plugin configuration or a variable with another prefix", () => {
    verifies("signing:settings-mistyped", "signing:settings-mistyped-prefix");
    const others = {
      PLUGIN_PII_SCAN_LEVEL: "high",
      PLUGIN_GUARD_MODE: "strict",
      PLUGIN_A1B_x: "",
      PLUGINS_LOCK: "x",
      PLUGIN: "x",
      LOGIN_MODE: "x",
      PLUG_MODE: "x",
      GATEWAY_MODE: "x",
      ORIGIN_TRUSTED_PUBLISHERS: "x",
    };
    expect(settingsOf(others)).toEqual(standard);
    expect(readTrustSettings({ MODE: "x", PLUGIN_MOD: "x", STIGMEM_PLUGIN_MOD: "x" })).toEqual(
      standard,
    );
    // Of another host, whose own program may have a mode.
    expect(readTrustSettings({ ACME_MODE: "x" }, "ACME_")).toEqual(standard);
  });

  it("is ignored if empty", () => {
    expect(settingsOf({ PLUGIN_MOD: "", PLUGIN_SIGNING_REQUIERD: undefined })).toEqual(standard);
  });

  it("never clashes with the configuration that a manager reads", async () => {
    const owners = ["signing", "unsigned", "trusted", "trust-override", "publisher", "auto"];
    const seen: unknown[] = [];
    const plugins = owners.map((name) =>
      definePlugin({
        name,
        version: "1.0.0",
        configSchema: {
          parse(value: unknown) {
            seen.push(value);
            return value;
          },
        },
      }),
    );
    const env = Object.fromEntries(names.map((name) => [`GLASSINE_${name}`, "true"]));
    await createPluginManager({ plugins, env });
    expect(seen).toEqual(owners.map(() => ({})));
  });
});
