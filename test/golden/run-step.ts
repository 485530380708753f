import { ClientConnection } from './client-connection.ts';
import { pause } from './pause.ts';
import type { Outcome, Step } from './recorded-case.ts';
import { requestParts, runReceive, runRepeat, runRequest } from './run-request.ts';
import type { Scene } from './scene.ts';

type StepRunner = (scene: Scene, step: Step) => Promise<Outcome>;

const exitWaitMs = 10_000;
const replyTimeoutMs = 1_000;

export const stepRunners: Readonly<Record<string, StepRunner>> = {
  request: runRequest,
  receive: runReceive,
  repeat: runRepeat,
  publish: async (scene, step) => {
    await scene.publish(step.messages ?? []);
    return {};
  },
  wait: async (_scene, step) => {
    await pause(step.ms ?? 0);
    return {};
  },
  open: runOpen,
  closeConn: async (scene, step) => {
    scene.connection(step.conn).close();
    const expected = step.expected?.accessLog;
    if (expected === null) await pause(50);
    return { accessLog: await scene.takeAccessLog([expected ?? []].flat().length) };
  },
  nats: runBus,
  natsRequest: runBusRequest,
  observe: async (scene, step) => {
    const messages = scene.observed.get(step.name ?? '') ?? [];
    scene.observed.set(step.name ?? '', messages);
    scene.lane.busClient.observe(step.subject ?? '', (subject, payload) => {
      messages.push({ subject, message: parseJson(payload) });
    });
    await scene.lane.busClient.flush();
    return {};
  },
  observed: async (scene, step) => {
    await pause(step.waitMs ?? 0);
    return { messages: scene.observed.get(step.name ?? '') ?? [] };
  },
  startRouter: runStartRouter,
  signal: async (scene, step) => {
    scene.lane.retireAfterCase();
    scene.lane.router.signal(step.signal ?? 'TERM');
    return {};
  },
  awaitExit: runAwaitExit,
};

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

async function runOpen(scene: Scene, step: Step): Promise<Outcome> {
  if (step.refusedCheck === true) {
    const probe = new ClientConnection(scene.lane.router.ports.port);
    await probe.ready;
    const connection = probe.end ?? 'kept';
    probe.close();
    return { connection };
  }
  scene.noteLooseEnd();
  await scene.connect(step).send(requestParts(step, scene));
  return {};
}

async function runBus(scene: Scene, step: Step): Promise<Outcome> {
  const { bus, busClient } = scene.lane;
  scene.lane.retireAfterCase();
  if (step.action === 'stop') {
    await busClient.close();
    await bus.stop();
    await pause(50);
  } else {
    await bus.start();
    await busClient.open();
  }
  return {};
}

async function runBusRequest(scene: Scene, step: Step): Promise<Outcome> {
  const { subject = '', payload = '' } = step;
  const text = await scene.lane.busClient.request(subject, payload, replyTimeoutMs);
  const reply = text === undefined ? undefined : parseJson(text);
  const isObject = typeof reply === 'object' && reply !== null;
  return { reply, keys: isObject ? Object.keys(reply) : [] };
}

async function runStartRouter(scene: Scene, step: Step): Promise<Outcome> {
  const { lane, recorded } = scene;
  lane.retireAfterCase();
  await lane.startRouter(recorded.config, scene.values);
  lane.retireAfterCase();
  scene.takeRouter(true);
  if (step.noWait !== true) {
    await lane.awaitReady();
    return {};
  }
  const outcome = await lane.awaitReadyOrExit(exitWaitMs);
  if (outcome === 'ready') return { exit: null };
  const code = await Promise.race([lane.router.exited, pause(0).then(() => null)]);
  return { exit: code, log: lane.router.logLines() };
}

async function runAwaitExit(scene: Scene, step: Step): Promise<Outcome> {
  const startedAtMs = performance.now();
  const timeoutMs = step.timeoutMs ?? exitWaitMs;
  const code = await Promise.race([
    scene.lane.router.exited,
    pause(timeoutMs).then(() => undefined),
  ]);
  const afterSeconds = (performance.now() - startedAtMs) / 1000;
  return { ...(code === undefined ? {} : { exit: code }), afterSeconds };
}
