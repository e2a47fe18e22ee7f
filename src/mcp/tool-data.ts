/** What a tool answers when it has its data. */
import type { CallToolResult } from "@modelcontextprotocol/server";

export interface ToolData {
  readonly next_step: string;
  readonly [field: string]: unknown;
}

/** As text too, for clients that do not read structured content. */
export function resultOf(fields: ToolData): CallToolResult {
  return { content: [{ type: "text", text: JSON.stringify(fields) }], structuredContent: fields };
}
