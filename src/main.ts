// The entry. Plain JavaScript and no static import on purpose: an older Node cannot read the
// other files, and has to get this far to say so. The only file that reads `process`.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major !== 24 || minor < 21) {
  console.error(
    `troupe needs Node 24.21 or newer of line 24, this is ${process.version}: ` +
      'use `npm start`, or `npx troupe`, which bring their own.',
  );
  process.exitCode = 1;
} else {
  // Whoever reads the output may have seen enough: `troupe logs web | head`.
  process.stdout.on('error', (error) => {
    if ('code' in error && error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  void import('./cli/run.ts').then(({ run }) =>
    run({
      argv: process.argv.slice(2),
      environment: process.env,
      nodeVersion: process.version,
      isTerminal: process.stdout.isTTY === true,
      pid: process.pid,
      writeOut: (text) => process.stdout.write(text),
      writeError: (text) => process.stderr.write(text),
      onSignal: (name, listener) => process.on(name, listener),
      defer: (fn) => {
        setImmediate(fn);
      },
      onFault: (listener) => {
        process.on('uncaughtException', listener);
        process.on('unhandledRejection', listener);
      },
      exit: (code) => {
        process.exitCode = code;
        // What was written goes out first; then nothing that is still open may hold us.
        process.stdout.write('', () => process.exit(code));
      },
    }),
  );
}
