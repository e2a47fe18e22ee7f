/** `resume`: lifts holds. */
import { defineCommand } from "../../commandline/command.ts";
import { clientOf } from "../../server/connection.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { writeJson } from "../../terminal/io.ts";
import { holdLines } from "../../terminal/render/hold-lines.ts";

export const command = defineCommand<object>({
  name: "resume",
  summary: "Lift every hold: tasks start again",
  examples: [{ command: "claude-worker resume", does: "after `hold`, or after you have signed in again" }],
  async run({ options, io }) {
    const client = clientOf(io);
    const before = (await client.listHolds()).holds.length;
    const { holds } = await client.resume();
    if (options.json === true) writeJson(io.stdout, { holds });
    else
      io.stdout.write(
        holds.length === 0
          ? before === 0
            ? "Nothing was held: tasks start when there is a free slot.\n"
            : "Tasks start again.\n"
          : `Still held:\n${holdLines(holds, io.stdout)}`,
      );
    return exitCodes.ok;
  },
});
