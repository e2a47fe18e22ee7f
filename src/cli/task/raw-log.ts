/**
 * Prints a task's raw log byte for byte, or only the chosen lines of it. With --follow, continues
 * as the file grows.
 */
import type { LogCall } from "./log-call.ts";
import { WorkerError } from "../../domain/errors.ts";

/** @throws WorkerError not_found when the task has no log yet and is not followed. */
export async function rawLog(call: LogCall): Promise<void> {
  const { client, task, options, signal } = call;
  const position = { bytes: 0 };
  await section(call, position, { isFirst: true });
  if (options.follow !== true) return;
  // The events tell when the log has grown; what they say is read from the file.
  for await (const _event of client.events(task.id, { after: task.last_event, signal })) await section(call, position, { isFirst: false });
  if (!signal.aborted) await section(call, position, { isFirst: false });
}

/** Prints what the file has beyond the position. */
async function section(call: LogCall, position: { bytes: number }, { isFirst }: { isFirst: boolean }): Promise<void> {
  const { client, io, task, options } = call;
  const bytes = counted(client.log(task.id, { kind: "raw", from: position.bytes }), position);
  try {
    if (isFirst && (options.lines !== undefined || options.since !== undefined)) {
      for (const line of await chosenLines(bytes, options)) await io.stdout.raw(`${line}\n`);
    } else for await (const chunk of bytes) await io.stdout.raw(chunk);
  } catch (error) {
    const isYetToCome = error instanceof WorkerError && error.code === "not_found" && options.follow === true;
    if (!isYetToCome) throw error;
  }
}

async function* counted(chunks: AsyncIterable<Buffer>, position: { bytes: number }): AsyncGenerator<Buffer, void> {
  for await (const chunk of chunks) {
    position.bytes += chunk.length;
    yield chunk;
  }
}

async function chosenLines(chunks: AsyncIterable<Buffer>, { lines: count, since }: LogCall["options"]): Promise<string[]> {
  let chosen: string[] = [];
  for await (const line of linesOf(chunks)) {
    if (since !== undefined && !isNewEnough(line, since)) continue;
    chosen.push(line);
    if (count !== undefined && chosen.length > count * 2 + 1000) chosen = chosen.slice(-count);
  }
  if (count === undefined) return chosen;
  return count === 0 ? [] : chosen.slice(-count);
}

async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") yield rest;
}

function isNewEnough(line: string, since: number): boolean {
  const at = /"_at":"([^"]+)"/.exec(line)?.[1];
  return at === undefined || Date.parse(at) >= since;
}
