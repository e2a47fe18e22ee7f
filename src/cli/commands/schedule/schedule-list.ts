/** `schedule list`: what is submitted when, and what became of it last. */
import { plainLine } from "../../../domain/text/plain-text.ts";
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { reading } from "../../server/connection.ts";
import { writeJson } from "../../terminal/io.ts";
import { painter } from "../../terminal/render/colour.ts";
import { outcomeText, stateText, targetText, whenText } from "../../terminal/render/schedule.ts";
import { table } from "../../terminal/render/table.ts";
import { relativeTime } from "../../terminal/render/time.ts";
import { say } from "../../terminal/render/wrap.ts";

export const command = defineCommand<object>({
  name: "schedule list",
  summary: "List schedules, with their next and last runs",
  details: "Without a terminal: name, state, when, time zone, next run, last run, directory, what it submits, with tabs between.",
  examples: [{ command: "claude-worker schedule list", does: "what runs next, and what is paused" }],
  async run({ options, io }) {
    const { found } = await reading(io, async (client) => await client.listSchedules());
    const { schedules } = found;
    if (options.json === true) writeJson(io.stdout, found);
    else if (!io.stdout.isTTY) {
      const lines = schedules.map((each) => {
        const last = each.last_run === null ? "" : outcomeText(each.last_run);
        return [
          each.name,
          stateText(each),
          whenText(each),
          each.time_zone,
          each.next_runs[0] ?? "",
          last,
          each.target.working_directory,
          targetText(each.target),
        ];
      });
      await io.stdout.flow(lines.map((cells) => `${cells.map((cell) => plainLine(cell, 1000)).join("\t")}\n`).join(""));
    } else if (schedules.length === 0)
      say(io.stdout, 'There is no schedule. Add one: claude-worker schedule add NAME --cron "0 2 * * *" -- "…"');
    else {
      const paint = painter(io.stdout);
      const now = Date.now();
      const rows = schedules.map((each) => [
        { text: each.name, paint: paint.bold },
        { text: stateText(each), ...(each.pause_reason === null ? {} : { paint: paint.red }) },
        { text: whenText(each) },
        { text: each.time_zone, paint: paint.dim },
        { text: each.paused || each.next_runs[0] === undefined ? "" : relativeTime(each.next_runs[0], now) },
        { text: each.last_run === null ? "" : plainLine(outcomeText(each.last_run), 200) },
        { text: plainLine(targetText(each.target), 200), paint: paint.dim },
      ]);
      const header = ["NAME", "STATE", "WHEN", "ZONE", "NEXT", "LAST RUN", "SUBMITS"];
      io.stdout.write(table(rows, { header, paintHeader: paint.dim, width: io.stdout.columns, optional: [3] }));
    }
    return exitCodes.ok;
  },
});
