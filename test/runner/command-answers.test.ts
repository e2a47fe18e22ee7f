import assert from "node:assert/strict";
import { test } from "node:test";
import type { JournalEntry } from "../../src/domain/events/record.ts";
import { CommandAnswers } from "../../src/runner/command-answers.ts";

const said = new Set(["m1", "m2"]);
const result = (more: object): JournalEntry => ({
  type: "result",
  subtype: "success",
  is_error: false,
  num_turns: 0,
  result: "",
  user_message_uuids: ["m1"],
  ...more,
});
const output = (text: string): JournalEntry => ({
  type: "user",
  message: { content: `<local-command-stdout>${text}</local-command-stdout>` },
});

test("a result without a turn answers its messages", () => {
  assert.deepEqual(new CommandAnswers().take(result({ result: " refused " }), said), { keys: ["m1"], text: "refused" });
  const answers = new CommandAnswers();
  assert.equal(answers.take(output("## Usage"), said), null);
  assert.deepEqual(answers.take(result({}), said), { keys: ["m1"], text: "## Usage" });
  assert.match(answers.take(result({}), said)?.text ?? "", /says nothing/, "the output of the command before counts once");
});

test("a turn, an error, and what answers the prompt is no such result", () => {
  for (const more of [
    { num_turns: 1 },
    { is_error: true },
    { subtype: "error_during_execution" },
    { terminal_reason: "completed" },
    { user_message_uuids: [] },
    { user_message_uuids: ["m1", "the prompt"] },
  ])
    assert.equal(new CommandAnswers().take(result(more), said), null, JSON.stringify(more));
});
