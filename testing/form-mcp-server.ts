/**
 * A small MCP server over stdio that asks its user (elicitation): the tool `ask` sends a form (the
 * argument `about` is its message), the tool `open` an address to open. Both return what they got.
 * The tool `flood` sends a form of 8 MB and 150 small ones at once, and returns the first 51
 * results. Run as a program; speaks JSON-RPC, one message per line.
 */
import { createInterface } from "node:readline";

interface Message {
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: {
    readonly protocolVersion?: string;
    readonly name?: string;
    readonly arguments?: { readonly about?: string };
  };
  readonly result?: unknown;
}

const form = {
  message: "How old is it?",
  requestedSchema: { type: "object", properties: { age: { type: "integer", title: "Age" } }, required: ["age"] },
};
const address = { mode: "url", message: "Please sign in.", url: "https://sign-in.example/a?b=1", elicitationId: "e-1" };
const inputSchema = { type: "object", properties: { about: { type: "string" } } };
const tool = (name: string): object => ({ name, description: "Asks the user", inputSchema });
/** The id of the call that waits for the user. */
let waiting: number | string | undefined;
const flooded: unknown[] = [];
const floodSize = 150;

const send = (message: object): void => void process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
const text = (id: unknown, said: string): void => send({ id, result: { content: [{ type: "text", text: said }] } });

function flood(): void {
  const messages = ["x".repeat(8_000_000), ...Array.from({ length: floodSize }, (_, index) => `Number ${index}?`)];
  messages.forEach((message, index) => send({ id: `flood-${index}`, method: "elicitation/create", params: { ...form, message } }));
}

createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method, params, result } = JSON.parse(line) as Message;
  if (method === "initialize") {
    const protocolVersion = params?.protocolVersion ?? "2025-06-18";
    send({ id, result: { protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "form", version: "1.0.0" } } });
  } else if (method === "tools/list") {
    send({ id, result: { tools: [tool("ask"), tool("open"), tool("flood")] } });
  } else if (method === "tools/call") {
    waiting = id;
    if (params?.name === "flood") flood();
    else {
      const asked = params?.name === "open" ? address : { ...form, message: params?.arguments?.about ?? form.message };
      send({ id: "form-1", method: "elicitation/create", params: asked });
    }
  } else if (id === "form-1") {
    text(waiting, `The form said ${JSON.stringify(result)}`);
  } else if (String(id).startsWith("flood-")) {
    if (flooded.push(result) === 51) text(waiting, `The forms said ${JSON.stringify(flooded)}`);
  } else if (method !== undefined && id !== undefined) {
    send({ id, result: {} });
  }
});
