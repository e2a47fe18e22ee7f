/**
 * Runs one call of the command line: finds the command, parses its words, runs it, and turns an
 * error into a sentence and an exit code.
 */
import { refuseBrokenText } from "./argument-bytes.ts";
import { findCommand } from "./command-index.ts";
import type { Call } from "./command.ts";
import { exitCodes } from "./exit-codes.ts";
import type { ExitCode } from "./exit-codes.ts";
import type { Io } from "../terminal/io.ts";
import { parseWords } from "./parse-words.ts";

/** @param argv the words after the program's name. */
export async function runCli(argv: readonly string[], io: Io): Promise<ExitCode> {
  try {
    return await dispatch(argv, io);
  } catch (error) {
    return await reportFailure(error, argv, io);
  }
}

/** Prints what was thrown. @param argv the call's words. */
export async function reportFailure(thrown: unknown, argv: readonly string[], io: Io): Promise<ExitCode> {
  const [{ reportError }, { withAdviceFor }, { explainUnreadable }, { clientUsedBy }] = await Promise.all([
    import("./report-error.ts"),
    import("../server/inside-task.ts"),
    import("./unreadable-answer.ts"),
    import("../server/connection.ts"),
  ]);
  const explained = withAdviceFor(io, await explainUnreadable(thrown, clientUsedBy(io)));
  // Behind `--` stands text.
  const flags = argv.slice(0, argv.includes("--") ? argv.indexOf("--") : argv.length);
  return reportError(explained, io, { json: flags.includes("--json"), debug: flags.includes("--debug") });
}

async function dispatch(argv: readonly string[], io: Io): Promise<ExitCode> {
  refuseBrokenText(argv);
  const start = argv.findIndex((word) => !word.startsWith("-"));
  const before = start === -1 ? argv : argv.slice(0, start);
  if (start === -1 || argv[start] === "help" || before.some((flag) => !["--json", "--debug"].includes(flag))) {
    const { general } = await import("./general.ts");
    return await general(argv, io);
  }
  const found = findCommand(argv.slice(start));
  if (found.kind !== "command") {
    const { generalAbout } = await import("./general.ts");
    return await generalAbout(found, io);
  }
  const { command } = await found.entry.load();
  if (command.forPeople === true) {
    const { requirePerson } = await import("../server/inside-task.ts");
    requirePerson(command, io);
  }
  if (command.passesWordsOn === true) return await command.run({ words: found.rest, options: {}, io, behind: null } as Call<never>);
  const { words, options, behind, wantsHelp } = parseWords(command, [...before, ...found.rest]);
  if (wantsHelp) {
    const { commandHelp } = await import("./command-help.ts");
    io.stdout.write(commandHelp(command, io.stdout.columns));
    return exitCodes.ok;
  }
  // The options have the names and types that the command's own specification gives them.
  try {
    return await command.run({ words, options, io, behind } as Call<never>);
  } catch (error) {
    const { withFlagNames } = await import("./name-flags.ts");
    throw withFlagNames(error, command);
  }
}
