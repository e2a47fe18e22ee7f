/** `config set`: writes a checked value into the configuration file. */
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { changeConfigFile } from "../../../config/change-config-file.ts";
import { hostProblem } from "../../../config/listen-host.ts";
import { pathsFrom } from "../../../config/paths.ts";
import { parseSetting, typedHere } from "../../../config/setting-value.ts";
import { settingDefinitions } from "../../../config/settings.ts";
import type { SettingKey } from "../../../config/settings.ts";
import { WorkerError } from "../../../domain/errors.ts";
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { writeJson } from "../../terminal/io.ts";
import type { Io } from "../../terminal/io.ts";
import { needingRestart } from "../../server/needing-restart.ts";
import { pathGiven } from "../../commandline/path-given.ts";
import { settingNamed } from "../../server/setting-named.ts";
import { settingsOf, warnOfProblems } from "../../server/settings-of.ts";
import { settingText } from "../../server/setting-text.ts";
import { say } from "../../terminal/render/wrap.ts";

export const command = defineCommand<{ readonly unset?: boolean }>({
  name: "config set",
  summary: "Set a value in the configuration file",
  details:
    "A server that runs already reads it at its next start. Lists have commas between their parts, durations units (`90s`, `1h30m`).",
  arguments: [
    { name: "<key>", description: "the setting", completes: settingDefinitions.map(({ key }) => key) },
    { name: "[value]", description: "its new value" },
  ],
  options: [{ flags: "--unset", description: "remove the value from the file: the default applies again" }],
  forPeople: true,
  examples: [
    { command: "claude-worker config set workers 8", does: "eight tasks at once" },
    { command: "claude-worker config set stall_timeout 30m", does: "stop attempts that are silent for so long" },
    { command: "claude-worker config set model --unset", does: "back to the default" },
  ],
  async run({ words: [name = "", text], options, io }) {
    const file = pathsFrom(io.env).config;
    const { key, env, value } = await changeConfigFile(file, (content) =>
      changed(content, { name, text: text === undefined ? text : absolute(name, text, io), unset: options.unset === true }),
    );
    if (options.json === true) writeJson(io.stdout, { key, value, file });
    else
      say(
        io.stdout,
        `${text === undefined ? `${key} is unset` : `${key} = ${value === null ? "null" : settingText(key as SettingKey, value)}`} in ${file}`,
      );
    warnOfProblems(settingsOf(io).problems, io);
    warnOfEnvironment(env, io);
    if (key === "claude_executable" && typeof value === "string") await warnOfMissing(value, io);
    if ((await needingRestart(io)).has(key)) say(io.stderr, "The running server has another value until: claude-worker server restart");
    return exitCodes.ok;
  },
});

interface Change {
  readonly key: string;
  /** The variable that overrides the file. */
  readonly env: string;
  readonly value: ReturnType<typeof parseSetting>;
  /** The whole file as it is to be. */
  readonly content: object;
}

function changed(content: object, { name, text, unset }: { name: string; text: string | undefined; unset: boolean }): Change {
  // Every key that is in the file can be removed, also an unknown one.
  const isLeftover = unset && Object.hasOwn(content, name);
  const { key, env } = isLeftover ? { key: name, env: variableOf(name) } : settingNamed(name);
  if ((text === undefined) !== unset)
    throw new WorkerError("invalid_input", `Give a value or --unset: claude-worker config set ${key} VALUE`);
  const value = text === undefined ? null : checkedValue(key, text);
  const others = Object.fromEntries(Object.entries(content).filter(([other]) => other !== key));
  return { key, env, value, content: text === undefined ? others : { ...others, [key]: value } };
}

/**
 * @throws WorkerError invalid_input: what would be refused where the setting is used is refused
 * here.
 */
function checkedValue(key: string, text: string): ReturnType<typeof parseSetting> {
  const value = parseSetting(key, text, typedHere);
  if (value === null && text === "")
    throw new WorkerError("invalid_input", `An empty ${key} means nothing. For the default: claude-worker config set ${key} --unset`);
  const problem = key === "host" ? hostProblem(text) : null;
  if (problem !== null) throw new WorkerError("invalid_input", problem);
  return value;
}

/** The server does not run in this directory. */
function absolute(name: string, text: string, io: Io): string {
  return name === "claude_executable" && text !== "" ? pathGiven(io, text) : text;
}

async function warnOfMissing(program: string, io: Io): Promise<void> {
  await access(program, constants.X_OK).catch(() =>
    say(io.stderr, `Warning: ${program} is not a program that can be run, so tasks would wait.`),
  );
}

function variableOf(name: string): string {
  return settingDefinitions.find(({ key }) => key === name)?.env ?? "";
}

function warnOfEnvironment(variable: string, io: Io): void {
  const value = io.env[variable];
  if (value !== undefined && value !== "") say(io.stderr, `Note: ${variable} is set in this environment and overrides the file.`);
}
