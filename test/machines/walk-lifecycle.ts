/** Random walks over lifecycles, both forms side by side. */
import fc from 'fast-check';
import type { AnyStateMachine, EventObject } from 'xstate';
import type { ActualLrpCommand } from '../../machines/bbs/actual-lrp.events.ts';
import type { EvacuationCommand } from '../../machines/bbs/evacuation.events.ts';
import { type LrpContext, lrpContext } from '../../machines/bbs/lrp.context.ts';
import { anyCommand, frozen } from './choices.ts';
import { type AnyKind, compare, type LifecycleKind, type Position } from './lifecycle-kind.ts';
import { ACTUAL_LRP, EVACUATION } from './lifecycles.ts';
import { NOW, SECOND } from './lrp-choices.ts';

/** A command, and the seconds since the one before. */
export interface Move<E> {
  readonly command: E;
  readonly seconds: number;
}

/** Short and long: beyond back-offs and the five minutes after which crashes are forgotten. */
const SECONDS = [0, 1, 31, 301, 1000] as const;

/** Moves, half of `maxMoves` on average; few once a failure is shrunk. */
export const anyMoves = <E>(command: fc.Arbitrary<E>, maxMoves: number): fc.Arbitrary<Move<E>[]> =>
  fc.array(fc.record({ command, seconds: fc.constantFrom(...SECONDS) }), {
    maxLength: maxMoves,
    size: 'max',
  });

/** Walks from a position that records can have. */
export const anyWalk = (kind: AnyKind, maxMoves: number) =>
  fc.tuple(
    fc.constantFrom(...kind.positions),
    anyMoves(anyCommand<EventObject>(kind.choices), maxMoves),
  );

/** The command at its own time, and with an epoch that no other has. */
const at = <E extends object>(command: E, now: bigint, step: number): E => ({
  ...command,
  ...('now' in command ? { now } : {}),
  ...('epoch' in command ? { epoch: `epoch-${step}` } : {}),
});

interface Walked {
  readonly problems: readonly string[];
  readonly edges: readonly string[];
}

/** Everything that went wrong on the way, by the step at which it did, and what was taken. */
export function walk(
  kind: AnyKind,
  start: Position<object>,
  moves: readonly Move<EventObject>[],
  machine: AnyStateMachine = kind.machine,
): Walked {
  const problems: string[] = [];
  const edges: string[] = [];
  let position = start;
  let now = NOW;
  for (const [step, { command: chosen, seconds }] of moves.entries()) {
    now += BigInt(seconds) * SECOND;
    const command = at(chosen, now, step);
    const before = kind.renew(position.context);
    const { edge, after, differences } = compare(
      kind,
      { state: position.state, context: before },
      command,
      machine,
    );
    edges.push(edge);
    const own = [...differences, ...kind.problems(before, after.context, command)];
    const told = kind.stateOf(after.context, now);
    if (told !== after.state) own.push(`in ${after.state}, but the records tell ${told}`);
    problems.push(...own.map((problem) => `step ${step}, ${edge}: ${problem}`));
    position = { state: after.state, context: frozen(after.context) };
  }
  return { problems, edges };
}

/** Both machines have a command of this name; the mark tells the one of the evacuation. */
export type IndexCommand =
  | { readonly of: 'actual-lrp'; readonly command: ActualLrpCommand }
  | { readonly of: 'evacuation'; readonly command: EvacuationCommand };

export const anyIndexCommand: fc.Arbitrary<IndexCommand> = fc.oneof(
  anyCommand(ACTUAL_LRP.choices).map((command) => ({ of: 'actual-lrp', command }) as const),
  anyCommand(EVACUATION.choices).map((command) => ({ of: 'evacuation', command }) as const),
);

function stepOf<E extends EventObject>(
  kind: LifecycleKind<LrpContext, E>,
  context: LrpContext,
  command: E,
) {
  const { edge, after, differences } = compare(
    kind,
    { state: kind.stateOf(context, 0n), context },
    command,
  );
  return { context: after.context, problems: differences.map((own) => `${edge}: ${own}`) };
}

/** A command for one index, with what an evacuation wants of its ORDINARY row (§4). */
function stepIndex(before: LrpContext, { of, command }: IndexCommand) {
  if (of === 'actual-lrp') return stepOf(ACTUAL_LRP, before, command);
  const evacuated = stepOf(EVACUATION, before, command);
  const { next } = evacuated.context.outcome;
  if (next === undefined) return evacuated;
  const { generation, now, epoch, key, instanceKey } = command;
  const ofOrdinary = { generation, now, epoch, key, instanceKey, reason: 'evacuated' };
  const ended = stepOf(ACTUAL_LRP, evacuated.context, { type: next, ...ofOrdinary });
  return { ...ended, problems: [...evacuated.problems, ...ended.problems] };
}

/** Walks one index through both of its machines, as the BBS does. */
export function walkIndex(start: LrpContext, moves: readonly Move<IndexCommand>[]): string[] {
  const problems: string[] = [];
  let context = start;
  let now = NOW;
  for (const [step, { command: chosen, seconds }] of moves.entries()) {
    now += BigInt(seconds) * SECOND;
    const command = at(chosen.command, now, step);
    const before = lrpContext(context);
    const done = stepIndex(before, { of: chosen.of, command } as IndexCommand);
    const broken = ACTUAL_LRP.problems(before, done.context, command as ActualLrpCommand);
    problems.push(...[...done.problems, ...broken].map((own) => `${step} ${command.type}: ${own}`));
    context = frozen(done.context);
  }
  return problems;
}
