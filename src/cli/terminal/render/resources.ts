/** What the machine has for tasks, as people read it. */
import type { ServerView } from "../../../contract/views/server.ts";

/** `7412 MB of memory free (512 MB are to stay free), load 0.4 per processor (at most 16), …`. */
export function resourcesText(resources: ServerView["resources"]): string {
  const { free_memory_mb: memory, load_per_cpu: load, free_disk_mb: disk } = resources;
  const { min_free_memory_mb: leastMemory, max_load_per_cpu: mostLoad, min_free_disk_mb: leastDisk } = resources;
  const stays = (mb: number | null): string => (mb === null ? " (not looked at)" : ` (${mb} MB are to stay free)`);
  const parts = [
    ...(memory === null ? [] : [`${memory} MB of memory free${stays(leastMemory)}`]),
    ...(load === null ? [] : [`load ${load.toFixed(1)} per processor (${mostLoad === null ? "not looked at" : `at most ${mostLoad}`})`]),
    ...(disk === null ? [] : [`${disk} MB of disk free${stays(leastDisk)}`]),
  ];
  return parts.length === 0 ? "not known" : parts.join(", ");
}
