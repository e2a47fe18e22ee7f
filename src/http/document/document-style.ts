/** The style sheet of the API's page for people. */
export const documentStyle = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); --soft: color-mix(in srgb, currentColor 7%, transparent); }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; display: grid; grid-template-columns: 17rem minmax(0, 1fr); }
nav { position: sticky; top: 0; height: 100vh; overflow-y: auto; padding: 1rem; border-right: 1px solid var(--line); font-size: 0.9rem; }
nav ul { list-style: none; margin: 0; padding: 0 0 0.5rem 0; }
nav ul ul { padding-left: 0.8rem; }
main { padding: 1rem 2rem 6rem; max-width: 64rem; }
h1 small { font-size: 0.5em; opacity: 0.7; }
h2 { margin-top: 3rem; border-bottom: 1px solid var(--line); }
h4 { margin: 1rem 0 0.3rem; }
article { border: 1px solid var(--line); border-radius: 8px; padding: 0 1rem 1rem; margin: 1rem 0; }
a { color: inherit; }
code { font: 0.9em/1.5 ui-monospace, monospace; background: var(--soft); border-radius: 4px; padding: 0 0.2em; overflow-wrap: anywhere; }
pre { background: var(--soft); border-radius: 8px; padding: 0.8rem; overflow-x: auto; }
pre code { background: none; overflow-wrap: normal; }
table { border-collapse: collapse; width: 100%; font-size: 0.92rem; }
td { border-top: 1px solid var(--line); padding: 0.3rem 0.6rem 0.3rem 0; vertical-align: top; overflow-wrap: anywhere; }
.call b { display: inline-block; min-width: 4.5em; }
@media (max-width: 50rem) { body { display: block; } nav { position: static; height: auto; border: 0; } main { padding: 1rem; } }
`;
