/**
 * Where a prompt comes from: an argument, a file that the argument names, the standard input, or an
 * argument with piped text as context.
 */
import { isUtf8 } from "node:buffer";
import { fstatSync, statSync } from "node:fs";
import type { Stats } from "node:fs";
import { WorkerError } from "../../domain/errors.ts";
import { maxPromptBytes } from "../../domain/task/prompt-size.ts";
import type { Io } from "../terminal/io.ts";
import { pathGiven } from "../commandline/path-given.ts";
import { readAtMost } from "./read-at-most.ts";

/**
 * How long to wait for a silent socket as standard input: programs often start the command with one
 * and never close it.
 */
const socketPatienceMs = 300;
const hintAfterMs = 2000;

export interface GivenPrompt {
  readonly prompt: string;
  /**
   * Where the text begins that came from a pipe or a file (UTF-16 code units): `{{ … }}` in it is
   * not filled in. Null: all of it is the argument.
   */
  readonly literalFrom: number | null;
}

/**
 * The prompt.
 * @param argument as given; `-` means the standard input.
 * @throws WorkerError invalid_input: none given, empty, over 10 MB, or not UTF-8 text.
 */
export async function readPrompt(argument: string | undefined, io: Io): Promise<string> {
  return (await readGivenPrompt(argument, io)).prompt;
}

/** The prompt, and where its text comes from. @throws like `readPrompt`. */
export async function readGivenPrompt(argument: string | undefined, io: Io): Promise<GivenPrompt> {
  if (argument === "-") return literal(checked(textOf(await readAll(io, "a person types"), "the standard input"), "the standard input"));
  const input = kindOfInput(io);
  if (argument === undefined) {
    if (input !== "none") return literal(checked(textOf(await readAll(io, input), "the standard input"), "the standard input"));
    throw new WorkerError(
      "invalid_input",
      'No prompt. Say what Claude should do: claude-worker run "Fix the failing test", or give a file, or pipe the text in. A prompt that begins with a dash goes behind --: claude-worker run -- "-…"',
    );
  }
  const file = fileNamed(argument, io);
  const prompt = file ?? notFileLike(argument);
  const context = input === "none" ? "" : checked(textOf(await readAll(io, input), "the standard input"), "the standard input", true);
  if (context.trim() === "") return { prompt: checked(prompt, "the prompt"), literalFrom: file === null ? null : 0 };
  const whole = checked(`${prompt.trimEnd()}\n\n${context}`, "the prompt");
  return { prompt: whole, literalFrom: file === null ? prompt.trimEnd().length : 0 };
}

/** The text of a file. @throws WorkerError invalid_input: there is none, or it is not text. */
export function readPromptFile(path: string, io: Io): string {
  const text = fileNamed(path, io);
  if (text === null) throw new WorkerError("invalid_input", `There is no file ${path}.`);
  return text;
}

/** Text that is piped in; null: none is. @throws WorkerError invalid_input: it is not text. */
export async function readPiped(io: Io): Promise<string | null> {
  const input = kindOfInput(io);
  if (input === "none") return null;
  const text = checked(textOf(await readAll(io, input), "the standard input"), "the standard input", true);
  return text.trim() === "" ? null : text;
}

function literal(prompt: string): GivenPrompt {
  return { prompt, literalFrom: 0 };
}

/** The text of an existing file of that name, or null: it names none. */
function fileNamed(argument: string, io: Io): string | null {
  const path = placeOf(argument, io);
  const found = path === null ? null : whatIsAt(path);
  if (path === null || found === null) return null;
  refuseStrangeKind(found, argument);
  if (found.size > maxPromptBytes) throw tooLong(argument);
  try {
    return checked(
      textOf(
        readAtMost(path, maxPromptBytes, () => tooLong(argument)),
        argument,
      ),
      argument,
    );
  } catch (error) {
    if (error instanceof WorkerError) throw error;
    throw new WorkerError(
      "invalid_input",
      `The file ${argument} cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown error"}).`,
    );
  }
}

/**
 * Where a file of that name would be; null: nowhere, also where the current directory was removed.
 */
function placeOf(argument: string, io: Io): string | null {
  if (argument.trim() === "" || argument.includes("\0")) return null;
  try {
    return pathGiven(io, argument);
  } catch {
    return null;
  }
}

/** The ending of a file's name: `.md`, `.txt`. */
const ending = /[^.]\.[A-Za-z][A-Za-z0-9]{0,7}$/;
/** A command of Claude Code: `/review`, `/plugin:review`. */
const slashCommand = /^\/[A-Za-z][\w:-]*$/;

/**
 * The argument itself, unless it is one word that looks like the name of a file: that is a typing
 * error far more often than a task.
 */
function notFileLike(argument: string): string {
  const isWord = !/[\s\0]/.test(argument) && Buffer.byteLength(argument) <= 255;
  const isAddress = argument.includes("://") || argument.includes("@");
  if (!isWord || isAddress || slashCommand.test(argument) || !(argument.includes("/") || ending.test(argument))) return argument;
  throw new WorkerError(
    "invalid_input",
    `There is no file ${argument}. To submit the word itself: echo '${argument}' | claude-worker run -`,
  );
}

/**
 * What the file system knows by that name; null also when no file can have it (ENAMETOOLONG, ELOOP
 * …): then it is a text.
 */
function whatIsAt(path: string): Stats | null {
  try {
    return statSync(path, { throwIfNoEntry: false }) ?? null;
  } catch {
    return null;
  }
}

/** A FIFO is welcome: that is what the shell makes of `<(…)`. @throws WorkerError invalid_input. */
function refuseStrangeKind(found: Stats, argument: string): void {
  if (found.isFile() || found.isFIFO()) return;
  const asText = `To submit the word itself: echo '${argument}' | claude-worker run -`;
  throw new WorkerError(
    "invalid_input",
    found.isDirectory()
      ? `${argument} is a directory, not a prompt. Did you mean to work in it? claude-worker run "…" -d ${argument} · ${asText}`
      : `${argument} is a device or a socket, and only files are read as prompts. ${asText}`,
  );
}

type Input = "none" | "pipe" | "socket" | "a person types";

/**
 * Looks without opening the stream, which would cost every call milliseconds. A terminal and
 * /dev/null give nothing unasked.
 */
function kindOfInput({ inputFd }: Io): Input {
  if (inputFd === null) return "pipe";
  try {
    const what = fstatSync(inputFd);
    if (what.isSocket()) return "socket";
    return what.isFIFO() || what.isFile() ? "pipe" : "none";
  } catch {
    return "none"; // Closed.
  }
}

async function readAll({ stdin, stderr }: Io, input: Input): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  const patience = new AbortController();
  const timers = [
    setTimeout(
      () =>
        input !== "socket" &&
        stderr.write("Reading the prompt's text from the standard input; end it with Ctrl-D, or call with </dev/null.\n"),
      hintAfterMs,
    ),
    ...(input === "socket" ? [setTimeout(() => patience.abort(), socketPatienceMs)] : []),
  ];
  try {
    for await (const part of chunks(stdin, patience.signal)) {
      for (const timer of timers.splice(0)) clearTimeout(timer);
      parts.push(part);
      length += part.length;
      if (length > maxPromptBytes) throw tooLong("The standard input");
    }
  } finally {
    for (const timer of timers) clearTimeout(timer);
  }
  return Buffer.concat(parts);
}

/** The stream's chunks; ends early when nothing at all had come at the signal. */
async function* chunks(stdin: Io["stdin"], signal: AbortSignal): AsyncGenerator<Buffer, void> {
  const nothing = new Promise<null>((resolve) => signal.addEventListener("abort", () => resolve(null), { once: true }));
  const iterator = stdin[Symbol.asyncIterator]() as AsyncIterator<Buffer | string>;
  for (let isFirst = true; ; isFirst = false) {
    const next = iterator.next();
    const result = await (isFirst ? Promise.race([next, nothing]) : next);
    if (result === null) return void stdin.destroy();
    if (result.done === true) return;
    yield Buffer.from(result.value);
  }
}

/** The bytes as text. Not TextDecoder: loading that takes longer than all the rest of this file. */
function textOf(bytes: Buffer, source: string): string {
  if (!isUtf8(bytes)) {
    throw new WorkerError("invalid_input", `${capital(source)} is not UTF-8 text. Convert it first, or name the file in the prompt.`);
  }
  return bytes.toString("utf8").replace(/^\ufeff/, "");
}

function checked(text: string, source: string, mayBeEmpty = false): string {
  if (Buffer.byteLength(text) > maxPromptBytes) throw tooLong(source);
  if (text.includes("\0"))
    throw new WorkerError("invalid_input", `${capital(source)} holds a NUL character, so it is not text. Give a text file.`);
  if (text.trim() === "" && !mayBeEmpty) throw new WorkerError("invalid_input", `${capital(source)} is empty: say what Claude should do.`);
  return text;
}

function tooLong(source: string): WorkerError {
  return new WorkerError(
    "payload_too_large",
    `${capital(source)} is over 10 MB, too long for a prompt. Put the material into a file and name it in the prompt.`,
  );
}

function capital(text: string): string {
  return text.startsWith("the ") ? `T${text.slice(1)}` : text;
}
