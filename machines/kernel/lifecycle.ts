/**
 * Lifecycles: flat machines that describe one record's life, too many of them for an actor each
 * (DESIGN §4). People read, draw and test the machine; the control plane runs the same machine
 * through a compiled table. `test/machines/lifecycles.test.ts` proves the two equal.
 */
import { type AnyStateMachine, assign, type EventObject } from 'xstate';

export type Guard<C, E> = (context: C, event: E) => boolean;
/** Changes the draft; what it may not change is replaced, never written into. */
export type Effect<C, E> = (draft: C, event: E, params: Readonly<Record<string, string>>) => void;

export interface Rules<C, E> {
  readonly guards: Readonly<Record<string, Guard<C, E>>>;
  readonly effects: Readonly<Record<string, Effect<C, E>>>;
}

/** The guards of the rules as XState takes them. */
export const guardsOf = <C, E, R extends Rules<C, E>>(rules: R) =>
  Object.fromEntries(
    Object.entries(rules.guards).map(([name, guard]) => [
      name,
      ({ context, event }: { context: C; event: E }) => guard(context, event),
    ]),
  ) as { [K in keyof R['guards']]: (words: { context: C; event: E }) => boolean };

/** The effects of the rules as XState takes them: each on a copy of the context. */
export const actionsOf = <C extends object, E extends EventObject, R extends Rules<C, E>>(
  rules: R,
  copy: (context: C) => C,
) =>
  Object.fromEntries(
    Object.entries(rules.effects).map(([name, effect]) => [
      name,
      // biome-ignore lint/suspicious/noExplicitAny: the types of XState's parameters are its own
      assign(({ context, event }: any, params: any) => {
        const draft = copy(context);
        effect(draft, event, params ?? {});
        return draft;
      }),
    ]),
    // biome-ignore lint/suspicious/noExplicitAny: as above
  ) as { [K in keyof R['effects']]: any };

interface Way<C, E> {
  readonly guard: Guard<C, E> | undefined;
  readonly target: string;
  readonly effects: readonly ((draft: C, event: E) => void)[];
}

export interface Lifecycle<C, E> {
  readonly states: readonly string[];
  readonly events: readonly string[];
  /** Changes the draft and returns the next state. An event that the machine lacks is a bug. */
  step(state: string, draft: C, event: E): string;
}

type Named = string | { readonly type: string; readonly params?: Record<string, string> };

function named(of: unknown): { type: string; params: Record<string, string> } {
  const own = of as Named;
  return typeof own === 'string'
    ? { type: own, params: {} }
    : { type: own.type, params: own.params ?? {} };
}

function lookUp<T>(names: Readonly<Record<string, T>>, of: unknown): T {
  const { type } = named(of);
  const found = names[type];
  if (found === undefined) throw new Error(`the rules have no ${type}`);
  return found;
}

/** Reads the machine once; a step is then two look-ups and the calls of plain functions. */
export function compileLifecycle<C, E extends EventObject>(
  machine: AnyStateMachine,
  rules: Rules<C, E>,
): Lifecycle<C, E> {
  const bind = (of: unknown) => {
    const effect = lookUp(rules.effects, of);
    const { params } = named(of);
    return (draft: C, event: E) => effect(draft, event, params);
  };
  const table = new Map<string, Map<string, Way<C, E>[]>>();
  for (const node of Object.values(machine.root.states)) {
    const byEvent = new Map<string, Way<C, E>[]>();
    for (const [eventType, transitions] of node.transitions) {
      const ways = transitions.map(({ guard, target, actions }): Way<C, E> => {
        const next = target?.[0];
        const entry = next === undefined || next === node ? [] : next.entry;
        return {
          guard: guard === undefined ? undefined : lookUp(rules.guards, guard),
          target: next?.key ?? node.key,
          effects: [...actions, ...entry].map(bind),
        };
      });
      byEvent.set(eventType, ways);
    }
    table.set(node.key, byEvent);
  }
  return {
    states: [...table.keys()],
    events: [...new Set([...table.values()].flatMap((own) => [...own.keys()]))],
    step(state, draft, event) {
      const ways = table.get(state)?.get(event.type) ?? [];
      for (const { guard, target, effects } of ways) {
        if (guard !== undefined && !guard(draft, event)) continue;
        for (const effect of effects) effect(draft, event);
        return target;
      }
      throw new Error(`${machine.id}: no way for ${event.type} in ${state}`);
    },
  };
}
