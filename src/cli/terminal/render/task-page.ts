/**
 * Everything about one task as a page for people. The agent's text is made plain unless the raw
 * form is asked for.
 */
import type { TaskView } from "../../../contract/views/task.ts";
import { movedText } from "../../../domain/order/place.ts";
import { formatDuration } from "../../../domain/text/duration.ts";
import { plainLine, plainText, visibleText } from "../../../domain/text/plain-text.ts";
import type { Output } from "../output.ts";
import { attentionMark, attentionText } from "./attention.ts";
import { painter } from "./colour.ts";
import type { Painter } from "./colour.ts";
import { optionFacts } from "./option-facts.ts";
import { nextLines } from "./next-lines.ts";
import { structuredText } from "./result-text.ts";
import { statusColours, statusMarks } from "./status.ts";
import { tookOf } from "./task-list.ts";
import { markdownLines } from "./markdown/render.ts";
import { fitWidth } from "./text-width.ts";
import { prose } from "./wrap.ts";
import { iterationLines, statusWord, verificationLines } from "./verification.ts";
import { dollars, localTime, relativeTime } from "./time.ts";

/** How much of a prompt a terminal shows. */
const promptLines = 6;
/** How many messages that wait are shown. */
const queuedShown = 3;

export interface PageOptions {
  readonly output: Output;
  /** UTC milliseconds. */
  readonly now: number;
  /** Leave the agent's text as it is, escapes and all; on a terminal they are shown as `\uXXXX`. */
  readonly raw: boolean;
}

/** The result first, then what needs a look, the facts and what to do next. */
export function taskPage(task: TaskView, { output, now, raw }: PageOptions): string {
  const paint = painter(output);
  const clean = raw ? (output.isTTY ? visibleText : (text: string): string => text) : plainText;
  const title = plainLine(task.name ?? task.title, 200);
  const state = `${statusMarks[task.status]} ${statusWord(task)}${attentionMark(task)}`;
  const lines = (text: string): string[] => (text.trim() === "" ? [] : prose(output, text.trim(), { first: "  ", rest: "  " }).split("\n"));
  return [
    prose(output, `${paint.bold(`Task ${task.id}`)}  ${paint[statusColours[task.status]](state)}`, { rest: "  " }),
    ...prose(output, title, { first: "  ", rest: "  " }).split("\n"),
    ...nowOf(task, now).map((line) => prose(output, line, { first: "  ", rest: "    " })),
    ...section("Error", task.error === null ? [] : lines(clean(errorOf(task.error))), paint),
    ...section("Result", resultLines(task, { output, paint, raw, clean }), paint),
    ...section("Verification", indented(verificationLines(task).join("\n")), paint),
    ...section("Iterations", indented(iterationLines(task).join("\n")), paint),
    ...section("Messages", messageLines(task, output, now), paint),
    ...section("Attention", lines(clean(attentionLines(task))), paint),
    ...section("Prompt", shownPrompt(task.prompt, `${task.id} --json | jq -r .prompt`, { output, clean, lines }), paint),
    ...section(
      "Prompt with its values",
      shownPrompt(task.rendered_prompt ?? "", `${task.id} --json | jq -r .rendered_prompt`, { output, clean, lines }),
      paint,
    ),
    ...section("System prompt", lines(clean(task.system_prompt ?? "")), paint),
    "",
    ...factLines(task, { output, now, paint }),
    ...(output.isTTY ? section("Next", nextLines(task, output.columns), paint) : []),
    "",
  ].join("\n");
}

interface TextPage {
  readonly output: Output;
  readonly clean: (text: string) => string;
  readonly lines: (text: string) => string[];
}

/** The beginning of a prompt on a terminal, otherwise all of it. @param whole what shows all. */
function shownPrompt(prompt: string, whole: string, { output, clean, lines }: TextPage): string[] {
  return output.isTTY ? shortened(lines(clean(prompt)), lines, whole) : indented(clean(prompt));
}

function resultLines(
  task: TaskView,
  { output, paint, raw, clean }: { output: Output; paint: Painter; raw: boolean; clean: (text: string) => string },
): string[] {
  const structured = structuredText(task);
  if (structured !== null) return indented(structured);
  const result = clean(task.result ?? "").trim();
  return indented(raw || !output.isTTY ? result : markdownLines(result, output.columns - 2, paint).join("\n"));
}

/** What waits to be delivered, and what was delivered last; the command `messages` has all. */
function messageLines(task: TaskView, output: Output, now: number): string[] {
  const { id: ref, messages, ended_at: ended } = task;
  const queued = messages.filter(({ status }) => status === "queued");
  const last = messages.findLast(({ status }) => status === "delivered" || status === "done");
  const shown = [...(last === undefined ? [] : [last]), ...queued.slice(0, queuedShown)];
  const lines = shown.map(({ id, status, text, queued_at: sent, delivered_at: delivered }) => {
    const state =
      status === "queued"
        ? `${ended === null ? "queued" : "not delivered, sent"} ${relativeTime(sent, now)}`
        : `delivered ${relativeTime(delivered ?? sent, now)}`;
    return fitWidth(`m${id}  ${state}: ${plainLine(text, 500)}`, output.isTTY ? output.columns - 2 : 500);
  });
  const more = messages.length - shown.length;
  return indented([...lines, ...(shown.length > 0 && more > 0 ? [`… ${more} more: claude-worker messages ${ref}`] : [])].join("\n"));
}

/** What a task that has not ended is about. */
function nowOf(task: TaskView, now: number): string[] {
  const lines = [
    task.waiting_for === null ? "" : `Waits: ${plainLine(waitText(task, now), 2000)}`,
    task.status === "running" && task.last_action !== null ? `Doing: ${plainLine(task.last_action, 2000)}` : "",
    task.cancel_requested && task.ended_at === null ? "Cancel requested, stopping" : "",
  ];
  return lines.filter((line) => line !== "");
}

function factLines(task: TaskView, { output, now, paint }: { output: Output; now: number; paint: Painter }): string[] {
  const facts = factsOf(task, now).filter(([, value]) => value !== "");
  const width = Math.max(...facts.map(([name]) => name.length));
  const rest = " ".repeat(width + 4);
  return facts.map(([name, value]) => {
    const first = `  ${name.padEnd(width)}  `;
    return prose(output, plainLine(value, 2000), { first, rest }).split("\n").map(paint.dim).join("\n");
  });
}

function factsOf(task: TaskView, now: number): [string, string][] {
  const when = (at: string | null): string => (at === null ? "" : `${localTime(at)} (${relativeTime(at, now)})`);
  const took = tookOf(task, now);
  const ended = task.ended_at === null ? "" : `${when(task.ended_at)}${took === "" ? "" : `, took ${took}`}`;
  return [
    ["Directory", task.working_directory],
    ["Worktree", worktreeText(task)],
    ["Applied", appliedText(task)],
    ["Set up", setupText(task)],
    ["Sandbox", sandboxText(task)],
    ["Changed", changedText(task)],
    ["Model", modelOf(task)],
    ...optionFacts(task),
    ["Schedule", scheduleText(task.schedule)],
    ["After", task.depends_on.map(dependencyText).join(", ")],
    ["Before", task.dependents.map((id) => `task ${id}`).join(", ")],
    ["Place", task.moved === null ? "" : `moved ${movedText(task.moved)}`],
    ["Not before", task.status === "pending" ? when(task.not_before) : ""],
    ["Created", when(task.created_at)],
    ["Started", when(task.started_at)],
    ["Worked", task.ended_at === null ? took : ""],
    ["Ended", ended],
    ["Attempts", task.attempts > 1 ? String(task.attempts) : ""],
    ["Turns", task.num_turns === null || task.num_turns === 0 ? "" : String(task.num_turns)],
    ["Cost", task.cost_usd === null ? "" : `${dollars(task.cost_usd)}${tokensOf(task.usage)}`],
    ["Session", task.session_id ?? ""],
    ["Rewound", rewoundText(task)],
    [
      "Forked from",
      task.forked_from === null ? "" : `task ${task.forked_from}${task.forked_at === null ? "" : `, turn ${task.forked_at}`}`,
    ],
    ["Forks", task.forks.map((fork) => `task ${fork}`).join(", ")],
    ["Logs", task.started_at === null ? "" : task.logs.summary],
    ["Raw log", task.started_at === null ? "" : task.logs.raw],
  ];
}

function scheduleText(schedule: TaskView["schedule"]): string {
  if (schedule === null) return "";
  return `${schedule.name}, ${schedule.due_at === null ? "asked for" : `due ${localTime(schedule.due_at)}`}`;
}

function dependencyText({ task, on, state }: TaskView["depends_on"][number]): string {
  const condition = on === "completed" ? "" : ` (${on})`;
  return `task ${task}${condition}${state === "met" ? "" : `: ${state}`}`;
}

function appliedText({ workspace }: TaskView): string {
  if (workspace?.applied == null) return "";
  const { way, branch, commit } = workspace.applied;
  return `onto ${plainLine(branch, 200)}${commit === null ? ", not committed" : ` as ${commit.slice(0, 12)} (${way})`}`;
}

function worktreeText({ workspace }: TaskView): string {
  if (workspace?.kind !== "worktree") return "";
  const state = workspace.state === "ready" || workspace.state === "kept" ? "" : ` (${workspace.state ?? ""})`;
  return `${workspace.path}${workspace.branch === null ? "" : `, branch ${workspace.branch}`}${state}`;
}

function sandboxText({ sandbox, sandbox_allow_hosts: hosts }: TaskView): string {
  if (sandbox === "off") return "";
  return `${sandbox === "on" ? "on" : "where the machine has one"}${hosts.length === 0 ? "" : `, may reach ${hosts.join(", ")}`}`;
}

/** The command, and how it ended; then the ports, which its servers should use. */
function setupText({ workspace }: TaskView): string {
  if (workspace === null) return "";
  const { setup, ports } = workspace;
  const [first] = ports;
  const last = ports.at(-1);
  const facts = [
    setup === null ? "" : `${plainLine(setup.command, 200)} ${setupEndText(setup)}`,
    first === undefined || last === undefined ? "" : `ports ${first}-${last}`,
  ];
  return facts.filter((fact) => fact !== "").join(", ");
}

type Setup = NonNullable<NonNullable<TaskView["workspace"]>["setup"]>;

function setupEndText({ state, exit_code: code, reason, took_ms: took, cached }: Setup): string {
  const time = took === null ? "" : ` after ${formatDuration(took)}`;
  if (state === "running") return "runs";
  if (cached) return `copied from an earlier set-up${time}`;
  if (state === "passed") return `passed${time}`;
  return `${state === "stopped" ? "was stopped" : reason === null ? `ended with exit code ${code ?? "?"}` : "failed"}${time}`;
}

function changedText({ workspace }: TaskView): string {
  if (workspace === null || workspace.changed_files === null || workspace.changed_files === 0) return "";
  const { changed_files: files, insertions, deletions, dirty } = workspace;
  const lines = `${files} ${files === 1 ? "file" : "files"}, +${insertions ?? 0} -${deletions ?? 0} lines`;
  return `${lines}${dirty === true ? ", not all committed" : ""}`;
}

function rewoundText({ id, rewound }: TaskView): string {
  if (rewound === null) return "";
  const { turn, was_turn: was, left_session_id: left } = rewound;
  return `to turn ${turn}, from turn ${was} in session ${left}.${was === turn ? "" : ` Back: claude-worker rewind ${id} --to ${was}`}`;
}

/** What was asked for, and what Claude Code made of it. */
function modelOf({ model, session_model, settings }: TaskView): string {
  if (model === null) {
    const by = settings?.includes("model") === true ? "set by --settings" : "chosen by Claude Code";
    return session_model === null ? by : `${session_model} (${by})`;
  }
  return session_model === null || session_model === model ? model : `${model} (${session_model})`;
}

/** What it waits for, since when, and until when at the latest. */
function waitText({ waiting_for: wait, asked_at: asked }: TaskView, now: number): string {
  if (wait === null) return "";
  const facts = [asked === null ? "" : `asked ${relativeTime(asked, now)}`, wait.until === null ? "" : `until ${localTime(wait.until)}`];
  const known = facts.filter((fact) => fact !== "");
  return known.length === 0 ? wait.message : `${wait.message} (${known.join(", ")})`;
}

function tokensOf(usage: TaskView["usage"]): string {
  const models = Object.entries(usage ?? {}).map(([model, used]) => {
    const read = used.input_tokens + used.cache_read_input_tokens + used.cache_creation_input_tokens;
    return `${model}: ${read.toLocaleString("en-US")} tokens in, ${used.output_tokens.toLocaleString("en-US")} out`;
  });
  return models.length === 0 ? "" : ` · ${models.join(" · ")}`;
}

/** The code comes first: a message often ends with a command to copy. */
function errorOf({ code, message }: NonNullable<TaskView["error"]>): string {
  return `${code}: ${message}`;
}

/** A line for each kind. */
function attentionLines({ attention }: TaskView): string {
  return attention.map((each) => `${attentionText({ attention: [each] })}${each.detail === null ? "" : `: ${each.detail}`}`).join("\n");
}

/**
 * A long prompt would push the rest off the screen, and its author knows it. @param lines as the
 * terminal shows them.
 */
function shortened(lines: readonly string[], wrapped: (hint: string) => string[], whole: string): string[] {
  if (lines.length <= promptLines) return [...lines];
  return [...lines.slice(0, promptLines), ...wrapped(`… ${lines.length - promptLines} more lines: claude-worker show ${whole}`)];
}

function section(title: string, lines: readonly string[], paint: Painter): string[] {
  return lines.length === 0 ? [] : ["", paint.bold(title), ...lines];
}

function indented(text: string): string[] {
  return text.trim() === ""
    ? []
    : text
        .trim()
        .split("\n")
        .map((line) => (line === "" ? "" : `  ${line}`));
}
