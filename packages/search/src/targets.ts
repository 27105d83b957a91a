import type { Entity } from './tree.ts';

/** `either`: a number where the comparator orders, else text. */
export type ValueKind = 'text' | 'number' | 'either';

interface EntityRules {
  readonly value: ValueKind;
  readonly lists: boolean;
  readonly nulls: boolean;
  /** Besides IN and IS NULL; absent, the usual ones of the kind of value. */
  readonly comparators?: readonly string[];
  /** The only keys there are; absent where any key is one. */
  readonly keys?: readonly string[];
  /** Those of the keys whose values are numbers. */
  readonly numbers?: readonly string[];
  /** Any key may follow these, which end in a dot. */
  readonly openKeys?: readonly string[];
  /** Keys that take fewer comparators than the rest, and no list. */
  readonly only?: Readonly<Record<string, readonly string[]>>;
}

interface Attribute {
  readonly key: string;
  readonly value: ValueKind;
  readonly lists: boolean;
  readonly nulls?: boolean;
  readonly comparators?: readonly string[];
  /** Only an order may name it. */
  readonly onlyOrders?: boolean;
  /** Only whole numbers, which may stand in quotes too. */
  readonly whole?: boolean;
}

/** What may be searched, and how: the grammar is the same everywhere, these tables are what differs. */
export interface Target {
  readonly thing: string;
  /** Each spelling before the dot. */
  readonly prefixes: Readonly<Record<string, Entity>>;
  /** Each spelling of an attribute, aliases included. */
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly entities: Readonly<Partial<Record<Exclude<Entity, 'attribute'>, EntityRules>>>;
  readonly order: { readonly attributes: readonly string[]; readonly entities: readonly Entity[] };
  /** Naming one field twice in an order: refused, or the second ignored. */
  readonly repeatedOrder: 'refused' | 'ignored';
}

const text = (key: string, lists = false): Attribute => ({ key, value: 'text', lists });
const number = (key: string): Attribute => ({ key, value: 'number', lists: false });

const orderable = (key: string): Attribute => ({ ...number(key), onlyOrders: true });

const NUMBERS: EntityRules = { value: 'number', lists: false, nulls: false };
const TEXTS: EntityRules = { value: 'text', lists: false, nulls: true };

const PATTERNS = ['=', '!=', 'LIKE', 'ILIKE', 'RLIKE'] as const;
const WORDS: EntityRules = { value: 'text', lists: true, nulls: true, comparators: PATTERNS };
const ASSESSMENTS: EntityRules = {
  value: 'either',
  lists: false,
  nulls: true,
  comparators: [...PATTERNS, '>', '>=', '<', '<='],
};

const EQUAL: EntityRules = { value: 'text', lists: false, nulls: false, comparators: ['='] };

const word = (key: string, nulls = false): Attribute => ({
  key,
  value: 'text',
  lists: true,
  nulls,
  comparators: PATTERNS,
});

export const targets = {
  runs: {
    thing: 'runs',
    prefixes: {
      metric: 'metric',
      metrics: 'metric',
      parameter: 'param',
      parameters: 'param',
      param: 'param',
      params: 'param',
      tag: 'tag',
      tags: 'tag',
      attribute: 'attribute',
      attributes: 'attribute',
      attr: 'attribute',
      run: 'attribute',
      dataset: 'dataset',
      datasets: 'dataset',
    },
    attributes: {
      run_id: text('run_id', true),
      run_name: text('run_name'),
      'run name': text('run_name'),
      'Run name': text('run_name'),
      'Run Name': text('run_name'),
      user_id: text('user_id'),
      status: text('status'),
      artifact_uri: text('artifact_uri'),
      start_time: number('start_time'),
      created: number('start_time'),
      Created: number('start_time'),
      end_time: number('end_time'),
    },
    entities: {
      metric: NUMBERS,
      param: TEXTS,
      tag: TEXTS,
      dataset: {
        value: 'text',
        lists: true,
        nulls: false,
        // MLflow has the first three; the others are of data sets that are Delta tables.
        keys: ['name', 'digest', 'context', 'table', 'table_id', 'version', 'versions_behind'],
        numbers: ['version', 'versions_behind'],
      },
    },
    order: {
      attributes: ['run_id', 'run_name', 'user_id', 'status', 'artifact_uri', 'start_time', 'end_time'],
      entities: ['metric', 'param', 'tag', 'attribute'],
    },
    repeatedOrder: 'refused',
  },
  experiments: {
    thing: 'experiments',
    prefixes: { attribute: 'attribute', tag: 'tag', tags: 'tag' },
    attributes: {
      name: text('name'),
      experiment_id: text('experiment_id', true),
      creation_time: number('creation_time'),
      last_update_time: number('last_update_time'),
    },
    entities: { tag: TEXTS },
    order: {
      attributes: ['name', 'experiment_id', 'creation_time', 'last_update_time'],
      entities: ['attribute'],
    },
    repeatedOrder: 'ignored',
  },
  'logged models': {
    thing: 'logged models',
    prefixes: { attributes: 'attribute', metrics: 'metric', params: 'param', tags: 'tag' },
    attributes: {
      name: text('name', true),
      model_id: text('model_id', true),
      model_type: text('model_type', true),
      status: text('status', true),
      source_run_id: text('source_run_id', true),
      experiment_id: text('experiment_id', true),
      artifact_location: text('artifact_location', true),
      status_message: text('status_message', true),
      lifecycle_stage: text('lifecycle_stage', true),
      creation_timestamp_ms: number('creation_timestamp_ms'),
      creation_timestamp: number('creation_timestamp_ms'),
      creation_time: number('creation_timestamp_ms'),
      last_updated_timestamp_ms: number('last_updated_timestamp_ms'),
      last_updated_timestamp: number('last_updated_timestamp_ms'),
      last_updated_time: number('last_updated_timestamp_ms'),
    },
    entities: {
      metric: NUMBERS,
      param: { value: 'text', lists: true, nulls: false },
      tag: { value: 'text', lists: true, nulls: false },
    },
    order: { attributes: [], entities: [] },
    repeatedOrder: 'refused',
  },
  'registered models': {
    thing: 'registered models',
    prefixes: { attribute: 'attribute', tag: 'tag', tags: 'tag' },
    attributes: {
      name: text('name', true),
      timestamp: orderable('last_updated_time'),
      last_updated_timestamp: orderable('last_updated_time'),
    },
    entities: { tag: { value: 'text', lists: false, nulls: false } },
    order: { attributes: ['name', 'last_updated_time'], entities: ['attribute'] },
    repeatedOrder: 'refused',
  },
  'model versions': {
    thing: 'model versions',
    prefixes: { attribute: 'attribute', tag: 'tag', tags: 'tag' },
    attributes: {
      name: text('name', true),
      run_id: text('run_id', true),
      source_path: text('source'),
      version_number: { ...number('version'), whole: true },
      creation_timestamp: orderable('creation_time'),
      last_updated_timestamp: orderable('last_updated_time'),
    },
    entities: { tag: { value: 'text', lists: false, nulls: false } },
    order: {
      attributes: ['name', 'version', 'creation_time', 'last_updated_time'],
      entities: ['attribute'],
    },
    repeatedOrder: 'refused',
  },
  traces: {
    thing: 'traces',
    prefixes: {
      tag: 'tag',
      tags: 'tag',
      metadata: 'metadata',
      request_metadata: 'metadata',
      attribute: 'attribute',
      attributes: 'attribute',
      trace: 'attribute',
      span: 'span',
      feedback: 'feedback',
      expectation: 'expectation',
      issue: 'issue',
    },
    attributes: {
      request_id: word('request_id'),
      client_request_id: word('client_request_id', true),
      name: word('name', true),
      status: word('status'),
      run_id: word('run_id', true),
      prompt: { ...text('prompt'), comparators: ['='] },
      text: { ...text('text'), comparators: ['LIKE', 'ILIKE'] },
      timestamp_ms: number('timestamp_ms'),
      timestamp: number('timestamp_ms'),
      execution_time_ms: number('execution_time_ms'),
      execution_time: number('execution_time_ms'),
      end_time_ms: number('end_time_ms'),
      end_time: number('end_time_ms'),
      experiment_id: orderable('experiment_id'),
    },
    entities: {
      tag: WORDS,
      metadata: WORDS,
      span: {
        value: 'text',
        lists: true,
        nulls: false,
        comparators: PATTERNS,
        keys: ['name', 'type', 'status', 'content'],
        openKeys: ['attributes.'],
        only: { content: ['LIKE', 'ILIKE'] },
      },
      feedback: ASSESSMENTS,
      expectation: ASSESSMENTS,
      issue: { value: 'text', lists: false, nulls: false, comparators: ['='], keys: ['id'] },
    },
    order: {
      attributes: [
        'timestamp_ms',
        'execution_time_ms',
        'end_time_ms',
        'status',
        'request_id',
        'experiment_id',
        'name',
        'run_id',
      ],
      entities: ['attribute', 'tag', 'metadata'],
    },
    repeatedOrder: 'refused',
  },
  /** What the figures about traces are restricted to: one comparison per filter. */
  'trace metrics': {
    thing: 'trace metrics',
    prefixes: { trace: 'trace', span: 'span', assessment: 'assessment' },
    attributes: {},
    entities: {
      trace: { ...EQUAL, keys: ['status'], openKeys: ['tag.', 'metadata.'] },
      span: { ...EQUAL, keys: ['name', 'status', 'type'] },
      assessment: { ...EQUAL, keys: ['name', 'type'] },
    },
    order: { attributes: [], entities: [] },
    repeatedOrder: 'refused',
  },
  'evaluation datasets': {
    thing: 'evaluation datasets',
    prefixes: { tags: 'tag' },
    attributes: {
      name: text('name', true),
      created_by: text('created_by'),
      last_updated_by: text('last_updated_by'),
      created_time: number('created_time'),
      last_update_time: number('last_update_time'),
    },
    entities: { tag: { value: 'text', lists: false, nulls: false } },
    order: { attributes: ['name', 'created_time', 'last_update_time'], entities: ['attribute'] },
    repeatedOrder: 'ignored',
  },
  issues: {
    thing: 'issues',
    prefixes: {},
    attributes: {
      status: { ...text('status'), comparators: ['=', '!='] },
      source_run_id: { ...text('source_run_id'), comparators: ['=', '!='] },
    },
    entities: {},
    order: { attributes: [], entities: [] },
    repeatedOrder: 'refused',
  },
} as const satisfies Record<string, Target>;

export type TargetName = keyof typeof targets;
