/** Draws workflows: the tasks below each other, those that a step stands for behind it. */
import type { CheckedWorkflow, WorkflowView } from "../../../contract/views/workflow.ts";
import { plainLine } from "../../../domain/text/plain-text.ts";
import type { Output } from "../output.ts";
import { painter } from "./colour.ts";
import { statusColours, statusMarks } from "./status.ts";

/** The run in a line, and a line for each of its tasks, in the order in which they can run. */
export function workflowPage(workflow: WorkflowView, output: Output): string {
  const paint = painter(output);
  const done = workflow.tasks.filter(({ status }) => status === "completed").length;
  const head = `${paint.bold(`Workflow ${workflow.id}`)}  ${plainLine(workflow.name, 100)}  ${workflow.status}, ${done} of ${workflow.tasks.length} completed`;
  const width = Math.max(...workflow.tasks.map(({ key }) => key.length + 2 * depthOf(key)));
  const lines = inOrder(workflow.tasks).map((task) => {
    const indent = "  ".repeat(depthOf(task.key));
    const state = paint[statusColours[task.status]](
      `${statusMarks[task.status]} ${indent}${task.key.padEnd(width - indent.length)}  ${task.status.padEnd(9)}`,
    );
    const after = task.kind === "join" || task.needs.length === 0 ? "" : `  after ${task.needs.join(", ")}`;
    return `  ${state}  task ${task.id}${paint.dim(after)}`;
  });
  return `${[head, ...lines].join("\n")}\n`;
}

/** In the language of Mermaid, which many pages draw. */
export function workflowGraph(tasks: CheckedWorkflow["tasks"]): string {
  const ids = new Map(tasks.map(({ key }, index) => [key, `t${index}`]));
  const nodes = tasks.map(({ key, kind }) => `  ${ids.get(key) ?? ""}${kind === "approval" ? `{{"${key}"}}` : `["${key}"]`}`);
  const edges = tasks.flatMap(({ key, needs }) => needs.map((need) => `  ${ids.get(need) ?? ""} --> ${ids.get(key) ?? ""}`));
  return `${["graph TD", ...nodes, ...edges].join("\n")}\n`;
}

/** Those of a fan-out and of another file stand behind what stands for them. */
function depthOf(key: string): number {
  return key.split("/").length - 1 + (key.includes("[") ? 1 : 0);
}

/** Each task behind those that it runs after; a join before what it stands for. */
function inOrder<T extends { readonly key: string; readonly needs: readonly string[]; readonly kind: string }>(tasks: readonly T[]): T[] {
  const groups = new Map<string, T[]>();
  for (const task of tasks) {
    const top = task.key.split(/[/[]/, 1)[0] ?? task.key;
    groups.set(top, [...(groups.get(top) ?? []), task]);
  }
  return [...groups.values()].flatMap((group) => group.toSorted((a, b) => depthOf(a.key) - depthOf(b.key)));
}
