/** The sources of a question: what asks, what a person answers, and what must follow from it. */
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { WorkerClient } from "../../../src/client/index.ts";
import { step } from "../../../testing/model.ts";
import type { Script } from "../../../testing/model.ts";
import { oneQuestion } from "../setup.ts";

const formServer = fileURLToPath(new URL("../../../testing/form-mcp-server.ts", import.meta.url));
const form = { mcpServers: { form: { command: process.execPath, args: [formServer] } } };

type Submit = Parameters<WorkerClient["submitTask"]>[0];
type Answer = Omit<Parameters<WorkerClient["answerQuestion"]>[0], "id">;

export interface Source {
  /** Its prompt, which is a key of the script, too. */
  readonly prompt: string;
  readonly script: Script;
  /** The key of the conversation whose next step asks. */
  readonly asksIn: string;
  readonly more: Partial<Submit>;
  readonly answer: Answer;
  /** What its question says, in part. */
  readonly asks: object;
  /** Whether it waits without a process. */
  readonly canPark: boolean;
  /** What Claude reads once in the conversation of the prompt; null: only the file shows it. */
  readonly told: RegExp | null;
  /** The file that gets one line by the call; null: the call writes none. */
  readonly file: string | null;
}

export const finalText = "It is done.";

/** One task for each source. @param directory where their files are. */
export function sourcesIn(directory: string): readonly Source[] {
  const end = step.text(finalText);
  const fileOf = (name: string): string => path.join(directory, name);
  const marks = (name: string) => step.bash(`echo x >> ${fileOf(name)} && sleep 0`);
  const helper = { description: "helper", prompt: "please help", subagent_type: "general-purpose", run_in_background: false };
  const source = (prompt: string, moves: Script[string], more: Omit<Source, "prompt" | "script" | "asksIn">): Source => ({
    prompt,
    script: { [prompt]: moves },
    asksIn: prompt,
    ...more,
  });
  const ofForm = (tool: string) => ({ mcp_config: form, allow: [tool] });
  return [
    source("run a command", [marks("command"), end], {
      asks: { kind: "permission", tool: "Bash", agent_id: null },
      canPark: true,
      more: { permission_mode: "default" },
      answer: { decision: "allow" },
      told: null,
      file: fileOf("command"),
    }),
    source("choose a colour", [step.tool("AskUserQuestion", oneQuestion("Which colour?")), end], {
      asks: { kind: "question", text: "Which colour?" },
      canPark: true,
      more: {},
      answer: { option: "Blue" },
      told: /Which colour\?\\*"=\\*"Blue/g,
      file: null,
    }),
    source("make a plan", [step.tool("ExitPlanMode", {}), step.write(fileOf("plan"), "x\n"), end], {
      asks: { kind: "plan", tool: "ExitPlanMode" },
      canPark: true,
      more: { permission_mode: "plan" },
      answer: { decision: "allow", mode: "acceptEdits" },
      told: /User has approved exiting plan mode/g,
      file: fileOf("plan"),
    }),
    source("fill a form", [step.tool("mcp__form__ask", {}), end], {
      asks: { kind: "elicitation", input: { serverName: "form", message: "How old is it?" } },
      canPark: false,
      more: ofForm("mcp__form__ask"),
      answer: { content: { age: 7 } },
      told: /The form said [^}]*accept[^}]*age\\*":7/g,
      file: null,
    }),
    source("open an address", [step.tool("mcp__form__open", {}), end], {
      asks: { kind: "elicitation", input: { mode: "url", url: "https://sign-in.example/a?b=1" } },
      canPark: false,
      more: ofForm("mcp__form__open"),
      answer: { decision: "allow" },
      told: /The form said [^}]*accept/g,
      file: null,
    }),
    {
      prompt: "let a helper do it",
      script: { "let a helper do it": [step.tool("Agent", helper), end], "please help": [marks("helper"), step.text("I have helped.")] },
      asksIn: "please help",
      asks: { kind: "permission", tool: "Bash" },
      canPark: false,
      more: { permission_mode: "default", allow: ["Agent"] },
      answer: { decision: "allow" },
      told: /I have helped\./g,
      file: fileOf("helper"),
    },
  ];
}
