/**
 * Checks the syntax of a permission rule of Claude Code: `Tool` or `Tool(what)`. It does not know
 * which tools exist.
 */

/**
 * What is wrong with the rule, as the end of a sentence; null: no problem was found. A bracket
 * after a backslash is text.
 */
export function ruleProblem(rule: string): string | null {
  if (rule.trim() === "…") return "a rule has to stand in the place of the dots";
  const brackets = rule.replaceAll(/\\./gs, "__").match(/[()]/g) ?? [];
  const opening = brackets.filter((bracket) => bracket === "(").length;
  if (opening * 2 !== brackets.length) return "its brackets do not match";
  const [name = ""] = rule.split("(", 1);
  if (name === "" || /[\s)]/.test(name)) return "it must begin with a tool's name, without spaces";
  if (opening === 0) return null;
  if (!rule.endsWith(")")) return "nothing may follow its last bracket";
  return rule.slice(name.length + 1, -1).trim() === "" ? "its brackets are empty" : null;
}
