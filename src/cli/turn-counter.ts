/** Counts the model's turns as they happen: what comes from the agent between two rounds of tool results is one turn. Sub-agents do not count. */
import type { EventView } from "../contract/views.ts";

export class TurnCounter {
  turns = 0;
  #isInTurn = false;

  count({ type, data }: Pick<EventView, "type" | "data">): void {
    if (typeof data["parent_tool_use_id"] === "string") return;
    if (type === "tool_result" || type === "started" || type === "resumed") this.#isInTurn = false;
    if (type !== "text" && type !== "thinking" && type !== "tool_use") return;
    if (!this.#isInTurn) this.turns += 1;
    this.#isInTurn = true;
  }
}
