/** `server status`: what the server is doing. */
import type { ServerView } from "../../contract/views.ts";
import { taskStatuses } from "../../domain/task.ts";
import { defineCommand } from "../command.ts";
import { clientOf } from "../connection.ts";
import { exitCodes } from "../exit-codes.ts";
import { writeJson } from "../io.ts";
import type { Io } from "../io.ts";
import { limitsText, overageText } from "../render/account-lines.ts";
import { painter } from "../render/colour.ts";
import { holdText } from "../render/hold-lines.ts";
import { statusColours } from "../render/status.ts";
import { localTime, relativeTime } from "../render/time.ts";

export const command = defineCommand<object>({
  name: "server status",
  summary: "Show what the server is doing",
  details: "Exits with 3 when no server answers.",
  examples: [{ command: "claude-worker server status", does: "pid, URL, slots, counts, holds, problems" }],
  async run({ options, io }) {
    const server = await clientOf(io).server();
    if (options.json === true) writeJson(io.stdout, server);
    else io.stdout.write(pageOf(server, io));
    return exitCodes.ok;
  },
});

function pageOf(server: ServerView, io: Io): string {
  const paint = painter(io.stdout);
  const { workers, counts } = server;
  const tasks = taskStatuses
    .filter((status) => counts[status] > 0)
    .map((status) => paint[statusColours[status]](`${counts[status]} ${status}`));
  const rows: [string, string][] = [
    ["Server", server.status === "healthy" ? paint.green("healthy") : paint.yellow(server.status)],
    ["Version", server.version],
    ["pid", `${server.pid}, since ${localTime(server.started_at)} (${relativeTime(server.started_at, Date.now())})`],
    ["URL", server.url ?? "none, the unix socket only"],
    ["Socket", server.socket],
    ["Slots", `${workers.running} of ${workers.limit} in use, ${workers.parked} of ${workers.warm} warm runners ready`],
    ["Tasks", tasks.length === 0 ? "none" : tasks.join(", ")],
    ["Data", server.home],
    ["Database", server.database],
    ["Log", server.log_file],
    ["Limits", limitsText(server.account)],
    ["Overage", overageText(server.account)],
    ...server.holds.map((hold): [string, string] => ["Hold", paint.yellow(holdText(hold))]),
    ...server.problems.map((problem): [string, string] => ["Problem", paint.red(problem)]),
  ];
  return rows.map(([name, value]) => `${paint.dim(name.padEnd(8))}  ${value}\n`).join("");
}
