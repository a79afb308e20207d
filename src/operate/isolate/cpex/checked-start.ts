/** Checks the environment of a guest again before a later start runs what is in it. */
import { describeThrown } from "../../../core/observe/index.ts";
import { type StartLink, startLink } from "../supervisor.ts";

/** The first start follows the check that was made before anything ran. */
export function checkedStart(
  start: StartLink,
  check: (() => Promise<void>) | undefined,
): StartLink {
  let isFirst = true;
  return (events) => {
    if (isFirst || check === undefined) {
      isFirst = false;
      return start(events);
    }
    const early: string[] = [];
    let isKilled = false;
    let link: ReturnType<StartLink> | undefined;
    check().then(
      () => {
        if (isKilled) return;
        link = startLink(start, events);
        for (const line of early) link.send(line);
      },
      (error: unknown) => events.onEnd(`was not started again: ${describeThrown(error).text}`),
    );
    return {
      send(line) {
        if (link === undefined) early.push(line);
        else link.send(line);
      },
      kill() {
        isKilled = true;
        link?.kill();
      },
    };
  };
}
