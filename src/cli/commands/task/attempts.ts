/** `attempts`: the tries at a task, and how each ended. */
import type { AttemptView } from "../../../contract/views/attempt.ts";
import { formatDuration } from "../../../domain/text/duration.ts";
import { plainLine } from "../../../domain/text/plain-text.ts";
import { defineCommand } from "../../commandline/command.ts";
import { reading } from "../../server/connection.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { writeJson } from "../../terminal/io.ts";
import type { Output } from "../../terminal/output.ts";
import { painter } from "../../terminal/render/colour.ts";
import { table } from "../../terminal/render/table.ts";
import { localTime } from "../../terminal/render/time.ts";
import { readReferenceOrNewest, readTaskId } from "../../task/task-reference.ts";

const columns = ["number", "outcome", "started_at", "ended_at", "session_id", "resumed", "message"] as const;

export const command = defineCommand<object>({
  name: "attempts",
  summary: "Show each try at a task and how it ended",
  details: `Oldest first. Without a terminal: no header, columns separated by tabs and uncut: ${columns.join(", ")}.`,
  arguments: [{ name: "[id]", description: readReferenceOrNewest, completes: "tasks" }],
  examples: [
    { command: "claude-worker attempts 42", does: "when each started, how it ended, which session it had" },
    { command: "claude-worker attempts 42 --json | jq '.attempts[-1].outcome'", does: "how the newest ended" },
  ],
  async run({ words, options, io }) {
    const { found } = await reading(io, async (client) => {
      const id = await readTaskId(client, words[0]);
      return { id, attempts: (await client.listAttempts({ id })).attempts };
    });
    if (options.json === true) writeJson(io.stdout, found);
    else if (!io.stdout.isTTY) await io.stdout.flow(found.attempts.map((each) => `${fieldsOf(each).join("\t")}\n`).join(""));
    else io.stdout.write(tableOf(found.attempts, io.stdout) || `Task ${found.id} has not been started yet.\n`);
    return exitCodes.ok;
  },
});

function fieldsOf({ number, outcome, started_at, ended_at, session_id, resumed }: AttemptView): string[] {
  const message = plainLine(outcome?.message ?? "", 100_000);
  return [String(number), outcome?.kind ?? "", started_at, ended_at ?? "", session_id ?? "", String(resumed), message];
}

function tableOf(attempts: readonly AttemptView[], output: Output): string {
  const paint = painter(output);
  const rows = attempts.map((attempt) => {
    const { number, outcome, started_at, ended_at, session_id, resumed } = attempt;
    const kind = outcome?.kind ?? "running";
    const took = formatDuration((ended_at === null ? Date.now() : Date.parse(ended_at)) - Date.parse(started_at));
    return [
      { text: String(number), paint: paint.bold },
      { text: kind, paint: kind === "succeeded" ? paint.green : kind === "running" ? paint.cyan : paint.yellow },
      { text: localTime(started_at), paint: paint.dim },
      { text: took },
      { text: `${session_id?.slice(0, 8) ?? ""}${resumed ? " resumed" : ""}`, paint: paint.dim },
      { text: plainLine(outcome?.message ?? "", 10_000) },
    ];
  });
  const header = ["TRY", "OUTCOME", "STARTED", "TOOK", "SESSION", "WHY"];
  return table(rows, { header, paintHeader: paint.dim, width: output.columns, right: [0, 3], wrapsLast: true });
}
