/** Schedules and their runs as people read them. */
import type { ServerView } from "../../../contract/views/server.ts";
import type { ScheduleDetailView, ScheduleRunView, ScheduleView } from "../../../contract/views/schedule.ts";
import { typedDuration } from "../../../domain/text/duration.ts";
import { plainLine, plainText } from "../../../domain/text/plain-text.ts";
import { relativeTime } from "./time.ts";

type When = Pick<ScheduleView, "cron" | "at" | "every_ms" | "time_zone">;

/** `0 2 * * 1-5`, `every 6h`, `once`. */
export function whenText({ cron, every_ms: every, at, time_zone: zone }: When): string {
  if (cron !== null) return cron;
  return every === null ? `at ${at === null ? "" : zoned(at, zone)}` : `every ${typedDuration(every)}`;
}

/** What a zone's clock shows: `Mon 2026-12-07 02:00`. */
export function zoned(at: string, zone: string): string {
  const parts = new Intl.DateTimeFormat("en", {
    timeZone: zone,
    hourCycle: "h23",
    weekday: "short",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
  }).formatToParts(Date.parse(at));
  const part = (wanted: string): string => parts.find(({ type }) => type === wanted)?.value ?? "";
  return `${part("weekday")} ${part("year")}-${part("month")}-${part("day")} ${part("hour")}:${part("minute")}`;
}

/** A line for each time, with how long it takes until then. */
export function nextLines({ next_runs: next, time_zone: zone }: Pick<ScheduleView, "next_runs" | "time_zone">, now: number): string[] {
  return next.map((at) => `${zoned(at, zone)} ${zone}, ${relativeTime(at, now)}`);
}

/** One word or two: how it stands. */
export function stateText({
  paused,
  pause_reason: reason,
  next_runs: next,
}: Pick<ScheduleView, "paused" | "pause_reason" | "next_runs">): string {
  if (paused) return reason === null ? "paused" : "paused itself";
  return next.length === 0 ? "over" : "on";
}

/** So many schedules are named by their next run. */
const mostNamed = 3;

/** What runs next, and what is paused; null: there are no schedules. */
export function scheduleSummary({ next, paused, failing }: ServerView["schedules"], now: number): string | null {
  if (next.length + paused.length + failing.length === 0) return null;
  const named = next.slice(0, mostNamed).map(({ name, at }) => `${name} ${relativeTime(at, now)}`);
  const others = next.length - named.length;
  const refused = failing.filter(({ name }) => !paused.includes(name)).map(({ name }) => name);
  return [
    next.length === 0 ? "none is due any more" : `next ${named.join(", ")}${others > 0 ? ` and ${others} more` : ""}`,
    ...(paused.length === 0
      ? []
      : [`paused: ${paused.slice(0, 10).join(", ")}${paused.length > 10 ? ` and ${paused.length - 10} more` : ""}`]),
    ...(refused.length === 0 ? [] : [`not submitted: ${refused.slice(0, 10).join(", ")}`]),
  ].join("; ");
}

/** What it submits, in a line: the title of a task, `template review branch=main`. */
export function targetText({ kind, title }: ScheduleView["target"]): string {
  return kind === "task" ? title : `${kind} ${title}`;
}

/** What became of a run: `task 42 completed`, `workflow 3 running`, `skipped: overlap`. */
export function outcomeText({ state, reason, task, task_status: status, workflow, workflow_status: run, kind }: ScheduleRunView): string {
  if (state !== "submitted") return `${state === "failed" ? "not submitted" : state}: ${reason ?? ""}`;
  const what =
    workflow !== null
      ? `workflow ${workflow} ${run ?? ""}`
      : task === null
        ? "what it submitted was removed"
        : `task ${task} ${status ?? ""}`;
  return kind === "manual" ? `${what} (asked for)` : what;
}

/** The page of `schedule show`. */
export function schedulePage(schedule: ScheduleDetailView, now: number): string {
  const { time_zone: zone, end_at: end, jitter_ms: jitter, last_run: last, task, template } = schedule;
  const fact = (name: string, text: string): string => `${`${name}:`.padEnd(12)}${text}`;
  const rules = [`missed ${schedule.missed}`, `overlap ${schedule.overlap}`, ...(jitter === 0 ? [] : [`jitter ${typedDuration(jitter)}`])];
  const options = Object.entries(task?.options ?? template?.options ?? {}).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  const facts = [
    fact("Schedule", `${schedule.name} (${schedule.id}), ${stateText(schedule)}`),
    ...(schedule.pause_reason === null ? [] : [fact("Why", plainLine(schedule.pause_reason, 2000))]),
    fact("When", `${whenText(schedule)}, ${zone}${end === null ? "" : `, until ${zoned(end, zone)}`}`),
    fact("Rules", rules.join(", ")),
    ...(schedule.target.kind === "task" ? [] : [fact("Submits", plainLine(targetText(schedule.target), 2000))]),
    fact("Directory", plainLine(schedule.target.working_directory, 1000)),
    ...(options.length === 0 ? [] : [fact("Options", plainLine(options.join(" "), 2000))]),
    fact("Written by", plainLine(schedule.created_by, 200)),
    fact("Last run", last === null ? "none" : `${zoned(last.due_at, zone)} ${zone}, ${outcomeText(last)}`),
    ...(last?.message == null ? [] : [fact("", plainLine(last.message, 2000))]),
  ];
  const next = nextLines(schedule, now);
  const nextFacts =
    next.length === 0
      ? ["Next runs:  none any more"]
      : next.map((line, index) => `${index === 0 ? "Next runs:  " : " ".repeat(12)}${line}`);
  return `${[...facts, ...nextFacts, ...bodyLines(schedule)].join("\n")}\n`;
}

/** The prompt; what a template's call adds to its prompt; or the tasks of a workflow. */
function bodyLines({ task, template, workflow }: ScheduleDetailView): string[] {
  if (task !== null) return ["", plainText(task.prompt)];
  if (template?.context != null) return ["", plainText(template.context)];
  if (workflow === null) return [];
  const inputs = Object.entries(workflow.inputs).map(
    ([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  const tasks = workflow.tasks.map(({ key, kind, needs }) => {
    const after = needs.length === 0 || kind === "join" ? "" : `  after ${plainLine(needs.join(", "), 500)}`;
    return `  ${plainLine(key, 200)}${kind === "task" ? "" : ` (${kind})`}${after}`;
  });
  return [...(inputs.length === 0 ? [] : ["", `Inputs:     ${plainLine(inputs.join(" "), 2000)}`]), "", ...tasks];
}
