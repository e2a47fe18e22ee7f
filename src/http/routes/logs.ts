/**
 * The route of a task's log files, whole or by a byte range. It follows no links and sends the file
 * as it is at the moment of the request.
 */
import { constants, open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import type { WorkerApi } from "../../contract/api.ts";
import { operations } from "../../contract/operations/index.ts";
import { WorkerError } from "../../domain/errors.ts";
import { byteRange } from "../request/byte-range.ts";
import { HttpError } from "../request/problem.ts";
import { route } from "../request/route.ts";
import type { Answer, Route } from "../request/route.ts";
import { streamHead } from "../request/send-answer.ts";
import type { TaskRef } from "../../domain/task/task-ref.ts";

const types = { raw: "application/x-ndjson; charset=utf-8", summary: "text/plain; charset=utf-8" } as const;

export function logRoutes(api: WorkerApi): Route[] {
  return [
    route(operations.getLog, async ({ params: { id }, query: { kind }, request, response }): Promise<Answer> => {
      const file = await openLog(await api.logFile(id, kind), id);
      try {
        const { size } = await file.stat();
        await send(response, file, { size, type: types[kind], range: request.headers.range, isHead: request.method === "HEAD" });
      } finally {
        await file.close();
      }
      return "streamed";
    }),
  ];
}

interface Sending {
  readonly size: number;
  readonly type: string;
  readonly range: string | undefined;
  readonly isHead: boolean;
}

async function send(response: ServerResponse, file: FileHandle, { size, type, range, isHead }: Sending): Promise<void> {
  const part = byteRange(range, size);
  if (part === "unsatisfiable") {
    throw new HttpError("range_not_satisfiable", `The log has ${size} bytes; the range begins after them.`, {
      "content-range": `bytes */${size}`,
    });
  }
  const { start, end } = part ?? { start: 0, end: size - 1 };
  const headers = { "content-type": type, "accept-ranges": "bytes", "content-length": end - start + 1 };
  response.writeHead(
    part === null ? 200 : 206,
    streamHead(part === null ? headers : { ...headers, "content-range": `bytes ${start}-${end}/${size}` }),
  );
  if (isHead || end < start) return void response.end();
  // A reader that goes away in the middle is its own business.
  await pipeline(file.createReadStream({ start, end, autoClose: false }), response).catch(() => response.destroy());
}

/** @throws WorkerError not_found. */
async function openLog(path: string, id: TaskRef): Promise<FileHandle> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    if ((await file.stat()).isFile()) return file;
    await file.close();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT" && code !== "ELOOP") throw error;
  }
  throw new WorkerError("not_found", `Task ${id} has no such log: it has not started yet, or the log was removed.`);
}
