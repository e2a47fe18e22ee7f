/**
 * Lists every command by name. Loads a command's module only when that command is called, to keep
 * the start short.
 */
import type { Command, CommandSpec } from "./command.ts";

export interface IndexEntry {
  readonly name: string;
  readonly alias?: string;
  readonly load: () => Promise<{ readonly command: Command }>;
}

/** In the order of the help text. */
export const commandIndex: readonly IndexEntry[] = [
  { name: "run", load: async () => await import("../commands/task/run.ts") },
  { name: "list", alias: "ls", load: async () => await import("../commands/task/list.ts") },
  { name: "show", alias: "status", load: async () => await import("../commands/task/show.ts") },
  { name: "logs", load: async () => await import("../commands/task/logs.ts") },
  { name: "watch", load: async () => await import("../commands/task/watch.ts") },
  { name: "wait", load: async () => await import("../commands/task/wait.ts") },
  { name: "attempts", load: async () => await import("../commands/task/attempts.ts") },
  { name: "top", load: async () => await import("../commands/task/top.ts") },
  { name: "open", load: async () => await import("../commands/session/open.ts") },
  { name: "inbox", load: async () => await import("../commands/question/inbox.ts") },
  { name: "answer", load: async () => await import("../commands/question/answer.ts") },
  { name: "rules", load: async () => await import("../commands/question/rules.ts") },
  { name: "rules remove", load: async () => await import("../commands/question/rules-remove.ts") },
  { name: "cancel", load: async () => await import("../commands/task/cancel.ts") },
  { name: "retry", load: async () => await import("../commands/task/retry.ts") },
  { name: "send", load: async () => await import("../commands/message/send.ts") },
  { name: "messages", load: async () => await import("../commands/message/messages.ts") },
  { name: "fork", load: async () => await import("../commands/message/fork.ts") },
  { name: "rewind", load: async () => await import("../commands/message/rewind.ts") },
  { name: "unsend", load: async () => await import("../commands/message/unsend.ts") },
  { name: "diff", load: async () => await import("../commands/workspace/diff.ts") },
  { name: "review", load: async () => await import("../commands/workspace/review.ts") },
  { name: "checkpoints", load: async () => await import("../commands/workspace/checkpoints.ts") },
  { name: "apply", load: async () => await import("../commands/workspace/apply.ts") },
  { name: "land", load: async () => await import("../commands/workspace/land.ts") },
  { name: "pr", load: async () => await import("../commands/workspace/pr.ts") },
  { name: "pr watch", load: async () => await import("../commands/workspace/pr-watch.ts") },
  { name: "restore", load: async () => await import("../commands/workspace/restore.ts") },
  { name: "undo", load: async () => await import("../commands/workspace/undo.ts") },
  { name: "workspace list", load: async () => await import("../commands/workspace/workspace-list.ts") },
  { name: "workspace path", load: async () => await import("../commands/workspace/workspace-path.ts") },
  { name: "workspace shell", load: async () => await import("../commands/workspace/workspace-shell.ts") },
  { name: "workspace clean", load: async () => await import("../commands/workspace/workspace-clean.ts") },
  { name: "workspace restore", load: async () => await import("../commands/workspace/workspace-restore.ts") },
  { name: "group set", load: async () => await import("../commands/group/group-set.ts") },
  { name: "group list", load: async () => await import("../commands/group/group-list.ts") },
  { name: "group show", load: async () => await import("../commands/group/group-show.ts") },
  { name: "group pause", load: async () => await import("../commands/group/group-pause.ts") },
  { name: "group resume", load: async () => await import("../commands/group/group-resume.ts") },
  { name: "group rm", load: async () => await import("../commands/group/group-rm.ts") },
  { name: "budget set", load: async () => await import("../commands/budget/budget-set.ts") },
  { name: "budget list", load: async () => await import("../commands/budget/budget-list.ts") },
  { name: "budget rm", load: async () => await import("../commands/budget/budget-rm.ts") },
  { name: "workflow validate", load: async () => await import("../commands/workflow/workflow-validate.ts") },
  { name: "workflow run", load: async () => await import("../commands/workflow/workflow-run.ts") },
  { name: "workflow list", load: async () => await import("../commands/workflow/workflow-list.ts") },
  { name: "workflow show", load: async () => await import("../commands/workflow/workflow-show.ts") },
  { name: "workflow graph", load: async () => await import("../commands/workflow/workflow-graph.ts") },
  { name: "workflow cancel", load: async () => await import("../commands/workflow/workflow-cancel.ts") },
  { name: "workflow retry", load: async () => await import("../commands/workflow/workflow-retry.ts") },
  { name: "workflow rm", load: async () => await import("../commands/workflow/workflow-rm.ts") },
  { name: "template add", load: async () => await import("../commands/template/template-add.ts") },
  { name: "template list", load: async () => await import("../commands/template/template-list.ts") },
  { name: "template show", load: async () => await import("../commands/template/template-show.ts") },
  { name: "template edit", load: async () => await import("../commands/template/template-edit.ts") },
  { name: "template rm", load: async () => await import("../commands/template/template-rm.ts") },
  { name: "schedule add", load: async () => await import("../commands/schedule/schedule-add.ts") },
  { name: "schedule list", load: async () => await import("../commands/schedule/schedule-list.ts") },
  { name: "schedule show", load: async () => await import("../commands/schedule/schedule-show.ts") },
  { name: "schedule edit", load: async () => await import("../commands/schedule/schedule-edit.ts") },
  { name: "schedule pause", load: async () => await import("../commands/schedule/schedule-pause.ts") },
  { name: "schedule resume", load: async () => await import("../commands/schedule/schedule-resume.ts") },
  { name: "schedule run", load: async () => await import("../commands/schedule/schedule-run.ts") },
  { name: "schedule runs", load: async () => await import("../commands/schedule/schedule-runs.ts") },
  { name: "schedule next", load: async () => await import("../commands/schedule/schedule-next.ts") },
  { name: "schedule rm", load: async () => await import("../commands/schedule/schedule-rm.ts") },
  { name: "stash", load: async () => await import("../commands/task/stash.ts") },
  { name: "enqueue", load: async () => await import("../commands/task/enqueue.ts") },
  { name: "move", load: async () => await import("../commands/task/move.ts") },
  { name: "edit", load: async () => await import("../commands/task/edit.ts") },
  { name: "rm", load: async () => await import("../commands/task/rm.ts") },
  { name: "hold", load: async () => await import("../commands/hold/hold.ts") },
  { name: "resume", load: async () => await import("../commands/hold/resume.ts") },
  { name: "trust add", load: async () => await import("../commands/trust/trust-add.ts") },
  { name: "trust list", load: async () => await import("../commands/trust/trust-list.ts") },
  { name: "trust remove", load: async () => await import("../commands/trust/trust-remove.ts") },
  { name: "token create", load: async () => await import("../commands/token/token-create.ts") },
  { name: "token list", load: async () => await import("../commands/token/token-list.ts") },
  { name: "token remove", load: async () => await import("../commands/token/token-remove.ts") },
  { name: "session list", load: async () => await import("../commands/session/session-list.ts") },
  { name: "session revoke", load: async () => await import("../commands/session/session-revoke.ts") },
  { name: "notify add", load: async () => await import("../commands/notify/notify-add.ts") },
  { name: "notify list", load: async () => await import("../commands/notify/notify-list.ts") },
  { name: "notify show", load: async () => await import("../commands/notify/notify-show.ts") },
  { name: "notify edit", load: async () => await import("../commands/notify/notify-edit.ts") },
  { name: "notify rm", load: async () => await import("../commands/notify/notify-rm.ts") },
  { name: "notify test", load: async () => await import("../commands/notify/notify-test.ts") },
  { name: "notify deliveries", load: async () => await import("../commands/notify/notify-deliveries.ts") },
  { name: "notify replay", load: async () => await import("../commands/notify/notify-replay.ts") },
  { name: "usage", load: async () => await import("../commands/server/usage.ts") },
  { name: "server start", load: async () => await import("../commands/server/server-start.ts") },
  { name: "server stop", load: async () => await import("../commands/server/server-stop.ts") },
  { name: "server restart", load: async () => await import("../commands/server/server-restart.ts") },
  { name: "server status", load: async () => await import("../commands/server/server-status.ts") },
  { name: "server health", load: async () => await import("../commands/server/server-health.ts") },
  { name: "server logs", load: async () => await import("../commands/server/server-logs.ts") },
  { name: "service install", load: async () => await import("../commands/service/service-install.ts") },
  { name: "service uninstall", load: async () => await import("../commands/service/service-uninstall.ts") },
  { name: "service status", load: async () => await import("../commands/service/service-status.ts") },
  { name: "config list", load: async () => await import("../commands/config/config-list.ts") },
  { name: "config get", load: async () => await import("../commands/config/config-get.ts") },
  { name: "config set", load: async () => await import("../commands/config/config-set.ts") },
  { name: "config path", load: async () => await import("../commands/config/config-path.ts") },
  { name: "db backup", load: async () => await import("../commands/db/db-backup.ts") },
  { name: "db restore", load: async () => await import("../commands/db/db-restore.ts") },
  { name: "db check", load: async () => await import("../commands/db/db-check.ts") },
  { name: "prune", load: async () => await import("../commands/task/prune.ts") },
  { name: "mcp", load: async () => await import("../commands/mcp/mcp.ts") },
  { name: "mcp install", load: async () => await import("../commands/mcp/mcp-install.ts") },
  { name: "mcp uninstall", load: async () => await import("../commands/mcp/mcp-uninstall.ts") },
  { name: "doctor", load: async () => await import("../commands/server/doctor.ts") },
  { name: "claude", load: async () => await import("../commands/server/claude.ts") },
  { name: "__complete", load: async () => await import("../commands/commandline/complete.ts") },
  { name: "completion", load: async () => await import("../commands/commandline/completion.ts") },
];

/** Commands that have another name now. */
export const renamed: Readonly<Record<string, string>> = { backup: "db backup" };

/** Words that people try, and the commands that they may mean. */
export const meant: Readonly<Record<string, readonly string[]>> = {
  start: ["server start", "run"],
  stop: ["server stop", "cancel"],
  restart: ["server restart", "retry"],
  health: ["server health"],
  ...meaning("run", "submit", "create", "add", "new", "exec", "start-task"),
  ...meaning("list", "ps", "jobs", "tasks", "queue"),
  ...meaning("show", "info", "get", "describe", "result", "inspect"),
  ...meaning("logs", "log", "tail"),
  ...meaning("watch", "follow", "attach"),
  ...meaning("cancel", "kill", "abort", "terminate"),
  ...meaning("rm", "delete", "remove", "del"),
  ...meaning("retry", "rerun", "redo"),
  ...meaning("edit", "update", "rename"),
  ...meaning("hold", "pause", "suspend"),
  ...meaning("resume", "unpause", "unhold", "continue"),
  ...meaning("prune", "clean", "cleanup", "gc"),
  ...meaning("usage", "stats", "cost", "costs", "limits"),
  ...meaning("config list", "settings"),
  ...meaning("claude", "login", "auth", "signin"),
  ...meaning("--version", "version"),
  ...meaning("trust remove", "trust rm", "trust delete"),
  ...meaning("token remove", "token rm", "token delete", "token revoke"),
  ...meaning("token create", "token add", "token new"),
  ...meaning("open", "dashboard", "ui", "web", "browser"),
  ...meaning("session list", "sessions", "session ls", "session show"),
  ...meaning("session revoke", "session rm", "session remove", "session delete", "logout"),
  ...meaning("notify rm", "notify remove", "notify delete"),
  ...meaning("schedule rm", "schedule remove", "schedule delete"),
  ...meaning("schedule add", "cron", "crontab", "at", "schedule create", "schedule new", "schedule set"),
  ...meaning("schedule list", "schedules", "schedule ls"),
  ...meaning("schedule runs", "schedule history", "schedule logs"),
  ...meaning("config set", "config unset", "config edit"),
  ...meaning("config list", "config show"),
  ...meaning("budget rm", "budget remove", "budget delete"),
  ...meaning("budget list", "budgets", "budget show"),
};

function meaning(command: string, ...words: readonly string[]): Record<string, readonly string[]> {
  return Object.fromEntries(words.map((word) => [word, [command]]));
}

/** Commands of two words by their first word. */
export const groups: Readonly<Record<string, string>> = {
  trust: "Directories in which tasks may run",
  token: "Access for programs over the REST API",
  session: "Browsers that are signed in",
  notify: "Who is notified of what, and where",
  group: "Lanes of tasks, and how many of each run at once",
  budget: "How much tasks may spend in a day, week or month",
  workflow: "Tasks that depend on each other, from a file",
  template: "Stored prompts with variables",
  schedule: "Tasks that are submitted again and again, or at a time",
  workspace: "The git worktrees of tasks",
  server: "The server that runs the tasks",
  service: "Start the server with the machine",
  config: "Settings",
  db: "The database",
};

export type Found =
  | { readonly kind: "command"; readonly entry: IndexEntry; readonly rest: readonly string[] }
  | { readonly kind: "group"; readonly group: string }
  | { readonly kind: "unknown"; readonly name: string; readonly known: readonly string[] };

/** Which command the words name, and the words after it. */
export function findCommand(words: readonly string[]): Found {
  const [first = "", second, ...others] = words;
  const double = commandIndex.find(({ name }) => name === `${first} ${second ?? ""}`);
  if (double !== undefined) return { kind: "command", entry: double, rest: others };
  const single = commandIndex.find(({ name, alias }) => name === first || alias === first);
  if (single !== undefined) return { kind: "command", entry: single, rest: words.slice(1) };
  if (!Object.hasOwn(groups, first)) return { kind: "unknown", name: first, known: topLevelNames() };
  if (second === undefined || groupFlags.has(second)) return { kind: "group", group: first };
  return { kind: "unknown", name: `${first} ${second}`, known: namesOf(first) };
}

/** A group without a verb prints its help, whatever else is asked. */
const groupFlags: ReadonlySet<string> = new Set(["--help", "-h", "--json", "--debug"]);

function topLevelNames(): string[] {
  const firsts = commandIndex.flatMap(({ name, alias }) => [name.split(" ")[0] ?? name, ...(alias === undefined ? [] : [alias])]);
  return [...new Set([...firsts, "help"])].filter((name) => !name.startsWith("_"));
}

function namesOf(group: string): string[] {
  return commandIndex.map(({ name }) => name).filter((name) => name.startsWith(`${group} `));
}

/**
 * Every command's words, flags and examples: what the reference in the documentation and the
 * completion scripts are made of.
 */
export async function describeCommands(): Promise<CommandSpec[]> {
  return await Promise.all(commandIndex.map(async ({ load }) => (await load()).command));
}
