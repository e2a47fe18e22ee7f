/** `config get`: one setting's value. */
import { settingDefinitions } from "../../../config/settings.ts";
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { writeJson } from "../../terminal/io.ts";
import { settingNamed } from "../../server/setting-named.ts";
import { settingsOf, warnOfProblems } from "../../server/settings-of.ts";
import { settingText } from "../../server/setting-text.ts";

export const command = defineCommand<object>({
  name: "config get",
  summary: "Print the value of a setting",
  arguments: [{ name: "<key>", description: "the setting", completes: settingDefinitions.map(({ key }) => key) }],
  examples: [{ command: "claude-worker config get workers", does: "the value alone" }],
  async run({ words, options, io }) {
    const { key } = settingNamed(words[0] ?? "");
    const { settings, origins, problems } = settingsOf(io);
    const own = problems.find((problem) => problem.key === key);
    if (own !== undefined) throw own.error;
    warnOfProblems(problems, io);
    if (options.json === true) writeJson(io.stdout, { key, value: settings[key], origin: origins[key] });
    else io.stdout.exact(`${settingText(key, settings[key])}\n`);
    return exitCodes.ok;
  },
});
