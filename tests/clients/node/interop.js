'use strict';

// Runs one case of the gRPC project's interoperability tests against a server on this machine. Exits with 0
// when the server does all that the case demands; otherwise says on stderr what it does not.

const { parseArgs } = require('node:util');

const { Server, Wrong } = require('./service');

const CASES = { ...require('./cases').cases, ...require('./compression').cases };

// Below the limit of the tests that start the script, so that it says itself that it hangs.
const LIMIT_SECONDS = 50;

const USAGE = 'usage: interop.js --port N --case NAME [--protos DIRECTORY]; `--case list` prints the names';

function fail(text) {
  console.error(text);
  process.exit(1);
}

async function main() {
  const options = { port: { type: 'string' }, case: { type: 'string' }, protos: { type: 'string' } };
  const { port, case: name, protos } = parseArgs({ options }).values;
  if (name === 'list') {
    console.log(Object.keys(CASES).join('\n'));
    return;
  }
  if (!port || !Object.hasOwn(CASES, name ?? '')) {
    fail(USAGE);
  }
  const clock = setTimeout(() => fail(`${name}: still waiting after ${LIMIT_SECONDS} s`), LIMIT_SECONDS * 1000);
  try {
    await CASES[name](new Server(port, protos));
  } catch (error) {
    fail(`${name}: ${error instanceof Wrong ? error.message : error.stack}`);
  }
  clearTimeout(clock);
}

main();
