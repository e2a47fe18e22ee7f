/** Prints the steps of a landing while its answer is waited for. */
import type { WorkerClient } from "../../client/index.ts";
import type { LandView } from "../../contract/views/workspace.ts";
import { plainLine } from "../../domain/text/plain-text.ts";
import type { Io } from "../terminal/io.ts";

const pollMs = 1_000;

interface Order {
  readonly into: string;
  readonly tasks: readonly number[];
}

/**
 * Steps go to the standard error, so that the answer stays alone on the standard output. What
 * cannot be read is not shown: the landing itself is not concerned.
 */
export async function followLanding(
  io: Io,
  client: WorkerClient,
  { into, tasks }: Order,
  land: () => Promise<LandView>,
): Promise<LandView> {
  const known = await landings(client);
  const before = Math.max(0, ...known.map(({ id }) => id));
  let shown = 0;
  const print = async (): Promise<void> => {
    const own = (await landings(client)).find((each) => each.id > before && each.into === into && String(each.tasks) === String(tasks));
    const steps = own?.steps ?? [];
    for (const { text } of steps.slice(shown)) io.stderr.write(`  ${plainLine(text, 500)}\n`);
    shown = Math.max(shown, steps.length);
  };
  const landed = land();
  const isOver = landed.then(
    () => true,
    () => true,
  );
  while (!(await Promise.race([isOver, pause()]))) await print();
  await print();
  return await landed;
}

async function landings(client: WorkerClient) {
  return await client.listLandings().then(
    ({ landings: found }) => found,
    () => [],
  );
}

async function pause(): Promise<false> {
  const { promise, resolve } = Promise.withResolvers<false>();
  // The timer must not keep the process alive once the landing is over.
  setTimeout(() => resolve(false), pollMs).unref();
  return await promise;
}
