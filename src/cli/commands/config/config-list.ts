/** `config list`: every setting with its value and where that came from. */
import { settingDefinitions } from "../../../config/settings.ts";
import { needingRestart } from "../../server/needing-restart.ts";
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { writeJson } from "../../terminal/io.ts";
import { changedFirst, settingsPage } from "../../terminal/render/settings-page.ts";
import { settingsOf, warnOfProblems } from "../../server/settings-of.ts";
import { settingText } from "../../server/setting-text.ts";

export const command = defineCommand<object>({
  name: "config list",
  summary: "List every setting, its value and where that comes from",
  details:
    'Changed settings come first. Flags override the environment, the environment overrides the file, and the file overrides the defaults. Durations have units (`1h30m`); `--json` has milliseconds. Without a terminal: key, tab, value, tab, origin (with ", needs a restart" where the running server has another value than the file).',
  examples: [{ command: "claude-worker config list", does: "what holds now" }],
  async run({ options, io }) {
    const { settings, origins, problems } = settingsOf(io);
    warnOfProblems(problems, io);
    const stale = await needingRestart(io);
    if (options.json === true) {
      const shown = settingDefinitions.map(({ key }) => [
        key,
        { value: settings[key], origin: origins[key], needs_restart: stale.has(key) },
      ]);
      writeJson(io.stdout, Object.fromEntries(shown));
      return exitCodes.ok;
    }
    const rows = settingDefinitions.map(({ key, description }) => ({
      key,
      value: settingText(key, settings[key]),
      origin: origins[key],
      note: stale.has(key) ? ", needs a restart" : "",
      description: stale.has(key) ? `Needs a restart of the server, which has another value. ${description}` : description,
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
          .map(({ key, value, origin, note }) => `${key}\t${value}\t${origin}${note}\n`)
          .join(""),
      );
    return exitCodes.ok;
  },
});
