/** `config list`: every setting with its value and where that came from. */
import { settingDefinitions } from "../../config/settings.ts";
import { defineCommand } from "../command.ts";
import { exitCodes } from "../exit-codes.ts";
import { writeJson } from "../io.ts";
import { painter } from "../render/colour.ts";
import { table } from "../render/table.ts";
import { settingsOf, warnOfFaults } from "../settings-of.ts";
import { settingText } from "../setting-text.ts";

export const command = defineCommand<object>({
  name: "config list",
  summary: "List every setting, its value and where that comes from",
  details:
    "Flags are stronger than the environment, that is stronger than the file, and that is stronger than the defaults. Off a terminal: key, tab, value, tab, origin.",
  examples: [{ command: "claude-worker config list", does: "what holds now" }],
  async run({ options, io }) {
    const { settings, origins, faults } = settingsOf(io);
    warnOfFaults(faults, io);
    const paint = painter(io.stdout);
    if (options.json === true) {
      writeJson(io.stdout, Object.fromEntries(settingDefinitions.map(({ key }) => [key, { value: settings[key], origin: origins[key] }])));
    } else if (!io.stdout.isTTY) {
      io.stdout.write(settingDefinitions.map(({ key }) => `${key}\t${settingText(settings[key])}\t${origins[key]}\n`).join(""));
    } else {
      const rows = settingDefinitions.map(({ key, description }) => [
        { text: key, paint: paint.bold },
        { text: settings[key] === null ? "(unset)" : settingText(settings[key]) },
        { text: origins[key], paint: origins[key] === "default" ? paint.dim : paint.cyan },
        { text: description, paint: paint.dim },
      ]);
      io.stdout.write(table(rows, { header: ["SETTING", "VALUE", "FROM", "MEANING"], paintHeader: paint.dim, width: io.stdout.columns }));
    }
    return exitCodes.ok;
  },
});
