/** `schedule next`: when a schedule runs next. */
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { wholeNumber } from "../../commandline/option-values.ts";
import { reading } from "../../server/connection.ts";
import { writeJson } from "../../terminal/io.ts";
import { nextLines } from "../../terminal/render/schedule.ts";
import { say } from "../../terminal/render/wrap.ts";

export const command = defineCommand<{ readonly limit?: number }>({
  name: "schedule next",
  summary: "List the next times of a schedule",
  details: "On the clock of its time zone. Without a terminal: RFC 3339 in UTC, one a line.",
  arguments: [{ name: "<schedule>", description: "its name or its number" }],
  options: [{ flags: "-l, --limit <n>", description: "how many (default: 5)", parse: wholeNumber("--limit", { min: 1, max: 100 }) }],
  examples: [{ command: "claude-worker schedule next triage -l 20", does: "look whether the expression means what you think" }],
  async run({ words: [schedule = ""], options, io }) {
    const { limit = 5 } = options;
    const { found } = await reading(io, async (client) => await client.nextScheduleRuns({ schedule, limit }));
    if (options.json === true) writeJson(io.stdout, found);
    else if (!io.stdout.isTTY) io.stdout.write(found.next_runs.map((at) => `${at}\n`).join(""));
    else if (found.next_runs.length === 0) say(io.stdout, "It has no times any more.");
    else
      io.stdout.write(
        nextLines(found, Date.now())
          .map((line) => `${line}\n`)
          .join(""),
      );
    return exitCodes.ok;
  },
});
