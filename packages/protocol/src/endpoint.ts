import type { ErrorCode } from './errors.ts';
import type { Fields, Message, ParsedMessage, WireMessage } from './wire/message.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * Who may call. A level on a thing names the request field that holds the thing's id: the compiler checks that the
 * field exists, so no endpoint can be declared without a rule or with a rule that guards nothing.
 */
export type Permission<F extends Fields = Fields> =
  | 'public'
  | 'any-user'
  | 'admin'
  | {
      readonly level: 'READ' | 'EDIT' | 'MANAGE';
      readonly on: 'experiment' | 'run' | 'logged-model' | 'registered-model' | 'trace';
      /** The field, or the way to it through messages within a field. */
      readonly id: (keyof F & string) | `${keyof F & string}.${string}`;
    };

export interface Endpoint<
  Name extends string = string,
  Req extends Fields = Fields,
  Res extends Fields = Fields,
> {
  readonly name: Name;
  readonly method: Method;
  /**
   * `/api/2.0/mlflow/…`; every such path is served again below `/ajax-api`, where MLflow's own browser pages look.
   * `{name}` stands for a request field in the path.
   */
  readonly path: string;
  /** MLflow serves a few calls below `/ajax-api` alone. */
  readonly ajaxOnly?: boolean;
  /** The same call under another method: searching experiments is both POST and GET. */
  readonly also?: 'GET' | 'POST';
  readonly summary: string;
  readonly permission: Permission<Req>;
  readonly request: Message<Req>;
  readonly response: Message<Res>;
  readonly errors: readonly ErrorCode[];
  /** The status of success; 200 when unset. 204 has no body. */
  readonly status?: 201 | 204;
  /** Fields that stand in the query string although the method has a body. */
  readonly inQuery?: readonly (keyof Req & string)[];
  /** Largest body in bytes; the transport's default holds when unset. */
  readonly bodyLimit?: number;
  /** Bodies take longer to parse than their size lets expect: smaller ones go to a reader thread too. */
  readonly slowToParse?: boolean;
}

/** One definition of one call: types, validation, OpenAPI, client and guard all come from it. */
export function endpoint<const Name extends string, const Req extends Fields, const Res extends Fields>(
  definition: Endpoint<Name, Req, Res>,
): Endpoint<Name, Req, Res> {
  return definition;
}

/** What a handler of the endpoint receives. */
export type Input<E> = E extends Endpoint<string, infer Req, infer _> ? ParsedMessage<Req> : never;
/** What a caller sends. */
export type Request<E> = E extends Endpoint<string, infer Req, infer _> ? WireMessage<Req> : never;
/** What stands in the answer. */
export type Response<E> = E extends Endpoint<string, infer _, infer Res> ? WireMessage<Res> : never;
