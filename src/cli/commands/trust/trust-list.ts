/** `trust list`: the directories in which tasks may run. */
import type { TrustView } from "../../../contract/views/trust.ts";
import { plainLine } from "../../../domain/text/plain-text.ts";
import { defineCommand } from "../../commandline/command.ts";
import { reading } from "../../server/connection.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { writeJson } from "../../terminal/io.ts";
import { painter } from "../../terminal/render/colour.ts";
import { table } from "../../terminal/render/table.ts";
import { commandLines } from "../../task/confirm-trust.ts";
import { relativeTime } from "../../terminal/render/time.ts";
import { say } from "../../terminal/render/wrap.ts";

export const command = defineCommand<object>({
  name: "trust list",
  summary: "List trusted directories, our own and Claude Code's",
  details: "Without a terminal: path, tab, who trusts it, tab, since when.",
  examples: [{ command: "claude-worker trust list", does: "where tasks may run" }],
  async run({ options, io }) {
    const { found: trust } = await reading(io, async (client) => await client.listTrust());
    const { directories } = trust;
    const paint = painter(io.stdout);
    if (options.json === true) writeJson(io.stdout, trust);
    else if (!io.stdout.isTTY)
      io.stdout.write(directories.map(({ path, by, since }) => `${plainLine(path, 4096)}\t${by}\t${since ?? ""}\n`).join(""));
    else if (directories.length === 0) say(io.stdout, "No directory is trusted. Trust one: claude-worker trust add DIR");
    else {
      const rows = directories.map(({ path, by, since }) => [
        { text: by },
        { text: since === null ? "" : relativeTime(since, Date.now()) },
        { text: plainLine(path, 4096) },
      ]);
      io.stdout.write(table(rows, { header: ["TRUSTED BY", "SINCE", "DIRECTORY"], paintHeader: paint.dim, width: io.stdout.columns }));
    }
    if (options.json !== true && io.stdout.isTTY)
      for (const line of [...trust.commands.flatMap(linesOf), ...trust.runs.flatMap(runLines)]) say(io.stdout, line);
    return exitCodes.ok;
  },
});

/** The commands of a repository that tasks may run. */
function linesOf({ file, verify, setup, setup_cache: cache }: TrustView["commands"][number]): string[] {
  return ["", ...commandLines(file, verify, setup === null ? null : { command: setup, cache })];
}

/** What runs by itself in a directory; none where nothing does. */
function runLines({ directory, trusted, not_trusted: unseen }: TrustView["runs"][number]): string[] {
  if (trusted.length + unseen.length === 0) return [];
  const lines = unseen.map(({ what, is_new: isNew }) => `  not trusted, ${isNew ? "new" : "changed"}: ${plainLine(what, 500)}`);
  const advice = unseen.length === 0 ? [] : [`  Tasks there wait. If you trust it: claude-worker trust add ${plainLine(directory, 4096)}`];
  return [
    "",
    `Runs by itself in ${plainLine(directory, 4096)}:`,
    ...trusted.map((what) => `  ${plainLine(what, 500)}`),
    ...lines,
    ...advice,
  ];
}
