/** The command line's reference, from the command table of src/cli/. */
import { describeCommands } from "../../src/cli/commandline/command-index.ts";
import { commonOptions } from "../../src/cli/commandline/command.ts";
import type { CommandSpec, OptionSpec } from "../../src/cli/commandline/command.ts";
import { code, markdownTable } from "./generated-part.ts";

export async function commandReference(): Promise<string> {
  const commands = (await describeCommands()).filter(({ hidden }) => hidden !== true);
  const rows = commands.map(({ name, alias, summary }) => [
    `[${code(alias === undefined ? name : `${name}, ${alias}`)}](#${anchor(name)})`,
    summary,
  ]);
  const every = `Every command also takes:\n\n${optionTable(commonOptions)}`;
  return [markdownTable(["command", "what it does"], rows), every, ...commands.map(section)].join("\n\n");
}

/** As Markdown viewers make one from the heading. */
function anchor(name: string): string {
  return `claude-worker-${name.replaceAll(" ", "-")}`;
}

function section(command: CommandSpec): string {
  const { name, alias, summary, details } = command;
  const words = (command.arguments ?? []).map((argument) => argument.name).join(" ");
  const flags = (command.options ?? []).length > 0 ? " [flags]" : "";
  const usage = `claude-worker ${name}${flags}${words === "" ? "" : ` ${words}`}${command.runLine === undefined ? "" : " -- [run]"}`;
  return [
    `## claude-worker ${name}`,
    `${summary}.${alias === undefined ? "" : ` Also: \`claude-worker ${alias}\`.`}`,
    ...(details === undefined ? [] : [details.trim()]),
    `\`\`\`text\n${usage}\n\`\`\``,
    ...argumentTable(command),
    ...((command.options ?? []).length === 0 ? [] : [optionTable(command.options ?? [])]),
    exampleBlock(command),
  ].join("\n\n");
}

function argumentTable(command: CommandSpec): string[] {
  const rows = [
    ...(command.arguments ?? []).map(({ name, description }) => [code(name), description]),
    ...(command.runLine === undefined ? [] : [[code("-- [run]"), command.runLine]]),
  ];
  return rows.length === 0 ? [] : [markdownTable(["argument", "meaning"], rows)];
}

function optionTable(options: readonly OptionSpec[]): string {
  const rows = options.map(({ flags, description, choices, repeat }) => {
    const more = [
      ...(choices === undefined ? [] : [`One of ${choices.map(code).join(", ")}.`]),
      ...(repeat === true && !description.includes("several times") ? ["May be given several times."] : []),
    ];
    return [code(flags), more.length === 0 ? description : [`${description}.`.replace(/\.\.$/, "."), ...more].join(" ")];
  });
  return markdownTable(["flag", "meaning"], rows);
}

function exampleBlock({ examples }: CommandSpec): string {
  const lines = examples.flatMap(({ command, does }) => [`# ${does}`, command]);
  return `\`\`\`bash\n${lines.join("\n")}\n\`\`\``;
}
