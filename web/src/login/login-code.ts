/** Reads what the address of the login page says, and takes the code out of the address bar. */

export interface SignInAddress {
  /** The one-time code; null: there is none, so a token is asked for. */
  readonly code: string | null;
  /** Where to go afterwards: a path of this server. */
  readonly target: string;
}

const codePattern = /^#[\w-]{43}$/;

/** Changes the address bar at once: the code is in no history and in no bookmark. */
export function takeLoginCode(): SignInAddress {
  const { hash, origin, pathname, search } = location;
  const isCode = codePattern.test(hash);
  if (isCode) history.replaceState(null, "", `${pathname}${search}`);
  const to = new URLSearchParams(search).get("to") ?? "/";
  // A page that redirects to the login page keeps its own fragment.
  return { code: isCode ? hash.slice(1) : null, target: targetOf(`${to}${isCode ? "" : hash}`, origin) };
}

/** A target elsewhere, or the login page itself, becomes `/`. */
export function targetOf(to: string, origin: string): string {
  if (!to.startsWith("/") || !URL.canParse(to, origin)) return "/";
  const url = new URL(to, origin);
  if (url.origin !== origin || url.pathname === "/login") return "/";
  return `${url.pathname}${url.search}${url.hash}`;
}
