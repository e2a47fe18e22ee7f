/**
 * The commands to give next about a task. Where it failed or was denied something, the first one is
 * the way to its fix.
 */
import type { TaskView } from "../../../contract/views/task.ts";
import { answersFor } from "./question-page.ts";

/** A command, and what it does in a few words. */
type Step = readonly [command: string, does: string];

/** Longer commands do not move the column of what the others do. */
const widestCommand = 40;

/** @param width of the terminal. A command that is wider stays whole, so that it can be copied. */
export function nextLines(task: TaskView, width: number): string[] {
  const steps = stepsOf(task);
  const left = Math.max(...steps.map(([command]) => (command.length > widestCommand ? 0 : command.length)));
  return steps.map(([command, does]) => {
    const line = `  ${command.padEnd(left)}  ${does}`;
    return line.length <= width ? line.trimEnd() : `  ${command}`;
  });
}

function stepsOf(task: TaskView): Step[] {
  const { id, status, attempts, error, session_id } = task;
  const [question] = task.questions.filter((each) => each.status === "open");
  if (status === "waiting" && question !== undefined)
    return [
      ...answersFor(question).map((command): Step => [command, ""]),
      [`claude-worker inbox q${question.id}`, "see the question whole"],
      [`claude-worker cancel ${id}`, "stop it"],
    ];
  if (["pending", "running", "waiting"].includes(status))
    return [
      ...(task.waiting_for?.reason === "stashed" ? [[`claude-worker enqueue ${id}`, "put it into the queue"] as const] : []),
      [`claude-worker watch ${id}`, "follow it until it ends"],
      ...(status === "running" ? [[`claude-worker send ${id} "…"`, "say something to it at its next step"] as const] : []),
      [`claude-worker cancel ${id}`, "stop it"],
    ];
  if (status === "skipped" || error?.code === "dependency_failed") return skippedSteps(task);
  const canResume = error?.retryable === true && session_id !== null;
  return [
    ...fixesOf(task).map(([flags, does]): Step => [`claude-worker retry ${id} ${flags}`, does]),
    ...filesOf(task),
    ...(attempts > 0 ? [[`claude-worker logs ${id}`, "what it did, step by step"] as const] : []),
    ...(attempts > 1 ? [[`claude-worker attempts ${id}`, "each try, and how it ended"] as const] : []),
    ...(canResume ? [[`claude-worker retry ${id} --resume`, "continue it where it was"] as const] : []),
    ...(session_id === null ? [] : [[`claude-worker send ${id} "…"`, "say what to do next, in the same conversation"] as const]),
    [`claude-worker retry ${id}`, "run it again"],
  ];
}

/** It comes back with the task that it was to run after, or stands for; or runs all the same. */
function skippedSteps({ id, depends_on: needs }: TaskView): Step[] {
  const because = needs.filter(({ state }) => state === "impossible");
  return [
    ...because.map(({ task }): Step => [`claude-worker retry ${task}`, "run that one again; this one then waits for it again"]),
    [`claude-worker retry ${id}`, "run it all the same"],
  ];
}

/** How to see what it changed, and to bring the work of a worktree into the checkout. */
function filesOf({ id, status, workspace, session_id: session }: TaskView): Step[] {
  const { kind, changed_files: files, applied, state } = workspace ?? {};
  if (files === undefined || files === null || files === 0) return [];
  const canApply = kind === "worktree" && state === "kept" && status === "completed" && applied === null;
  return [
    [`claude-worker diff ${id}`, "what it changed"],
    ...(session === null ? [] : [[`claude-worker review ${id}`, "comment on its lines, and have it change them"] as const]),
    ...(canApply ? [[`claude-worker apply ${id}`, "bring it onto the branch of the checkout"] as const] : []),
  ];
}

/** The flags of a retry that has a chance where the last run had none. */
function fixesOf(task: TaskView): Step[] {
  const allow = allowFlags(task);
  const limit = limitFlags(task);
  return [
    ...(limit === null ? [] : [[limit, "with a higher limit"] as const]),
    ...(isMisfit(task)
      ? ([
          ["--resume", "let it answer again, in the same conversation"],
          ["--json-schema FILE", "with another schema"],
        ] as const)
      : []),
    ...(isUnverified(task) && task.session_id !== null
      ? ([["--resume", "verify again what you have fixed, and else let Claude continue"]] as const)
      : []),
    ...(task.error?.code === "protected_files_changed" ? [["--resume --protect @none", "allow these changes"] as const] : []),
    ...(task.error?.code === "broken_settings" ? [["--ignore-broken-settings", "without the broken settings"] as const] : []),
    ...(allow === ""
      ? []
      : [[allow, allow.includes(placeholder) ? "allow what was denied: write a rule for …" : "allow what was denied"] as const]),
  ];
}

/** Whether it failed because its checks did not pass. */
function isUnverified({ error }: TaskView): boolean {
  return error?.code === "verification_failed" || error?.code === "protected_files_changed";
}

/** Whether its answer did not fit the schema that was given. */
function isMisfit({ error, json_schema, session_id }: TaskView): boolean {
  return error?.code === "agent_failed" && json_schema !== null && session_id !== null && error.message.includes("(--json-schema)");
}

/** Twice the limit that ended the task; null: none did. */
function limitFlags({ error, cost_usd, max_budget_usd, max_turns, num_turns, timeout_ms, stall_timeout_ms }: TaskView): string | null {
  if (error?.code === "budget_exhausted") return `--max-budget-usd ${twiceMoney(Math.max(cost_usd ?? 0, max_budget_usd ?? 0))}`;
  if (error?.code === "agent_failed" && max_turns !== null && (num_turns ?? 0) >= max_turns) return `--max-turns ${2 * max_turns}`;
  if (error?.code !== "timed_out") return null;
  if (error.message.includes("silent")) return stall_timeout_ms === null ? null : `--stall-timeout ${twiceTime(stall_timeout_ms)}`;
  return timeout_ms === null ? null : `--timeout ${twiceTime(timeout_ms)}`;
}

/** In whole cents. */
function twiceMoney(usd: number): string {
  return String(Math.ceil(2 * usd * 100) / 100);
}

function twiceTime(ms: number): string {
  return `${Math.ceil((2 * ms) / 1000)}s`;
}

/**
 * `--allow "Bash(git push)"` for the denied calls, as far as their names make a rule; empty: none,
 * or the task's own rules deny them.
 */
function allowFlags({ attention, deny }: TaskView): string {
  const denied = attention.find(({ kind }) => kind === "denied")?.detail ?? "";
  // Also a command may hold a semicolon: only a tool's name begins the next call.
  const calls = denied.split(/; (?=[A-Z]\w*(?:: |; |$)|mcp__|…$)/).filter((call) => call !== "" && call !== "…");
  const rules = calls.filter((call) => !deny.some((rule) => toolOf(rule) === toolOf(call))).map(ruleFor);
  return [...new Set(rules)].map((rule) => `--allow ${rule === null ? placeholder : inShell(rule)}`).join(" ");
}

/** Where no rule can be named. It is refused as a rule, so that it is not sent by mistake. */
const placeholder = '"…"';

/** The tool of a rule or of a named call. */
function toolOf(text: string): string {
  return /^\w*/.exec(text)?.[0] ?? "";
}

/**
 * The rule that allows a call, e.g. `Bash: git push`; null: a rule of these words would mean
 * something else.
 */
function ruleFor(call: string): string | null {
  const tool = toolOf(call);
  if (tool !== "Bash") return tool;
  const command = call.slice("Bash: ".length);
  return command === "" || /[()…*\\;&|<>]/.test(command) ? null : `Bash(${command})`;
}

function inShell(word: string): string {
  if (/^[\w-]+$/.test(word)) return word;
  return /["$`!]/.test(word) ? `'${word.replaceAll("'", String.raw`'\''`)}'` : `"${word}"`;
}
