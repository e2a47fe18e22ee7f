/**
 * The configuration page's tables: every setting from src/config/settings.ts, every path from
 * src/config/paths.ts.
 */
import { pathsFrom } from "../../src/config/paths.ts";
import { isDurationSetting } from "../../src/config/setting.ts";
import { settingDefinitions } from "../../src/config/settings.ts";
import { typedDuration } from "../../src/domain/text/duration.ts";
import { code, markdownTable } from "./generated-part.ts";

type Definition = (typeof settingDefinitions)[number];

export function configurationTable(): string {
  const rows = settingDefinitions.map((definition) => [
    code(definition.key),
    code(definition.env),
    valuesOf(definition),
    defaultOf(definition),
    definition.description,
  ]);
  return markdownTable(["setting", "environment variable", "values", "default", "what it does"], rows);
}

function valuesOf({ key, type, choices = [], min, max }: Definition): string {
  if (type === "choice") return choices.map(code).join(", ");
  if (isDurationSetting(key)) return `${typedDuration(min ?? 0)} to ${typedDuration(max ?? Number.MAX_SAFE_INTEGER)}`;
  if (type === "integer") return `${min ?? 0} to ${max ?? Number.MAX_SAFE_INTEGER}`;
  if (type === "object") return "JSON";
  return type === "list" ? "list of texts (with commas between in the environment)" : "text";
}

function defaultOf({ key, default: value }: Definition): string {
  if (value === null) return "unset";
  if (typeof value === "number" && isDurationSetting(key)) return code(typedDuration(value));
  return typeof value === "object" ? code(JSON.stringify(value)) : code(String(value));
}

const pathMeanings = {
  home: "Everything below; mode 0700. `CLAUDE_WORKER_HOME` moves it.",
  database: "Tasks, attempts, events. `CLAUDE_WORKER_DB` moves it.",
  token: "The local admin token, mode 0600; made at the first start.",
  logs: "`task_42_raw.log` and `task_42_summary.log` of each task. `CLAUDE_WORKER_LOG_DIR` moves it.",
  run: "Sockets, mode 0700. A home whose socket paths would be too long for the system gets the short directory `/tmp/claude-worker-<user id>-<digest of the home>` instead.",
  snapshots: "What is kept between the snapshots of tasks' files: an index of git for each task.",
  workspaces: "The git worktrees of tasks.",
  setupCache: "What the set-ups of worktrees made, kept for later worktrees of the same repository.",
  temporary: "Temporary files of tasks with a worktree (`TMPDIR`), a directory for each.",
  serverSocket: "The server's unix socket, mode 0600.",
  serverLock: "Held through the operating system while a server runs; never needs cleaning.",
  serverInfo: "Process id and URL of the running server: a hint for people.",
  serverLog: "The server's own log, JSON lines.",
  config: "The configuration file (`XDG_CONFIG_HOME` or `CLAUDE_WORKER_CONFIG` moves it).",
} as const satisfies Record<keyof ReturnType<typeof pathsFrom>, string>;

export function pathTable(): string {
  const paths = pathsFrom({ HOME: "/~" });
  const names = Object.keys(pathMeanings) as (keyof typeof pathMeanings)[];
  return markdownTable(
    ["path", "what it is"],
    names.map((name) => [code(paths[name].replace("/~", "~")), pathMeanings[name]]),
  );
}
