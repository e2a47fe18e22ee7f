/**
 * What happens to a task of a workflow when its turn comes: its condition is looked at, a person is
 * asked, a list is expanded, or what it stands for has completed. Steps without Claude end here,
 * with an attempt that no runner sees.
 */
import { randomUUID } from "node:crypto";
import { WorkerError, messageOf } from "../../domain/errors.ts";
import { deadlineOf } from "../../domain/questions/policy.ts";
import { askedEvent } from "../../domain/questions/asked-event.ts";
import type { Question } from "../../domain/questions/question.ts";
import type { Json } from "../../domain/prompts/given-values.ts";
import { approvalTool } from "../../domain/workflows/approval.ts";
import { maxMatrix, maxWorkflowTasks } from "../../domain/workflows/workflow.ts";
import type { WorkflowStep } from "../../domain/workflows/workflow.ts";
import { callerText } from "../../domain/text/caller-text.ts";
import { cutText } from "../../domain/text/cut-text.ts";
import { objectOf, stringOf } from "../../domain/text/read-json.ts";
import type { Store } from "../../store/store.ts";
import { failpoint } from "../../processes/failpoint.ts";
import { evaluate, holds } from "../prompts/evaluate.ts";
import { fillPrompt } from "../prompts/fill-prompt.ts";
import { valuesOf } from "../prompts/prompt-values.ts";
import { insertTasks } from "../tasks/submit-task.ts";
import type { SubmitContext } from "../tasks/submit-task.ts";
import type { Caller } from "../../contract/caller.ts";
import { waitsAgain } from "./earlier-runs.ts";
import type { PlannedStep } from "./expand-file.ts";
import { joined } from "./joined-results.ts";
import { addStep, plannedSteps, sharedOf } from "./run-workflow.ts";
import { beginWithBase } from "./begin-with-base.ts";
import { beginStep, completeStep, failStep, stepNode } from "./end-step.ts";

/** @returns whether Claude is to work on the task now. */
export async function prepareStep(context: SubmitContext, step: WorkflowStep): Promise<boolean> {
  const { store } = context;
  const { taskId } = step;
  if (step.condition !== null && !(await conditionHolds(context, step, step.condition))) return false;
  if (step.kind === "task") return await beginWithBase(context, step);
  failpoint(`step.${step.kind}.before`);
  if (step.kind === "approval") await store.write(() => askOrDecide(context, step));
  else if (step.kind === "for_each" && !step.isExpanded) await expandList(context, step);
  else
    await store.write(
      () => store.tasks.row(taskId)?.status === "pending" && !waitsAgain(store, step) && completeStep(context, taskId, joined(store, step)),
    );
  failpoint(`step.${step.kind}.after`);
  return false;
}

/** Skips the task where its condition does not hold. */
async function conditionHolds({ store, now }: SubmitContext, step: WorkflowStep, condition: string): Promise<boolean> {
  const { taskId } = step;
  return await store.write(() => {
    if (store.tasks.row(taskId)?.status !== "pending") return false;
    try {
      if (holds(condition, valuesOf(store, taskId, step.given))) return true;
    } catch (error) {
      failStep({ store, now }, taskId, { code: "step_failed", message: `Its condition could not be looked at: ${messageOf(error)}` });
      return false;
    }
    const message = `Its condition does not hold: ${cutText(condition, 300)}`;
    if (store.tasks.transition(taskId, "skip", now(), { error: { code: "condition_false", message, retryable: false } }) === null)
      return false;
    store.events.append(taskId, null, [{ type: "ended", at: now(), data: { status: "skipped", outcome: "condition_false", message } }]);
    // What stands for it does not wait for it.
    const parent = step.parent === null ? null : store.workflows.stepWithKey(step.workflowId, step.parent);
    if (parent !== null) store.dependencies.release(parent.taskId, taskId);
    return false;
  });
}

type Clock = Pick<SubmitContext, "store" | "now">;

/** Inside `write`. */
function askOrDecide({ store, now }: Clock, step: WorkflowStep): void {
  const { taskId } = step;
  const task = store.tasks.get(taskId);
  if (task?.status !== "pending") return;
  const answered = store.questions.unapplied(taskId).find(({ answer }) => answer !== null);
  if (answered !== undefined) return decide({ store, now }, taskId, answered);
  const attempt = beginStep({ store, now }, taskId);
  if (attempt === null) return;
  const filled = fillPrompt(
    { prompt: stringOf(step.spec?.["question"]) ?? "Continue?", literalFrom: null, isMatrixData: false },
    valuesOf(store, taskId, step.given),
  );
  const question = "missing" in filled ? `Continue? ({{ ${filled.missing} }} has no value.)` : filled.rendered;
  const asked = {
    key: randomUUID(),
    kind: "permission",
    tool: approvalTool,
    toolUseId: null,
    agentId: null,
    input: { question },
    inputHash: "",
    rule: null,
  } as const;
  const deadline = deadlineOf({ ...task, onQuestion: "ask" }, now());
  const stored = store.questions.ask(taskId, attempt, asked, { askedAt: now(), deadline });
  store.tasks.transition(taskId, "ask", now());
  store.events.append(taskId, attempt, [{ type: "question_asked", at: now(), data: askedEvent(stored) }]);
  store.attempts.close(attempt, { kind: "parked", message: "It waits for a person." }, now());
  store.tasks.transition(taskId, "park", now());
}

function decide({ store, now }: Clock, taskId: number, { id, answer, answeredBy }: Question): void {
  store.questions.applied(id, now());
  const by = answeredBy === null ? "a person" : callerText(answeredBy);
  const words = answer?.message === undefined ? "" : `: ${answer.message}`;
  if (answer?.decision === "allow")
    completeStep({ store, now }, taskId, { result: `Approved by ${by}${words}`, structuredResult: { approved: true, by } });
  else failStep({ store, now }, taskId, { code: "rejected", message: `Rejected by ${by}${words}` });
}

/** Makes the tasks of a list, in one write. What is wrong with it fails the step. */
async function expandList(context: SubmitContext, step: WorkflowStep): Promise<void> {
  const { store, now } = context;
  const { taskId, workflowId, key } = step;
  try {
    const elements = elementsOf(store, step);
    const row = store.tasks.row(taskId);
    const workflow = store.workflows.get(workflowId);
    if (row === null || workflow === null) return;
    const there = store.workflows.steps(workflowId).length;
    if (there + elements.length > maxWorkflowTasks)
      throw new WorkerError("invalid_input", `Its list makes ${elements.length} tasks, and a run has at most ${maxWorkflowTasks} in all.`);
    const caller = callerOf(store, taskId);
    const children = elements.map((item, index) => childOf(step, item, index));
    const place = { directory: row.workingDirectory, workflow: workflow.name, caller, now: now(), isInRun: true };
    const tasks = await plannedSteps(context, children, { ...place, shared: sharedOf(store, workflowId) });
    await store.write(() => {
      const present = store.workflows.stepOf(taskId);
      if (store.tasks.row(taskId)?.status !== "pending" || present === null || present.isExpanded) return;
      const stored = insertTasks(
        context,
        tasks.map(({ promptOrigin: _later, ...task }) => ({ ...task, group: row.group })),
        caller,
        now(),
      );
      const ids = new Map(store.workflows.steps(workflowId).map((each) => [each.key, each.taskId]));
      const before = store.dependencies.ofTask(taskId).filter((each) => store.tasks.exists(each.task));
      stored.forEach((task, index) => {
        const child = children[index];
        if (child === undefined) return;
        store.dependencies.add(task.id, before);
        addStep(context, { workflowId, task, step: child, ids }, true);
      });
      store.workflows.expanded(taskId);
      store.dependencies.add(
        taskId,
        stored.map(({ id }) => ({ task: id, on: "completed" as const })),
      );
      if (stored.length === 0) completeStep(context, taskId, joined(store, step));
    });
  } catch (error) {
    const message = `The list of ${key} makes no tasks: ${messageOf(error)}`;
    await store.write(() => failStep(context, taskId, { code: "step_failed", message }));
  }
}

/** @throws WorkerError: it is not a list, or too long. */
function elementsOf(store: Store, { taskId, given, spec }: WorkflowStep): readonly Json[] {
  const list = stringOf(spec?.["list"]) ?? "";
  const value = evaluate(list, valuesOf(store, taskId, given));
  if (!Array.isArray(value)) throw new WorkerError("invalid_input", `{{ ${list} }} is not a list.`);
  if (value.length > maxMatrix)
    throw new WorkerError("invalid_input", `{{ ${list} }} has ${value.length} elements, and at most ${maxMatrix} are allowed.`);
  return value as Json[];
}

function childOf({ key, needs, condition, onFailure, given, spec }: WorkflowStep, item: Json, index: number): PlannedStep {
  const named = Object.fromEntries(needs.map((each) => [each.key.replace(/^.*\//, ""), each.key]));
  const child = `${key}[${index + 1}]`;
  return {
    key: child,
    kind: "task",
    parent: key,
    needs,
    names: named,
    condition,
    onFailure,
    inputs: given.inputs ?? {},
    vars: given.vars ?? {},
    template: null,
    isFromTemplate: spec?.["isFromTemplate"] === true,
    base: stringOf(spec?.["base"]) ?? null,
    isShared: spec?.["isShared"] === true,
    matrix: { item, index: index + 1 },
    list: "items",
    question: null,
    fields: objectOf(spec?.["fields"]),
    fail: (detail) => {
      throw new WorkerError("invalid_input", `${child}: ${detail}.`);
    },
  };
}

/** The caller whose rights the task has: its tasks have no others. */
function callerOf(store: Store, taskId: number): Caller {
  const { name, scope, tokenId, isAgent } = store.callers.get(taskId) ?? { name: "socket", scope: "admin", tokenId: null, isAgent: false };
  const parentId = store.tasks.row(taskId)?.parentId ?? null;
  return {
    name,
    scope,
    ...(tokenId === null ? {} : { tokenId }),
    ...(isAgent ? { agent: { client: stepNode, toolUseId: null } } : {}),
    ...(parentId === null ? {} : { taskId: parentId }),
  };
}
