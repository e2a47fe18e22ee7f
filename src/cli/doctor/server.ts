/** Checks the server, and what it says keeps tasks from starting. */
import { ServerUnreachable } from "../../client/server-unreachable.ts";
import type { WorkerClient } from "../../client/worker-client.ts";
import type { ServerView } from "../../contract/views.ts";
import { messageOf } from "../../domain/errors.ts";
import { holdText } from "../render/hold-lines.ts";
import { fail, ok, warn } from "./check.ts";
import type { Check } from "./check.ts";

export async function checkServer(client: WorkerClient): Promise<Check[]> {
  try {
    const server = await client.server();
    return [
      stateOf(server),
      ...server.problems.map((problem) => fail("Storage", problem, "Make room or mend the rights; it lifts by itself")),
      ...server.holds.map((hold) => holdOf(hold, client, server.holds)),
    ];
  } catch (error) {
    if (error instanceof ServerUnreachable && error.nobodyListens && client.address.kind === "socket") {
      return [ok("Server", "not running; `claude-worker run` starts it")];
    }
    return [fail("Server", messageOf(error), "See its log: claude-worker server logs")];
  }
}

function stateOf(server: ServerView): Check {
  const where = `${server.version}, pid ${server.pid}, ${server.url ?? "the unix socket only"}`;
  return server.status === "healthy"
    ? ok("Server", `healthy (${where})`)
    : warn("Server", `${server.status} (${where})`, "See its log: claude-worker server logs");
}

type Hold = ServerView["holds"][number];

function holdOf(hold: Hold, client: WorkerClient, holds: readonly Hold[]): Check {
  if (hold.kind === "auth_failed") {
    const check = fail("Hold", holdText(hold), mendUnlessSaid(hold, "Sign in again, then: claude-worker resume"));
    // `resume` lifts all holds: somebody else's pause is not ours to end.
    return holds.every(({ kind }) => kind === "auth_failed") ? { ...check, fix: async () => await client.resume() } : check;
  }
  return warn(
    "Hold",
    holdText(hold),
    mendUnlessSaid(
      hold,
      hold.until === null ? "When it may go on: claude-worker resume" : "It lifts by itself; sooner: claude-worker resume",
    ),
  );
}

function mendUnlessSaid({ message }: Hold, mend: string): string | null {
  return message.includes("claude-worker resume") ? null : mend;
}
