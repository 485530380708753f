/** What is wrong with an action (diego.md §5.2 "Actions"). */
import type { Action, DownloadAction, TimeoutAction } from '../messages/actions.ts';
import type { Of } from '../messages/common.ts';
import {
  invalidField,
  invalidWhen,
  NONE,
  type Problems,
  requiredText,
  within,
} from './field-problems.ts';

export interface ActionRules {
  /** In 2015 a timeout was given in nanoseconds; today that field is ignored. */
  readonly isNanosecondTimeoutTaken: boolean;
}

interface Checksummed {
  readonly checksum_algorithm: string;
  readonly checksum_value: string;
}

const ALGORITHMS: ReadonlySet<string> = new Set(['md5', 'sha1', 'sha256']);

/** Algorithm and value come together, and the algorithm is known. */
export function checksumProblems({ checksum_algorithm, checksum_value }: Checksummed): Problems {
  if (checksum_algorithm === '' && checksum_value === '') return NONE;
  if (checksum_algorithm === '') return [invalidField('checksum algorithm')];
  if (checksum_value === '') return [invalidField('checksum value')];
  return invalidWhen(!ALGORITHMS.has(checksum_algorithm.toLowerCase()), 'invalid algorithm');
}

const downloadProblems = (download: Of<typeof DownloadAction>): Problems => [
  ...requiredText(download.from, 'from'),
  ...requiredText(download.to, 'to'),
  ...requiredText(download.user, 'user'),
  ...checksumProblems(download),
];

const nestedProblems = (action: Action | undefined, rules: ActionRules): Problems =>
  action === undefined ? [invalidField('action')] : actionProblems(action, rules);

function timeoutProblems(timeout: Of<typeof TimeoutAction>, rules: ActionRules): Problems {
  const isNanosecondTimeout = rules.isNanosecondTimeoutTaken && timeout.timeout > 0n;
  return [
    ...nestedProblems(timeout.action, rules),
    ...invalidWhen(timeout.timeout_ms <= 0n && !isNanosecondTimeout, 'timeout_ms'),
  ];
}

const isEmpty = (action: Action): boolean =>
  Object.values(action).every((member) => member === undefined);

function memberProblems(actions: readonly Action[], rules: ActionRules): Problems {
  if (actions.length === 0) return [invalidField('actions')];
  return actions.flatMap((action, index) =>
    // The original panics here.
    isEmpty(action) ? [invalidField(`action at index ${index}`)] : actionProblems(action, rules),
  );
}

function compoundProblems(action: Action, rules: ActionRules): Problems {
  const { timeout_action, emit_progress_action, try_action } = action;
  if (timeout_action !== undefined) return timeoutProblems(timeout_action, rules);
  const wrapper = emit_progress_action ?? try_action;
  if (wrapper !== undefined) return nestedProblems(wrapper.action, rules);
  const list = action.parallel_action ?? action.serial_action ?? action.codependent_action;
  // Below the top the original panics; there it answers the same.
  return list === undefined ? [invalidField('inner-action')] : memberProblems(list.actions, rules);
}

/** Of an action that is there. The first of its members counts, in the order of their numbers. */
export function actionProblems(action: Action, rules: ActionRules): Problems {
  const { download_action, upload_action, run_action } = action;
  if (download_action !== undefined) return downloadProblems(download_action);
  if (upload_action !== undefined) {
    const { to, from, user } = upload_action;
    return [
      ...requiredText(to, 'to'),
      ...requiredText(from, 'from'),
      ...requiredText(user, 'user'),
    ];
  }
  if (run_action !== undefined) {
    return [...requiredText(run_action.path, 'path'), ...requiredText(run_action.user, 'user')];
  }
  return compoundProblems(action, rules);
}

/** Of an action that has to be there. */
export const requiredActionProblems = (action: Action | undefined, rules: ActionRules): Problems =>
  action === undefined ? ['invalid action type'] : within('action', actionProblems(action, rules));
