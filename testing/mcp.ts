/**
 * Opens the MCP door over the real operations and a real store (without runners), on a scratch
 * socket and port, and connects clients to it as Claude Code would.
 */
import { mkdirSync } from "node:fs";
import { spawn } from "node:child_process";
import path from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import type { ClientOptions } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { createMcpDoor } from "../src/mcp/door.ts";
import type { McpServingOptions } from "../src/mcp/door.ts";
import { openDoorOf } from "./http-door.ts";
import type { OpenDoor } from "./http-door.ts";
import type { Settings } from "../src/config/settings.ts";
import { realApi } from "./real-api.ts";
import type { RealApi } from "./real-api.ts";

export type Era = "2025" | "2026";

export interface Connect extends Pick<ClientOptions, "capabilities"> {
  readonly era?: Era;
  readonly headers?: Readonly<Record<string, string>>;
  /** More words after `mcp`. */
  readonly words?: readonly string[];
  readonly token?: string;
}

export interface OpenMcp extends OpenDoor, RealApi {
  /** Errors that the MCP door reported to its log. */
  readonly errors: readonly unknown[];
  /** Environment of the pipe. */
  readonly env: Record<string, string>;
  /** The official client over Streamable HTTP. */
  http(options?: Connect): Promise<Client>;
  /** The official client over the real `claude-worker mcp`. */
  stdio(options?: Connect): Promise<Client>;
  /** The real `claude-worker mcp`, to be spoken to line by line. */
  pipe(words?: readonly string[]): Pipe;
}

export interface Pipe {
  readonly pid: number;
  send(message: object | string): void;
  /** The next line that `accept` takes. Earlier lines that no call has taken come first. */
  next(accept?: (message: Record<string, unknown>) => boolean): Promise<Record<string, unknown>>;
  /** Closes the client's side. Resolves with the exit code. */
  end(): Promise<number | null>;
  kill(signal: NodeJS.Signals): void;
  readonly stderr: string;
}

const cli = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));

/** @param options.settings of the server. */
export async function openMcp(
  t: TestContext,
  { settings, ...options }: Partial<McpServingOptions> & { settings?: Partial<Settings> } = {},
): Promise<OpenMcp> {
  const real = realApi(t, settings);
  const { corner, api } = real;
  const directory = path.join(corner.dataHome, "run");
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const errors: unknown[] = [];
  const log = { error: (details: object) => void errors.push(details) };
  const { close, ...served } = createMcpDoor({ version: "0.0.0-test", key: "test-key", log, ...options, api });
  const mcp = { ...served, start: () => {}, stop: close };
  const door = await openDoorOf(t, api, { directory, mcp });
  const env = { PATH: process.env["PATH"] ?? "", HOME: corner.home, CLAUDE_WORKER_HOME: corner.dataHome, CLAUDE_PROJECT_DIR: corner.work };
  const connected = connector(t);
  return {
    ...real,
    ...door,
    errors,
    env,
    http: (how = {}) => {
      const headers = { authorization: `Bearer ${how.token ?? door.token}`, ...how.headers };
      return connected(how, new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${door.port}/mcp`), { requestInit: { headers } }));
    },
    stdio: (how = {}) =>
      connected(
        how,
        new StdioClientTransport({ command: process.execPath, args: [cli, "mcp", ...(how.words ?? [])], env, stderr: "pipe" }),
      ),
    pipe: (words = []) => startPipe(t, env, words),
  };
}

/** A task as the guardrails want it. */
export function goodTask(directory: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    working_directory: directory,
    system_prompt: "You are a careful engineer. Change only the file that is named, and never touch anything else in the project.",
    prompt:
      "Write the greeting into hello.txt in this directory: exactly one line that says hello. Done means that the file exists " +
      "and holds that line and nothing more. Check it with `cat hello.txt` before you finish.",
    ...more,
  };
}

/** The data of a tool's answer. @throws when the tool answered with an error. */
export async function callTool(client: Client, name: string, input: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
  const answer = await client.callTool({ name, arguments: input });
  if (answer.isError === true) throw new Error(`${name}: ${JSON.stringify(answer.content)}`);
  return answer.structuredContent as Record<string, unknown>;
}

/** The text and the structure of a tool's error. @throws when there was none. */
export async function toolProblem(client: Client, name: string, input: Record<string, unknown> = {}): Promise<ToolProblem> {
  const answer = await client.callTool({ name, arguments: input });
  if (answer.isError !== true) throw new Error(`${name} did not fail: ${JSON.stringify(answer.structuredContent)}`);
  const [first] = answer.content;
  const problem = answer._meta?.["claude-worker/error"];
  if (problem === undefined) throw new Error(`${name} failed without saying how: ${JSON.stringify(answer)}`);
  const { next_step, ...error } = problem as ToolProblem["error"] & { next_step: string };
  return { error, next_step, text: first?.type === "text" ? first.text : "" };
}

export interface ToolProblem {
  readonly text: string;
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
  };
  readonly next_step: string;
}

/** Connects clients that are closed with the test. */
export function connector(t: TestContext) {
  return async ({ era = "2026", capabilities = {} }: Connect, transport: Parameters<Client["connect"]>[0]): Promise<Client> => {
    const versionNegotiation = { mode: era === "2026" ? { pin: "2026-07-28" } : ("legacy" as const) };
    const client = new Client({ name: "test-client", version: "1.0" }, { capabilities, versionNegotiation });
    t.after(() => client.close());
    await client.connect(transport);
    return client;
  };
}

/** @param entry the command line to start; default: its source. */
export function startPipe(t: TestContext, env: Record<string, string>, words: readonly string[] = [], entry = cli): Pipe {
  const child = spawn(process.execPath, [entry, "mcp", ...words], { env, stdio: "pipe" });
  const lines: Record<string, unknown>[] = [];
  const waiting = new Set<() => void>();
  let text = "";
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (part: string) => (stderr += part));
  child.stdout.setEncoding("utf8").on("data", (part: string) => {
    text += part;
    for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n")) {
      lines.push(JSON.parse(text.slice(0, end)) as Record<string, unknown>);
      text = text.slice(end + 1);
    }
    for (const look of waiting) look();
  });
  child.stdin.on("error", () => undefined); // It may be killed while it is written to.
  const closed = new Promise<number | null>((resolve) => child.once("close", resolve));
  t.after(() => child.kill("SIGKILL"));
  return {
    pid: child.pid ?? -1,
    get stderr() {
      return stderr;
    },
    send: (message) =>
      void child.stdin.write(typeof message === "string" ? message : `${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`),
    async next(accept = () => true) {
      return await new Promise((resolve, reject) => {
        // Only ends a test whose line never comes.
        const deadline = setTimeout(() => reject(new Error(`no such line came; these did: ${JSON.stringify(lines)}\n${stderr}`)), 300_000);
        const look = (): void => {
          const at = lines.findIndex(accept);
          if (at === -1) return;
          clearTimeout(deadline);
          waiting.delete(look);
          const [line] = lines.splice(at, 1);
          resolve(line ?? {});
        };
        waiting.add(look);
        look();
      });
    },
    end: async () => {
      child.stdin.end();
      return await closed;
    },
    kill: (signal) => void child.kill(signal),
  };
}
