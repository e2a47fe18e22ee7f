/**
 * Makes the tasks of a run of a file: one for each task of the file, and for each combination of a
 * matrix and each task of another file, with a `join` that stands for them. Pure.
 */
import type { WorkflowFile, WorkflowTask } from "../../contract/workflow-file.ts";
import type { Json } from "../../domain/prompts/given-values.ts";
import { fittingDefaults } from "../../domain/task/fitting-defaults.ts";
import { maxMatrix, maxWorkflowTasks } from "../../domain/workflows/workflow.ts";
import type { FailurePolicy, Need, StepKind } from "../../domain/workflows/workflow.ts";
import { requireReadable } from "../prompts/evaluate.ts";
import { baseOf, needsOf, requireNames, requireNoCycle, requireOneKind, requireOneLimit, sharesWorktree } from "./check-file.ts";
import type { ReadFile } from "./read-file.ts";
import { inputsOf } from "./workflow-inputs.ts";

/** A task of a run before it has a number. */
export interface PlannedStep {
  readonly key: string;
  readonly kind: StepKind;
  readonly parent: string | null;
  readonly needs: readonly Need[];
  /** What `needs.NAME` stands for: keys of the run by the names in the file. */
  readonly names: Readonly<Record<string, string>>;
  readonly condition: string | null;
  readonly onFailure: FailurePolicy;
  readonly inputs: Readonly<Record<string, Json>>;
  readonly matrix: Readonly<Record<string, Json>>;
  /** The list of a `for_each`. */
  readonly list: string | null;
  /** The question of an approval. */
  readonly question: string | null;
  /** The runs that a `join` waits for instead of tasks. Absent: it waits for tasks. */
  readonly earlierRuns?: readonly number[];
  /** Fields of the task's submit, without those of the workflow. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Values of the variables of its template. */
  readonly vars: Readonly<Record<string, Json>>;
  /** The template that its prompt comes from, as long as it is not read; null: none. */
  readonly template: StepTemplate | null;
  /** Whether its prompt comes from a template. */
  readonly isFromTemplate: boolean;
  /** Whether it works in the worktree of the run. */
  readonly isShared: boolean;
  /** The name of the need whose work its worktree begins with; null: it is that of the options. */
  readonly base: string | null;
  /** Names its place in the file, in problems. */
  fail(detail: string): never;
}

export interface StepTemplate {
  readonly name: string;
  readonly vars: Readonly<Record<string, string | number | boolean>>;
  /** What the task itself says: it counts more than the template. */
  readonly own: Readonly<Record<string, unknown>>;
}

export interface Expanded {
  readonly steps: readonly PlannedStep[];
  /** Other files that it names and that were not given: paths relative to the first file. */
  readonly missing: readonly string[];
  /** Inputs without a value, for which one of their type stands. */
  readonly absent: readonly string[];
}

/** Gives other files by their path. */
export type OtherFile = (path: string) => ReadFile | null;

const maxDepth = 5;

/**
 * @param isCheck whether inputs may be missing.
 * @throws WorkerError invalid_input: a cycle, an unknown name, too many tasks.
 */
export function expandFile(read: ReadFile, inputs: Readonly<Record<string, Json>>, other: OtherFile, isCheck: boolean): Expanded {
  const missing = new Set<string>();
  const absent = new Set<string>();
  const steps = expand(read, inputsOf(read, inputs, isCheck ? absent : null), {
    other,
    missing,
    prefix: "",
    outer: null,
    depth: 0,
    directory: directoryOf(read.path),
  });
  if (steps.length > maxWorkflowTasks)
    return read.fail(["tasks"], `makes ${steps.length} tasks, and a run has at most ${maxWorkflowTasks}`);
  return { steps, missing: [...missing], absent: [...absent] };
}

interface Scope {
  readonly other: OtherFile;
  readonly missing: Set<string>;
  /** `sub/` inside of another file. */
  readonly prefix: string;
  /** What holds for all tasks of another file. */
  readonly outer: {
    readonly needs: readonly Need[];
    readonly condition: string | null;
    readonly conditionNames: Record<string, string>;
    readonly parent: string;
  } | null;
  readonly depth: number;
  readonly directory: string;
}

function expand(read: ReadFile, inputs: Record<string, Json>, scope: Scope): PlannedStep[] {
  requireNames(read);
  requireNoCycle(read);
  requireOneLimit(read);
  return Object.entries(read.file.tasks).flatMap(([name, task]) => expandTask(read, name, task, inputs, scope));
}

function expandTask(read: ReadFile, name: string, task: WorkflowTask, inputs: Record<string, Json>, scope: Scope): PlannedStep[] {
  const { prefix, outer } = scope;
  const key = `${prefix}${name}`;
  const place = ["tasks", name];
  const fail = (detail: string): never => read.fail(place, detail);
  requireOneKind(task, fail);
  const own = needsOf(task).map(({ key: other, on }) => ({ key: `${prefix}${other}`, on }));
  const names = Object.fromEntries(needsOf(task).map((each) => [each.key, `${prefix}${each.key}`]));
  const isRoot = own.length === 0;
  const condition = conditionOf(task, fail);
  if (condition !== null && isRoot && outer?.condition != null)
    fail("has an if, and so has the task that runs this file. Put it into one of them");
  const common = {
    parent: outer?.parent ?? null,
    needs: isRoot && outer !== null ? outer.needs : own,
    names: condition === null && isRoot && outer?.condition != null ? outer.conditionNames : names,
    condition: condition ?? (isRoot ? (outer?.condition ?? null) : null),
    onFailure: task.on_failure ?? read.file.on_failure ?? ("continue" as const),
    inputs,
    matrix: {},
    list: null,
    question: null,
    ...fieldsOf(read.file, task),
    vars: {},
    isFromTemplate: false,
    isShared: sharesWorktree(read.file, task, fail),
    base: baseOf(read.file, task, fail),
    fail,
  };
  if (task.approval !== undefined) return [{ ...common, key, kind: "approval", question: task.approval }];
  if (task.workflow !== undefined) return otherFile(read, { name, task, key, common, inputs }, scope);
  if (task.for_each !== undefined) {
    const list = unbraced(task.for_each);
    requireReadable(list);
    return [{ ...common, key, kind: "for_each", list }];
  }
  if (task.matrix === undefined) return [{ ...common, key, kind: "task" }];
  const combinations = combine(task.matrix, fail);
  const children = combinations.map((matrix): PlannedStep => {
    const label = Object.entries(matrix)
      .map(([field, value]) => `${field}=${String(value)}`)
      .join(",");
    return { ...common, key: `${key}[${label}]`, kind: "task", parent: key, matrix };
  });
  return [...children, joinOf({ ...common, key }, children)];
}

/** It ends once the others have completed. */
function joinOf(step: Omit<PlannedStep, "kind">, children: readonly PlannedStep[]): PlannedStep {
  const needs = children.map((each) => ({ key: each.key, on: "completed" as const }));
  return {
    ...step,
    kind: "join",
    needs,
    names: {},
    condition: null,
    fields: placeOnly(step.fields),
    template: null,
    base: null,
    isShared: false,
  };
}

function placeOnly({ working_directory, group }: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return { ...(working_directory === undefined ? {} : { working_directory }), ...(group == null ? {} : { group }) };
}

interface OtherTask {
  readonly name: string;
  readonly task: WorkflowTask;
  readonly key: string;
  readonly common: Omit<PlannedStep, "key" | "kind">;
  readonly inputs: Record<string, Json>;
}

function otherFile(read: ReadFile, { name, task, key, common, inputs }: OtherTask, scope: Scope): PlannedStep[] {
  const path = relative(scope.directory, task.workflow ?? "");
  if (path === null) return read.fail(["tasks", name, "workflow"], "must be a path below the directory of the first file, without ..");
  if (scope.depth >= maxDepth)
    return read.fail(["tasks", name, "workflow"], `is more than ${maxDepth} files deep. A file cannot run itself`);
  const other = scope.other(path);
  if (other === null) {
    scope.missing.add(path);
    return [];
  }
  const given = Object.fromEntries(Object.entries(task.with ?? {}).map(([field, value]) => [field, inputValue(value, inputs)]));
  const steps = expand(other, inputsOf(other, given), {
    ...scope,
    prefix: `${key}/`,
    depth: scope.depth + 1,
    directory: directoryOf(path),
    outer: { needs: common.needs, condition: common.condition, conditionNames: { ...common.names }, parent: key },
  });
  const direct = steps.filter(({ parent }) => parent === key);
  return [...steps, joinOf({ ...common, key }, direct)];
}

/** `{{ inputs.x }}` alone stands for the value of this file's input. */
function inputValue(value: Json, inputs: Record<string, Json>): Json {
  const name = typeof value === "string" ? /^\{\{\s*inputs\.([\w-]+)\s*\}\}$/.exec(value)?.[1] : undefined;
  return name !== undefined && Object.hasOwn(inputs, name) ? (inputs[name] ?? null) : value;
}

const ofWorkflow = new Set([
  "prompt",
  "approval",
  "workflow",
  "with",
  "template",
  "vars",
  "base",
  "needs",
  "if",
  "matrix",
  "for_each",
  "on_failure",
  "workspace",
]);

/** The fields of a submit: the file's defaults, and what the task says. */
function fieldsOf({ defaults = {}, workspace: all }: WorkflowFile, task: WorkflowTask): Pick<PlannedStep, "fields" | "template"> {
  const given = Object.entries(task).filter(([field, value]) => !ofWorkflow.has(field) && value !== undefined);
  const kept = Object.entries(defaults).filter(([, value]) => value !== undefined);
  const workspace = task.workspace ?? all;
  const kind = workspace === undefined ? {} : { workspace_kind: workspace === "in_place" ? "in_place" : "worktree" };
  const own = {
    ...kind,
    ...Object.fromEntries(given),
    ...(task.prompt === undefined ? {} : { prompt: task.prompt }),
  };
  const { template: name, vars = {} } = task;
  return {
    fields: { ...fittingDefaults(Object.fromEntries(kept), own["workspace_kind"]), ...own },
    template: name === undefined ? null : { name, vars, own },
  };
}

function conditionOf(task: WorkflowTask, fail: (detail: string) => never): string | null {
  if (task.if === undefined || task.if === true) return null;
  if (task.if === false) return "false";
  const condition = unbraced(task.if);
  try {
    requireReadable(condition);
  } catch (error) {
    fail(`if: ${error instanceof Error ? error.message : String(error)}`);
  }
  return condition;
}

/** `{{ a }}` and `a` mean the same where only an expression can stand. */
function unbraced(text: string): string {
  return /^\$?\{\{(.*)\}\}$/s.exec(text.trim())?.[1]?.trim() ?? text.trim();
}

function combine(matrix: NonNullable<WorkflowTask["matrix"]>, fail: (detail: string) => never): Record<string, Json>[] {
  const size = Object.values(matrix).reduce((product, values) => product * values.length, 1);
  if (size > maxMatrix) fail(`has a matrix of ${size} combinations, and at most ${maxMatrix} are allowed`);
  return Object.entries(matrix).reduce<Record<string, Json>[]>(
    (all, [field, values]) => all.flatMap((each) => [...new Set(values)].map((value) => ({ ...each, [field]: value }))),
    [{}],
  );
}

function directoryOf(path: string): string {
  return path.includes("/") ? path.slice(0, path.lastIndexOf("/") + 1) : "";
}

/** Null: it leaves the directory of the first file. */
function relative(directory: string, path: string): string | null {
  if (path.startsWith("/") || path.split("/").includes("..")) return null;
  return `${directory}${path.replace(/^(?:\.\/)+/, "")}`;
}
