/**
 * Whether the command line and the API offer the same: every field has its flag, and the other way
 * round.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { CommandSpec } from "../../src/cli/commandline/command.ts";
import { command as edit } from "../../src/cli/commands/task/edit.ts";
import { command as list } from "../../src/cli/commands/task/list.ts";
import { command as prune } from "../../src/cli/commands/task/prune.ts";
import { command as retry } from "../../src/cli/commands/task/retry.ts";
import { command as run } from "../../src/cli/commands/task/run.ts";
import { flagParts } from "../../src/cli/commandline/flags.ts";
import { flagNameOf } from "../../src/cli/commandline/name-flags.ts";
import { pruneInput } from "../../src/contract/operations/maintenance.ts";
import { listQuery, taskChange } from "../../src/contract/operations/tasks.ts";
import { retryInput } from "../../src/contract/retry-input.ts";
import { taskInput } from "../../src/contract/task-input.ts";
import { personalOptions } from "../../src/mcp/tools/agent-options.ts";
import { editTask } from "../../src/mcp/tools/edit-task.ts";
import { listTasks } from "../../src/mcp/tools/list-tasks.ts";
import { retryTask } from "../../src/mcp/tools/retry-task.ts";

interface Pair {
  readonly command: CommandSpec;
  readonly fields: readonly string[];
  /** Fields that are no flags: they are given as words. */
  readonly words?: readonly string[];
  /** Flags that are no fields: what the command line does by itself. */
  readonly own: readonly string[];
}

const fieldsOf = (schema: { readonly shape: object }): string[] => Object.keys(schema.shape);

const pairs: readonly Pair[] = [
  {
    command: run,
    fields: fieldsOf(taskInput),
    words: ["prompt", "depends_on", "literal_from", "from_settings"],
    own: ["--after", "--delay", "--watch", "--trust", "--template", "--var", "--maximize", "--minimize", "--worktree"],
  },
  {
    command: retry,
    fields: fieldsOf(retryInput),
    own: ["--delay", "--watch", "--all", "--status", "--unset", "--maximize", "--minimize", "--worktree"],
  },
  { command: list, fields: fieldsOf(listQuery), own: ["--all", "--watch"] },
  { command: edit, fields: fieldsOf(taskChange), own: ["--delay", "--remove-label", "--unset", "--maximize", "--minimize", "--worktree"] },
  { command: prune, fields: fieldsOf(pruneInput), own: ["--yes"] },
];

for (const { command, fields, words = [], own } of pairs) {
  const flags = (command.options ?? []).map((option) => flagParts(option).long);
  const wanted = fields.filter((field) => !words.includes(field)).map(flagNameOf);

  test(`every field of ${command.name} has its flag`, () => {
    assert.deepEqual(
      wanted.filter((flag) => !flags.includes(flag)),
      [],
    );
  });

  test(`every flag of ${command.name} has its field`, () => {
    assert.deepEqual(flags.filter((flag) => !wanted.includes(flag)).toSorted(), own.toSorted());
  });

  test(`no two flags of ${command.name} share a name`, () => {
    const names = (command.options ?? []).flatMap((option) => [flagParts(option).long, flagParts(option).short ?? []].flat());
    assert.deepEqual(names.toSorted(), [...new Set(names)].toSorted());
  });
}

test("retry takes every field of a submit but prompt and dependencies", () => {
  assert.deepEqual(
    fieldsOf(retryInput).toSorted(),
    [
      ...fieldsOf(taskInput).filter((field) => !["prompt", "literal_from", "from_settings", "depends_on"].includes(field)),
      "resume",
    ].toSorted(),
  );
  assert.deepEqual(retryInput.parse({}), {});
});

test("the tools for agents take the same fields as the command line", () => {
  const inputOf = (tool: { readonly input: unknown }): string[] => fieldsOf(tool.input as { shape: object });
  const forAgents = fieldsOf(retryInput).filter((field) => !(field in personalOptions));
  assert.deepEqual(inputOf(retryTask).toSorted(), [...forAgents, "id"].toSorted());
  assert.deepEqual(inputOf(editTask).toSorted(), [...fieldsOf(taskChange).filter((field) => !(field in personalOptions)), "id"].toSorted());
  const filters = fieldsOf(listQuery).map((field) => (field === "label" ? "labels" : field));
  assert.deepEqual(inputOf(listTasks).toSorted(), filters.toSorted());
});
