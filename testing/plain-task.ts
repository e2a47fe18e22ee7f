/** The task with nothing special that tests start from. Its options are the table's defaults. */
import type { ParsedTaskInput } from "../src/contract/task-input.ts";
import type { TaskView } from "../src/contract/views/task.ts";
import { titleOf } from "../src/domain/task/task.ts";
import type { TaskSpec } from "../src/domain/task/task.ts";
import { optionRows, shownOptions, submittedOptions } from "../src/domain/task/option-values.ts";
import type { TaskOptionFields } from "../src/domain/task/option-values.ts";
import type { NewTask } from "../src/store/store.ts";

const settings = {
  model: null,
  workspace: "in_place",
  permission_mode: "acceptEdits",
  on_question: "deny",
  answer_within_ms: null,
  answer_else: "deny",
  verify: [],
  sandbox: "off",
} as const;

/** All options at their defaults, as a server without settings has them. */
export const plainOptions: TaskOptionFields = submittedOptions({}, settings);

/** A task as it is put into the store. */
export function plainTask(part: Partial<NewTask> = {}): NewTask {
  return {
    ...plainOptions,
    prompt: "Fix the flaky test\nand say why.",
    workingDirectory: "/home/me/project",
    createdAt: 1000,
    notBefore: null,
    notBeforeReason: null,
    stashedAt: null,
    parentId: null,
    depth: 0,
    ...part,
  };
}

/** A task as a runner gets it. */
export function plainSpec(part: Partial<TaskSpec> & Pick<TaskSpec, "prompt" | "workingDirectory">): TaskSpec {
  const queue = optionRows.filter((row) => row.part === "queue").map(({ name }) => name);
  const run = Object.entries(plainOptions).filter(([field]) => !queue.includes(field));
  return { ...(Object.fromEntries(run) as unknown as TaskSpec), ...part };
}

/** A submit after parsing. */
export function plainInput(part: Partial<ParsedTaskInput> & Pick<ParsedTaskInput, "prompt" | "working_directory">): ParsedTaskInput {
  const defaults = Object.fromEntries(optionRows.map((row) => [row.name, row.default]));
  return { ...(defaults as unknown as ParsedTaskInput), ...part };
}

/** A submitted task as doors show it. @param at when, RFC 3339. */
export function plainView(id: number, input: ParsedTaskInput, at: string): TaskView {
  return {
    ...shownOptions(submittedOptions(input, settings)),
    id,
    title: titleOf(input.prompt),
    status: "pending",
    phase: null,
    verified: null,
    verification: [],
    loop: null,
    iterations: [],
    asked_at: null,
    questions: [],
    messages: [],
    forked_from: null,
    forked_at: null,
    rewound: null,
    forks: [],
    depends_on: [],
    dependents: [],
    not_before: null,
    stashed_at: null,
    moved: null,
    workflow: null,
    waiting_for: { reason: "capacity", message: "4 of 4 slots are in use", blocker: null, until: null },
    working_directory: input.working_directory,
    workspace: null,
    attempts: 0,
    session_id: null,
    session_model: null,
    profile_asked: null,
    last_action: null,
    error: null,
    attention: [],
    cost_usd: null,
    tokens: null,
    num_turns: null,
    duration_ms: null,
    worked_ms: null,
    working_since: null,
    cancel_requested: false,
    last_event: 0,
    created_at: at,
    started_at: null,
    attempt_started_at: null,
    ended_at: null,
    updated_at: at,
    prompt: input.prompt,
    rendered_prompt: null,
    result: null,
    structured_result: null,
    usage: null,
    logs: { raw: `/logs/task_${id}_raw.log`, summary: `/logs/task_${id}_summary.log` },
    schedule: null,
    parent_id: null,
    depth: 0,
  };
}
