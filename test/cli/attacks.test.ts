/** The command line: arguments from scripts, and strings chosen by packages. */
import { expect, it, vi } from "vitest";
import { attack } from "../attacks/attack.ts";
import { facts, rejected, report, trusted } from "./support/facts.ts";
import { linesOf, run } from "./support/run.ts";

attack(
  "A-226",
  "Pass an option as an id, query or path from a script: `--plugin-mode=dev`, `-h`, `--help`",
  "after `--` it is data; before, it is refused with exit code 2, and nothing is done",
  () => {
    const smuggled = ["--plugin-mode=dev", "--check", "-h", "--help", "-1", "--", "--json", "-"];

    it.each(smuggled)("trust does nothing for the id %s", async (id) => {
      const trust = vi.fn(() => Promise.resolve(trusted()));
      const { code } = await run(["plugins", "trust", id, "--reason", "r"], {
        services: { trust },
      });
      // A single hyphen is read as an ordinary id, which no plugin has.
      if (id !== "-") expect([code, trust.mock.calls]).toEqual([2, []]);
      else expect(trust).toHaveBeenCalledWith(expect.objectContaining({ id: "-" }));
    });

    it.each(smuggled)("trust reads %s after -- as an id", async (id) => {
      const trust = vi.fn(() => Promise.resolve(trusted()));
      await run(["plugins", "trust", "--reason", "r", "--", id], { services: { trust } });
      expect(trust).toHaveBeenCalledWith(expect.objectContaining({ id, check: false }));
    });

    it.each(["--json", "-x", "--check"])("%s is not read as a path", async (path) => {
      const discover = vi.fn();
      for (const option of ["--root", "--plugins-lock", "--local-plugins", "--catalog", "--host"]) {
        const { code } = await run(["plugins", "list", option, path], { services: { discover } });
        expect(code).toBe(2);
      }
      const sign = vi.fn();
      const argv = ["plugins", "sign", path, "--key", "-", "--identity", "a"];
      expect((await run(argv, { services: { sign } })).code).toBe(2);
      expect([discover.mock.calls, sign.mock.calls]).toEqual([[], []]);
    });
  },
);

attack(
  "A-227",
  "Put escape sequences, line breaks and bidi overrides into a package's names, versions and reasons",
  "escaped: no line is added or changed, and the cursor does not move",
  () => {
    const spoiler = "\u001b[1A\u001b[2K\r\n\u202e\u2066trusted: evil 1.0.0\u0007";
    const plugin = facts({ id: "a", version: spoiler, signed_by: spoiler, package: spoiler });
    const refused = rejected({ id: spoiler, reason: spoiler });
    const services = {
      discover: () => Promise.resolve(report({ loaded: [plugin], rejected: [refused] })),
    };

    it.each<readonly [readonly string[]]>([
      [["plugins", "list"]],
      [["plugins", "describe", "a"]],
      [["plugins", "doctor"]],
      [["doctor"]],
    ])("%j", async (argv) => {
      const { stdout } = await run(
        argv.filter((word) => word !== undefined),
        { services },
      );
      expect(stdout.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      expect(linesOf(stdout).filter((line) => /^\s*trusted:/.test(line))).toEqual([]);
    });
  },
);
