/** Starts the page: reads the address once, and draws what it names. */
import { render } from "preact";
import { takeLoginCode } from "./login/login-code.ts";
import { LoginPage } from "./login/login-page.tsx";
import { pageAt } from "./routes.ts";
import { Shell } from "./shell/shell.tsx";

const root = document.querySelector("#page");
if (root !== null) {
  const { pathname } = location;
  // First of all: the code must leave the address bar, also when the page cannot be drawn.
  const signIn = pathname === "/login" ? takeLoginCode() : null;
  render(signIn === null ? <Shell page={pageAt(pathname)} /> : <LoginPage signIn={signIn} />, root);
}
