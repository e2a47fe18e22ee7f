/** `retry`: runs ended tasks again, with changes where they are given. */
import type { RetryInput } from "../../../contract/retry-input.ts";
import type { TaskView } from "../../../contract/views/task.ts";
import { WorkerError } from "../../../domain/errors.ts";
import { terminalStatuses } from "../../../domain/task/task.ts";
import { inDependencyOrder, withWordsInOrder } from "../../task/dependency-order.ts";
import { filterOptions, fittingTasks } from "../../task/choose-tasks.ts";
import type { FilterOptions } from "../../task/choose-tasks.ts";
import { defineCommand } from "../../commandline/command.ts";
import type { Call } from "../../commandline/command.ts";
import { connectionOf, withServer } from "../../server/connection.ts";
import { eachTask } from "../../task/each-task.ts";
import { streamLine } from "../../terminal/json-stream.ts";
import { actReference, actTaskId } from "../../task/task-reference.ts";
import { orderFields, orderFlags } from "../../task/order-flags.ts";
import { defined, taskFields, taskFlags } from "../../task/task-flags.ts";
import type { TaskFlags } from "../../task/task-flags.ts";
import { pathGiven } from "../../commandline/path-given.ts";
import { unsetFlag, withUnset } from "../../task/unset-options.ts";
import type { TaskRef } from "../../../domain/task/task-ref.ts";

interface RetryOptions extends TaskFlags, FilterOptions {
  readonly label?: [string, string][];
  readonly group?: string;
  readonly notBefore?: number;
  readonly delay?: number;
  readonly stash?: boolean;
  readonly resume?: boolean;
  readonly watch?: boolean;
  /** Names of fields in JSON. */
  readonly unset?: readonly string[];
}

/** They choose tasks where none is named, and change the named ones. */
const twofold: readonly string[] = ["--label", "--group"];

export const command = defineCommand<RetryOptions>({
  name: "retry",
  summary: "Run ended tasks again",
  details:
    "A task runs from its beginning, in a new session, with the same prompt. Flags change its other options; options without a flag stay unchanged. With --resume the task continues its last session. --allow, --deny and --label add to what the task has. " +
    "Without ids, --status, --label and --group choose the tasks (failed ones, unless --status says otherwise); with ids, --label and --group change them.",
  arguments: [{ name: "[id...]", description: actReference, completes: "tasks" }],
  options: [
    ...filterOptions("every failed task").filter(({ flags }) => !twofold.some((flag) => flags.includes(flag))),
    { flags: "--resume", description: "continue the last session where it was, instead of from the beginning" },
    { flags: "-w, --watch", description: "follow the task until it ends; Ctrl-C leaves it running" },
    ...orderFlags.filter(({ flags }) => !flags.startsWith("--after")),
    // What is not given stays as the task has it.
    ...taskFlags.map((option) => ({
      ...option,
      description: option.description.replace(/ \(default: [^)]*\)/, ""),
    })),
    unsetFlag("an option whose value is taken away, e.g. window"),
  ],
  examples: [
    { command: "claude-worker retry 42", does: "run it again from the beginning" },
    { command: 'claude-worker retry 42 --allow "Bash(git push)" --watch', does: "allow what was denied, and follow" },
    { command: "claude-worker retry 42 --resume", does: "continue it where it was" },
    { command: "claude-worker retry --all", does: "run every failed task again" },
  ],
  async run(call) {
    const { words, options, io } = call;
    const connection = connectionOf(io);
    const filtered = await fittingTasks(
      { words, io, options: filterOf(call) },
      {
        verb: "retry",
        done: "run again",
        possible: terminalStatuses,
        meant: ["failed"],
      },
    );
    const changes = await changesOf(call, filtered !== null);
    const retry = async (id: TaskRef): Promise<TaskView> =>
      await withServer(io, connection, async () => await connection.client.retryTask({ id, ...changes }));
    if (options.watch !== true)
      return await eachTask(
        await withWordsInOrder(call, inDependencyOrder),
        retry,
        againText,
        filtered && (await inDependencyOrder(connection.client, filtered.toReversed())),
      );
    const [word, ...others] = words;
    if (word === undefined || others.length > 0) throw new WorkerError("invalid_input", "--watch follows one task: name it, and only it.");
    const { watchTask } = await import("../../task/watch-task.ts");
    const task = await retry(await actTaskId(connection.client, word));
    if (options.json === true) io.stdout.exact(streamLine({ task }));
    return await watchTask({ io, client: connection.client, task, after: task.last_event, json: options.json === true });
  },
});

function againText({ id, stashed_at: stashed }: TaskView): string {
  if (stashed === null) return `Task ${id} is to run again. Follow it: claude-worker watch ${id}`;
  return `Task ${id} is put aside, and is to run again. Into the queue: claude-worker enqueue ${id}`;
}

/** The flags that choose tasks in this call. */
function filterOf({ words, options }: Call<RetryOptions>): FilterOptions {
  const { label: _changes, group: _changesToo, ...chooses } = options;
  return words.length > 0 ? chooses : options;
}

async function changesOf({ options, io }: Call<RetryOptions>, isFiltered: boolean): Promise<RetryInput> {
  const { label: _chooses, group: _choosesToo, ...rest } = options;
  const directory = options.dir === undefined ? undefined : pathGiven(io, options.dir);
  const { notBefore, delay, stash } = options;
  const { depends_on: _none, ...order } = await orderFields(defined({ notBefore, delay, stash }), connectionOf(io).client);
  const set = {
    ...(await taskFields(isFiltered ? rest : options, io)),
    ...order,
    ...defined({ working_directory: directory, resume: options.resume }),
  };
  return withUnset(set, options.unset);
}
