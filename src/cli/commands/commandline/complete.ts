/**
 * `__complete`: what the completion scripts ask at every TAB. One candidate a line (word, tab,
 * description), then `:files`, `:directories` or `:`.
 */
import type { TaskSummaryView } from "../../../contract/views/task.ts";
import { plainLine } from "../../../domain/text/plain-text.ts";
import { describeCommands } from "../../commandline/command-index.ts";
import { defineCommand } from "../../commandline/command.ts";
import { completeWords } from "../../commandline/complete-words.ts";
import type { Candidate } from "../../commandline/complete-words.ts";
import { clientOf } from "../../server/connection.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import type { Io } from "../../terminal/io.ts";

/** A person waits for the TAB: a server that takes longer gives no ids. */
const patienceMs = 400;

export const command = defineCommand<object>({
  name: "__complete",
  summary: "Candidates for the completion scripts",
  hidden: true,
  arguments: [{ name: "[words...]", description: "the words up to the cursor" }],
  examples: [{ command: "claude-worker __complete -- show ''", does: "what may follow `show`" }],
  async run({ words, io }) {
    const { candidates, also } = await completeWords(joined(words), await describeCommands(), async () => await taskCandidates(io));
    const lines = candidates.map(({ word, description }) => `${word}\t${description}\n`);
    io.stdout.exact(`${lines.join("")}:${also ?? ""}\n`);
    return exitCodes.ok;
  },
});

/** Bash splits `--flag=value` at the `=`. */
function joined(words: readonly string[]): string[] {
  return words.filter((word, index) => word !== "=" || index === words.length - 1).map((word) => (word === "=" ? "" : word));
}

/** Of a name that several tasks have, the newest task is described. */
function namesOf(tasks: readonly TaskSummaryView[]): Candidate[] {
  const newest = new Map<string, string>();
  for (const { id, status, name } of tasks)
    if (name !== null && plainLine(name) === name && !newest.has(name)) newest.set(name, `${status}: task ${id}`);
  return [...newest].map(([word, description]) => ({ word, description }));
}

async function taskCandidates(io: Io): Promise<Candidate[]> {
  const client = clientOf(io);
  const late = new Promise<Candidate[]>((resolve) => setTimeout(() => resolve([]), patienceMs).unref());
  const listed = client.listTasks({ limit: 50 }).then(
    ({ tasks }) => [
      ...tasks.map(({ id, status, name, title }) => ({ word: String(id), description: `${status}: ${plainLine(name ?? title, 60)}` })),
      ...namesOf(tasks),
    ],
    () => [],
  );
  return await Promise.race([listed, late]);
}
