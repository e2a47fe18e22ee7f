/** Tasks as the rows of a live display: turns and money so far, and the last action. */
import type { TaskSummaryView } from "../../../contract/views/task.ts";
import type { Output } from "../output.ts";
import { painter } from "./colour.ts";
import { table } from "./table.ts";
import { statusCell, titleCell, tookOf } from "./task-list.ts";
import { dollars } from "./time.ts";

/** What a narrow terminal does without: turns, cost, and how long it took. */
const optional = [2, 4, 3];

/** A head and a line for each task. @param now UTC milliseconds. */
export function liveTable(tasks: readonly TaskSummaryView[], output: Pick<Output, "columns" | "colour">, now: number): string[] {
  const paint = painter(output);
  const rows = tasks.map((task) => [
    { text: String(task.id), paint: paint.bold },
    statusCell(task, paint),
    { text: String(task.num_turns || "") },
    { text: tookOf(task, now) },
    { text: task.cost_usd === null ? "" : dollars(task.cost_usd) },
    titleCell(task),
  ]);
  const header = ["ID", "STATUS", "TURNS", "TOOK", "COST", "TASK"];
  if (rows.length === 0) return [paint.dim(header.join("  "))];
  const text = table(rows, { header, paintHeader: paint.dim, width: output.columns, right: [0, 2, 3, 4], optional });
  return text.trimEnd().split("\n");
}
