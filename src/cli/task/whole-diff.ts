/** Reads all pages of what a task changed. */
import type { WorkerClient } from "../../client/worker-client.ts";
import type { DiffView } from "../../contract/views/diff.ts";
import type { TaskRef } from "../../domain/task/task-ref.ts";

/** Files of one request: with and without their lines. */
const pageOfPatches = 100;
const pageOfNames = 500;

export interface DiffChoice {
  readonly since?: number;
  readonly to?: number;
  readonly hunks: boolean;
}

export async function* diffPages(client: WorkerClient, id: TaskRef, choice: DiffChoice): AsyncGenerator<DiffView> {
  for (let offset: number | null = 0; offset !== null;) {
    const page: DiffView = await client.taskDiff({ id, ...choice, offset, limit: choice.hunks ? pageOfPatches : pageOfNames });
    yield page;
    offset = page.next_offset;
  }
}

export async function wholeDiff(client: WorkerClient, id: TaskRef, choice: DiffChoice): Promise<Pick<DiffView, "files" | "from" | "to">> {
  const pages: DiffView[] = [];
  for await (const page of diffPages(client, id, choice)) pages.push(page);
  const [first] = pages;
  if (first === undefined) throw new Error("The difference has no page.");
  return { from: first.from, to: first.to, files: pages.flatMap(({ files }) => files) };
}
