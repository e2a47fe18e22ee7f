/** What the demo's tasks are, and what the scripted model plays for each. */
import path from "node:path";
import { fault, step } from "../testing/model.ts";
import type { Move } from "../testing/model.ts";

export interface DemoTask {
  readonly name: string;
  readonly prompt: string;
  /** The part of the prompt by which the model knows it. */
  readonly key: string;
  readonly moves: readonly Move[];
  /** More flags for `claude-worker run`. */
  readonly flags?: readonly string[];
  readonly ends: "completed" | "failed";
}

export function demoScript(directory: string): DemoTask[] {
  const file = (name: string): string => path.join(directory, name);
  return [
    {
      name: "haiku",
      prompt: "Write a haiku about durable queues into haiku.txt",
      key: "haiku about durable queues",
      moves: [
        step.write(file("haiku.txt"), "Power cuts at night\nthe queue remembers each word\nmorning finds it done\n", 600),
        step.text("The haiku is in haiku.txt.", 400),
      ],
      ends: "completed",
    },
    {
      name: "several steps",
      prompt: "Create a small project: a module, a test, then run the test",
      key: "a small project",
      moves: [
        step.write(file("add.mjs"), "export const add = (a, b) => a + b;\n", 300),
        step.write(
          file("add.test.mjs"),
          'import assert from "node:assert";\nimport { add } from "./add.mjs";\nassert.equal(add(2, 3), 5);\nconsole.log("1 test passed");\n',
          500,
        ),
        step.read(file("add.mjs"), 300),
        step.edit(file("add.mjs"), "a + b", "Number(a) + Number(b)", 500),
        step.bash("node add.test.mjs", 300),
        step.text("The module is written and its test passes.", 500),
      ],
      flags: ["--allow", "Bash(node add.test.mjs)"],
      ends: "completed",
    },
    {
      name: "doomed",
      prompt: "Work with a model that does not exist",
      key: "a model that does not exist",
      moves: [fault.unknownModel("claude-imaginary-9")],
      flags: ["--model", "claude-imaginary-9"],
      ends: "failed",
    },
  ];
}
