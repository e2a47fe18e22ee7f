/**
 * Writes to the store until the disk refuses, and says what then happens. Orders: fill, write,
 * look, probe, read.
 */
import { createInterface } from "node:readline";
import { WorkerError } from "../../src/domain/errors.ts";
import { openStore } from "../../src/store/sqlite/sqlite.ts";
import { plainTask } from "../../testing/plain-task.ts";

const { database } = JSON.parse(process.argv[2] ?? "") as { database: string };
const say = (message: unknown): void => console.log(JSON.stringify(message));
const store = openStore({ path: database });
const prompt = "x".repeat(50_000);
let acknowledged = 0;

say({ opened: true });
for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line) as string;
  if (order === "fill") {
    let refusal = await attempt(() => store.tasks.insert(plainTask({ prompt })));
    while (refusal === null) refusal = await attempt(() => store.tasks.insert(plainTask({ prompt })));
    say(refusal);
  }
  if (order === "write") say(await attempt(() => store.tasks.insert(plainTask({ prompt }))));
  if (order === "look") {
    say(
      await store
        .write(() => store.tasks.counts().pending > 0)
        .then(
          () => null,
          (error: unknown) => describe(error),
        ),
    );
  }
  if (order === "probe") {
    say(
      await store.probe().then(
        () => null,
        (error: unknown) => describe(error),
      ),
    );
  }
  if (order === "read") {
    say({ acknowledged, counted: store.tasks.counts().pending, listed: store.tasks.list({ limit: 5 }).length, problems: store.problems() });
  }
}

async function attempt(work: () => unknown): Promise<unknown> {
  try {
    await store.write(work);
    acknowledged++;
    return null;
  } catch (error) {
    return describe(error);
  }
}

function describe(error: unknown): unknown {
  return error instanceof WorkerError ? { code: error.code, message: error.message } : { code: "?", message: String(error) };
}
