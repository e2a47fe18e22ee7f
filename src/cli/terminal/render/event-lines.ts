/**
 * A task's events as lines for people, with their time in front. Everything from the agent is made
 * plain.
 */
import type { EventView } from "../../../contract/views/event.ts";
import { isOfSubagent } from "../../../domain/events/is-of-subagent.ts";
import { plainLine, plainText } from "../../../domain/text/plain-text.ts";
import type { Output } from "../output.ts";
import { painter } from "./colour.ts";
import type { Painter } from "./colour.ts";
import { clock } from "./time.ts";
import { wrap } from "./wrap.ts";

/** How many lines of a command's output are shown. */
const outputLines = 3;

/** Lines are cut at different lengths: so much of two errors is compared. */
const comparedLength = 100;

/** A task's story as it is printed: it knows which of the calls were commands. */
export class EventLines {
  readonly #output: Pick<Output, "isTTY" | "columns">;
  readonly #paint: Painter;
  readonly #prefix: string;
  /** Calls of commands whose result has not come yet. */
  readonly #commands = new Set<string>();

  /** The turn of the last line that belongs to one; 0: there was none. */
  #turn = 0;
  /** The beginning of the error that was reported last; empty: none since the last result. */
  #error = "";

  /** @param prefix stands before each line, e.g. the task's id. */
  constructor(output: Pick<Output, "isTTY" | "columns" | "colour">, prefix = "") {
    this.#prefix = prefix;
    this.#output = output;
    this.#paint = painter(output);
  }

  /** Lines without newlines, wrapped on a terminal; none for events that a person need not see. */
  of(event: EventView): string[] {
    const texts =
      agentText(event) ??
      event.summary.map((line) => painted(`${/^ */.exec(line)?.[0] ?? ""}${plainLine(line, 2000)}`, event, this.#paint));
    const lines = [...this.#withoutRepeat(event, texts), ...this.#outputOf(event)];
    // Without a terminal the time is the one that programs read.
    const stamp = this.#output.isTTY ? clock(event.at) : event.at;
    const prefix = this.#prefix === "" ? "" : this.#paint.bold(this.#prefix);
    const rest = prefix + " ".repeat(stamp.length + 1);
    const mark = lines.length === 0 ? "" : this.#turnMark(event);
    return lines.flatMap((line, index) => {
      const first = index === 0 ? `${prefix}${this.#paint.dim(stamp)} ${mark}` : rest;
      return this.#output.isTTY ? wrap(line, this.#output.columns, { first, rest }) : [`${first}${line}`];
    });
  }

  /** Stands before the first line of each turn: `fork` and `rewind` name turns. */
  #turnMark({ type, data }: EventView): string {
    const turn = type === "text" || type === "thinking" || type === "tool_use" || type === "tool_result" ? data.turn : undefined;
    if (turn === undefined || turn === this.#turn) return "";
    this.#turn = turn;
    return `${this.#paint.dim(`turn ${turn}`)} `;
  }

  /** A result repeats the error that has just been reported. */
  #withoutRepeat({ type, data }: EventView, texts: readonly string[]): readonly string[] {
    const reported = this.#error;
    if (type === "notice" && data.kind === "api_error")
      this.#error = plainLine(data.text.trimStart().split("\n", 1)[0] ?? "").slice(0, comparedLength);
    if (type !== "result") return texts;
    this.#error = "";
    return reported === "" ? texts : texts.map((line) => line.split(` · ${reported}`, 1)[0] ?? line);
  }

  /** The first lines of what a command printed. */
  #outputOf({ type, data, summary }: EventView): string[] {
    if (type === "tool_use" && commandTools.has(data.tool)) this.#commands.add(data.tool_use_id);
    if (type !== "tool_result" || !this.#commands.delete(data.tool_use_id)) return [];
    // The denial has already reported a denied call.
    if (data.is_error && summary.length === 0) return [];
    const all = plainText(data.text)
      .split("\n")
      .map((line) => line.trimEnd())
      .filter((line) => line !== "");
    // The summary has the first line of a failed one.
    const lines = data.is_error ? all.slice(1) : all;
    const more = lines.length - outputLines;
    const shown = lines.slice(0, outputLines).map((line) => plainLine(line, 500));
    return [...shown, ...(more > 0 ? [`… ${more} more ${more === 1 ? "line" : "lines"}`] : [])].map((line) => this.#paint.dim(`  ${line}`));
  }
}

const commandTools = new Set(["Bash", "PowerShell"]);

/**
 * What the agent says, in full: the summary has its first line only. A sub-agent's text has the
 * mark that its summary has.
 */
export function agentText(event: EventView): string[] | null {
  if (event.type !== "text") return null;
  const lines = plainText(event.data.text)
    .trim()
    .split("\n")
    .map((line) => line.trimEnd());
  return isOfSubagent(event) ? lines.map((line, index) => `${index === 0 ? "↳ " : "  "}${line}`.trimEnd()) : lines;
}

function painted(line: string, event: EventView, paint: Painter): string {
  switch (event.type) {
    case "tool_use":
      return paint.cyan(line);
    case "permission_denied":
    case "rate_limit":
    case "api_retry":
      return paint.yellow(line);
    case "tool_result":
    case "swept":
      return paint.yellow(line);
    case "result":
      return event.data.is_error ? paint.red(line) : line;
    case "attempt_ended":
      return line;
    default:
      return paint.dim(line);
  }
}
