/** Asks a person at the terminal before something is done that is hard to undo. */
import { createInterface } from "node:readline/promises";
import type { WorkerError } from "../../domain/errors.ts";
import { plainLine } from "../../domain/text/plain-text.ts";
import { Interrupted } from "../commandline/exit-codes.ts";
import type { Io } from "./io.ts";

/** Whether a person can be asked. */
export function canAsk({ stdin, stderr }: Io): boolean {
  return stdin.isTTY === true && stderr.isTTY;
}

/** Asks a person several lines, one after the other. */
export interface LineReader {
  /**
   * @param question one line; control characters are taken out, as the reader writes past `io`.
   * @returns what was typed, without blanks around it; empty at Ctrl-C and Ctrl-D.
   */
  ask(question: string): Promise<string>;
  /** Forgets the lines that were typed or pasted ahead. @returns how many. */
  forget(): number;
  /** Whether Ctrl-C or Ctrl-D ended the questions. */
  readonly isOver: boolean;
  close(): void;
}

export function lineReader(io: Io): LineReader {
  const reader = createInterface({ input: io.stdin, output: process.stderr, terminal: canAsk(io) });
  /** Lines that were typed before they were asked for: a paste has several at once. */
  const typed: string[] = [];
  let isOver = false;
  let take: ((line: string) => void) | null = null;
  const give = (line: string): void => {
    const taken = take;
    // Before the line is read the next one of a paste may come.
    take = null;
    if (taken === null) typed.push(line);
    else taken(line);
  };
  const end = (): void => {
    isOver = true;
    if (take !== null) give("");
  };
  reader.on("line", give);
  reader.once("SIGINT", end);
  reader.once("close", end);
  return {
    ask: async (question) => {
      const early = typed.shift();
      if (early === undefined && isOver) return "";
      reader.setPrompt(`${plainLine(question, 2000)} `);
      reader.prompt();
      // The person sees which line is taken for which question.
      if (early !== undefined) process.stderr.write(`${plainLine(early, 200)}\n`);
      return (early ?? (await new Promise<string>((resolve) => (take = resolve)))).trim();
    },
    forget: () => typed.splice(0).length,
    get isOver() {
      return isOver && typed.length === 0;
    },
    close: () => reader.close(),
  };
}

/**
 * Resolves when the person says yes. Ctrl-D is a no.
 * @param question one line; control characters are taken out, as the reader writes past `io`.
 * @throws `otherwise` when the answer is no; Interrupted with its sentence at Ctrl-C.
 */
export async function confirm(io: Io, question: string, otherwise: WorkerError): Promise<void> {
  const reader = createInterface({ input: io.stdin, output: process.stderr, terminal: canAsk(io) });
  const leave = new AbortController();
  reader.once("SIGINT", () => leave.abort());
  reader.once("close", () => leave.abort("closed"));
  try {
    const answer = await reader.question(`${plainLine(question, 2000)} [y/N] `, { signal: leave.signal }).catch(() => "");
    if (/^y(es)?$/i.test(answer.trim())) return;
  } finally {
    reader.close();
  }
  if (leave.signal.aborted && leave.signal.reason !== "closed") throw new Interrupted(otherwise.message);
  throw otherwise;
}
