/** Lines of a session of Claude Code, for tests. */
export type Line = Readonly<Record<string, unknown>>;

/** @param caller the call of the sub-agent that makes it; only the journal says so. */
export function callLine(id: string, caller: string | null = null, message = "m1"): Line {
  const content = [{ type: "tool_use", id, name: "Tool", input: {} }];
  return { type: "assistant", uuid: `call ${id}`, parent_tool_use_id: caller, message: { id: message, content } };
}

export function resultLine(id: string, more: object = {}, text = "It said so."): Line {
  const content = [{ type: "tool_result", tool_use_id: id, content: text }];
  return { type: "user", uuid: `result ${id}`, message: { role: "user", content }, ...more };
}

/** Claude Code's own refusal of a call whose runner is gone. */
export function refusalLine(id: string): Line {
  return resultLine(id, { toolDenialKind: "permission-rule" }, "Tool permission request failed: AbortError: Stream closed");
}

export function textLine(text: string): Line {
  return { type: "assistant", uuid: text, message: { id: "m9", content: [{ type: "text", text }] } };
}

export function promptLine(text: string): Line {
  return { type: "user", uuid: text, message: { role: "user", content: text } };
}
