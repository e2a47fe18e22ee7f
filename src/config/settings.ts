/**
 * Defines every setting, one row each: its default, its limits, its environment variable and its
 * sentence for people. setting.ts defines what a row can say; setting-value.ts reads and checks
 * values.
 */
import { defaultPromptRules, promptRuleLevels } from "../domain/agents/prompt-quality.ts";
import { lateAnswers, questionPolicies } from "../domain/questions/policy.ts";
import { isTimeZone } from "../domain/order/calendar.ts";
import { defaultReserve, reserveProblem } from "../domain/order/reserve-setting.ts";
import { overageProblem } from "../domain/task/overage.ts";
import { permissionModes } from "../domain/task/permission-mode.ts";
import { profilesProblem } from "../domain/task/profile.ts";
import type { ProfileSetting } from "../domain/task/profile.ts";
import { sandboxModes } from "../domain/task/sandbox.ts";
import { readVerify, verifyWords } from "../domain/verification/verify-command.ts";
import { workspaceKinds } from "../domain/workspace/workspace.ts";
import type { AnySettingDefinition, SettingRow, ValueOf } from "./setting.ts";

const noProfiles: ProfileSetting = {};

const rows = [
  {
    key: "port",
    env: "CLAUDE_WORKER_PORT",
    type: "integer",
    min: 0,
    max: 65535,
    default: 8000,
    description: "TCP port of the server; 0 lets the system choose.",
  },
  { key: "host", env: "CLAUDE_WORKER_HOST", type: "string", default: "127.0.0.1", description: "Address the server listens on." },
  {
    key: "workers",
    env: "CLAUDE_WORKER_WORKERS",
    type: "integer",
    min: 1,
    max: 1000,
    default: 4,
    description: "How many tasks run at once.",
  },
  {
    key: "warm",
    env: "CLAUDE_WORKER_WARM",
    type: "integer",
    min: 0,
    max: 64,
    default: 1,
    description: "How many runners wait with Claude Code already started (about 250 MB each).",
  },
  {
    key: "permission_mode",
    env: "CLAUDE_WORKER_PERMISSION_MODE",
    type: "choice",
    choices: permissionModes,
    default: "acceptEdits",
    description: "Permission mode of tasks that name none.",
  },
  {
    key: "model",
    env: "CLAUDE_WORKER_MODEL",
    type: "string",
    nullable: true,
    // The API's rule for a task's model: another value would make every submit fail.
    mustBe: ["a model's name of at most 200 characters", (text) => text.trim() !== "" && text.trim().length <= 200],
    default: null,
    description: "Model of tasks that name none; unset: Claude Code's own default.",
  },
  {
    key: "workspace",
    env: "CLAUDE_WORKER_WORKSPACE",
    type: "choice",
    choices: workspaceKinds,
    default: "in_place",
    description: "Where tasks work that do not say it: `in_place` in their working directory, `worktree` in a git worktree of their own.",
  },
  {
    key: "exclusive_directories",
    env: "CLAUDE_WORKER_EXCLUSIVE_DIRECTORIES",
    type: "choice",
    choices: ["off", "on"],
    default: "off",
    description:
      "Whether tasks that work in place take a lock of their checkout (outside of git: of their directory), so that one at a time works there: those that are submitted or retried from then on, but for `plan` mode.",
  },
  {
    key: "sandbox",
    env: "CLAUDE_WORKER_SANDBOX",
    type: "choice",
    choices: sandboxModes,
    default: "off",
    description: "Whether commands of tasks that do not say it run in a sandbox: `auto` where the machine has one, `on` else fails, `off`.",
  },
  {
    key: "agent_env",
    env: "CLAUDE_WORKER_AGENT_ENV",
    type: "list",
    default: [],
    description: "More environment for the agent: `NAME` passes the server's variable on, `NAME=value` sets it.",
  },
  {
    key: "profiles",
    env: "CLAUDE_WORKER_PROFILES",
    type: "object",
    check: profilesProblem,
    default: noProfiles,
    description:
      "Named sets of credentials for tasks (`--profile`): a `config_dir` of Claude Code, an API key or a token by its file or variable, or variables of a provider; and the `directories` that have them by default.",
  },
  {
    key: "keep_days",
    env: "CLAUDE_WORKER_KEEP_DAYS",
    type: "integer",
    min: 1,
    max: 36500,
    nullable: true,
    default: null,
    description: "Ended tasks and their logs are deleted after this many days; unset: never.",
  },
  {
    key: "stall_timeout_ms",
    env: "CLAUDE_WORKER_STALL_TIMEOUT_MS",
    type: "integer",
    min: 1000,
    max: 2_592_000_000,
    nullable: true,
    default: null,
    description: "An attempt without any event for this long is stopped; unset: never.",
  },
  {
    key: "background_grace_ms",
    env: "CLAUDE_WORKER_BACKGROUND_GRACE_MS",
    type: "integer",
    min: 0,
    max: 604_800_000,
    default: 300_000,
    description: "How long commands that Claude left in the background are waited for after its turn, in tasks that name no time.",
  },
  {
    key: "hook_timeout_ms",
    env: "CLAUDE_WORKER_HOOK_TIMEOUT_MS",
    type: "integer",
    min: 1000,
    max: 2_592_000_000,
    nullable: true,
    default: 600_000,
    description: "A hook of Claude Code that runs for longer ends its task with `hook_timed_out`; null: only the hook's own limit holds.",
  },
  {
    key: "verify",
    env: "CLAUDE_WORKER_VERIFY",
    type: "commands",
    default: [verifyWords.default],
    description:
      "Commands that verify the work of tasks that name none: a command, `@NAME` of one, or `@default` for those that the repository runs by default.",
  },
  {
    key: "verify_commands",
    env: "CLAUDE_WORKER_VERIFY_COMMANDS",
    type: "commands",
    mustBe: ["a list of commands with names, like @test npm test", isNamedCommand],
    default: [],
    description: "Verify commands with a name, as `@NAME COMMAND`: tasks, also those of agents, have them run with `@NAME`.",
  },
  {
    key: "verify_timeout_ms",
    env: "CLAUDE_WORKER_VERIFY_TIMEOUT_MS",
    type: "integer",
    min: 1000,
    max: 604_800_000,
    default: 600_000,
    description: "Longest run of one verify command, in tasks that name no time.",
  },
  {
    key: "pr_watch_interval_ms",
    env: "CLAUDE_WORKER_PR_WATCH_INTERVAL_MS",
    type: "integer",
    min: 1000,
    max: 86_400_000,
    default: 60_000,
    description: "How often a watched pull request is looked at. Where nothing happens it is looked at less often, up to every 15 minutes.",
  },
  {
    key: "setup_timeout_ms",
    env: "CLAUDE_WORKER_SETUP_TIMEOUT_MS",
    type: "integer",
    min: 1000,
    max: 604_800_000,
    default: 1_200_000,
    description: "Longest run of the command that sets a worktree up.",
  },
  {
    key: "stop_grace_ms",
    env: "CLAUDE_WORKER_STOP_GRACE_MS",
    type: "integer",
    min: 0,
    max: 600_000,
    default: 5000,
    description: "How long a stopped task may take to finish by itself before it is ended.",
  },
  {
    key: "on_question",
    env: "CLAUDE_WORKER_ON_QUESTION",
    type: "choice",
    choices: questionPolicies,
    default: "deny",
    description: "What happens when a task that names no policy needs a person. Tasks of agents: `deny`.",
  },
  {
    key: "answer_within_ms",
    env: "CLAUDE_WORKER_ANSWER_WITHIN_MS",
    type: "integer",
    min: 1000,
    max: 31_536_000_000,
    nullable: true,
    default: null,
    description: "How long a question waits for its answer in tasks that name no time; unset: for ever.",
  },
  {
    key: "answer_else",
    env: "CLAUDE_WORKER_ANSWER_ELSE",
    type: "choice",
    choices: lateAnswers,
    default: "deny",
    description: "What counts when no answer came in time, in tasks that do not name it.",
  },
  {
    key: "park_after_ms",
    env: "CLAUDE_WORKER_PARK_AFTER_MS",
    type: "integer",
    min: 0,
    max: 604_800_000,
    default: 600_000,
    description: "How long a task that waits for an answer keeps its process; 0: it leaves at once.",
  },
  {
    key: "refusal_limit",
    env: "CLAUDE_WORKER_REFUSAL_LIMIT",
    type: "integer",
    min: 1,
    max: 1000,
    default: 5,
    description: "A task fails after so many refusals of Claude's API in a row that concern it alone.",
  },
  {
    key: "overage",
    env: "CLAUDE_WORKER_OVERAGE",
    type: "string",
    problem: overageProblem,
    default: "forbid",
    description:
      "Whether tasks may spend on paid overage once a subscription's limit is used up; `forbid` holds them before that, `ask` does so and asks a person, `allow` lets them, `cap 20` up to so many US dollars in a billing period.",
  },
  {
    key: "reserve",
    env: "CLAUDE_WORKER_RESERVE",
    type: "object",
    nullable: true,
    check: reserveProblem,
    default: defaultReserve,
    description:
      "Percent of each window of a subscription's limits that is kept free for you: a number, `{soft, hard}`, or a list of these with `days` and `hours`. `soft`: nothing new starts; `hard`: running tasks wait, too. null: nothing is kept. An API key has no such limits.",
  },
  {
    key: "time_zone",
    env: "CLAUDE_WORKER_TIME_ZONE",
    type: "string",
    nullable: true,
    mustBe: ["a time zone like Europe/Berlin or UTC", isTimeZone],
    default: null,
    description:
      "Time zone of the days, weeks and months of budgets, of windows, and of schedules that name none over REST; unset: that of the machine.",
  },
  {
    key: "min_free_memory_mb",
    env: "CLAUDE_WORKER_MIN_FREE_MEMORY_MB",
    type: "integer",
    min: 0,
    max: 100_000_000,
    nullable: true,
    default: 512,
    description:
      "MB of memory that stay free beside what a task is expected to take: otherwise it waits while others run. null: memory is not looked at.",
  },
  {
    key: "min_free_disk_mb",
    env: "CLAUDE_WORKER_MIN_FREE_DISK_MB",
    type: "integer",
    min: 0,
    max: 1_000_000_000,
    nullable: true,
    default: 200,
    description:
      "MB that stay free on the disks of the data directory and of a task's directory: otherwise it waits. null: disks are not looked at.",
  },
  {
    key: "max_load_per_cpu",
    env: "CLAUDE_WORKER_MAX_LOAD_PER_CPU",
    type: "integer",
    min: 1,
    max: 10_000,
    nullable: true,
    default: 16,
    description: "While the machine's load for each processor is higher, a task waits while others run. null: the load is not looked at.",
  },
  {
    key: "fan_out_stagger_ms",
    env: "CLAUDE_WORKER_FAN_OUT_STAGGER_MS",
    type: "integer",
    min: 0,
    max: 60_000,
    default: 5000,
    description:
      "Of tasks of one workflow, batch or task that begin with the same prompt, the others start once the first has its first answer, to read what they share from the prompt cache, and so long after it at the latest; 0: they start at once.",
  },
  {
    key: "max_pending",
    env: "CLAUDE_WORKER_MAX_PENDING",
    type: "integer",
    min: 1,
    max: 10_000_000,
    default: 100_000,
    description: "Most tasks that may wait; more are refused.",
  },
  {
    key: "submits_per_minute",
    env: "CLAUDE_WORKER_SUBMITS_PER_MINUTE",
    type: "integer",
    min: 1,
    max: 10_000_000,
    default: 600,
    description: "Most tasks that one token may submit in a minute; the unix socket and admin tokens are free of it.",
  },
  {
    key: "prompt_rules",
    env: "CLAUDE_WORKER_PROMPT_RULES",
    type: "choice",
    choices: promptRuleLevels,
    default: defaultPromptRules.level,
    description:
      "How prompts that machines write are judged: `strict` (lengths can refuse, content gets advice), `lengths` only, or `off`.",
  },
  {
    key: "prompt_min",
    env: "CLAUDE_WORKER_PROMPT_MIN",
    type: "integer",
    min: 0,
    max: 100_000,
    default: defaultPromptRules.promptMin,
    description: "Fewest characters of a prompt that a machine writes.",
  },
  {
    key: "system_prompt_min",
    env: "CLAUDE_WORKER_SYSTEM_PROMPT_MIN",
    type: "integer",
    min: 0,
    max: 100_000,
    default: defaultPromptRules.systemPromptMin,
    description: "Fewest characters of a system prompt that a machine writes.",
  },
  {
    key: "system_prompt_max",
    env: "CLAUDE_WORKER_SYSTEM_PROMPT_MAX",
    type: "integer",
    min: 1,
    max: 100_000,
    default: defaultPromptRules.systemPromptMax,
    description: "Most characters of a system prompt that a machine writes.",
  },
  {
    key: "allowed_hosts",
    env: "CLAUDE_WORKER_ALLOWED_HOSTS",
    type: "names",
    default: [],
    description: "More names (`host:port`) under which TCP callers may reach the server, e.g. a proxy's.",
  },
  {
    key: "public_url",
    env: "CLAUDE_WORKER_PUBLIC_URL",
    type: "string",
    nullable: true,
    problem: publicUrlProblem,
    default: null,
    description:
      "Address at which phones reach this server's pages for answers, e.g. a proxy's. Only with it do notifications carry links that answer questions.",
  },
  {
    key: "link_lifetime_ms",
    env: "CLAUDE_WORKER_LINK_LIFETIME_MS",
    type: "integer",
    min: 60_000,
    max: 2_592_000_000,
    default: 86_400_000,
    description: "How long a link in a notification can answer its question; the end of the question's own time ends it, too.",
  },
  {
    key: "allowed_roots",
    env: "CLAUDE_WORKER_ALLOWED_ROOTS",
    type: "paths",
    default: [],
    description: "Tasks may work only in these directories and below, trusted or not; none named: in every trusted directory.",
  },
  {
    key: "agent_permission_mode",
    env: "CLAUDE_WORKER_AGENT_PERMISSION_MODE",
    type: "choice",
    choices: permissionModes.filter((mode) => mode !== "bypassPermissions"),
    default: "acceptEdits",
    description: "Widest permission mode of tasks that agents submit (MCP, or from inside a task).",
  },
  {
    key: "agent_allow",
    env: "CLAUDE_WORKER_AGENT_ALLOW",
    type: "rules",
    default: [],
    description: "Permission rules that agents may hand on to tasks, e.g. `Bash(npm test:*)`. A directory's own settings hold besides.",
  },
  {
    key: "agent_depth",
    env: "CLAUDE_WORKER_AGENT_DEPTH",
    type: "integer",
    min: 0,
    max: 10,
    default: 3,
    description: "How deep tasks may be submitted from inside tasks.",
  },
  {
    key: "agent_priority",
    env: "CLAUDE_WORKER_AGENT_PRIORITY",
    type: "integer",
    min: -1000,
    max: 1000,
    default: 10,
    description: "Highest priority that agents may give to tasks; from inside a task also that task's own, where it is higher.",
  },
  {
    key: "agent_open",
    env: "CLAUDE_WORKER_AGENT_OPEN",
    type: "integer",
    min: 1,
    max: 1_000_000,
    default: 50,
    description: "Most tasks that the agents of one token, or of one tree of tasks, have submitted and that have not ended.",
  },
  {
    key: "agent_workers",
    env: "CLAUDE_WORKER_AGENT_WORKERS",
    type: "integer",
    min: 1,
    max: 1000,
    nullable: true,
    default: null,
    description: "How many tasks of the agents of one token, or of one tree, run at once; unset: as many as there are slots.",
  },
  {
    key: "agent_submits_per_minute",
    env: "CLAUDE_WORKER_AGENT_SUBMITS_PER_MINUTE",
    type: "integer",
    min: 1,
    max: 1_000_000,
    default: 60,
    description: "Most tasks that the agents of one token, or of one tree, may submit in a minute.",
  },
  {
    key: "server_url",
    env: "CLAUDE_WORKER_SERVER_URL",
    type: "string",
    nullable: true,
    mustBe: ["the address of a server like http://127.0.0.1:8000, without a password", isServerUrl],
    default: null,
    description: "A remote server for the command line (with `CLAUDE_WORKER_TOKEN`).",
  },
  {
    key: "claude_executable",
    env: "CLAUDE_WORKER_CLAUDE_EXECUTABLE",
    type: "string",
    nullable: true,
    default: null,
    description: "Path of another Claude Code binary; unset: the one that comes with Claude Worker.",
  },
] as const satisfies readonly SettingRow[];

type Row = (typeof rows)[number];
export type SettingKey = Row["key"];
export type Settings = { readonly [R in Row as R["key"]]: ValueOf<R> };
export type SettingDefinition = AnySettingDefinition<SettingKey>;

/** Every setting. The configuration table in the documentation is generated from this. */
export const settingDefinitions: readonly SettingDefinition[] = rows;

function isNamedCommand(text: string): boolean {
  const { name, command } = readVerify(text);
  return name !== null && command !== null;
}

function isServerUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return ["http:", "https:"].includes(protocol) && username === "" && password === "";
}

/** A link adds about 80 characters. Channels cut or refuse links that are much longer. */
const longestPublicUrl = 300;

/** What is wrong, as the end of a sentence, and what to do; null: nothing. */
function publicUrlProblem(text: string): string | null {
  const like = "Give one like https://worker.example.com";
  if (!URL.canParse(text)) return `is not an address. ${like}.`;
  const { protocol, hostname, username, password, search, hash } = new URL(text);
  if (username !== "" || password !== "") return "holds a user or a password, which each message would show. Leave them out.";
  if (search !== "" || hash !== "") return "holds a query or a fragment, which no link can keep. Leave out what follows ? or #.";
  const isHere = /^(?:127(?:\.\d+){3}|localhost|\[::1\])$/.test(hostname);
  if (protocol === "http:" && !isHere) return `begins with http://, so others could read and change what a phone answers. ${like}.`;
  if (protocol !== "https:" && protocol !== "http:") return `begins with ${protocol}, which is not an address of a web page. ${like}.`;
  if (text.length > longestPublicUrl)
    return `has ${text.length} characters, and the links of notifications would be too long. Give at most ${longestPublicUrl}.`;
  return null;
}
