/** How figures are shown: an aligned table for the terminal, and one for docs/performance.md. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Row } from "./figure.ts";
import type { Machine } from "./machine.ts";

const page = fileURLToPath(new URL("../docs/performance.md", import.meta.url));
const marks = { begin: "<!-- bench: begin -->", end: "<!-- bench: end -->" };

export function table(rows: readonly Row[]): string {
  const cells = [
    ["figure", "measured", "target", "ok", ""],
    ...rows.map((row) => [row.figure, measured(row), row.target ?? "", mark(row), row.note ?? ""]),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  return cells
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

export function machineLines(machine: Machine): string {
  const { date, commit, cpu, cores, memory, system, node, sqlite, sdk, claude, load } = machine;
  return [
    `${date}, commit ${commit}, load at the start ${load}`,
    `${cpu}, ${cores} cores, ${memory}, ${system}`,
    `Node ${node}, SQLite ${sqlite}, Claude Agent SDK ${sdk}, ${claude}`,
  ].join("\n");
}

/** Puts the run between the marks of docs/performance.md. */
export function writePage(machine: Machine, rows: readonly Row[]): void {
  const text = readFileSync(page, "utf8");
  const [begin, end] = [text.indexOf(marks.begin), text.indexOf(marks.end)];
  if (begin === -1 || end === -1) throw new Error(`${page} has no place for the table: ${marks.begin} … ${marks.end}`);
  const about = machineLines(machine)
    .split("\n")
    .map((line) => `* ${line}`)
    .join("\n");
  const lines = rows.map((row) => `| ${[row.figure, measured(row), row.target ?? "–", mark(row) || "–", row.note ?? ""].join(" | ")} |`);
  const run = [about, "", "| figure | measured | target | ok | of what |", "|---|---|---|---|---|", ...lines].join("\n");
  writeFileSync(page, `${text.slice(0, begin)}${marks.begin}\n${run}\n${text.slice(end)}`);
}

function measured({ value, unit }: Row): string {
  const digits = Number.isInteger(value) ? 0 : 3;
  return `${value.toLocaleString("en", { maximumFractionDigits: digits })} ${unit}`;
}

function mark({ ok }: Row): string {
  if (ok === null) return "";
  return ok ? "yes" : "MISSED";
}
