import { invalidParameter } from '@bitacora/protocol';
import { buildSchema, execute, GraphQLError, parse, validate } from 'graphql';
import { toAnswer } from '../http/errors.ts';
import { checkSize } from './limits.ts';
import { type Call, type Context, resolve } from './resolve.ts';
import { SCHEMA } from './schema.ts';
import { VersionsOfRuns } from './versions.ts';

/** More than the longest query of MLflow's pages has, by far; some checks take the square of it. */
const MOST_TOKENS = 4000;
const MOST_ERRORS = 20;

const schema = buildSchema(SCHEMA);

export interface GraphqlRequest {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>> | undefined;
  readonly operationName: string | undefined;
}

export interface GraphqlAnswer {
  readonly data: unknown;
  /** Texts, where others have objects: so MLflow's pages read them. */
  readonly errors: readonly string[] | null;
}

/** @throws MlflowError INVALID_PARAMETER_VALUE */
export function readRequest(fields: Readonly<Record<string, unknown>>): GraphqlRequest {
  const { query, variables, operationName } = fields;
  if (typeof query !== 'string' || query === '')
    throw invalidParameter(
      "Missing value for required parameter 'query': it must be a GraphQL query as text.",
    );
  const isAbsent = variables === undefined || variables === null;
  if (!isAbsent && (typeof variables !== 'object' || Array.isArray(variables)))
    throw invalidParameter("Invalid value for parameter 'variables': it must be an object.");
  return {
    query,
    variables: isAbsent ? undefined : (variables as Readonly<Record<string, unknown>>),
    operationName: typeof operationName === 'string' ? operationName : undefined,
  };
}

/** @param onDefect told of what nobody foresaw, whose text the caller does not get. */
export async function answer(
  { query, variables, operationName }: GraphqlRequest,
  call: Call,
  onDefect: (error: unknown) => void,
): Promise<GraphqlAnswer> {
  try {
    const document = parse(query, { maxTokens: MOST_TOKENS, noLocation: true });
    checkSize(document);
    const invalid = validate(schema, document, undefined, { maxErrors: MOST_ERRORS });
    if (invalid.length > 0) return { data: null, errors: invalid.map(({ message }) => message) };
    const context: Context = { call, experiments: new Map(), versions: new VersionsOfRuns(call) };
    const { data = null, errors } = await execute({
      schema,
      document,
      contextValue: context,
      variableValues: variables,
      operationName,
      fieldResolver: resolve,
    });
    return { data, errors: errors?.map((error) => toText(error, onDefect)) ?? null };
  } catch (error) {
    if (error instanceof GraphQLError) return { data: null, errors: [error.message] };
    throw error;
  }
}

function toText({ message, originalError }: GraphQLError, onDefect: (error: unknown) => void): string {
  if (!originalError || originalError instanceof GraphQLError) return message;
  const { body, defect } = toAnswer(originalError);
  if (defect !== undefined) onDefect(defect);
  return 'message' in body ? body.message : body.detail;
}
