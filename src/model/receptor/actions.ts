/** Actions in JSON: an object of one key, which names the kind (diego.md §12.2). */
import {
  Action,
  CodependentAction,
  DownloadAction,
  EmitProgressAction,
  ParallelAction,
  ResourceLimits,
  RunAction,
  SerialAction,
  TimeoutAction,
  TryAction,
  UploadAction,
} from '../bbs/messages/actions.ts';
import { EnvironmentVariable, type Of } from '../bbs/messages/common.ts';
import { exactInteger } from './exact-json.ts';
import {
  type Form,
  flag,
  int64,
  isObject,
  list,
  maybe,
  record,
  text,
  whenPresent,
  whenSet,
  wrong,
} from './forms.ts';

/** Two levels of messages each; a message may be nested 100 deep. */
export const MAX_ACTION_DEPTH = 40;

export const environment = list(record(EnvironmentVariable, { name: text, value: text }));

const NANOSECONDS_PER_MS = 1_000_000n;

const nofile: Form<bigint> = {
  read(json, place, problems) {
    const count = int64.read(json, place, problems);
    if (count >= 0n) return count;
    wrong(problems, place, 'a positive whole number');
    return 0n;
  },
  write: exactInteger,
};

const nested: Form<Action | undefined> = {
  read: (json, place, problems) => action.read(json, place, problems),
  write: (value) => action.write(value),
};

const members = { actions: list(nested), log_source: whenSet(text) };

const timeoutFields = record(TimeoutAction, {
  action: nested,
  timeout: int64,
  log_source: whenSet(text),
});

/** Nanoseconds in 2015, milliseconds today: both fields are set (diego.md §2.2). */
const timeout: Form<Of<typeof TimeoutAction>> = {
  read(json, place, problems) {
    const read = timeoutFields.read(json, place, problems);
    const timeout_ms = (read.timeout + NANOSECONDS_PER_MS - 1n) / NANOSECONDS_PER_MS;
    return { ...read, timeout_ms };
  },
  write: (value) =>
    timeoutFields.write(
      value.timeout === 0n ? { ...value, timeout: value.timeout_ms * NANOSECONDS_PER_MS } : value,
    ),
};

interface Kind {
  readonly field: keyof Action;
  readonly form: Form<unknown>;
}

const kind = <T>(field: keyof Action, form: Form<T>): Kind => ({
  field,
  form: form as Form<unknown>,
});

const KINDS: Readonly<Record<string, Kind>> = {
  download: kind(
    'download_action',
    record(DownloadAction, {
      artifact: whenSet(text),
      from: text,
      to: text,
      cache_key: text,
      log_source: whenSet(text),
      user: whenSet(text),
      checksum_algorithm: whenSet(text),
      checksum_value: whenSet(text),
    }),
  ),
  upload: kind(
    'upload_action',
    record(UploadAction, {
      artifact: whenSet(text),
      from: text,
      to: text,
      log_source: whenSet(text),
      user: whenSet(text),
    }),
  ),
  run: kind(
    'run_action',
    record(RunAction, {
      path: text,
      args: whenSet(list(text)),
      dir: whenSet(text),
      env: whenSet(environment),
      resource_limits: maybe(record(ResourceLimits, { nofile: whenPresent(nofile) })),
      user: text,
      log_source: whenSet(text),
      suppress_log_output: whenSet(flag),
    }),
  ),
  timeout: kind('timeout_action', timeout),
  emit_progress: kind(
    'emit_progress_action',
    record(EmitProgressAction, {
      action: nested,
      start_message: text,
      success_message: text,
      failure_message_prefix: text,
      log_source: whenSet(text),
    }),
  ),
  try: kind('try_action', record(TryAction, { action: nested, log_source: whenSet(text) })),
  parallel: kind('parallel_action', record(ParallelAction, members)),
  serial: kind('serial_action', record(SerialAction, members)),
  codependent: kind('codependent_action', record(CodependentAction, members)),
};

const BY_FIELD = new Map(Object.entries(KINDS).map(([name, own]) => [own.field, { name, ...own }]));

const depthOf = (place: string): number => place.split(/\.action\b|\.actions\[/).length;

/** An object without a kind is an absent action, which the BBS refuses where it needs one. */
export const action: Form<Action | undefined> = {
  read(json, place, problems) {
    if (json === null) return undefined;
    if (!isObject(json)) {
      wrong(problems, place, 'an action');
      return undefined;
    }
    const [name, ...others] = Object.keys(json);
    if (name === undefined) return undefined;
    const own = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined;
    if (own === undefined || others.length > 0) {
      problems.push(`${place} must have one key, of ${Object.keys(KINDS).join(', ')}`);
      return undefined;
    }
    if (depthOf(place) > MAX_ACTION_DEPTH) {
      problems.push('actions are nested too deeply');
      return undefined;
    }
    const value = own.form.read(json[name] ?? null, `${place}.${name}`, problems);
    return Action.create({ [own.field]: value });
  },
  write(value) {
    if (value === undefined) return null;
    for (const [field, { name, form }] of BY_FIELD) {
      if (value[field] !== undefined) return { [name]: form.write(value[field]) };
    }
    return null;
  },
};
