/** `config path`: where the configuration file is. */
import { pathsFrom } from "../../../config/paths.ts";
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { writeJson } from "../../terminal/io.ts";

export const command = defineCommand<object>({
  name: "config path",
  summary: "Print where the configuration file is",
  details: "The file need not exist.",
  examples: [{ command: 'cat "$(claude-worker config path)"', does: "see what is in it" }],
  async run({ options, io }) {
    const { config } = pathsFrom(io.env);
    if (options.json === true) writeJson(io.stdout, { path: config });
    else io.stdout.exact(`${config}\n`);
    return exitCodes.ok;
  },
});
