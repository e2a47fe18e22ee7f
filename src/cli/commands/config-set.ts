/** `config set`: writes a checked value into the configuration file. */
import { renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { hostFault } from "../../config/listen-host.ts";
import { readConfigFile } from "../../config/load-settings.ts";
import { makeDirectory } from "../../config/make-directory.ts";
import { pathsFrom } from "../../config/paths.ts";
import { parseSetting } from "../../config/setting-value.ts";
import { settingDefinitions } from "../../config/settings.ts";
import { WorkerError } from "../../domain/errors.ts";
import { defineCommand } from "../command.ts";
import { exitCodes } from "../exit-codes.ts";
import { writeJson } from "../io.ts";
import type { Io } from "../io.ts";
import { settingNamed } from "../setting-named.ts";
import { settingsOf, warnOfFaults } from "../settings-of.ts";
import { settingText } from "../setting-text.ts";

export const command = defineCommand<{ readonly unset?: boolean }>({
  name: "config set",
  summary: "Set a value in the configuration file",
  details: "A server that runs already reads it at its next start. Lists have commas between their parts.",
  arguments: [
    { name: "<key>", description: "the setting", completes: settingDefinitions.map(({ key }) => key) },
    { name: "[value]", description: "its new value" },
  ],
  options: [{ flags: "--unset", description: "take the value out of the file: the default holds again" }],
  examples: [
    { command: "claude-worker config set workers 8", does: "eight tasks at once" },
    { command: "claude-worker config set model --unset", does: "back to the default" },
  ],
  async run({ words: [name = "", text], options, io }) {
    const file = pathsFrom(io.env).config;
    const change = (): Change => changed(readConfigFile(file), { name, text, unset: options.unset === true });
    change(); // What is refused leaves nothing behind, not even a directory.
    const { key, env, value } = await save(file, change);
    if (options.json === true) writeJson(io.stdout, { key, value, file });
    else io.stdout.write(`${text === undefined ? `${key} is unset` : `${key} = ${settingText(value)}`} in ${file}\n`);
    warnOfFaults(settingsOf(io).faults, io);
    warnOfEnvironment(env, io);
    return exitCodes.ok;
  },
});

interface Change {
  readonly key: string;
  /** The variable that is stronger than the file. */
  readonly env: string;
  readonly value: ReturnType<typeof parseSetting>;
  /** The whole file as it is to be. */
  readonly content: object;
}

function changed(content: object, { name, text, unset }: { name: string; text: string | undefined; unset: boolean }): Change {
  // What is in the file can be taken out of it, whatever it is.
  const isLeftover = unset && Object.hasOwn(content, name);
  const { key, env } = isLeftover ? { key: name, env: variableOf(name) } : settingNamed(name);
  if ((text === undefined) !== unset)
    throw new WorkerError("invalid_input", `Give a value or --unset: claude-worker config set ${key} VALUE`);
  const value = text === undefined ? null : checkedValue(key, text);
  const others = Object.fromEntries(Object.entries(content).filter(([other]) => other !== key));
  return { key, env, value, content: text === undefined ? others : { ...others, [key]: value } };
}

/** @throws WorkerError invalid_input: what would be refused where the setting is used is refused here. */
function checkedValue(key: string, text: string): ReturnType<typeof parseSetting> {
  const value = parseSetting(key, text, "the command line");
  if (value === null && text === "")
    throw new WorkerError("invalid_input", `An empty ${key} means nothing. For the default: claude-worker config set ${key} --unset`);
  const fault = key === "host" ? hostFault(text) : null;
  if (fault !== null) throw new WorkerError("invalid_input", fault);
  return value;
}

function variableOf(name: string): string {
  return settingDefinitions.find(({ key }) => key === name)?.env ?? "";
}

function warnOfEnvironment(variable: string, io: Io): void {
  const value = io.env[variable];
  if (value !== undefined && value !== "") io.stderr.write(`Note: ${variable} is set in this environment and stronger than the file.\n`);
}

/** Whole or not at all: a reader never sees half a file. Of calls at the same time one reads and writes after the other, so no value gets lost. */
async function save(file: string, change: () => Change): Promise<Change> {
  const lock = `${file}.lock`;
  const fresh = `${file}.${process.pid}.new`;
  try {
    makeDirectory(dirname(file));
    await takeTurn(lock);
    try {
      const made = change();
      writeFileSync(fresh, `${JSON.stringify(made.content, null, 2)}\n`, { mode: 0o600 });
      renameSync(fresh, file);
      return made;
    } finally {
      for (const own of [fresh, lock]) rmSync(own, { force: true });
    }
  } catch (error) {
    if (error instanceof WorkerError) throw error;
    throw new WorkerError(
      "storage_unusable",
      `The configuration ${file} cannot be written (${(error as NodeJS.ErrnoException).code ?? "unknown error"}). Mend its rights, or choose another place: CLAUDE_WORKER_CONFIG.`,
    );
  }
}

/** A turn takes milliseconds: a lock of this age was left by a call that was killed. */
const leftOverMs = 2000;

/** Resolves when the lock is this call's. */
async function takeTurn(lock: string): Promise<void> {
  for (; ; await delay(5 + Math.random() * 10)) {
    if (ageOf(lock) > leftOverMs) rmSync(lock, { force: true });
    try {
      return writeFileSync(lock, "", { flag: "wx", mode: 0o600 });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

/** In ms; 0 when it is not there. Without a sign: a clock that was set back must keep nobody waiting. */
function ageOf(file: string): number {
  const made = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
  return made === undefined ? 0 : Math.abs(Date.now() - made);
}
