/** `schedule runs`: what became of a schedule's times. */
import { plainLine } from "../../../domain/text/plain-text.ts";
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { wholeNumber } from "../../commandline/option-values.ts";
import { reading } from "../../server/connection.ts";
import { writeJson } from "../../terminal/io.ts";
import { painter } from "../../terminal/render/colour.ts";
import { outcomeText } from "../../terminal/render/schedule.ts";
import { table } from "../../terminal/render/table.ts";
import { localTime } from "../../terminal/render/time.ts";
import { say } from "../../terminal/render/wrap.ts";

export const command = defineCommand<{ readonly limit?: number }>({
  name: "schedule runs",
  summary: "List what became of a schedule's times",
  details:
    "Newest first, in local time: each time that came, and each run that a person asked for. Without a terminal: due time, state, task, its status, reason, message, workflow run, its status, with tabs between.",
  arguments: [{ name: "<schedule>", description: "its name or its number" }],
  options: [{ flags: "-l, --limit <n>", description: "how many (default: 20)", parse: wholeNumber("--limit", { min: 1, max: 500 }) }],
  examples: [{ command: "claude-worker schedule runs triage", does: "the last runs, with their outcomes" }],
  async run({ words: [schedule = ""], options, io }) {
    const { limit = 20 } = options;
    const { found } = await reading(io, async (client) => await client.listScheduleRuns({ schedule, limit }));
    const { runs } = found;
    if (options.json === true) writeJson(io.stdout, found);
    else if (!io.stdout.isTTY) {
      const lines = runs.map((each) => [
        each.due_at,
        each.state,
        each.task ?? "",
        each.task_status ?? "",
        each.reason ?? "",
        each.message ?? "",
        each.workflow ?? "",
        each.workflow_status ?? "",
      ]);
      await io.stdout.flow(lines.map((cells) => `${cells.map((cell) => plainLine(String(cell), 2000)).join("\t")}\n`).join(""));
    } else if (runs.length === 0) say(io.stdout, "None of its times has come yet.");
    else {
      const paint = painter(io.stdout);
      const rows = runs.map((each) => [
        { text: localTime(each.due_at) },
        { text: outcomeText(each), ...(each.state === "failed" ? { paint: paint.red } : {}) },
        { text: plainLine(each.message ?? (each.catch_up ? "Made up for." : ""), 2000), paint: paint.dim },
      ]);
      const header = ["TIME", "OUTCOME", "MORE"];
      io.stdout.write(table(rows, { header, paintHeader: paint.dim, width: io.stdout.columns, wrapsLast: true }));
    }
    return exitCodes.ok;
  },
});
