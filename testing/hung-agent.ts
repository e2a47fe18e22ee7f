/**
 * Instead of an agent: a module that never finishes loading (a dead network disk), so that its
 * runner never answers.
 */
await new Promise((resolve) => setTimeout(resolve, 2 ** 30));
