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
      ...server.holds.map(holdOf),
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

function holdOf(hold: ServerView["holds"][number]): Check {
  if (hold.message.includes("claude-worker resume"))
    return { name: "Hold", state: hold.kind === "auth_failed" ? "fail" : "warn", message: holdText(hold), mend: null };
  if (hold.kind === "auth_failed") return fail("Hold", holdText(hold), "Sign in again, then: claude-worker resume");
  return warn(
    "Hold",
    holdText(hold),
    hold.until === null ? "When it may go on: claude-worker resume" : "It lifts by itself; sooner: claude-worker resume",
  );
}
