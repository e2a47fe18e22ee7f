/**
 * Collects the secrets in options that hold JSON. A runner keeps them out of everything that it
 * writes.
 */
import { secretsOf } from "../text/secret-values.ts";
import type { Environment } from "../text/secret-values.ts";
import { expandedVariables } from "./expand-variables.ts";
import type { LongOptions } from "./options.ts";

/** Settings that name a command which prints a secret: the command itself is not a secret. */
const commands = /(helper|refresh|export)$/i;

/** @param env what `${NAME}` stands for. */
export function secretsInOptions({ settings, mcpConfig }: Pick<LongOptions, "settings" | "mcpConfig">, env: Environment): string[] {
  if (settings === null && mcpConfig === null) return [];
  const found: Environment[] = [];
  collect(settings, found);
  collect(expandedVariables(mcpConfig, env), found);
  return [...secretsOf(found)];
}

/** Collects each text with its name, like a variable. */
function collect(value: unknown, into: Environment[]): void {
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) collectArguments(value, into);
  for (const [key, each] of Object.entries(value)) {
    if (typeof each === "string" && !commands.test(key)) into.push(...variables(key, each));
    else collect(each, into);
  }
}

/** `--api-key x` and `--api-key=x` of a command line. */
function collectArguments(words: readonly unknown[], into: Environment[]): void {
  for (const [index, word] of words.entries()) {
    if (typeof word !== "string" || !word.startsWith("-")) continue;
    const [name = "", inline] = word.split(/=(.*)/s, 2);
    const next = words[index + 1];
    const value = inline ?? (typeof next === "string" ? next : "");
    into.push(...variables(name.replace(/^-+/, ""), value));
  }
}

/**
 * Lists the value, and the part after its first word: a header may have a word before its secret.
 */
function variables(name: string, value: string): Environment[] {
  const variable = name.replaceAll("-", "_");
  return [{ [variable]: value }, { [variable]: value.replace(/^(?:bearer|basic|token)\s+/i, "") }];
}
