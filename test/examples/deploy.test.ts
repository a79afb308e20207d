/**
 * Tests examples/deploy without a container engine or a cluster, as far as possible: runs the
 * container file's steps in plain folders, and checks the manifest against the gateway it starts.
 */
// Only in test:all: it installs packages and starts processes.
import { execFile, spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { freePort } from "../../tools/real/free-port.ts";
import { root } from "../docs/support/pages.ts";
import { afterTest } from "../support/cleanup.ts";
import { type Image, runSteps } from "./support/containerfile.ts";

const run = promisify(execFile);
const deploy = `${root}examples/deploy/`;
const limitMs = 480_000;

interface Mount {
  readonly name: string;
  readonly mountPath: string;
}
interface Probe {
  readonly httpGet: {
    readonly path: string;
    readonly port: string;
    readonly httpHeaders: readonly { readonly name: string; readonly value: string }[];
  };
}
interface Container {
  readonly name: string;
  readonly args: readonly string[];
  readonly restartPolicy?: string;
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly startupProbe: Probe;
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
  readonly lifecycle: { readonly preStop: { readonly sleep: { readonly seconds: number } } };
  readonly securityContext: object;
  readonly resources: object;
  readonly volumeMounts: readonly Mount[];
}
interface Pod {
  readonly terminationGracePeriodSeconds: number;
  readonly securityContext: { readonly runAsUser: number; readonly runAsGroup: number };
  readonly initContainers: readonly Container[];
  readonly containers: readonly [Container];
  readonly volumes: readonly { readonly name: string; readonly configMap?: object }[];
}
interface Config {
  readonly mode: string;
  readonly listen: { readonly port: number; readonly allowedHosts: readonly [string] };
  readonly admin: { readonly port: number; readonly allowedHosts: readonly string[] };
  readonly servers: { readonly notes: { readonly url: string } };
  readonly identity: { readonly jwt: { readonly issuer: string; readonly audience: string } };
  readonly limits: { readonly shutdownMs: number };
  readonly audit: { readonly file: string };
}

const manifest = await readFile(`${deploy}kubernetes.yaml`, "utf8");
const documents = parseAllDocuments(manifest);
// Not typed: the tests below check the parts that they read.
const ofKind = (kind: string) =>
  documents.map((each) => each.toJS()).find((each) => each.kind === kind);
const configText: string = ofKind("ConfigMap").data["glassine.config.json"];
const config: Config = JSON.parse(configText);
const pod: Pod = ofKind("Deployment").spec.template.spec;
const [gateway] = pod.containers;
const secrets: Readonly<Record<string, string>> = ofKind("Secret").stringData;

const configPath = "/srv/gateway/config/glassine.config.json";

let folder: string;
let image: Image;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "glassine-deploy-"));
  const context = join(folder, "context");
  await cp(deploy, context, { recursive: true });
  await run("npm", ["pack", "--ignore-scripts", "--pack-destination", context], { cwd: root });
  const asked = ["--package-lock-only", "--prefer-offline", "--no-audit", "--no-fund"];
  await run("npm", ["install", ...asked], { cwd: context });
  const file = await readFile(join(context, "Containerfile"), "utf8");
  image = await runSteps(file, context, join(folder, "images"));
  await mkdir(dirname(join(image.root, configPath)));
}, limitMs);

afterAll(() => rm(folder, { recursive: true, force: true }));

describe("the manifest", () => {
  it("is YAML without errors or warnings", () => {
    expect(documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([]);
    expect(documents.map((each) => each.toJS().kind)).toEqual([
      "ConfigMap",
      "Secret",
      "Deployment",
      "Service",
    ]);
  });

  it("runs what the image runs, with the configuration that it mounts", () => {
    expect(gateway.args).toEqual(image.command.slice(-gateway.args.length));
    const mounted = gateway.volumeMounts.find(({ name }) => name === "config");
    expect(`${mounted?.mountPath}/glassine.config.json`).toBe(configPath);
    expect(gateway.args).toContain(configPath);
    expect(image.user).toBe(`${pod.securityContext.runAsUser}:${pod.securityContext.runAsGroup}`);
  });

  it("mounts each volume, and each file that the configuration names", () => {
    const names = gateway.volumeMounts.map(({ name }) => name);
    expect(names).toEqual(pod.volumes.map(({ name }) => name));
    const mountOf = (name: string) =>
      gateway.volumeMounts.find((mount) => mount.name === name)?.mountPath;
    const files = [...configText.matchAll(/\{ "file": "([^"]+)" \}/g)].map(([, file]) => file);
    expect(files.sort()).toEqual(
      Object.keys(secrets).map((name) => `${mountOf("secrets")}/${name}`),
    );
    expect(config.audit.file).toBe(`${mountOf("audit")}/audit.jsonl`);
  });

  it("probes the admin port, under a host that it accepts", () => {
    const ports = Object.fromEntries(gateway.ports.map((port) => [port.name, port.containerPort]));
    expect(ports).toEqual({ mcp: config.listen.port, admin: config.admin.port });
    expect(Object.values(ports)).toEqual(image.ports);
    const probes = [gateway.startupProbe, gateway.livenessProbe, gateway.readinessProbe];
    expect(probes.map(({ httpGet }) => httpGet.path)).toEqual(["/healthz", "/healthz", "/readyz"]);
    for (const { httpGet } of probes) {
      expect(httpGet.port).toBe("admin");
      expect(httpGet.httpHeaders.map(({ value }) => value)).toEqual(config.admin.allowedHosts);
    }
  });

  it("gives requests in flight the time that the gateway gives them", () => {
    const { seconds } = gateway.lifecycle.preStop.sleep;
    const spareMs = (pod.terminationGracePeriodSeconds - seconds) * 1000 - config.limits.shutdownMs;
    expect(spareMs).toBeGreaterThanOrEqual(5000);
    // Kubernetes ends sidecars last, so the server is available until the gateway has ended.
    expect(pod.initContainers.map(({ restartPolicy }) => restartPolicy)).toEqual(["Always"]);
  });

  it("runs neither as root nor with a writable root", () => {
    expect(pod).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true },
    });
    for (const { name, securityContext, resources } of [...pod.initContainers, gateway]) {
      expect(securityContext, name).toMatchObject({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
      expect(resources, name).toMatchObject({ limits: { memory: expect.any(String) } });
    }
  });
});

describe("the image", () => {
  it("has what the gateway needs, and no tools of development", async () => {
    const { stdout } = await run("npm", ["ls", "--omit=dev", "--parseable"], {
      cwd: image.workdir,
    });
    const names = stdout.split("\n").map((line) => line.split("/node_modules/").at(-1));
    expect(names).toEqual(expect.arrayContaining(["glassine", "jose", "redis"]));
    const installed = await run("ls", ["node_modules"], { cwd: image.workdir });
    expect(installed.stdout).not.toMatch(/^(?:typescript|vitest|fast-check)$/m);
  });

  it("finds nothing wrong with the configuration of the manifest", async () => {
    const file = join(image.root, configPath);
    await writeFile(file, configText);
    const [, entry = ""] = image.command;
    const args = [entry, "gateway", "--check", "--json", "--config", file];
    const { stdout } = await run(process.execPath, args, { cwd: image.workdir });
    expect(JSON.parse(stdout)).toMatchObject({
      mode: "production",
      front: "http",
      servers: ["notes"],
      problems: [],
      // A pod mounts secrets and volumes, which do not exist here.
      warnings: [
        ...Object.keys(secrets).map((name) =>
          expect.stringContaining(`"/run/secrets/glassine/${name}" does not exist`),
        ),
        expect.stringContaining(`the folder ${dirname(config.audit.file)} does not exist`),
      ],
    });
  });

  it("does not start without plugins.lock", async () => {
    const { lines, ended } = start(await settings(), "--plugins-lock", "/nowhere");
    expect(await ended).not.toBe(0);
    expect(lines.join("\n")).toContain("plugins.lock");
  });

  it("starts in production, answers probes and callers, and ends by SIGTERM with 0", async () => {
    const url = await startServer();
    const { privateKey, publicKey } = await generateKeyPair("ES256");
    const adminPort = await freePort();
    const temporary = await settings({
      url,
      adminPort,
      keys: JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), alg: "ES256" }] }),
    });
    const { child, port, ended } = start(temporary);
    const to = { port: await port, path: "/mcp", host: config.listen.allowedHosts[0] };
    for (const probe of [gateway.livenessProbe, gateway.readinessProbe]) {
      const [host] = config.admin.allowedHosts;
      const answer = await ask({ port: adminPort, path: probe.httpGet.path, host });
      expect(answer).toMatchObject({ status: 200 });
    }
    const { issuer, audience } = config.identity.jwt;
    const token = await new SignJWT({ sub: "ada" })
      .setProtectedHeader({ alg: "ES256" })
      .setIssuer(issuer)
      .setAudience(audience)
      .setExpirationTime("5m")
      .sign(privateKey);
    expect(await ask({ ...to, body: initialize })).toMatchObject({ status: 401 });
    const answer = await ask({ ...to, body: initialize, authorization: `Bearer ${token}` });
    expect(answer).toEqual({ status: 200, text: expect.stringContaining("conformance-fixture") });
    child.kill("SIGTERM");
    expect(await ended).toBe(0);
  });
});

const initialize = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: {
    protocolVersion: "2025-11-25",
    capabilities: {},
    clientInfo: { name: "test", version: "1.0.0" },
  },
};

interface Changes {
  readonly url?: string;
  readonly adminPort?: number;
  readonly keys?: string;
}

/**
 * Writes the manifest's configuration into the image, and its other mounts into a folder. Replaces
 * what this machine lacks: the server, the issuer's keys, the label store, ports. Returns a TMPDIR.
 */
async function settings({ url, adminPort = 0, keys = '{"keys":[]}' }: Changes = {}) {
  const mounts = join(folder, "mounts");
  for (const mount of gateway.volumeMounts)
    await mkdir(join(mounts, mount.mountPath), { recursive: true });
  for (const [name, value] of Object.entries(secrets))
    await writeFile(join(mounts, "run/secrets/glassine", name), value);
  const jwks = join(mounts, "jwks.json");
  await writeFile(jwks, keys);
  const { identity, servers, admin, ...rest }: Config = JSON.parse(
    configText.replaceAll(/"(\/(?:run|var)\/)/g, `"${mounts}$1`),
  );
  const changed = {
    ...rest,
    admin: { ...admin, host: "127.0.0.1", port: adminPort },
    servers: { notes: { ...servers.notes, ...(url !== undefined && { url }) } },
    identity: { jwt: { ...identity.jwt, keys: { file: jwks } } },
    labels: { session: "subject" },
  };
  await writeFile(join(image.root, configPath), JSON.stringify(changed));
  return join(mounts, "tmp");
}

/** Starts the image's program on a free port of this machine. */
function start(temporary: string, ...more: readonly string[]) {
  const [program, ...args] = image.command.map((each) =>
    each === configPath ? join(image.root, configPath) : each,
  );
  expect(program).toBe("node");
  const child = spawn(process.execPath, [...args, "--port", "0", "--host", "127.0.0.1", ...more], {
    cwd: image.workdir,
    env: { ...image.env, PATH: process.env.PATH, TMPDIR: temporary },
    stdio: ["ignore", "ignore", "pipe"],
  });
  afterTest(() => void child.kill("SIGKILL"));
  const lines: string[] = [];
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const port = new Promise<number>((resolve, reject) => {
    createInterface(child.stderr).on("line", (line) => {
      lines.push(line);
      const ready = /"event":"ready".*?"port":(\d+)/.exec(line)?.[1];
      if (ready !== undefined) resolve(Number(ready));
    });
    void ended.then((code) => reject(new Error(`It ended with ${code}:\n${lines.join("\n")}`)));
  });
  port.catch(() => {});
  return { child, lines, ended, port };
}

/** Starts an MCP server over HTTP and returns its URL. */
function startServer(): Promise<string> {
  const fixture = `${root}tools/conformance/fixture/server.mjs`;
  const child = spawn(process.execPath, [fixture, "v2", "0"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  afterTest(() => void child.kill("SIGKILL"));
  return new Promise((resolve) => {
    createInterface(child.stdout).once("line", resolve);
  });
}

interface Asking {
  readonly port: number;
  readonly path: string;
  readonly host: string | undefined;
  readonly body?: object;
  readonly authorization?: string;
}

/** Sends one request with a `Host` header of its own, which `fetch` does not allow. */
function ask({ port, path, host, body, authorization }: Asking) {
  return new Promise<{ readonly status: number | undefined; readonly text: string }>(
    (resolve, reject) => {
      const method = body === undefined ? "GET" : "POST";
      const headers = {
        host,
        accept: "application/json, text/event-stream",
        ...(body !== undefined && { "content-type": "application/json" }),
        ...(authorization !== undefined && { authorization }),
      };
      request({ host: "127.0.0.1", port, path, method, headers, agent: false })
        .once("response", async (response) =>
          resolve({ status: response.statusCode, text: await text(response) }),
        )
        .once("error", reject)
        .end(body && JSON.stringify(body));
    },
  );
}
