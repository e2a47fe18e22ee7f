/** A task's stored events, page by page. */
import type { EventView } from "../../contract/views/event.ts";
import type { WorkerClient } from "../../client/worker-client.ts";
import type { TaskRef } from "../../domain/task/task-ref.ts";

const pageSize = 500;

/** Events after number `after`, up to and including number `last`. */
export async function* storedEvents(
  client: WorkerClient,
  taskId: TaskRef,
  { after, last }: { after: number; last: number },
): AsyncGenerator<EventView, void> {
  for (let position = after; position < last;) {
    const { events } = await client.taskEvents({ id: taskId, after: position, limit: pageSize });
    if (events.length === 0) return;
    for (const event of events) {
      if (event.seq > last) return;
      position = event.seq;
      yield event;
    }
  }
}
