/**
 * Prints what was thrown: a sentence for people, or JSON for programs; the stack trace only with
 * --debug.
 */
import { messageOf, WorkerError } from "../../domain/errors.ts";
import type { InputProblem } from "../../domain/errors.ts";
import { plainText } from "../../domain/text/plain-text.ts";
import { exitCodeOf, Interrupted } from "./exit-codes.ts";
import type { ExitCode } from "./exit-codes.ts";
import { jsonLine } from "../terminal/io.ts";
import type { Io } from "../terminal/io.ts";
import { painter } from "../terminal/render/colour.ts";
import { prose } from "../terminal/render/wrap.ts";

/**
 * Prints an error. With `json` the error is `{"error":{"code","message"}}` on the standard output,
 * so that with --json the standard output is always JSON.
 */
export function reportError(error: unknown, io: Io, { json, debug }: { json: boolean; debug: boolean }): ExitCode {
  const { code, message, errors } = described(error);
  if (json)
    io.stdout.exact(
      jsonLine({
        error: { code, message, ...(errors.length === 0 ? {} : { errors: errors.map(({ pointer, detail }) => ({ pointer, detail })) }) },
      }),
    );
  else {
    const head = `${painter(io.stderr).red("Error:")} `;
    io.stderr.write(`${prose(io.stderr, plainText(message), { first: head, rest: io.stderr.isTTY ? "  " : "" })}\n`);
    // The sentence says all of a single one.
    for (const { place, pointer, detail } of errors.length === 1 ? [] : errors) {
      if (message.includes(detail)) continue;
      io.stderr.write(
        `${prose(io.stderr, plainText(place === "" ? detail : `${place ?? pointer}: ${detail}`), { first: "  ", rest: "    " })}\n`,
      );
    }
  }
  if (debug && error instanceof Error) io.stderr.write(`${plainText(error.stack ?? "")}\n`);
  return exitCodeOf(error);
}

function described(error: unknown): { code: string; message: string; errors: readonly InputProblem[] } {
  if (error instanceof Interrupted) return { code: "interrupted", message: error.message, errors: [] };
  if (error instanceof WorkerError) return { code: error.code, message: error.message, errors: error.problems };
  const message = `Something went wrong inside claude-worker: ${messageOf(error)}. Run it again with --debug and report what it prints.`;
  return { code: "internal", message, errors: [] };
}
