#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// Becomes the program lazyzero; where node cannot do that, stays its parent and
// passes signals on.
'use strict';
const { spawn } = require('child_process');
const os = require('os');

let command;
try {
  command = require('../index.js').command;
} catch (error) {
  console.error(`lazyzero: ${error.message}`);
  process.exit(125);
}
const given = process.argv.slice(2);

if (process.execve)
  process.execve(command, ['lazyzero', ...given], process.env);
const child = spawn(command, given, { stdio: 'inherit' });
// SIGINT of a terminal has reached the child already.
process.on('SIGINT', () => {});
for (const signal of ['SIGTERM', 'SIGHUP', 'SIGUSR2'])
  process.on(signal, () => child.kill(signal));
child.on('error', (error) => {
  console.error(`lazyzero: ${error.message}`);
  process.exit(126);
});
child.on('exit', (status, signal) => {
  process.exit(signal ? 128 + os.constants.signals[signal] : status);
});
