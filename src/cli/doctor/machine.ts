/** Checks what the machine has for tasks, as the server sees it. */
import type { WorkerClient } from "../../client/worker-client.ts";
import { resourcesText } from "../terminal/render/resources.ts";
import { ok, warn } from "./check.ts";
import type { Check } from "./check.ts";

/** Empty where the server does not say. */
export async function checkMachine(client: WorkerClient): Promise<Check[]> {
  try {
    const { resources } = await client.server();
    const text = resourcesText(resources);
    if (resources.short_of === null) return [ok("Machine", text)];
    return [
      warn(
        "Machine",
        `${resources.short_of} Now: ${text}.`,
        "Tasks start when it is free again. Change the limits: claude-worker config set --help",
      ),
    ];
  } catch {
    return []; // The check of the server says why it does not answer.
  }
}
