import type { Endpoint, EndpointName, Endpoints, Input, Response } from '@bitacora/protocol';
import type { Deps, ReadDeps } from '../deps.ts';
import type { TextStream } from '../readers/text-stream.ts';

/** A large answer is made piece by piece as its receiver takes it. */
type Answer<E> = Response<E> | TextStream;

type Handler<D, E> = (deps: D, input: Input<E>) => Promise<Answer<E>> | Answer<E>;

/** A read that may be long: it runs on a reader thread, where it holds up nobody, and has nothing to write with. */
export interface LongRead<E> {
  readonly longRead: LongHandler<E>;
  readonly patience?: Patience<E>;
  readonly threads?: Threads;
}

/** Tables may be far away: whoever waits for one has readers apart, so that no search waits with him. */
export type Threads = 'readers' | 'tables' | 'files';

/** What a long read may have to wait for: done on the main thread, so that no reader stands idle meanwhile. */
export interface Patience<E> {
  /** Whether an answer may be given; asked on the reader, of the first that there is. */
  readonly isComplete: (answer: Response<E>, input: Input<E>) => boolean;
  /** Resolves when it is worth asking again; the answer to that is given whatever it is. */
  readonly wait: (deps: ReadDeps, input: Input<E>) => Promise<void>;
}

type LongHandler<E> = (deps: ReadDeps, input: Input<E>) => Promise<Answer<E>>;

export const longRead = <E>(handler: LongHandler<E>, patience?: Patience<E>): LongRead<E> => ({
  longRead: handler,
  ...(patience && { patience }),
});

/** A read of a table in some store, which may be slow, large, or made to take all memory: as of files, in processes. */
export const tableRead = <E>(handler: LongHandler<E>): LongRead<E> => ({
  longRead: handler,
  threads: 'tables',
});

/** One handler per endpoint: a forgotten one does not compile. */
export type Handlers<Group> = {
  readonly [Name in keyof Group]: Handler<Deps, Group[Name]> | LongRead<Group[Name]>;
};

/**
 * A read of a file that a caller has stored. It may be made so that reading it takes all time and memory there is: such
 * reads have processes of their own, one of which is ended when a read takes too much, and nothing else with it.
 */
export const fileRead = <E>(handler: LongHandler<E>): LongRead<E> => ({
  longRead: handler,
  threads: 'files',
});

export interface Route {
  readonly endpoint: Endpoint;
  readonly onReader: boolean;
  readonly threads: Threads;
  readonly run: (deps: Deps, input: never) => unknown;
  readonly patience?: {
    readonly isComplete: (answer: never, input: never) => boolean;
    readonly wait: (deps: ReadDeps, input: never) => Promise<void>;
  };
}

export function handle<Group extends Partial<Endpoints>>(
  group: Group,
  handlers: Handlers<Group>,
): readonly Route[] {
  return (Object.keys(group) as (keyof Group & EndpointName)[]).map((name) => {
    const handler = handlers[name] as Handler<Deps, never> | LongRead<never>;
    const onReader = typeof handler !== 'function';
    return {
      endpoint: group[name] as unknown as Endpoint,
      onReader,
      threads: (onReader && handler.threads) || 'readers',
      run: (onReader ? handler.longRead : handler) as Route['run'],
      ...(onReader && handler.patience && { patience: handler.patience }),
    };
  });
}
