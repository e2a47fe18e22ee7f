/** `config list`: every setting with its value and where that came from. */
import { settingDefinitions } from "../../config/settings.ts";
import { defineCommand } from "../command.ts";
import { exitCodes } from "../exit-codes.ts";
import { writeJson } from "../io.ts";
import { changedFirst, settingsPage } from "../render/settings-page.ts";
import { settingsOf, warnOfFaults } from "../settings-of.ts";
import { settingText } from "../setting-text.ts";

export const command = defineCommand<object>({
  name: "config list",
  summary: "List every setting, its value and where that comes from",
  details:
    "Those that are not at their default come first. Flags are stronger than the environment, that is stronger than the file, and that is stronger than the defaults. Off a terminal: key, tab, value, tab, origin.",
  examples: [{ command: "claude-worker config list", does: "what holds now" }],
  async run({ options, io }) {
    const { settings, origins, faults } = settingsOf(io);
    warnOfFaults(faults, io);
    if (options.json === true) {
      writeJson(io.stdout, Object.fromEntries(settingDefinitions.map(({ key }) => [key, { value: settings[key], origin: origins[key] }])));
      return exitCodes.ok;
    }
    const rows = settingDefinitions.map(({ key, description }) => ({
      key,
      value: settingText(settings[key]),
      origin: origins[key],
      description,
    }));
    if (io.stdout.isTTY)
      io.stdout.write(
        settingsPage(
          rows.map((row) => ({ ...row, value: settings[row.key] === null ? "(unset)" : row.value })),
          io.stdout,
        ),
      );
    else
      io.stdout.write(
        changedFirst(rows)
          .map(({ key, value, origin }) => `${key}\t${value}\t${origin}\n`)
          .join(""),
      );
    return exitCodes.ok;
  },
});
