/** `move`: puts pending tasks elsewhere in the queue. */
import { WorkerError } from "../../../domain/errors.ts";
import { movedText } from "../../../domain/order/place.ts";
import type { TaskRef } from "../../../domain/task/task-ref.ts";
import { filterOptions, fittingTasks } from "../../task/choose-tasks.ts";
import type { FilterOptions } from "../../task/choose-tasks.ts";
import { defineCommand } from "../../commandline/command.ts";
import { clientOf } from "../../server/connection.ts";
import { eachTask } from "../../task/each-task.ts";
import { actReference, actTaskId } from "../../task/task-reference.ts";

interface MoveOptions extends FilterOptions {
  readonly front?: boolean;
  readonly back?: boolean;
  readonly before?: string;
}

const pending = ["pending"] as const;

export const command = defineCommand<MoveOptions>({
  name: "move",
  summary: "Move pending tasks in the queue",
  details:
    "The place stands instead of priority and age, until the task has ended or gets another priority. Several tasks keep the order in which they are named, or that of their submits.",
  arguments: [{ name: "[id...]", description: actReference, completes: "tasks" }],
  options: [
    { flags: "--front", description: "ahead of all that are pending now, also of higher priorities" },
    { flags: "--back", description: "behind all that are pending now" },
    { flags: "--before <task>", description: "right before this pending task", completes: "tasks" },
    ...filterOptions("every pending task"),
  ],
  examples: [
    { command: "claude-worker move 42 --front", does: "let it start next" },
    { command: "claude-worker move 42 43 --before 40", does: "the order is then 42, 43, 40" },
    { command: "claude-worker move --group nightly --back", does: "let all others go first" },
  ],
  async run(call) {
    const { options, words, io } = call;
    const client = clientOf(io);
    const to = await targetOf(options, async (word) => await actTaskId(client, word));
    const target = to.before === undefined ? (to.to ?? "back") : `before:${to.before}`;
    const fitting = await fittingTasks(call, { verb: "move", done: "moved", possible: pending, meant: pending });
    // Filters list the newest first. Each that goes to the front passes those before it.
    const isFront = options.front === true;
    const ids = fitting === null || isFront ? fitting : fitting.toReversed();
    const named = { ...call, words: isFront ? words.toReversed() : words };
    return await eachTask(
      named,
      async (id) => await client.moveTask({ id, ...to }),
      ({ id }) => `Task ${id} is moved ${movedText(target)}.`,
      ids === null ? null : ids.filter((id) => id !== to.before),
    );
  },
});

async function targetOf(
  { front, back, before }: MoveOptions,
  idOf: (word: string) => Promise<TaskRef>,
): Promise<{ readonly to?: "front" | "back"; readonly before?: TaskRef }> {
  if ([front, back, before].filter((each) => each !== undefined).length !== 1)
    throw new WorkerError("invalid_input", "Say where to: give one of --front, --back and --before TASK.");
  if (before !== undefined) return { before: await idOf(before) };
  return { to: front === true ? "front" : "back" };
}
