/** Checks the server, and what it says keeps tasks from starting. */
import { ServerUnreachable } from "../../client/server-unreachable.ts";
import type { WorkerClient } from "../../client/worker-client.ts";
import type { ServerView } from "../../contract/views/server.ts";
import { messageOf } from "../../domain/errors.ts";
import { reserveText } from "../terminal/render/account-lines.ts";
import { plainLine } from "../../domain/text/plain-text.ts";
import { budgetLine } from "../terminal/render/budget-line.ts";
import { holdText } from "../terminal/render/hold-lines.ts";
import { explainUnreadable } from "../commandline/unreadable-answer.ts";
import { fail, ok, warn } from "./check.ts";
import type { Check } from "./check.ts";

export interface ServerContext {
  /**
   * Whether the Claude Code that tasks run on starts now: then nothing needs the hold that says it
   * cannot.
   */
  readonly claudeStarts?: boolean;
  /** What is looked at while no server runs. */
  readonly whenAbsent?: () => Promise<Check>;
}

export async function checkServer(client: WorkerClient, context: ServerContext = {}): Promise<Check[]> {
  try {
    const server = await client.server();
    return [
      stateOf(server),
      reserveOf(server),
      ...server.problems.map((problem) => fail("Storage", problem, "Do what it says; with room and rights on the disk it lifts by itself")),
      ...server.budgets.filter(({ state }) => state !== "open").map(budgetOf),
      ...server.holds.map((hold) => withFix(holdOf(hold, context), hold, { client, holds: server.holds, context })),
    ];
  } catch (error) {
    if (error instanceof ServerUnreachable && error.connectionRefused && client.address.kind === "socket") {
      const alone = context.whenAbsent === undefined ? [] : [await context.whenAbsent()];
      return [ok("Server", "not running; `claude-worker run` starts it"), ...alone];
    }
    return [fail("Server", messageOf(await explainUnreadable(error, client)), "See its log: claude-worker server logs")];
  }
}

function stateOf(server: ServerView): Check {
  const where = `${server.version}, pid ${server.pid}, ${server.url ?? "the unix socket only"}`;
  return server.status === "healthy"
    ? ok("Server", `healthy (${where})`)
    : warn("Server", `${server.status} (${where})`, "See its log: claude-worker server logs");
}

function reserveOf({ account }: ServerView): Check {
  const text = reserveText(account);
  return account.reserve.problem === null ? ok("Reserve", text) : warn("Reserve", text, null);
}

function budgetOf(budget: ServerView["budgets"][number]): Check {
  const opens = budget.state === "spent" ? "It opens by itself; to open it now, set a larger one: claude-worker budget set" : null;
  return warn("Budget", plainLine(budgetLine(budget), 500), opens);
}

type Hold = ServerView["holds"][number];

function holdOf(hold: Hold, context: ServerContext): Check {
  if (hold.kind === "auth_failed") return fail("Hold", holdText(hold), adviceUnlessSaid(hold, "Sign in again, then: claude-worker resume"));
  if (hold.kind === "unavailable")
    return context.claudeStarts === true
      ? fail("Hold", holdText(hold), "It starts now: claude-worker doctor --fix")
      : fail("Hold", holdText(hold), adviceUnlessSaid(hold, "Fix what this list says of Claude Code, then: claude-worker resume"));
  return warn(
    "Hold",
    holdText(hold),
    adviceUnlessSaid(
      hold,
      hold.until === null ? "To start tasks again: claude-worker resume" : "It ends by itself; to end it now: claude-worker resume",
    ),
  );
}

interface Held {
  readonly client: WorkerClient;
  readonly holds: readonly Hold[];
  readonly context: ServerContext;
}

/**
 * Offers a fix only when all holds may be lifted, because `resume` lifts all of them. A hold stays
 * when a user set it, or when its reason persists.
 */
function withFix(check: Check, hold: Hold, { client, holds, context }: Held): Check {
  const mayGo = ({ kind }: Hold): boolean => kind === "auth_failed" || (kind === "unavailable" && context.claudeStarts === true);
  return mayGo(hold) && holds.every(mayGo) ? { ...check, repair: async () => (await client.resume()).holds } : check;
}

function adviceUnlessSaid({ message }: Hold, advice: string): string | null {
  return message.includes("claude-worker resume") ? null : advice;
}
