/** Draws a run of a workflow: its graph with the states of its tasks. */
import type { WorkflowView } from "../../../contract/views/workflow.ts";
import { plainLine } from "../../../domain/text/plain-text.ts";
import type { Output } from "../output.ts";
import { painter } from "./colour.ts";
import { layOut } from "./graph-lanes.ts";
import type { GraphRow } from "./graph-lanes.ts";
import { statusColours, statusMarks } from "./status.ts";
import { fitWidth, textWidth } from "./text-width.ts";
import { localTime } from "./time.ts";

type Step = WorkflowView["tasks"][number];

/** More lanes than this say less than words do. */
const mostLanes = 10;
/** On a terminal, of a larger fan-out only the tasks that matter now are shown. */
const mostMembers = 12;
const widestKey = 40;

/** The run in a line, and below it its graph: each task behind those that it runs after. */
export function workflowPage(workflow: WorkflowView, output: Output): string {
  const paint = painter(output);
  const done = workflow.tasks.filter(({ status }) => status === "completed").length;
  const state = `${workflow.status}, ${done} of ${workflow.tasks.length} completed`;
  const name = fitWidth(plainLine(workflow.name, 100), Math.max(10, output.columns - state.length - String(workflow.id).length - 13));
  const head = `${paint.bold(`Workflow ${workflow.id}`)}  ${name}  ${state}`;
  return `${[head, ...scheduleLines(workflow), ...graphLines(workflow.tasks, output)].join("\n")}\n`;
}

function scheduleLines({ schedule }: WorkflowView): string[] {
  if (schedule === null) return [];
  return [`  Schedule ${plainLine(schedule.name, 100)}, ${schedule.due_at === null ? "asked for" : `due ${localTime(schedule.due_at)}`}`];
}

interface Line {
  /** What stands left of the task: lanes. */
  readonly lanes: string;
  /** Null: a line of the graph without a task. */
  readonly task: Step | null;
  readonly key: string;
  readonly note: string;
}

function graphLines(tasks: readonly Step[], output: Output): string[] {
  const paint = painter(output);
  const members = Map.groupBy(tasks.filter(isMember), (task) => containerOf(task.key));
  const tops = tasks.filter((task) => !isMember(task));
  const needs = new Map(tops.map((task) => [task.key, outerNeeds(task, members.get(task.key) ?? [])]));
  const rows = layOut(
    tops.map(({ key }) => key),
    needs,
  );
  const isDrawn = Math.max(...rows.map(({ width }) => width)) <= mostLanes;
  const byKey = new Map(tops.map((task) => [task.key, task]));
  const lines = rows.flatMap((row): Line[] => {
    const task = byKey.get(row.key ?? "");
    if (task === undefined) return isDrawn ? [{ lanes: row.text, task: null, key: "", note: "" }] : [];
    const below = members.get(task.key) ?? [];
    const after = isDrawn ? conditions(task) : afterText(needs.get(task.key) ?? [], task);
    return [topLine(task, row, { isDrawn, after, below }), ...memberLines(below, isDrawn ? row.below : " ", output.isTTY)];
  });
  const lanesWidth = Math.max(...lines.map(({ lanes }) => textWidth(lanes)));
  const keyWidth = Math.min(widestKey, Math.max(...lines.map(({ key }) => textWidth(key))));
  return lines.map(({ lanes, task, key, note }) => {
    if (task === null) return `  ${lanes}${note === "" ? "" : `   ${paint.dim(note)}`}`.trimEnd();
    const shown = fitWidth(key, keyWidth);
    const pad = " ".repeat(lanesWidth - textWidth(lanes));
    const state = paint[statusColours[task.status]](
      `${statusMarks[task.status]} ${shown}${" ".repeat(keyWidth - textWidth(shown))}  ${task.status.padEnd(9)}`,
    );
    const id = `task ${task.id}`;
    const room = output.columns - lanesWidth - keyWidth - id.length - 20;
    const rest = note === "" || (output.isTTY && room < 8) ? "" : `  ${paint.dim(output.isTTY ? fitWidth(note, room) : note)}`;
    return `  ${lanes}${pad} ${state}  ${id}${rest}`;
  });
}

function topLine(task: Step, row: GraphRow, { isDrawn, after, below }: { isDrawn: boolean; after: string; below: readonly Step[] }): Line {
  const done = below.filter(({ status }) => status === "completed").length;
  const notes = [...(below.length === 0 ? [] : [`${done} of ${below.length}`]), ...(after === "" ? [] : [after])];
  return { lanes: isDrawn ? row.text : "", task, key: task.key, note: notes.join(", ") };
}

/** The tasks that one stands for, below it. */
function memberLines(members: readonly Step[], lanes: string, isTerminal: boolean): Line[] {
  const isShort = isTerminal && members.length > mostMembers;
  const shown = isShort ? members.filter(({ status }) => status !== "completed" && status !== "pending").slice(0, mostMembers) : members;
  const left = members.length - shown.length;
  const keys = new Set(members.map(({ key }) => key));
  const lines = shown.map((task): Line => {
    const after = afterText(
      task.needs.filter((need) => keys.has(need)),
      task,
    );
    return { lanes, task, key: `${"  ".repeat(depthOf(task.key))}${task.key}`, note: after };
  });
  return left === 0 ? lines : [...lines, { lanes, task: null, key: "", note: `and ${left} more: --json shows them` }];
}

/** `after a, b`, with the ends that are not `completed`. */
function afterText(needs: readonly string[], { conditions: given }: Step): string {
  if (needs.length === 0) return "";
  const words = needs.map((key) => {
    const on = given.find((each) => each.key === key)?.on ?? "completed";
    return on === "completed" ? key : `${key} (${on})`;
  });
  return `after ${words.join(", ")}`;
}

/** What lines cannot say: that another task has to fail, or only to end. */
function conditions({ conditions: given }: Step): string {
  return given
    .filter(({ on }) => on !== "completed")
    .map(({ key, on }) => (on === "failed" ? `if ${key} failed` : `after ${key}, however it ends`))
    .join(", ");
}

/** What a task comes behind that stands for others is what these come behind. */
function outerNeeds(task: Step, members: readonly Step[]): string[] {
  if (task.kind !== "join") return task.needs;
  const inner = new Set(members.map(({ key }) => key));
  return [...new Set(members.flatMap(({ needs }) => needs.filter((need) => !inner.has(need))))];
}

function isMember({ key }: Step): boolean {
  return depthOf(key) > 0;
}

/** `test` of `test[node=20]`, `sub` of `sub/build` and `sub/test[1]`. */
function containerOf(key: string): string {
  return key.split(/[/[]/, 1)[0] ?? key;
}

/** Those of a fan-out and of another file stand behind what stands for them. */
function depthOf(key: string): number {
  const path = key.split("[", 1)[0] ?? key;
  return path.split("/").length - 1 + (key.includes("[") ? 1 : 0);
}
