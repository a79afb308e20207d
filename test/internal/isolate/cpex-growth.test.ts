// Only in test:all: it measures how work grows.
/** What is served to a CPEX host that sends many tasks at once. */
import { expect, it } from "vitest";
import { cpexServer } from "../../../src/operate/isolate/cpex/cpex-server.ts";
import { excessOf } from "../../support/growth.ts";

it("takes each task in time that does not grow with the open ones", async () => {
  const run = async (count: number) => {
    let fail = () => {};
    const server = cpexServer({
      serve: () =>
        new Promise((_, reject) => {
          fail = () => reject(new Error("It is not served."));
        }),
      write: () => {},
      warn: () => {},
    });
    for (let id = 0; id < count; id += 1)
      server.handle(
        JSON.stringify({ request_id: `${id}`, task_type: "capabilities", config: "{}" }),
      );
    fail();
    await server.close();
  };
  const input = (count: number) => count;
  expect(await excessOf({ input, run }, { longTime: 1000, largest: 8192 })).toBeUndefined();
});
