/**
 * The table of task options: every door has every row, and no value changes on its way through
 * them.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { command as retry } from "../../../src/cli/commands/task/retry.ts";
import { command as run } from "../../../src/cli/commands/task/run.ts";
import type { Command } from "../../../src/cli/commandline/command.ts";
import { flagParts } from "../../../src/cli/commandline/flags.ts";
import { parseWords } from "../../../src/cli/commandline/parse-words.ts";
import { taskFields } from "../../../src/cli/task/task-flags.ts";
import { optionFacts } from "../../../src/cli/terminal/render/option-facts.ts";
import { settingDefinitions } from "../../../src/config/settings.ts";
import { retryInput } from "../../../src/contract/retry-input.ts";
import { taskInput } from "../../../src/contract/task-input.ts";
import { taskView } from "../../../src/contract/views/task.ts";
import type { OptionRow } from "../../../src/domain/task/option.ts";
import { changedOptions, isDefault, optionRows, shownOptions, submittedOptions } from "../../../src/domain/task/option-values.ts";
import { plainInput, plainOptions, plainView } from "../../../testing/plain-task.ts";

const settings = {
  model: "sonnet",
  workspace: "worktree",
  sandbox: "auto",
  permission_mode: "plan",
  on_question: "ask",
  answer_within_ms: 1000,
  answer_else: "fail",
  verify: ["@default"],
} as const;

/** One pixel. */
const dot = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const image = path.join(mkdtempSync(path.join(os.tmpdir(), "cw-")), "dot.png");
writeFileSync(image, Buffer.from(dot, "base64"));
after(() => rmSync(path.dirname(image), { recursive: true }));

/** A value that is not the default, as a flag's words and as JSON has it. */
function sample(row: OptionRow): { words: string[]; value: unknown; shown?: unknown } {
  const [flag = ""] = row.flag.spelled.match(/--[a-z-]+/) ?? [];
  switch (row.kind) {
    case "text": {
      const value = row.name === "window" ? "22:00-07:00" : "some-text";
      return { words: [flag, value], value };
    }
    case "choice":
      return { words: [flag, String(row.choices.at(-1))], value: row.choices.at(-1) };
    case "rules":
      return { words: [flag, "Read", "Bash(ls)"], value: ["Read", "Bash(ls)"] };
    case "commands":
      return { words: [flag, "npm test", flag, "@lint"], value: ["npm test", "@lint"] };
    case "patterns":
      return { words: [flag, "test/**", flag, "*.lock"], value: ["test/**", "*.lock"] };
    case "hosts":
      return { words: [flag, "packages.example.org", flag, "*.example.org"], value: ["packages.example.org", "*.example.org"] };
    case "names":
      return { words: [flag, "db-schema", flag, "the cluster"], value: ["db-schema", "the cluster"] };
    case "directories":
      return { words: [flag, "docs", flag, "/srv/data"], value: ["/home/me/docs", "/srv/data"] };
    case "attachments":
      return {
        words: [flag, image],
        value: [{ name: "dot.png", data: dot }],
        shown: [{ name: "dot.png", media_type: "image/png", bytes: 70 }],
      };
    case "json": {
      const value = row.form === "settings" ? { env: { A: "b" } } : { mcpServers: { a: { command: "x" } } };
      return { words: [flag, JSON.stringify(value)], value, shown: [row.form === "settings" ? "env" : "a"] };
    }
    case "schema": {
      const value = { type: "object", properties: { answer: { type: "number" } } };
      return { words: [flag, JSON.stringify(value)], value };
    }
    case "integer":
      return { words: [flag, String(row.max)], value: row.max };
    case "money":
      return { words: [flag, "$0.5"], value: 0.5 };
    case "duration":
      return { words: [flag, "90s"], value: 90_000 };
    case "switch":
      return { words: [flag], value: true };
    case "labels":
      return { words: [flag, "a=b"], value: { a: "b" } };
  }
}

test("every option has its flag, and its field in submit, retry and view", () => {
  for (const [shape, name] of [
    [taskInput.shape, "submit"],
    [retryInput.shape, "retry"],
    [taskView.shape, "view"],
  ] as const)
    for (const row of optionRows) assert.ok(row.name in shape, `${row.name} in a ${name}`);
  assert.equal(new Set(optionRows.map(({ name }) => name)).size, optionRows.length);
  for (const command of [run, retry]) {
    const flags = (command.options ?? []).map((option) => flagParts(option).long);
    assert.equal(new Set(flags).size, flags.length, `no flag of ${command.name} stands for two things`);
    for (const row of optionRows) assert.ok(flags.includes(longOf(row)), `${longOf(row)} of ${command.name}`);
  }
});

test("the value of an option's flag is the same in submit and view", async () => {
  for (const command of [run, retry])
    for (const row of optionRows) {
      const { words, value, shown = value } = sample(row);
      const fields = await taskFields(parsed(command, words), { cwd: "/home/me" });
      assert.deepEqual(fields, { [row.name]: value }, words.join(" "));
      const input = taskInput.parse({ prompt: "x", working_directory: "/w", ...fields });
      const task = submittedOptions(input, settings);
      assert.deepEqual((shownOptions(task) as Record<string, unknown>)[row.name], shown);
      const view = plainView(1, plainInput({ prompt: "x", working_directory: "/w", ...fields }), "2026-11-29T00:00:00Z");
      assert.doesNotThrow(() => taskView.parse(view));
      if (row.shown !== null)
        assert.ok(
          optionFacts(view).some(([line]) => line === row.shown?.line),
          row.name,
        );
    }
});

test("an option that is left out gets its setting or its default", () => {
  const task = submittedOptions(taskInput.parse({ prompt: "x", working_directory: "/w" }), settings) as unknown as Record<string, unknown>;
  for (const row of optionRows) {
    const value = task[row.field];
    if (row.setting?.at === "submit") assert.equal(value, settings[row.setting.key as keyof typeof settings]);
    else assert.ok(isDefault(row, value), row.name);
    if (row.setting !== undefined)
      assert.ok(
        settingDefinitions.some(({ key }) => key === row.setting?.key),
        row.setting.key,
      );
  }
});

test("a retry adds to lists and labels and replaces the other options it names", () => {
  const task = { ...plainOptions, allow: ["Read"], labels: { a: "1", b: "2" }, maxTurns: 3, model: "opus" };
  const input = retryInput.parse({ allow: ["Read", "Edit"], labels: { b: "3" }, max_turns: null, model: null, retries: 2 });
  assert.deepEqual(changedOptions(task, input, settings), {
    allow: ["Read", "Edit"],
    labels: { a: "1", b: "3" },
    maxTurns: null,
    model: "sonnet",
    retries: 2,
  });
});

function parsed(command: Command, words: readonly string[]): object {
  return parseWords(command, words).options;
}

function longOf({ flag }: OptionRow): string {
  return flagParts({ flags: flag.spelled, description: "" }).long;
}
