/**
 * Turns what a caller wrote as `verify` into the commands that the task stores: names become the
 * commands that they stand for now, so that nothing that a task changes later counts.
 */
import { WorkerError } from "../../domain/errors.ts";
import { didYouMean } from "../../domain/text/did-you-mean.ts";
import { plainLine } from "../../domain/text/plain-text.ts";
import { readVerify, verifyWords, writeVerify } from "../../domain/verification/verify-command.ts";
import { namedCommands, quotedDirectory, repositoryFileState } from "./named-commands.ts";
import type { FileState, NamedCommands, NamedContext } from "./named-commands.ts";

/** The options of a task that hold one command. */
export const commandOptions = ["until", "score"] as const;
type CommandOption = (typeof commandOptions)[number];

/** What a task stores for options that hold one command: only those that are given. */
export function resolveCommands(
  context: NamedContext,
  written: { readonly [Name in CommandOption]?: string | null | undefined },
  directory: string,
): { [Name in CommandOption]?: string | null } {
  const given = commandOptions.filter((name) => written[name] !== undefined);
  return Object.fromEntries(
    given.map((name) => {
      const text = written[name] ?? null;
      const [command = null] = text === null ? [] : resolveVerify(context, [text], directory, () => `/${name}`);
      return [name, command];
    }),
  );
}

/**
 * @param directory a real path @param pointerOf where a command stands in the input.
 * @throws WorkerError invalid_input: no such name; untrusted_directory: the repository names it,
 * and no person has trusted that.
 */
export function resolveVerify(
  context: NamedContext,
  written: readonly string[],
  directory: string,
  pointerOf = (index: number) => `/verify/${index}`,
): string[] {
  if (written.length === 0) return [];
  if (written.includes(verifyWords.none)) return none(written);
  if (written.every((text) => readVerify(text).command !== null)) return withOwnNames([...new Set(written)]);
  const named = namedCommands(context, directory);
  const state = repositoryFileState(context.store, directory);
  return withOwnNames([...new Set(written.flatMap((text, index) => resolved(text, pointerOf(index), named, state)))]);
}

/** @throws WorkerError invalid_input: two commands have the same name. */
function withOwnNames(commands: string[]): string[] {
  const names = new Map<string, string>();
  for (const text of commands) {
    const { name, command } = readVerify(text);
    if (name === null) continue;
    const other = names.get(name);
    if (other !== undefined) {
      const detail = `two commands have the name @${name}: ${plainLine(other, 100)} and ${plainLine(command ?? text, 100)}`;
      throw new WorkerError("invalid_input", `${detail[0]?.toUpperCase() ?? ""}${detail.slice(1)}. Give each a name of its own.`, [
        { pointer: "/verify", detail },
      ]);
    }
    names.set(name, command ?? text);
  }
  return commands;
}

function none(written: readonly string[]): string[] {
  if (written.length === 1) return [];
  const detail = `${verifyWords.none} says that no command runs, and other commands stand beside it`;
  throw new WorkerError("invalid_input", `${detail}. Leave one of them out.`, [{ pointer: "/verify", detail }]);
}

function resolved(text: string, pointer: string, named: NamedCommands, state: FileState): string[] {
  const { name, command } = readVerify(text);
  if (command !== null || name === null) return [text];
  if (text === verifyWords.default) return defaults(pointer, named, state);
  const known = named.commands.get(name);
  if (known !== undefined) return [writeVerify({ name, command: known })];
  throw (state.kind === "new" || state.kind === "changed") && Object.hasOwn(state.says.commands, name)
    ? untrusted(state, pointer)
    : unknown(name, pointer, named, state);
}

/** A repository that wants a check is not passed over in silence where its word does not count. */
function defaults(pointer: string, named: NamedCommands, state: FileState): string[] {
  if (state.kind === "new" && state.says.defaults.length > 0) throw untrusted(state, pointer);
  if (state.kind === "broken" && named.defaults.length === 0) throw broken(state, pointer);
  return named.defaults.map((name) => writeVerify({ name, command: named.commands.get(name) ?? "" }));
}

function untrusted({ file, kind, says }: Extract<FileState, { kind: "new" | "changed" }>, pointer: string): WorkerError {
  const since = kind === "new" ? "no person has trusted them yet" : "it was changed since a person trusted it";
  const list = Object.entries(says.commands).map(([name, command]) => `${name}: ${plainLine(command, 200)}`);
  return new WorkerError(
    "untrusted_directory",
    `${file} names verify commands, and ${since}: ${list.join("; ")}. They run as your user. If you trust them: claude-worker trust add ${quotedDirectory(file)}. To run none: --verify ${verifyWords.none}`,
    [{ pointer, detail: "not trusted" }],
  );
}

function broken({ file, problem }: Extract<FileState, { kind: "broken" }>, pointer: string): WorkerError {
  return new WorkerError("invalid_input", `${file} ${problem}. Fix it, or run without its commands: --verify ${verifyWords.none}`, [
    { pointer, detail: problem },
  ]);
}

function unknown(name: string, pointer: string, { commands }: NamedCommands, state: FileState): WorkerError {
  const near = didYouMean(name, commands.keys());
  const known = [...commands.keys()].map((each) => `@${each}`).join(", ");
  const hint = near === null ? (known === "" ? "None is named here." : `Named here: ${known}.`) : `Did you mean @${near}?`;
  const why = state.kind === "broken" ? ` ${state.file} ${state.problem}.` : "";
  const detail = `no verify command has the name @${name} here`;
  return new WorkerError(
    "invalid_input",
    `${detail[0]?.toUpperCase() ?? ""}${detail.slice(1)}. ${hint}${why} Name it in .claude-worker.json at the top of the repository, or give the command itself.`,
    [{ pointer, detail }],
  );
}
