/**
 * Renders what the server does as a page: a headline, what blocks the queue, what runs, and where
 * the server listens.
 */
import type { ServerView } from "../../../contract/views/server.ts";
import type { TaskSummaryView } from "../../../contract/views/task.ts";
import { taskStatuses } from "../../../domain/task/task.ts";
import { plainLine } from "../../../domain/text/plain-text.ts";
import type { Output } from "../output.ts";
import { limitsText, overageText, reserveText } from "./account-lines.ts";
import { budgetLine } from "./budget-line.ts";
import { painter } from "./colour.ts";
import { holdText } from "./hold-lines.ts";
import { namedProfiles, profileText } from "./profile-lines.ts";
import { resourcesText } from "./resources.ts";
import { scheduleSummary } from "./schedule.ts";
import { statusColours } from "./status.ts";
import { taskTable } from "./task-list.ts";
import { localTime, relativeTime } from "./time.ts";
import { prose } from "./wrap.ts";

/** @param running the tasks that run. @param now UTC milliseconds. */
export function serverPage(server: ServerView, running: readonly TaskSummaryView[], output: Output, now: number): string {
  const paint = painter(output);
  const { workers, counts } = server;
  const isWell = server.status === "healthy";
  const tasks = taskStatuses
    .filter((status) => counts[status] > 0)
    .map((status) => paint[statusColours[status]](`${counts[status]} ${status}`));
  const headline = [
    paint[isWell ? "green" : "yellow"](`${isWell ? "✔" : "⚠"} The server is ${server.status}`),
    `${workers.running} of ${workers.limit} slots in use`,
    tasks.length === 0 ? "no tasks" : tasks.join(", "),
  ].join(" · ");
  const scheduled = scheduleSummary(server.schedules, now);
  const facts: [string, string][] = [
    ["Version", server.version],
    ["pid", `${server.pid}, since ${localTime(server.started_at)} (${relativeTime(server.started_at, now)})`],
    ["URL", server.url ?? "none, the unix socket only"],
    ["Socket", server.socket],
    ["Limits", limitsText(server.account, now)],
    ["Reserve", reserveText(server.account)],
    ["Overage", overageText(server.account)],
    ["Machine", resourcesText(server.resources)],
    ["Warm", `${workers.parked} of ${workers.warm} warm runners ready`],
    ["Data", server.home],
    ["Database", server.database],
    ["Log", server.log_file],
  ];
  const row = (name: string, value: string, colour?: (text: string) => string): string => {
    const indent = { first: `${name.padEnd(8)}  `, rest: " ".repeat(10) };
    const lines = prose(output, value, indent);
    return `${colour === undefined ? lines : lines.split("\n").map(colour).join("\n")}\n`;
  };
  return [
    `${prose(output, headline, { rest: "  " })}\n`,
    ...server.holds.map((hold) => row("Hold", holdText(hold), paint.yellow)),
    ...server.budgets.map((budget) =>
      row("Budget", plainLine(budgetLine(budget), 500), budget.state === "open" ? undefined : paint.yellow),
    ),
    ...(server.resources.short_of === null ? [] : [row("Machine", plainLine(server.resources.short_of, 2000), paint.yellow)]),
    ...namedProfiles(server.profiles).map((profile) =>
      row("Profile", profileText({ ...profile, holds: [] }, now), profile.problem === null ? undefined : paint.yellow),
    ),
    ...server.problems.map((problem) => row("Problem", plainLine(problem, 2000), paint.red)),
    ...(scheduled === null ? [] : [row("Planned", scheduled)]),
    ...(running.length === 0 ? [] : ["\n", taskTable(running, output, now)]),
    "\n",
    ...facts.map(([name, value]) => row(name, value, paint.dim)),
  ].join("");
}
