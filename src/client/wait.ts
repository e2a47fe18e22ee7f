/** Waits for the end of tasks. Follows each task on its event stream, so nothing polls. */
import type { TaskView } from "../contract/views/task.ts";
import { waitsForPerson } from "../domain/questions/policy.ts";
import { isTerminal } from "../domain/task/task.ts";
import { untilAnswered } from "./outage.ts";
import type { FeedOptions, FeedStep } from "./event-stream.ts";
import type { OutageOptions } from "./outage.ts";
import type { TaskRef } from "../domain/task/task-ref.ts";

/** What waiting needs of the client. */
export interface TaskFollower {
  getTask(input: { readonly id: TaskRef }): Promise<TaskView>;
  follow(id: TaskRef | null, options?: FeedOptions): AsyncGenerator<FeedStep, void>;
}

export interface WaitOptions {
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called for each task as it ends (at once for those that have ended already). */
  readonly onEnd?: (task: TaskView) => void;
  /** Called for each question that a task asks meanwhile, and for those that are open already. */
  readonly onQuestion?: (question: AskedNow) => void;
  /** As for `events`; also when no server answers at the beginning. */
  readonly reconnectForMs?: number;
  /**
   * Called when no server answers, and again after each time that one did. Several tasks may tell
   * of the same outage.
   */
  readonly onOutage?: (reason: string) => void;
}

/** A question that a waiting caller hears of. */
export interface AskedNow {
  readonly task: TaskRef;
  readonly question: number;
  readonly text: string;
}

export interface WaitResult {
  /** In the order of the ids. */
  readonly ended: readonly TaskView[];
  /** Ids that had not ended when the time was over or the signal aborted. */
  readonly open: readonly TaskRef[];
}

/**
 * How many tasks are followed at once. The others wait for their turn, which does not matter
 * because all have to end.
 */
const streamsAtOnce = 16;

/** @throws WorkerError not_found …; ServerUnreachable. */
export async function waitForTasks(client: TaskFollower, ids: readonly TaskRef[], options: WaitOptions = {}): Promise<WaitResult> {
  const stop = new AbortController();
  const signals = [stop.signal, ...(options.signal === undefined ? [] : [options.signal])];
  if (options.timeoutMs !== undefined) signals.push(AbortSignal.timeout(options.timeoutMs));
  const signal = AbortSignal.any(signals);
  const ended = new Map<TaskRef, TaskView>();
  const queue = [...new Set(ids)];
  const follow = async (): Promise<void> => {
    for (let id = queue.shift(); id !== undefined && !signal.aborted; id = queue.shift()) {
      const task = await endOf(client, id, { ...options, signal }, options.onQuestion);
      if (task === null) return;
      ended.set(id, task);
      options.onEnd?.(task);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(streamsAtOnce, queue.length) }, follow));
  } finally {
    stop.abort();
  }
  const inOrder = [...new Set(ids)];
  return {
    ended: inOrder.flatMap((id) => ended.get(id) ?? []),
    open: inOrder.filter((id) => !ended.has(id)),
  };
}

async function endOf(
  client: TaskFollower,
  id: TaskRef,
  { signal, reconnectForMs, onOutage }: OutageOptions,
  onQuestion: WaitOptions["onQuestion"],
): Promise<TaskView | null> {
  const task = await untilAnswered(() => client.getTask({ id }), { signal, reconnectForMs, onOutage });
  if (task === null || isTerminal(task.status)) return task;
  const open = task.questions.filter(({ status, deadline, asked_at: at }) => status === "open" && waitsForPerson(deadline, at));
  for (const each of open) onQuestion?.({ task: id, question: each.id, text: each.text });
  const options = { after: task.last_event, signal, ...(reconnectForMs === undefined ? {} : { reconnectForMs }) };
  for await (const step of client.follow(id, options)) {
    if (step.type === "end") return step.task;
    if (step.type === "disconnected") onOutage?.(step.reason);
    if (step.type === "event" && step.event.type === "question_asked" && waitsForPerson(step.event.data.deadline, step.event.at))
      onQuestion?.({ task: id, question: step.event.data.question, text: step.event.data.text });
  }
  return null;
}
