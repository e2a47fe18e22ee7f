/** Runs a workflow file: stores all of its tasks in one write. */
import type { Caller } from "../../contract/caller.ts";
import type { WorkflowCheck, WorkflowRun } from "../../contract/operations/workflows.ts";
import { parseInput } from "../../contract/parse-input.ts";
import { taskInput } from "../../contract/task-input.ts";
import type { CheckedWorkflow } from "../../contract/views/workflow.ts";
import { WorkerError } from "../../domain/errors.ts";
import type { GivenValues, Json } from "../../domain/prompts/given-values.ts";
import { workflowGroup } from "../../domain/workflows/workflow.ts";
import type { WorkflowStep } from "../../domain/workflows/workflow.ts";
import { checkPrompt, hasSchema } from "../prompts/check-prompt.ts";
import { retitle } from "../prompts/known-title.ts";
import { submitOnce } from "../tasks/submit-once.ts";
import { insertTasks, newTasks, planned } from "../tasks/submit-task.ts";
import type { SubmitContext, SubmitInput } from "../tasks/submit-task.ts";
import type { WorktreePlan } from "../../git/worktree-plan.ts";
import type { PlannedTask } from "../workspaces/plan-worktrees.ts";
import type { Store } from "../../store/store.ts";
import { checkSteps } from "./check-steps.ts";
import { earlierRunsStep, membersFrom } from "./earlier-runs.ts";
import type { PlannedMember, RunStart } from "./earlier-runs.ts";
import { expandFile } from "./expand-file.ts";
import type { Expanded, PlannedStep } from "./expand-file.ts";
import { filledFields } from "./fill-fields.ts";
import { readWorkflowFile } from "./read-file.ts";
import type { ReadFile } from "./read-file.ts";
import { withTemplate } from "./template-step.ts";

interface CheckedFile extends Expanded {
  readonly read: ReadFile;
  readonly name: string;
}

/** Stores nothing. @throws WorkerError invalid_input. */
export function checkWorkflow(store: Store, input: WorkflowCheck): CheckedWorkflow {
  const { name, steps, missing, absent } = expanded(store, input, true);
  const tasks = steps.map(({ key, kind, needs }) => ({ key, kind, needs: needs.map((each) => each.key) }));
  return { name, inputs: input.inputs, needs_files: [...missing], needs_inputs: [...absent], tasks };
}

/** A run that passed every check that needs no transaction. */
export interface PreparedRun {
  /**
   * Inside `write`. @param start absent: now. @returns the run's number.
   * @throws WorkerError too_many_requests, invalid_input.
   */
  insert(start?: RunStart): number;
}

/**
 * @returns the run's number, durable.
 * @throws WorkerError invalid_input; and like a submit of each task.
 */
export async function runWorkflow(context: SubmitContext, input: WorkflowRun, caller: Caller): Promise<number> {
  const run = await prepareRun(context, input, caller);
  return await context.store.write(() => run.insert());
}

/**
 * The same for a request that may be sent again: the key stands for the run's first task.
 * @throws WorkerError unprocessable, conflict; and like `runWorkflow`.
 */
export async function runWorkflowOnce(
  context: SubmitContext,
  input: WorkflowRun,
  { key, caller }: { readonly key: string; readonly caller: Caller },
): Promise<{ id: number; replayed: boolean }> {
  const { store } = context;
  const named = { key, caller, request: { workflow: input } };
  const { taskIds, replayed } = await submitOnce(context, named, async () => {
    const run = await prepareRun(context, input, caller);
    return () =>
      store.workflows
        .steps(run.insert())
        .slice(0, 1)
        .map(({ taskId }) => taskId);
  });
  const id = store.workflows.placeOf(taskIds[0] ?? 0)?.id;
  if (id === undefined) throw new WorkerError("internal", "The run of the idempotency key is missing.");
  return { id, replayed };
}

/**
 * @param isScheduled whether the run may have to wait for earlier ones.
 * @throws WorkerError invalid_input; and like a submit of each task.
 */
export async function prepareRun(context: SubmitContext, input: WorkflowRun, caller: Caller, isScheduled = false): Promise<PreparedRun> {
  const { read, name, steps, missing } = expanded(context.store, input, false);
  if (missing.length > 0) read.fail(["tasks"], `needs the file ${missing.join(", ")}, which was not given`);
  const now = context.now();
  const own = { directory: input.working_directory, workflow: name, caller, now, shared: null };
  const tasks = await plannedSteps(context, steps, own);
  const members = steps.flatMap((step, index): PlannedMember[] => {
    const task = tasks[index];
    return task === undefined ? [] : [{ step, task }];
  });
  const gate = isScheduled ? { step: earlierRunsStep, task: await plannedStep(context, earlierRunsStep, own) } : null;
  const run = { name, inputs: steps[0]?.inputs ?? {}, concurrency: read.file.concurrency, caller, now };
  return { insert: (start) => insertRun(context, start === undefined ? members : membersFrom(context.store, members, gate, start), run) };
}

interface NewRun {
  readonly name: string;
  readonly inputs: PlannedStep["inputs"];
  readonly concurrency: number | undefined;
  readonly caller: Caller;
  readonly now: number;
}

/** Inside `write`. The prompts are checked once all tasks have their numbers. */
function insertRun(context: SubmitContext, members: readonly PlannedMember[], { name, inputs, concurrency, caller, now }: NewRun): number {
  const { store } = context;
  const id = store.workflows.insert({ name, inputs, workingDirectory: members[0]?.task.workingDirectory ?? "", createdAt: now });
  if (concurrency !== undefined) store.groups.put({ ...emptyGroup, name: workflowGroup(id), maxRunning: concurrency, createdAt: now });
  const places = new Map(members.map(({ step }, index) => [step.key, index]));
  // Steps may have come before them.
  const host = members.findIndex(({ task }) => task.shares !== undefined);
  const ordered = members.map(({ step, task: { promptOrigin: _later, dependencies = [], ...task } }): PlannedTask => ({
    ...task,
    ...(task.shares === undefined ? {} : { shares: { place: host } }),
    ...(concurrency === undefined ? {} : { group: workflowGroup(id) }),
    dependencies: [...dependencies, ...step.needs.map(({ key, on }) => ({ pointer: "/file", on, task: { place: places.get(key) ?? 0 } }))],
  }));
  const stored = insertTasks(context, ordered, caller, now);
  const ids = new Map(members.map(({ step }, index) => [step.key, stored[index]?.id ?? 0]));
  for (const [index, { step }] of members.entries()) {
    const task = stored[index];
    if (task !== undefined) addStep(context, { workflowId: id, task, step, ids });
  }
  return id;
}

const emptyGroup = { pausedAt: null } as const;

function expanded(store: Store, { file, path, files, inputs }: WorkflowCheck, isCheck: boolean): CheckedFile {
  const read = readWorkflowFile(file, path);
  const other = (name: string): ReadFile | null => {
    const text = Object.hasOwn(files, name) ? files[name] : undefined;
    return text === undefined ? null : readWorkflowFile(text, name);
  };
  // Paths of other files are relative to the first one, wherever that is.
  const { steps: written, ...left } = expandFile({ ...read, path: read.path.replace(/^.*\//, "") }, inputs, other, isCheck);
  const steps = written.map((step) => withTemplate(store, step));
  // Without a file that another one names, the tasks are not all there.
  if (left.missing.length === 0) checkSteps(steps);
  return { steps, ...left, read, name: read.file.name ?? path.replace(/^.*\//, "").replace(/\.[^.]+$/, "") };
}

export interface StepContext {
  readonly directory: string;
  readonly workflow: string;
  readonly caller: Caller;
  readonly now: number;
  /** The worktree of the run; null: no task has one yet. */
  readonly shared: SharedWorktree | null;
  /** Whether the run is there already. */
  readonly isInRun?: boolean;
}

/** What the worktree of a run is made of, and one of its tasks, by number or place. */
export interface SharedWorktree {
  readonly plan: WorktreePlan;
  readonly host: NonNullable<PlannedTask["shares"]>;
}

/** The worktree that tasks of a run share; null: none does. */
export function sharedOf(store: Store, workflowId: number): SharedWorktree | null {
  for (const { taskId } of store.workflows.steps(workflowId)) {
    const workspace = store.workspaces.get(taskId);
    if (workspace?.host == null || workspace.repository === null || workspace.baseCommit === null) continue;
    const { prefix, repository, baseCommit } = workspace;
    return { plan: { prefix, repository, baseCommit, branch: null }, host: { task: taskId } };
  }
  return null;
}

/** New tasks for steps, after every check that needs no transaction. @throws WorkerError. */
export async function plannedSteps(context: SubmitContext, steps: readonly PlannedStep[], place: StepContext): Promise<PlannedTask[]> {
  const tasks: PlannedTask[] = [];
  let { shared } = place;
  for (const [index, step] of steps.entries()) {
    const isShared = step.isShared && step.kind === "task";
    const task = await plannedStep(context, step, { ...place, shared: isShared ? shared : null });
    // The first one stands for the worktree.
    if (isShared && task.worktree !== undefined) shared ??= { plan: task.worktree, host: { place: index } };
    tasks.push(isShared && shared !== null ? { ...task, shares: shared.host } : task);
  }
  return tasks;
}

async function plannedStep(
  context: SubmitContext,
  step: PlannedStep,
  { directory, workflow, caller, now, shared, isInRun = false }: StepContext,
): Promise<PlannedTask> {
  const { fields, kind, key } = step;
  try {
    const filled = kind === "task" || kind === "for_each" ? filledFields(step) : fields;
    const own = kind === "task" ? filled : kind === "for_each" ? withoutWorktree(filled) : marksOf(filled);
    const prompt =
      kind === "approval"
        ? (step.question ?? "")
        : kind === "join"
          ? (step.question ?? `Ends once all tasks of ${key} have completed.`)
          : String(fields["prompt"]);
    const raw = { name: `${workflow}/${key}`.slice(0, 200), working_directory: directory, ...own, prompt };
    const input: SubmitInput = {
      ...parseInput(taskInput, raw, "It"),
      isFromTemplate: step.isFromTemplate || kind === "approval" || kind === "join",
      isWithoutClaude: kind !== "task",
      isInRun,
    };
    const made = newTasks({ ...context, isBatch: true }, [input], caller, now);
    const placed = shared === null ? made : made.map((each) => ({ ...each, worktree: shared.plan }));
    const [task] = await planned({ git: context.git, isBatch: true }, placed);
    if (task === undefined) throw new WorkerError("internal", "A task of the workflow is missing.");
    return task;
  } catch (error) {
    if (!(error instanceof WorkerError)) throw error;
    const detail = error.message.replace(/^Task 0 of the batch: /, "");
    if (error.code === "invalid_input") return step.fail(detail.replace(/\.$/, ""));
    throw new WorkerError(error.code, `Task ${key} of the workflow: ${detail}`, error.problems);
  }
}

/** Options of a task on which no Claude Code works. */
const marks = ["working_directory", "group", "priority", "labels", "window", "answer_within_ms", "answer_else"];

function marksOf(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([field]) => marks.includes(field)));
}

/** The options of a list's tasks are checked with the list, which works on no files. */
function withoutWorktree(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { worktree_base: _base, worktree_branch: _branch, worktree_name: _name, setup: _setup, ...others } = fields;
  return { ...others, workspace_kind: "in_place" };
}

interface NewStep {
  readonly workflowId: number;
  readonly task: { readonly id: number; readonly prompt: string };
  readonly step: PlannedStep;
  /** The numbers of the run's tasks by their keys. */
  readonly ids: ReadonlyMap<string, number>;
}

/** Inside `write`. @throws WorkerError invalid_input: an expression names what there is not. */
export function addStep({ store }: SubmitContext, { workflowId, task, step, ids }: NewStep, isMatrixData = false): void {
  const { key, kind, parent, needs, names, condition, onFailure, inputs, matrix, vars } = step;
  const named = Object.fromEntries(Object.entries(names).map(([name, other]) => [name, ids.get(other) ?? 0]));
  const ownVars = Object.keys(vars).length === 0 ? {} : { vars };
  const given: GivenValues = { inputs, matrix, ...ownVars, needs: named, ...(isMatrixData ? { isMatrixData } : {}) };
  store.workflows.addStep({ taskId: task.id, workflowId, key, kind, parent, needs, condition, onFailure, given, spec: specOf(step) });
  if (kind === "join") return;
  const expected = { given: kind === "for_each" ? { ...given, matrix: { item: "", index: 0 } satisfies Record<string, Json> } : given };
  holdStep(store, { task, step, isHeld: kind === "task", ...expected });
}

/** What the step's turn needs beside the task. */
function specOf({ kind, list, question, fields, isFromTemplate, isShared, base, earlierRuns }: PlannedStep): WorkflowStep["spec"] {
  const own = base === null ? {} : { base };
  if (kind === "for_each") return { list, fields, isFromTemplate, isShared, ...own };
  if (kind === "approval") return { question };
  if (earlierRuns !== undefined) return { runs: earlierRuns };
  return kind === "task" && base !== null ? own : null;
}

interface HeldStep {
  readonly task: { readonly id: number; readonly prompt: string };
  readonly step: PlannedStep;
  readonly given: GivenValues;
  readonly isHeld: boolean;
}

function holdStep(store: Store, { task, step, given, isHeld }: HeldStep): void {
  const returnsStructured = (id: number): boolean => {
    const other = store.workflows.stepOf(id);
    return other === null || other.kind === "join" || other.kind === "for_each" || hasSchema(store, id);
  };
  try {
    const origin = { literalFrom: null, given, pointer: "/file", returnsStructured };
    const runsAfter = store.dependencies.ofTask(task.id).map((each) => each.task);
    const hasSome = checkPrompt({ prompt: task.prompt, runsAfter, ...origin });
    if (!hasSome) return;
    if (isHeld) store.prompts.put(task.id, { literalFrom: null, given });
    // A list has no element yet.
    if (step.kind !== "for_each") retitle(store, task, { literalFrom: null, given });
  } catch (error) {
    if (error instanceof WorkerError && error.code === "invalid_input") step.fail(error.message.replace(/\.$/, ""));
    throw error;
  }
}
