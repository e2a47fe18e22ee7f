/** Variables in the texts of an MCP configuration. */

type Env = Readonly<Record<string, string | undefined>>;

/** `${NAME}` and `${NAME:-default}` in every text, as Claude Code does it in `.mcp.json`. */
export function expandedVariables(value: unknown, env: Env): unknown {
  if (typeof value === "string")
    return value.replaceAll(
      /\$\{(\w{1,200})(?::-([^}]{0,1000}))?\}/g,
      (whole, name: string, other?: string) => env[name] ?? other ?? whole,
    );
  if (Array.isArray(value)) return value.map((each) => expandedVariables(each, env));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, expandedVariables(each, env)]));
}
