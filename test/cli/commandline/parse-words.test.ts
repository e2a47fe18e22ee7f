import assert from "node:assert/strict";
import { test } from "node:test";
import { command as groupSet } from "../../../src/cli/commands/group/group-set.ts";
import { command as list } from "../../../src/cli/commands/task/list.ts";
import { command as logs } from "../../../src/cli/commands/task/logs.ts";
import { command as run } from "../../../src/cli/commands/task/run.ts";
import { command as show } from "../../../src/cli/commands/task/show.ts";
import { command as wait } from "../../../src/cli/commands/task/wait.ts";
import type { CommandSpec } from "../../../src/cli/commandline/command.ts";
import { parseWords } from "../../../src/cli/commandline/parse-words.ts";

const understood: readonly [CommandSpec, string[], { words?: string[]; options?: Record<string, unknown> }][] = [
  [run, ["do it"], { words: ["do it"] }],
  [run, ["-d", "/x", "do it", "--watch"], { words: ["do it"], options: { dir: "/x", watch: true } }],
  [run, ["--dir=/x=y", "-wn", "name", "do it"], { words: ["do it"], options: { dir: "/x=y", watch: true, name: "name" } }],
  [run, ["-nname", "-m=opus", "x"], { words: ["x"], options: { name: "name", model: "opus" } }],
  [run, ["-"], { words: ["-"] }],
  [run, ["--", "--watch"], { words: ["--watch"] }],
  [run, ["x", "--priority", "-5"], { words: ["x"], options: { priority: -5 } }],
  [run, ["x", "--system", "-- be brief"], { words: ["x"], options: { system: "-- be brief" } }],
  [run, ["--allow", "Read", "Bash(npm test)", "do it"], { words: ["do it"], options: { allow: ["Read", "Bash(npm test)"] } }],
  [
    run,
    ["do it", "--allow", "Read", "--allow", "mcp__github__search", "--deny", "Bash"],
    { words: ["do it"], options: { allow: ["Read", "mcp__github__search"], deny: ["Bash"] } },
  ],
  [run, ["--allow", "Bash(rm *)", "--watch", "do it"], { words: ["do it"], options: { allow: ["Bash(rm *)"], watch: true } }],
  [run, ["x", "--timeout", "1h30m", "--max-budget-usd", "$0.50"], { words: ["x"], options: { timeout: 5_400_000, maxBudgetUsd: 0.5 } }],
  [
    run,
    ["x", "--label", "a=1", "--label", "b=x=y"],
    {
      words: ["x"],
      options: {
        label: [
          ["a", "1"],
          ["b", "x=y"],
        ],
      },
    },
  ],
  [list, ["-s", "running,failed"], { options: { status: ["running", "failed"] } }],
  [list, ["--status", "running", "failed", "--all"], { options: { status: ["running", "failed"], all: true } }],
  [logs, ["42", "-fn5"], { words: ["42"], options: { follow: true, lines: 5 } }],
  [wait, ["1", "2", "3"], { words: ["1", "2", "3"] }],
  [show, ["42", "--json"], { words: ["42"], options: { json: true } }],
];

test("the parser understands words, flags and values as people write them", () => {
  for (const [command, given, expected] of understood) {
    const { words, options } = parseWords(command, given);
    assert.deepEqual({ words, options }, { words: [], options: {}, ...expected }, given.join(" "));
  }
});

const refused: readonly [CommandSpec, string[], RegExp][] = [
  [run, ["--watc", "x"], /^Unknown flag --watc\. Did you mean --watch\? See: claude-worker run --help$/],
  [
    run,
    ["--colour"],
    /^Unknown flag --colour\. If it is the prompt, put -- before it, behind the flags: .* See: claude-worker run --help$/,
  ],
  [run, ["-x"], /^Unknown flag -x\./],
  [run, ["fix", "the", "bug"], /"the" is one word too many\. Put the prompt in quotes/],
  [run, ["x", "--dir"], /--dir needs a value: --dir <path>/],
  [run, ["--name", "--watch", "x"], /--name needs a value/],
  [run, ["x", "--watch=yes"], /--watch takes no value/],
  [run, ["x", "--permission-mode", "acceptEdit"], /"acceptEdit" is not a value of --permission-mode\. Did you mean "acceptEdits"\?/],
  [run, ["x", "--permission-mode", "yolo"], /Choose one of default, acceptEdits/],
  [run, ["x", "--after", "1,"], /--after "1," names no task at one of its commas\. Write ids with one comma between/],
  [groupSet, ["x", "--limit", "few"], /--limit must be a whole number from 0 to 1000, or none, not "few"/],
  [run, ["x", "--max-turns", "0"], /--max-turns must be a whole number from 1 to 100000, not "0"/],
  [run, ["x", "--timeout", "30"], /--timeout: "30" is a duration without a unit/],
  [run, ["x", "--max-budget-usd", "-1"], /--max-budget-usd must be an amount of US dollars/],
  [run, ["x", "--label", "a"], /--label must be key=value/],
  [list, ["--status", "runing"], /"runing" is not a status\. Did you mean "running"\?/],
  [groupSet, [], /The <name> is missing\. See: claude-worker group set --help/],
  [run, ["--", "-x do it", "-n", "dash"], /^Behind -- no flag is read, so "-n" is one word too many\. Flags stand before the --\./],
  [show, ["1", "2"], /"2" is one word too many/],
];

test("the parser refuses what it cannot understand with a helpful sentence", () => {
  for (const [command, given, message] of refused) {
    assert.throws(() => parseWords(command, given), { code: "invalid_input", message }, given.join(" "));
  }
});

test("the parser requires nothing else once help is asked for", () => {
  assert.equal(parseWords(wait, ["--help"]).wantsHelp, true);
  assert.equal(parseWords(run, ["x", "-h", "--nonsense"]).wantsHelp, true);
});
