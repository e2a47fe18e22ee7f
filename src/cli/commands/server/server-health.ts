/** `server health`: whether the server answers, for scripts and monitors. */
import { defineCommand } from "../../commandline/command.ts";
import { clientOf } from "../../server/connection.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { writeJson } from "../../terminal/io.ts";

export const command = defineCommand<object>({
  name: "server health",
  summary: "Say whether the server answers",
  details: "Exits with 0 when it is healthy, 1 when it is degraded or stopping, 3 when none answers.",
  examples: [{ command: "claude-worker server health >/dev/null || alert", does: "in a monitor" }],
  async run({ options, io }) {
    const health = await clientOf(io).health();
    if (options.json === true) writeJson(io.stdout, health);
    else io.stdout.write(`${health.status}\n`);
    return health.status === "healthy" ? exitCodes.ok : exitCodes.failed;
  },
});
