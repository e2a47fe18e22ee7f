/** `edit`: changes tasks after their submit, as far as they may change. */
import type { TaskChange } from "../../../contract/operations/tasks.ts";
import { WorkerError } from "../../../domain/errors.ts";
import { editProblem } from "../../../domain/task/edit-problem.ts";
import { plainText } from "../../../domain/text/plain-text.ts";
import { defineCommand } from "../../commandline/command.ts";
import type { Call, OptionSpec } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { flagParts } from "../../commandline/flags.ts";
import { clientOf } from "../../server/connection.ts";
import { eachTask } from "../../task/each-task.ts";
import { label } from "../../commandline/option-values.ts";
import { pathGiven } from "../../commandline/path-given.ts";
import { writeJson } from "../../terminal/io.ts";
import { say } from "../../terminal/render/wrap.ts";
import { actReference, actTaskId } from "../../task/task-reference.ts";
import { defined, flagOf, taskFields, taskFlags } from "../../task/task-flags.ts";
import type { TaskFlags } from "../../task/task-flags.ts";
import { orderFields, orderFlags } from "../../task/order-flags.ts";
import type { OrderFlags } from "../../task/order-flags.ts";
import { unsetFlag, withUnset } from "../../task/unset-options.ts";
import type { TaskRef } from "../../../domain/task/task-ref.ts";

interface EditOptions extends TaskFlags, Pick<OrderFlags, "notBefore" | "delay"> {
  readonly name?: string;
  readonly priority?: number;
  readonly removeLabel?: string[];
  readonly prompt?: string;
  /** Names of fields in JSON. */
  readonly unset?: readonly string[];
}

/** They are read here, or cannot change. */
const own = new Set(["--name", "--priority", "--label", "--file"]);
const times = new Set(["--not-before", "--delay"]);

function named(options: readonly OptionSpec[], fits: (long: string) => boolean): OptionSpec[] {
  return options.filter((option) => fits(flagParts(option).long));
}

export const command = defineCommand<EditOptions>({
  name: "edit",
  summary: "Change tasks that have not begun, or the marks of any task",
  details:
    "Name, priority and labels change at any time; labels that are not named stay. The prompt and all other options change while the task is pending, with the rights for a submit of the changed task. Without flags, $VISUAL or $EDITOR opens with the prompt. --allow, --deny and --add-dir add to what the task has.",
  arguments: [{ name: "<id...>", description: actReference, completes: "tasks" }],
  options: [
    { flags: "--prompt <text>", description: "what Claude should do, instead of the prompt that the task has" },
    { flags: "-n, --name <text>", description: "a name for lists; an empty one removes it" },
    { ...flagOf("priority"), description: "higher starts earlier" },
    { flags: "--label <key=value>", description: "sets a label; may be given several times", parse: label, repeat: true },
    { flags: "--remove-label <key>", description: "removes a label; may be given several times", repeat: true },
    ...named(orderFlags, (long) => times.has(long)),
    // What is not given stays as the task has it.
    ...named(taskFlags, (long) => !own.has(long)).map((option) => ({
      ...option,
      description: option.description.replace(/ \(default: [^)]*\)/, ""),
    })),
    unsetFlag("an option whose value is taken away, e.g. window", ["not_before"]),
  ],
  examples: [
    { command: "claude-worker edit 42", does: "change its prompt in $EDITOR" },
    { command: 'claude-worker edit 42 --prompt "Port the importer, without the tests" --model opus', does: "before it has begun" },
    { command: "claude-worker edit 42 --priority 10", does: "let it start before others" },
    { command: "claude-worker edit 42 --unset not-before --unset window", does: "let it start at any time" },
    { command: "claude-worker edit 42 43 --label team=core --remove-label draft", does: "change labels" },
  ],
  async run(call) {
    const { options, io } = call;
    const { label: labels, removeLabel } = options;
    const change = await changeOf(call);
    if (Object.keys(change).length === 0 && labels === undefined && removeLabel === undefined) return await inEditor(call);
    const client = clientOf(io);
    const edit = async (id: TaskRef) => {
      if (labels === undefined && removeLabel === undefined) return await client.updateTask({ id, ...change });
      const kept = Object.entries((await client.getTask({ id })).labels).filter(([key]) => removeLabel?.includes(key) !== true);
      return await client.updateTask({ id, ...change, labels: Object.fromEntries([...kept, ...(labels ?? [])]) });
    };
    return await eachTask(call, edit, ({ id }) => `Task ${id} is changed.`);
  },
});

/** What the flags change, without the labels. */
async function changeOf({ options, io }: Call<EditOptions>): Promise<Omit<TaskChange, "labels">> {
  const { name, priority, label: _labels, removeLabel: _removed, notBefore, delay, prompt, dir, unset, ...rest } = options;
  const time = await orderFields(defined({ notBefore, delay }), clientOf(io));
  const set = {
    ...(await taskFields(rest, io)),
    ...time,
    ...defined({
      name: name?.trim() === "" ? null : name,
      priority,
      prompt,
      working_directory: dir === undefined ? undefined : pathGiven(io, dir),
    }),
  };
  return withUnset(set, unset);
}

/** Changes the prompt of one task in the person's editor. */
async function inEditor(call: Call<EditOptions>) {
  const { words, options, io } = call;
  const [word, ...others] = words;
  if (!io.stdin.isTTY || !io.stdout.isTTY || word === undefined || others.length > 0)
    throw new WorkerError(
      "invalid_input",
      "Nothing to change: give --prompt, --name, --priority, --label, --remove-label, or an option of run.",
    );
  const client = clientOf(io);
  const { id, prompt, status, session_id, loop } = await client.getTask({ id: await actTaskId(client, word) });
  // The server decides; this only keeps a person from writing what it would refuse. A loop may
  // begin each iteration with the prompt.
  const hasSession = session_id !== null;
  const problem = editProblem({ id, status, hasSession, hasBegun: hasSession && loop === null }, true);
  if (problem !== null) throw new WorkerError("conflict", problem);
  const { editedText } = await import("../../task/edited-text.ts");
  const text = editedText(prompt, io.env);
  if (text === prompt) {
    say(io.stderr, `The prompt is unchanged, so task ${id} stays as it is.`);
    return exitCodes.ok;
  }
  const task = await client.updateTask({ id, prompt: text }).catch((error: unknown) => {
    // What a person has written is not lost because the task started meanwhile.
    if (text.trim() !== "") say(io.stderr, `The prompt as you changed it:\n\n${plainText(text)}\n`);
    throw error;
  });
  if (options.json === true) writeJson(io.stdout, { tasks: [task] });
  else say(io.stdout, `Task ${id} is changed.`);
  return exitCodes.ok;
}
