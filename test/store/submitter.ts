/**
 * Submits without end, ten at a time, and prints the number of each task that was acknowledged. To
 * be killed.
 */
import { writeSync } from "node:fs";
import { openStore } from "../../src/store/sqlite/sqlite.ts";
import { plainTask } from "../../testing/plain-task.ts";

const { database, round } = JSON.parse(process.argv[2] ?? "") as { database: string; round: number };
const store = openStore({ path: database });

async function submitForEver(): Promise<never> {
  for (;;) {
    const task = await store.write(() => {
      const inserted = store.tasks.insert(plainTask({ prompt: `Round ${round}` }));
      store.events.append(inserted.id, null, [{ type: "submitted", at: 1, data: { by: "test" } }]);
      return inserted;
    });
    // At once and to the kernel: what is printed was acknowledged, whenever the kill comes.
    writeSync(1, `${task.id}\n`);
  }
}

for (let each = 0; each < 10; each += 1) void submitForEver();
