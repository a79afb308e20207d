import { describe, expect, it } from "vitest";
import { type HealthReport, health } from "../../src/audit.ts";
import { allow, definePlugin } from "../../src/index.ts";
import { host, kept, managerOf } from "../operations/support.ts";
import { verifies } from "../support/verifies.ts";

function checked(name: string, healthCheck?: (context: never) => unknown, hooks: object = {}) {
  return host.definePlugin({ name, version: "2.0.0", hooks, healthCheck } as never);
}

describe("checkHealth", () => {
  it("PH-108: an unhealthy plugin continues to run", async () => {
    verifies("plugins:health-informs");
    const ill = checked("ill", () => health("unhealthy", "no database"), {
      vote: (_: unknown) => allow(),
    });
    const manager = await managerOf([ill]);
    expect(await manager.checkHealth()).toMatchObject([
      { pluginName: "ill", pluginVersion: "2.0.0", status: "unhealthy", message: "no database" },
    ]);
    expect(await manager.invoke("vote", {})).toBe(allow());
  });

  it("PH-109: a check that hangs does not delay the others", async () => {
    verifies("plugins:health-beside", "plugins:health-none");
    const manager = await managerOf(
      [
        checked("aaa", () => health("healthy")),
        checked("bbb", () => health("degraded", "slow")),
        checked("hung", () => new Promise(() => undefined)),
        checked("ccc", async () => health("healthy")),
        checked("ddd"),
      ],
      { health: { timeoutMs: 30 } },
    );
    const reports = await manager.checkHealth();
    expect(
      reports.map(({ pluginName, status, errorSummary }) => [pluginName, status, errorSummary]),
    ).toEqual([
      ["aaa", "healthy", null],
      ["bbb", "degraded", null],
      ["ccc", "healthy", null],
      ["ddd", "unknown", null],
      ["hung", "unhealthy", "timeout"],
    ]);
  });

  it("PH-111: a check has its plugin's context, without access to the manager", async () => {
    verifies("plugins:health-context");
    const needy = definePlugin({
      name: "needy",
      version: "1.0.0",
      healthCheck: (context) => {
        const names = new Set<string>();
        for (let at: object | null = context; at !== null; at = Object.getPrototypeOf(at)) {
          for (const key of Reflect.ownKeys(at)) names.add(String(key));
        }
        expect([...names].filter((name) => /manager|registry|plugins/i.test(name))).toEqual([]);
        return health("healthy", (context as unknown as { getVault(): string }).getVault());
      },
    });
    const manager = await managerOf([needy]);
    const [report] = await manager.checkHealth();
    expect(report).toMatchObject({ status: "unhealthy" });
    expect(report?.errorSummary).toMatch(/^TypeError: /);
  });

  it("PH-111: an accessor that was not declared makes a plugin unhealthy", async () => {
    verifies("plugins:health-context");
    const { defineHost, defineServices } = await import("../../src/host.ts");
    const services = defineServices({
      "vault.read": { accessor: "getVault", handle: "vault", description: "Reads secrets." },
    });
    const other = defineHost({ services });
    const needy = other.definePlugin({
      name: "needy",
      version: "1.0.0",
      healthCheck: (context) => {
        (context as unknown as { getVault(): unknown }).getVault();
        return health("healthy");
      },
    });
    const manager = await other.createPluginManager({ plugins: [needy] });
    expect(await manager.checkHealth()).toMatchObject([
      {
        status: "unhealthy",
        errorSummary:
          "CapabilityError: plugin 'needy' cannot call getVault: capability 'vault.read' not declared",
      },
    ]);
  });

  it("polls if enabled, reports a change once, and stops when closed", async () => {
    verifies("plugins:health-polling");
    let isWell = true;
    const changes: [string, string][] = [];
    const manager = await managerOf(
      [checked("aaa", () => (isWell ? health("healthy") : health("degraded", "tired")))],
      {
        health: {
          poll: true,
          intervalMs: 5,
          onChange: ({ status }: HealthReport, before) => changes.push([before, status]),
        },
      },
    );
    const until = async (count: number) => {
      while (changes.length < count) await new Promise((resolve) => setTimeout(resolve, 5));
    };
    await until(1);
    isWell = false;
    await until(2);
    await manager.close();
    isWell = true;
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(changes).toEqual([
      ["unknown", "healthy"],
      ["healthy", "degraded"],
    ]);
  });

  it("logs a change if there is no onChange", async () => {
    const { lines, logger } = kept();
    const plugins = [
      checked("aaa", () => health("degraded", "tired")),
      checked("bbb", () => health("healthy")),
    ];
    const manager = await managerOf(plugins, { logger, health: { poll: true, intervalMs: 5 } });
    const warnings = () => lines.filter((line) => line.startsWith("warn "));
    while (warnings().length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    await manager.close();
    expect(warnings()).toEqual([
      "warn plugin 'aaa' went from unknown to degraded: tired",
      "warn plugin 'bbb' went from unknown to healthy",
    ]);
  });

  it.each([
    [{ timeoutMs: 0 }, "health.timeoutMs must be a whole number from 1 to 2147483647"],
    [{ intervalMs: Number.NaN }, "health.intervalMs must be a whole number from 1 to 2147483647"],
    [{ poll: "yes" }, 'The option "poll" expects a boolean'],
    [{ onChange: 3 }, "health.onChange must be a function"],
    [{ onChange: () => {} }, "health.intervalMs and health.onChange need health.poll: true"],
    [{ poll: false, intervalMs: 5 }, "health.intervalMs and health.onChange need"],
    [{ pol: true }, 'no option "pol"'],
  ])("refuses %o", async (options, text) => {
    await expect(managerOf([], { health: options as never })).rejects.toThrow(text);
  });
});
