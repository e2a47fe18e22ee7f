/** Checks the tasks of a workflow file against each other. Pure. */
import type { WorkflowFile, WorkflowTask } from "../../contract/workflow-file.ts";
import { findCycle } from "../../domain/order/dependency.ts";
import { didYouMean } from "../../domain/text/did-you-mean.ts";
import type { Need } from "../../domain/workflows/workflow.ts";
import type { ReadFile } from "./read-file.ts";

/** `needs.build`, perhaps with `.workspace.branch` and in braces. */
const baseForm = /^(?:\{\{\s*)?needs\.([\w-]+)(?:\.workspace(?:\.branch)?)?(?:\s*\}\})?$/;

export function needsOf({ needs = [] }: WorkflowTask): Need[] {
  return (Array.isArray(needs) ? needs : [needs]).map((each) =>
    typeof each === "string" ? { key: each, on: "completed" } : { key: each.task, on: each.on },
  );
}

export function requireOneKind(task: WorkflowTask, fail: (detail: string) => never): void {
  const given = (["prompt", "template", "approval", "workflow"] as const).filter((kind) => task[kind] !== undefined);
  if (given.length === 0) fail("has no prompt: say what Claude should do, or give template, approval or workflow");
  if (given.length > 1) fail(`has ${given.join(" and ")}. Give one of them`);
  if (task.matrix !== undefined && task.for_each !== undefined) fail("has matrix and for_each. Give one of them");
  if (task.prompt === undefined && task.template === undefined && (task.matrix !== undefined || task.for_each !== undefined))
    fail("has a matrix or for_each, which need a prompt");
  if (task.vars !== undefined && task.template === undefined) fail("has vars, which needs template");
  if (task.with !== undefined && task.workflow === undefined) fail("has with, which needs workflow");
}

export function requireNames(read: ReadFile): void {
  const known = Object.keys(read.file.tasks);
  for (const [name, task] of Object.entries(read.file.tasks)) {
    const needs = needsOf(task);
    needs.forEach(({ key }, index) => {
      const near = didYouMean(key, known);
      if (!known.includes(key))
        read.fail(["tasks", name, "needs"], `names "${key}", and there is no such task${near === null ? "" : `; did you mean "${near}"?`}`);
      if (key === name) read.fail(["tasks", name, "needs"], "names the task itself");
      if (needs.findIndex((each) => each.key === key) !== index) read.fail(["tasks", name, "needs"], `names "${key}" a second time`);
    });
  }
}

/** A task is in one group, and the limit of the run is that of a group of its own. */
export function requireOneLimit({ file, fail }: ReadFile): void {
  if (file.concurrency === undefined) return;
  const detail = "has a group, and so has each run of a file with concurrency. Leave one of them out";
  if (file.defaults?.group != null) fail(["defaults", "group"], detail);
  for (const [name, task] of Object.entries(file.tasks)) if (task.group != null) fail(["tasks", name, "group"], detail);
}

export function requireNoCycle(read: ReadFile): void {
  const needs = new Map(Object.entries(read.file.tasks).map(([name, task]) => [name, needsOf(task).map(({ key }) => key)]));
  const cycle = findCycle(needs);
  if (cycle !== null) read.fail(["tasks", cycle[0] ?? "", "needs"], `makes a cycle: ${cycle.join(" → ")}`);
}

export function baseOf(file: WorkflowFile, task: WorkflowTask, fail: (detail: string) => never): string | null {
  if (task.base === undefined) return null;
  const name = baseForm.exec(task.base.trim())?.[1];
  if (name === undefined) return fail(`has base: ${task.base}. Name a task, needs.KEY; a branch or a commit is worktree_base`);
  if (!needsOf(task).some(({ key }) => key === name)) fail(`has base: needs.${name}, and does not run after ${name}. Add it to needs`);
  const other = file.tasks[name];
  if (other?.matrix !== undefined || other?.for_each !== undefined || other?.workflow !== undefined || other?.approval !== undefined)
    fail(`has base: needs.${name}, which is not a single task with files of its own`);
  if (task.worktree_base !== undefined) fail("has base and worktree_base. Give one of them");
  if ((task.workspace ?? file.workspace) !== "own") fail("has base, which needs workspace: own");
  if (task.prompt === undefined && task.template === undefined) fail("has base, which needs a prompt");
  return name;
}

const ofWorktree = ["worktree_base", "worktree_branch", "worktree_name", "working_directory", "setup"] as const;

/** Whether the task works in the worktree of the run, which `defaults` describe. */
export function sharesWorktree(file: WorkflowFile, task: WorkflowTask, fail: (detail: string) => never): boolean {
  if ((task.workspace ?? file.workspace) !== "shared" || (task.prompt === undefined && task.template === undefined)) return false;
  const own = ofWorktree.find((field) => task[field] != null);
  if (own !== undefined) fail(`shares the run's worktree, so ${own} is not its own. Put it into defaults, or give the task workspace: own`);
  return true;
}
