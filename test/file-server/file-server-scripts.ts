/** What the file server's machine does, step by step; every transition is taken. */
import type { Happening, Script, Step } from '../machines/run-script.ts';

const event = (type: string, more: object = {}): Happening => ({ type, ...more });
const OPENING = ['open.opening', '+server'] as const;
const LISTENS: Step = [event('FILE_SERVER_LISTENING', { port: 1 }), 'open.listening', 'READY'];

export const FILE_SERVER_SCRIPTS: Readonly<Record<string, Script>> = {
  'is ready when it listens': {
    start: OPENING,
    steps: [LISTENS, [event('SHUTDOWN', { mode: 'drain' }), 'closed', '-server ENDED']],
  },
  'crashes with its server': {
    start: OPENING,
    steps: [
      [event('RESOURCE_FAILED', { error: new Error('broken') }), 'open.opening', 'crash CRASHED'],
    ],
  },
};
