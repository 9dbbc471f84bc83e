// SPDX-License-Identifier: MIT
// Where the binaries for this machine and libc are.
'use strict';
const fs = require('fs');
const path = require('path');

function libc() {
  // Without the network's part, which may take seconds.
  const report = process.report;
  if (report) {
    report.excludeNetwork = true;
    const header = report.getReport().header;
    return header.glibcVersionRuntime ? 'gnu' : 'musl';
  }
  return fs.existsSync('/etc/alpine-release') ? 'musl' : 'gnu';
}

function folder() {
  const machine = { x64: 'x86_64', arm64: 'aarch64' }[process.arch];
  const found = path.join(__dirname, `linux-${machine}-${libc()}`);
  if (process.platform !== 'linux' || !fs.existsSync(found))
    throw new Error(`no binaries for ${process.platform} on ${process.arch}`);
  return found;
}

module.exports = {
  /** The path of the program lazyzero. */
  get command() { return path.join(folder(), 'bin', 'lazyzero'); },
  /** The path of the library, for LD_PRELOAD. */
  get library() { return path.join(folder(), 'lib', 'liblazyzero.so'); },
};
