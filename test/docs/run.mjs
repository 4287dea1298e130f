// Runs each module given as an argument, one after the other, and prints as JSON what came of it:
// {error, output: [{line, text}]}; `line` is what the console.log's `this` says.
import { format } from "node:util";
import { pathToFileURL } from "node:url";

const print = console.log;
const outcomes = [];
for (const file of process.argv.slice(2)) {
  const output = [];
  console.log = function (...args) {
    output.push({ line: this?.line ?? -1, text: format(...args) });
  };
  let error = "";
  try {
    await import(pathToFileURL(file).href);
  } catch (cause) {
    error = String(cause?.stack ?? cause);
  }
  outcomes.push({ error, output });
}
print(JSON.stringify(outcomes));
