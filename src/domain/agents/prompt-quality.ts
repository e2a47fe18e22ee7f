/**
 * Checks prompts that machines write. The agent cannot ask back, so the prompt must say everything.
 * A wrong length is refused. Content can only be guessed at, so it leads to advice and never to a
 * refusal (test/domain/delegations.ts).
 */
import type { InputProblem } from "../errors.ts";

/** `strict`: lengths, and advice on content. `lengths`: lengths only. `off`: nothing. */
export const promptRuleLevels = ["strict", "lengths", "off"] as const;
export type PromptRuleLevel = (typeof promptRuleLevels)[number];

/**
 * Lengths in characters (code points) of the trimmed text. For the minimum, one of Chinese,
 * Japanese or Korean counts as two.
 */
export interface PromptRules {
  readonly level: PromptRuleLevel;
  readonly systemPromptMin: number;
  readonly systemPromptMax: number;
  readonly promptMin: number;
}

export const defaultPromptRules: PromptRules = { level: "strict", systemPromptMin: 75, systemPromptMax: 500, promptMin: 150 };

export interface MachinePrompt {
  readonly prompt: string;
  readonly system_prompt?: string | null | undefined;
}

/**
 * Why a machine's prompts are refused, each reason with a sentence that says what to write instead;
 * empty when they are accepted. Pointers are `/system_prompt` and `/prompt`.
 */
export function promptProblems(input: MachinePrompt, rules: PromptRules = defaultPromptRules): InputProblem[] {
  if (rules.level === "off") return [];
  return [
    ...systemPromptProblems((input.system_prompt ?? "").trim(), rules).map((detail) => ({ pointer: "/system_prompt", detail })),
    ...executionPromptProblems(input.prompt.trim(), rules).map((detail) => ({ pointer: "/prompt", detail })),
  ];
}

/**
 * Advice for better prompts, as sentences; empty when nothing is missing, or the text is not
 * English.
 */
export function promptHints(input: MachinePrompt, rules: PromptRules = defaultPromptRules): string[] {
  if (rules.level !== "strict") return [];
  const systemPrompt = input.system_prompt ?? "";
  const hints: string[] = [];
  if (isEnglish(systemPrompt)) {
    if (!statesRole(systemPrompt)) hints.push('system_prompt: say who the worker is, e.g. "You are a senior TypeScript engineer."');
    if (!statesConstraints(systemPrompt))
      hints.push('system_prompt: say what the worker must or must not do, e.g. "Change only files below src/auth."');
  }
  if (isEnglish(input.prompt) && !namesPath(input.prompt))
    hints.push('prompt: name the files or directories that the work is about, if there are any, e.g. "src/auth/session.ts".');
  return hints;
}

/** The rules as instructions for the author of the prompts. */
export function promptAdvice({ level, systemPromptMin, systemPromptMax, promptMin }: PromptRules): string[] {
  if (level === "off") return [];
  const strict = level === "strict";
  return [
    `system_prompt: ${systemPromptMin}-${systemPromptMax} characters${strict ? '; say who the worker is ("You are a …") and what it must or must not do' : ""}.`,
    `prompt: at least ${promptMin} characters${strict ? "; name files or directories" : ""}. The worker sees nothing of this conversation: give goal, context, what done means and how to check it.`,
  ];
}

function systemPromptProblems(text: string, rules: PromptRules): string[] {
  const { systemPromptMin, systemPromptMax } = rules;
  const length = lengthOf(text);
  if (length === 0)
    return systemPromptMin === 0 ? [] : [`is missing: write ${systemPromptMin}-${systemPromptMax} characters, e.g. ${example}`];
  if (weightOf(text) < systemPromptMin) {
    return [
      `has ${length} characters, at least ${systemPromptMin} are needed: say which role the worker has and which constraints hold, e.g. ${example}`,
    ];
  }
  if (length <= systemPromptMax) return [];
  return [
    `has ${length} characters, at most ${systemPromptMax} are allowed: keep role and constraints here and move the task itself into the prompt`,
  ];
}

function executionPromptProblems(text: string, { promptMin }: PromptRules): string[] {
  if (weightOf(text) >= promptMin) return [];
  return [
    `has ${lengthOf(text)} characters, at least ${promptMin} are needed: the worker knows nothing of your conversation, so give it the goal, the context, what done means and how to check it`,
  ];
}

const example =
  '"You are a senior TypeScript engineer. Change only files below src/auth, keep the public API, and run the tests before you finish."';

function lengthOf(text: string): number {
  let length = 0;
  for (const _character of text) length += 1;
  return length;
}

/** The length, where a character says as much as two letters counted twice. */
function weightOf(text: string): number {
  return lengthOf(text) + (text.match(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/gu)?.length ?? 0);
}

/**
 * Whether the words of the rules below can be expected in a text: two different ones of the
 * commonest English words.
 */
function isEnglish(text: string): boolean {
  const found =
    text
      .slice(0, 5000)
      .toLowerCase()
      .match(/\b(?:the|and|is|are|it|that|this|of|you|with|for|on)\b/g) ?? [];
  return new Set(found).size >= 2;
}

const rolePatterns = [
  /(^|[.!#\n]\s*)you\b/i,
  /\b(you are|you're|you will be|you work as|you act as|act as|acting as|serve as|behave as|your (role|job|task|responsibility)|role\s*:)/i,
  /\b(engineer|developer|programmer|architect|reviewer|auditor|analyst|researcher|writer|editor|tester|maintainer|administrator|assistant|expert|specialist|agent|worker|manager|scientist|designer|translator|historian|mathematician|person|dev|role)\b/i,
];

const constraintPattern =
  /\b(must|mustn't|shall|should|shouldn't|never|always|only|don't|do not|cannot|can't|may not|without|avoid|refrain|except|unless|at most|at least|no more than|no less than|limit(ed)?|restrict(ed)?|require[ds]?|forbid(den)?|ensure|make sure|keep|leave|preserve|stay (in|within|below)|stop (if|when)|constraints?|rules?|no|not|isn't|aren't|untouched|unchanged|frozen|out of scope|read-only|allowed|off limits|identical|nothing (else|more))\b/i;

function statesRole(text: string): boolean {
  return rolePatterns.some((pattern) => pattern.test(text));
}

function statesConstraints(text: string): boolean {
  return constraintPattern.test(text);
}

/**
 * Whether a text names a file or a directory: `/etc/hosts`, `./src`, `src/auth`, `README.md`,
 * `.env`, `Makefile`, `C:\app`.
 */
export function namesPath(text: string): boolean {
  const words = text.split(/[\s"'`“”‘’«»()<>[\]{},;|]+/u);
  return words.some((word) => word.length <= longestPath && !word.includes("://") && isPath(bare(word)));
}

/** Longer words do not count as paths. */
const longestPath = 1000;

/**
 * Without Markdown's and the sentence's marks around it. Loops, because a pattern takes long over
 * many marks in a row.
 */
function bare(word: string): string {
  let start = 0;
  let end = word.length;
  while (start < end && "*@:=".includes(word.charAt(start))) start += 1;
  while (end > start && ".:!?*".includes(word.charAt(end - 1))) end -= 1;
  return word.slice(start, end);
}

function isPath(word: string): boolean {
  if (/^[a-z]:[\\/]\S/i.test(word) || /^\\\\\w/.test(word)) return true;
  if (/^(~|\.{1,2})\/./.test(word) || /^\/[\w.@~+-]/.test(word)) return true;
  if (fileNames.has(word.toLowerCase())) return true;
  if (/^\.[a-z][\w.-]+$/i.test(word)) return true;
  if (hasFileExtension(word)) return true;
  return isRelativePath(word);
}

/**
 * `src/auth`, `packages/api/`: parts between slashes that look like names and are not a pair of
 * words like "and/or".
 */
function isRelativePath(word: string): boolean {
  if (!/^[\w.@+*-]+(\/[\w.@+*-]+)*\/?$/.test(word) || !word.includes("/")) return false;
  const parts = word.replace(/\/$/, "").split("/");
  if (parts.every((part) => /^\d+$/.test(part))) return false;
  if (word.endsWith("/") || parts.length > 2) return !parts.every((part) => part.length === 1);
  const [first = "", second = ""] = parts.map((part) => part.toLowerCase());
  return first.length > 1 && second.length > 1 && !pairedWords.has(`${first}/${second}`) && !isAcronymPair(parts);
}

function isAcronymPair(parts: readonly string[]): boolean {
  return parts.every((part) => part.length <= 5 && part === part.toUpperCase());
}

function hasFileExtension(word: string): boolean {
  const file = word.slice(word.lastIndexOf("/") + 1).replace(/(:\d{1,9}){1,2}$/, "");
  const dot = file.lastIndexOf(".");
  const stem = file.slice(0, Math.max(0, dot)).toLowerCase();
  const extension = file.slice(dot + 1).toLowerCase();
  return /^[\w@+*.-]+$/.test(stem) && extensions.has(extension) && !(extension === "js" && productNames.has(stem));
}

const extensions = new Set(
  (
    "ts tsx mts cts js jsx mjs cjs json jsonc json5 ndjson md mdx txt rst adoc py pyi ipynb go mod rs java kt kts rb php c h cc cpp cxx hpp hh cs fs vb swift m mm " +
    "sh bash zsh fish ps1 bat yml yaml toml ini cfg conf properties xml html htm css scss sass less vue svelte astro sql graphql gql proto csv tsv lock env " +
    "gradle scala clj ex exs erl hs lua pl pm r jl dart tf tfvars nix zig ml mli tex log svg png jpg jpeg gif pdf patch diff tpl tmpl hbs ejs erb"
  ).split(" "),
);

const fileNames = new Set([
  "makefile",
  "dockerfile",
  "containerfile",
  "jenkinsfile",
  "vagrantfile",
  "gemfile",
  "rakefile",
  "procfile",
  "readme",
  "license",
  "changelog",
  "codeowners",
]);

/** Names of products that end like a file. */
const productNames = new Set([
  "node",
  "next",
  "vue",
  "nuxt",
  "react",
  "express",
  "three",
  "d3",
  "ember",
  "backbone",
  "angular",
  "socket",
  "chart",
  "deno",
  "moment",
  "p5",
  "alpine",
  "discord",
]);

/** Two words with a slash between them that name no path. */
const pairedWords = new Set([
  "and/or",
  "either/or",
  "read/write",
  "input/output",
  "client/server",
  "request/response",
  "yes/no",
  "true/false",
  "on/off",
  "he/she",
  "his/her",
  "him/her",
  "she/he",
  "they/them",
  "before/after",
  "start/stop",
  "start/end",
  "push/pull",
  "add/remove",
  "pass/fail",
  "success/failure",
  "get/set",
  "key/value",
  "key/values",
  "name/value",
  "black/white",
  "producer/consumer",
  "master/slave",
  "leader/follower",
  "parent/child",
  "front/back",
  "left/right",
  "up/down",
  "open/close",
  "enable/disable",
  "enabled/disabled",
  "async/await",
  "try/catch",
  "if/else",
  "create/update",
  "create/delete",
  "insert/update",
  "import/export",
  "if/when",
  "test/fix",
  "bug/feature",
  "error/warning",
  "errors/warnings",
]);
