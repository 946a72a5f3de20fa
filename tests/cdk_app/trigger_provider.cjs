// Run the library's own answerer to CloudFormation, with a Lambda that answers what standard input says, and
// print what CloudFormation is told. Its SDK is Lambda's runtime's, and not here: a stand-in takes its place.
'use strict';

const Module = require('node:module');
const path = require('node:path');

const [folder] = process.argv.slice(2);
const { event, answer } = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));

class Lambda {
  async invoke() {
    return { ...answer, Payload: Buffer.from(answer.Payload) };
  }
}

const load = Module._load;
Module._load = (name, ...rest) => (name === '@aws-sdk/client-lambda' ? { Lambda } : load(name, ...rest));
console.log = () => {};

const provider = require(path.resolve(folder, '__entrypoint__.js'));
provider.external.log = () => {};
provider.external.sendHttpRequest = async (_, body) => {
  process.stdout.write(body);
};
provider.handler(event, {});
